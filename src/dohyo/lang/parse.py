"""Query text -> syntax tree, with problems instead of exceptions: at most five, going on at the next `|`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol

from dohyo.base.problem import Fix, Problem, ProblemError, Span
from dohyo.lang import tree
from dohyo.lang.reader import ParseStop, Reader
from dohyo.lang.scope import read_scope
from dohyo.lang.tokens import (
    END,
    NUMBER,
    PUNCT,
    QUOTED,
    REGEX,
    STRING,
    SUBQUERY,
    WORD,
    LexError,
    Token,
    cut_at_pipes,
    skip_blank,
    tokens_of,
)

MOST_PROBLEMS = 5
LONGEST_QUERY = 15_000
MOST_STEPS = 300
_BETWEEN_OPERANDS = {"/", "%", "=", "==", "!=", "<>", "<", ">", "<=", ">=", "?", "&&", "||"}
_OPERATOR_FIRST = re.compile(r"\s*cat\s+(?:path://|/?shared/)", re.IGNORECASE)
"""A query that begins with a lookup table has no scope."""
EXPRESSION = "as"
"""Name of the operator that takes expression statements (`a / b as c`)."""


_FROM_ELSEWHERE = {
    "like": 'such as field matches "a*"',
    "ilike": 'such as toLowerCase(field) matches "a*"',
    "rlike": "such as field matches /a.*/",
    "regexp": "such as field matches /a.*/",
    "is": "such as isNull(field) or !isNull(field)",
    "between": "such as field >= 1 and field <= 10",
    "startswith": 'such as field matches "a*"',
    "endswith": 'such as field matches "*a"',
}
"""What other query languages say after a value, and how it is said here."""


_OPERATORS_FROM_ELSEWHERE = {
    "bottom": "sort by +_count | limit 10",
    "distinct": "dedup by a, or count by a",
    "eval": "a / b as c",
    "extend": "a / b as c",
    "head": "limit 10",
    "project": "fields a, b",
    "rename": "a as b",
    "rex": 'parse regex "a=(?<a>\\w+)"',
    "search": 'where a = "x"',
    "spath": 'json "a.b" as b',
    "stats": "count by a",
    "table": "fields a, b",
    "tail": "sort by +_messagetime | limit 10",
    "take": "limit 10",
}
"""Operators of other query languages, and how it is said here."""
_OF_METRICS = ("along", "quantize")
_CONDITIONS = ("where", "if", "as")


class ReadsClause(Protocol):
    """What the parser needs of an operator."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def parse(self) -> Any: ...
    @property
    def takes_path(self) -> bool: ...


def parse_query(text: str, operators: Mapping[str, ReadsClause]) -> tuple[tree.Query | None, list[Problem]]:
    """The tree and no problems, or None and one to five problems. Never raises for user input.

    `operators` maps each name, lower case, to its operator; names may be several words.
    """
    if len(text) > LONGEST_QUERY:
        over = Span(LONGEST_QUERY, len(text))
        return None, [
            Problem(
                "query-too-long",
                f"a query has at most {LONGEST_QUERY:,} characters, this one {len(text):,}",
                over,
            )
        ]
    problems: list[Problem] = []
    try:
        pieces = cut_at_pipes(text)
    except LexError as stop:
        return None, [stop.problem]
    if len(pieces) > MOST_STEPS + 1:
        message = f"a query has at most {MOST_STEPS} operators, this one {len(pieces) - 1:,}"
        return None, [Problem("too-many-steps", message, Span(pieces[MOST_STEPS + 1][0], len(text)))]
    scope: tree.ScopeNode = tree.Everything()
    if _OPERATOR_FIRST.match(text):
        pieces.insert(0, (0, 0))
    try:
        scope = read_scope(text, *pieces[0])
    except LexError as stop:
        problems.append(stop.problem)
    steps = []
    for start, end in pieces[1:]:
        if len(problems) == MOST_PROBLEMS:
            break
        try:
            steps.append(read_step(text, start, end, operators))
        except (LexError, ParseStop) as stop:
            problems.append(stop.problem)
    if problems:
        return None, problems
    return tree.Query(scope, tuple(steps), text, span=Span(0, len(text))), []


def parse_steps(
    text: str, start: int, end: int, operators: Mapping[str, ReadsClause]
) -> tuple[tree.Step, ...]:
    """The operators between two places, as in `filter ... in ( a | b )`. Raises LexError or ParseStop."""
    pieces = [(start + a, start + b) for a, b in cut_at_pipes("|" + text[start:end])[1:]]
    return tuple(read_step(text, a - 1, b - 1, operators) for a, b in pieces)


def read_step(text: str, start: int, end: int, operators: Mapping[str, ReadsClause]) -> tree.Step:
    """One operator with its clause. Raises LexError or ParseStop."""
    begin = skip_blank(text, start, end)
    if begin >= end:
        hint = "remove the | or write an operator after it"
        raise ParseStop(
            Problem(
                "operator-expected",
                "an operator is expected after this |",
                Span(max(start - 1, 0), start),
                (hint,),
            )
        )
    tokens = tokens_of(text, start, end)
    name, length = _operator_at(tokens, operators)
    try:
        clause = _clause(tokens, text, length, operators[name])
    except ParseStop as stop:
        stop.problem = _with_way_out(stop.problem, tokens, operators)
        if not _may_be_expression(tokens, getattr(operators[name], "also_functions", ())):
            raise
        name = EXPRESSION  # `total as all` where `total` is a field, since the operator cannot be meant
        try:
            clause = _clause(tokens, text, 0, operators[name])
        except ParseStop:
            raise stop from None
    return tree.Step(operators[name].names[0], clause, span=Span(tokens[0].span.start, tokens[-2].span.end))


