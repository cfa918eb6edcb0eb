"""Macros: what is put in, and where problems inside them are shown."""

import pytest

from dohyo.base.problem import ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext
from dohyo.lang.macros import Macro, expanded

RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
MACROS = {
    "failed": Macro((), "error OR failure"),
    "by_user": Macro(("field", "least"), "count by {{field}} | where _count > {{ least }}"),
    "outer": Macro(("f",), "`by_user({{f}}, 3)` | limit 5"),
    "loop": Macro((), "`loop`"),
    "wrong": Macro((), "cuont by x"),
}


def refused(text):
    with pytest.raises(ProblemError) as error:
        compile_query(text, CompileContext(RUN, macros=MACROS))
    return [(one.code, text[slice(*(one.span.start, one.span.end))]) for one in error.value.problems]


def test_macros_stand_for_their_texts_with_arguments():
    assert expanded("`failed` | `by_user(user, 7)`", MACROS).text == (
        "error OR failure | count by user | where _count > 7"
    )
    assert expanded("* | `OUTER( a )`", MACROS).text == "* | count by a | where _count > 3 | limit 5"


def test_a_back_quote_in_a_string_is_no_macro():
    assert expanded('* | "`failed`" as x', MACROS).text == '* | "`failed`" as x'


def test_a_comma_in_a_string_parts_no_arguments():
    assert expanded('* | `by_user("a,b", 1)`', MACROS).text.startswith('* | count by "a,b" |')


def test_a_query_with_macros_is_compiled_like_its_text():
    with_macro = compile_query("* | `by_user(_source, 7)`", CompileContext(RUN, macros=MACROS))
    without = compile_query("* | count by _source | where _count > 7", CompileContext(RUN))
    assert with_macro.plan == without.plan


def test_problems_are_shown_in_the_text_as_typed():
    assert refused("* | `wrong` | limit 3") == [("operator-unknown", "`wrong`")]
    assert refused("* | `by_user(_source, 7)` | limit 0") == [("number-range", "0")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("* | `nope`", "macro-unknown"),
        ("* | `by_user(a)`", "argument-count"),
        ("* | `loop`", "too-deep"),
        ("* | `failed", "macro-open"),
    ],
)
def test_what_cannot_be_put_in_is_refused(text, code):
    assert [found for found, _ in refused(text)] == [code]
