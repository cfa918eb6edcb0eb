"""Query text to tree, with stand-ins for the operators."""

from types import SimpleNamespace

import pytest

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.lang import tree
from dohyo.lang.format import format_query
from dohyo.lang.parse import parse_query
from dohyo.lang.timerange import parse_range


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


def steps(text):
    query, problems = parse_query(text, OPERATORS)
    assert problems == []
    return query.steps


def codes(text):
    return [problem.code for problem in parse_query(text, OPERATORS)[1]]


def clause(expression):
    return steps(f"* | where {expression}")[0].clause


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a = 1 and b", "(not (a = 1)) and b"),
        ("a - b - c", "(a - b) - c"),
        ("a + b * -c", "a + (b * (-c))"),
        ("a ? b : c", "if(a, b, c)"),
        ("a == 1 && b <> 2 || c", "(a = 1 and b != 2) or c"),
        ('x matches ("*high*")', 'x matches "*high*"'),
        ("1.5s", "1500"),
        ("1Ki", "1024"),
        ("1w", "604800000"),
    ],
)
def test_both_spellings_have_the_same_value(left, right):
    def shape(node):
        return getattr(node, "value", None) if isinstance(node, tree.Number) else node

    assert shape(clause(left)) == shape(clause(right))


def test_regex_keeps_its_escapes_and_loses_those_of_the_slash():
    assert clause(r"x matches /a\/\d|b/").right == tree.Regex(r"a/\d|b")


@pytest.mark.parametrize(
    ("step", "operator"),
    [
        ("num(x)", "as"),
        ('"text" as f', "as"),
        ("status as s", "as"),
        ("if (a, 1, 2) as b", "as"),
        ("count / 2 as x", "as"),
        ("total as t", "as"),
        ("count as total", "count"),
        ("COUNT by x", "count"),
        ('parse regex "a"', "parse regex"),
        ('parse"a"', "parse"),
        ('%"a b" as c', "as"),
    ],
)
def test_step_goes_to_the_operator_that_is_meant(step, operator):
    assert [found.operator for found in steps(f"*|{step}")] == [operator]


def test_option_character_may_be_a_pipe_or_a_quote():
    assert [found.clause[1].value for found in steps("* | split a delim='|' | split a delim='\"'")] == [
        "|",
        '"',
    ]


@pytest.mark.parametrize("value", ["/var/log/*", "/*", "https://x/y"])
def test_slashes_in_a_scope_value_open_no_comment(value):
    query, _ = parse_query(f"_sourceName={value} | count", OPERATORS)
    assert (query.scope, len(query.steps)) == (tree.FieldTerm("_sourceName", value), 1)


def test_scope_binds_not_before_and_before_or():
    query, _ = parse_query('a OR b not c="d e"', OPERATORS)
    last = tree.ScopeAnd((tree.Term("b"), tree.ScopeNot(tree.FieldTerm("c", "d e", True))))
    assert query.scope == tree.ScopeOr((tree.Term("a"), last))


@pytest.mark.parametrize("text", ["| count", "* | count // a | b\n | count", "* | /* a | b */ count"])
def test_comments_and_an_empty_scope_are_read(text):
    assert {found.operator for found in steps(text)} == {"count"}


def test_at_most_five_problems_are_reported_in_order():
    _, problems = parse_query("* " + "| cuont " * 9, OPERATORS)
    assert [problem.span for problem in problems] == [Span(4 + 8 * i, 9 + 8 * i) for i in range(5)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("* | where " + "(" * 500 + "x", "too-deep"),
        ("(" * 500 + "x", "too-deep"),
        ("x" * 15_001, "query-too-long"),
        ("x" * 2_301, "word-too-long"),
        ("* | where " + "x" * 2_301, "word-too-long"),
    ],
)
def test_limits_are_problems(text, code):
    assert codes(text) == [code]


def test_formatting_puts_one_operator_on_a_line_and_keeps_comments():
    assert format_query("a   |count by  b,c // why\n|where x in(1,2)") == (
        "a\n| count by b, c // why\n| where x in(1, 2)"
    )


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("-15m", 86_400_000 - 900_000, 86_400_000),
        ("-12h -60m", 43_200_000, 82_800_000),
        ("-1h to now", 82_800_000, 86_400_000),
        ("01/01/1970 to 01/01/1970 5:32pm", 0, 63_120_000),
    ],
)
def test_range_is_read(text, start, end):
    assert parse_range(text, 86_400_000, "UTC") == (start, end)


@pytest.mark.parametrize("text", ["", "soon", "now -1d", "13/45/2026"])
def test_bad_range_is_a_problem(text):
    with pytest.raises(ProblemError):
        parse_range(text, 86_400_000, "UTC")


def test_formatting_leaves_blanks_inside_a_phrase():
    assert format_query('" \n"') == '" \n"'


def test_problem_raised_by_an_operator_is_reported_and_reading_goes_on():
    def refuse(reader):
        raise ProblemError([Problem("pattern-wrong", "the pattern is wrong")])

    operators = {**OPERATORS, "refuse": SimpleNamespace(names=("refuse",), parse=refuse, takes_path=False)}
    query, problems = parse_query('* | refuse "(" | cuont', operators)
    assert query is None
    assert [(p.code, p.span) for p in problems] == [
        ("pattern-wrong", Span(4, 14)),
        ("operator-unknown", Span(17, 22)),
    ]


def test_a_subquery_keeps_its_text_whatever_its_scope_holds():
    text = '[subquery: _sourceName=/var/[x]/* "]" | compose a]'
    assert clause(f"!{text}").operand.text == text
    scope = parse_query(f"a {text} b", OPERATORS)[0].scope
    assert [part.text for part in scope.operands] == ["a", text, "b"]


def test_a_subquery_that_never_closes_is_refused_where_it_opens():
    assert codes("* | where [subquery: a | compose b") == ["bracket-open"]