def _with_way_out(problem: Problem, tokens: list[Token], operators: Mapping[str, ReadsClause]) -> Problem:
    """What is left over may be a word of another language, or an operator without its pipe."""
    left = next((token for token in tokens if token.span == problem.span), None)
    if problem.code != "left-over" or problem.hints or left is None:
        return problem
    if hint := _FROM_ELSEWHERE.get(left.word):
        return replace(problem, hints=(hint,))
    if left.word not in operators:
        return replace(problem, hints=_between(left, tokens))
    fix = Fix(Span(left.span.start, left.span.start), "| ", f"Put a | before {left.text}")
    return replace(
        problem, hints=(f"{left.text} is an operator of its own: | {left.text} ...",), fixes=(fix,)
    )


def _between(left: Token, tokens: list[Token]) -> tuple[str, ...]:
    """What is likely missing before a word, text or number that is left over."""
    if tokens[0].word in _CONDITIONS and left.kind in (WORD, QUOTED, STRING, NUMBER):
        return ('such as a = "x" and b = "y"',)
    is_name = left.kind in (WORD, QUOTED, STRING) and left.word not in ("as", "by")
    return ("a list is written with commas: a, b",) if is_name else ()


def _clause(tokens: list[Token], text: str, start: int, operator: ReadsClause) -> Any:
    reader = Reader(tokens, text, start)
    try:
        clause = operator.parse(reader)
    except ProblemError as refused:  # an operator's own check of a pattern or path it read
        problem = refused.problems[0]
        place = problem.span or tokens[0].span.to(tokens[-2].span)
        raise ParseStop(replace(problem, span=place)) from None
    reader.expect_end()
    return clause


def _may_be_expression(tokens: list[Token], functions: Collection[str]) -> bool:
    """Whether the step is `<name> as <field>`, adds something to a name that an operator has too, or calls a
    function of this name.
    """
    if tokens[1].kind == PUNCT:
        return tokens[1].text in "+-*" or (tokens[1].text == "(" and tokens[0].word in functions)
    return len(tokens) == 4 and tokens[1].word == "as" and tokens[2].kind in (WORD, QUOTED)


def _operator_at(tokens: list[Token], operators: Mapping[str, ReadsClause]) -> tuple[str, int]:
    """Name of the operator that opens the step and how many words it has."""
    first = tokens[0]
    for length in (3, 2, 1):
        name = " ".join(token.word for token in tokens[:length])
        if (
            name in operators
            and all(token.kind == WORD for token in tokens[:length])
            and (not _is_field(tokens, length) or (operators[name].takes_path and _is_path(tokens[length:])))
        ):
            return name, length
    if first.kind in (STRING, NUMBER, QUOTED, REGEX, SUBQUERY) or (
        first.kind == PUNCT and first.text in "(-!"
    ):
        return EXPRESSION, 0
    if first.word == "not" or (first.kind == WORD and _goes_on(tokens[1])):
        return EXPRESSION, 0
    raise ParseStop(_unknown(first, tokens[1], operators))


def _goes_on(after: Token) -> bool:
    """Whether what stands after a word makes it the beginning of an expression."""
    return after.kind == PUNCT or after.word in ("as", "matches", "in", "not", "contains", "and", "or")


def _is_field(tokens: list[Token], length: int) -> bool:
    """Whether the word that looks like an operator is a field in an expression statement (`count / 2
    as x`).
    """
    after = tokens[length]
    return length == 1 and after.kind == PUNCT and after.text in _BETWEEN_OPERANDS


def _is_path(tokens: list[Token]) -> bool:
    """Whether `/` opens a path, with nothing between it and the word after it: `save /shared/a`."""
    return tokens[0].text == "/" and tokens[0].span.end == tokens[1].span.start


def _unknown(first: Token, second: Token, operators: Mapping[str, ReadsClause]) -> Problem:
    word = first.text
    if first.word in _OF_METRICS:
        message = f"{word} belongs to queries of metrics, and Dohyo keeps logs"
        hint = "of logs: | timeslice 5m | avg(field) by _timeslice"
        return Problem("operator-impossible", message, first.span, (hint,))
    if hint := _OPERATORS_FROM_ELSEWHERE.get(first.word, ""):
        return Problem("operator-unknown", f"{word} is no operator", first.span, (f"such as | {hint}",))
    near = difflib.get_close_matches(first.word, operators, n=1, cutoff=0.7)
    if second.kind == END and first.kind == WORD and not near:
        hint = f"an expression is written with a name for its result: {word} as name"
        return Problem("operator-unknown", f"{word} is no operator", first.span, (hint,))
    hints = (f"did you mean {near[0]}?",) if near else ()
    fixes = (Fix(first.span, near[0], f"Use {near[0]}"),) if near else ()
    return Problem("operator-unknown", f"{word} is no operator", first.span, hints, fixes)
