"""Any text parses or is refused with a problem; a formatted query means what it meant."""

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.lang.format import format_query
from dohyo.lang.parse import parse_query


def _expr(reader):
    return reader.expr()


def _named(reader):
    value = reader.expr()
    return (value, reader.field() if reader.word("as") else None)


def _by(reader):
    """`by a, b`, or a name for the result."""
    name = reader.field() if reader.word("as") else None
    return (name, reader.names() if reader.word("by") else ())


def _option(reader):
    field = reader.field()
    return (field, reader.char() if reader.option("delim") else None)


OPERATORS = {
    name: SimpleNamespace(names=(name,), parse=parse, takes_path=False)
    for name, parse in {
        "where": _expr,
        "as": _named,
        "count": _by,
        "parse": _expr,
        "parse regex": _named,
        "split": _option,
        "total": lambda reader: reader.fields(),
    }.items()
}

PIECES = st.sampled_from(
    [
        *"|()=/%'[]-,?:`\\!\" \n",
        "where",
        "count",
        "by",
        "x",
        '"a|b"',
        "//",
        "/*",
        "*/",
        "matches",
        "in",
        "not",
        '%"q"',
        "{{v}}",
        "1.5s",
        "split",
        "delim='|'",
        "as",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map(" ".join),
                  st.lists(PIECES, max_size=25).map("".join))  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_gives_a_tree_or_one_to_five_problems(text):
    query, problems = parse_query(text, OPERATORS)
    assert (query is None) == bool(problems)
    assert len(problems) <= 5
    for problem in problems:
        problem.shown(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_formatted_query_has_the_same_tree(text):
    query, problems = parse_query(text, OPERATORS)
    if not problems:
        assert parse_query(format_query(text), OPERATORS)[0] == query
