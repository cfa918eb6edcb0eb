"""One step of a query on top of the plan so far, and pipelines that stand inside an operator."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.lang import tree
from dohyo.lang.parse import EXPRESSION, MOST_PROBLEMS, read_step
from dohyo.lang.reader import ParseStop, Reader
from dohyo.lang.scope import read_scope
from dohyo.lang.tokens import PUNCT, LexError, cut_at_pipes
from dohyo.ops.context import CheckContext
from dohyo.ops.operator import operators
from dohyo.ops.rows import fields_from_rows
from dohyo.ops.where import AssignClause
from dohyo.plan.nodes import Plan
from dohyo.plan.places import said_at

_OF_THEIR_OWN = frozenset(
    (
        "aggregate-place", "alias-count", "argument-count", "argument-value", "field-twice",
        "function-unknown", "group-missing", "group-twice", "group-unnamed", "json-path",
        "json-path-unsupported", "operator-impossible", "regex-of-nothing", "regex-place",
        "regex-unsupported", "regex-wrong", "timezone-unknown",
    )
)  # fmt: skip
"""Problems of a step that no other step can be the cause of."""


def plan_of_steps(steps: Iterable[tree.Step], plan: Plan, context: CheckContext) -> Plan:
    """The plan with the steps on top. ProblemError with the places in the whole query: the first problem, and
    those after it that are there whatever the first was meant to be.
    """
    problems: list[Problem] = []
    for step in steps:
        try:
            plan = said_at(_checked(step, plan, context), plan, step.span)
        except ProblemError as refused:
            found = [_placed(_of_values(one, plan), step) for one in refused.problems]
            problems += [one for one in found if not problems or one.code in _OF_THEIR_OWN]
    if problems:
        raise ProblemError(problems[:MOST_PROBLEMS])
    return plan


def _checked(step: tree.Step, plan: Plan, context: CheckContext) -> Plan:
    operator = operators()[step.operator]
    if operator.stage == "after grouping" and not plan.schema.aggregate:
        message = f"{operator.name} works on the result of a grouping, and here are messages"
        hint = f"put a grouping before it, such as count by _sourcecategory | {operator.name} ..."
        raise ProblemError([Problem("aggregate-expected", message, step.span, (hint,))])
    plan = operator.check(step.clause, plan, context)
    if context.beneath:
        context.beneath.clear()
        message = f"{operator.name} takes no subquery and no lookup in its expressions"
        hint = "give the result a name by a step of its own: if([subquery: ...], true, false) as found"
        raise ProblemError([Problem("subquery-place", message, step.span, (hint,))])
    return context.keeping(plan)


def _of_values(problem: Problem, plan: Plan) -> Problem:
    """A field that is not there may be one that transpose makes of a value."""
    if problem.code != "field-unknown" or not fields_from_rows(plan):
        return problem
    hint = 'a column that transpose makes is there when it is named: transpose ... as error, %"404", *'
    return replace(problem, hints=(hint, *problem.hints))


def _placed(problem: Problem, step: tree.Step) -> Problem:
    """An operator may complain about the whole of itself without a place."""
    return problem if problem.span else replace(problem, span=step.span)


DEEPEST = 10
"""So many pipelines may stand in each other."""


@dataclass(frozen=True)
class Pipeline:
    """`( a | b )` inside an operator. `scope_span`: a scope stood before its operators."""

    steps: tuple[tree.Step, ...]
    span: Span = field(compare=False)
    scope_span: Span | None = field(default=None, compare=False)


_depth: ContextVar[int] = ContextVar("depth", default=0)
"""How many pipelines stand around the one that is read."""


def read_pipeline(reader: Reader) -> Pipeline:
    """Operators in parentheses. Raises ParseStop or LexError."""
    span = parenthesised(reader)
    depth = _depth.get() + 1
    if depth > DEEPEST:
        reader.fail("too-deep", f"operators nest at most {DEEPEST} levels deep", span)
    token = _depth.set(depth)
    try:
        return _read_pipeline(reader.text, span)
    finally:
        _depth.reset(token)


def _read_pipeline(text: str, span: Span) -> Pipeline:
    start, end = span.start + 1, span.end - 1
    pieces = [(start + a - 1, start + b - 1) for a, b in cut_at_pipes("|" + text[start:end])[1:]]
    first = _first_step(text, *pieces[0])
    if first is None and len(pieces) == 1 and not text[start:end].strip():
        first = read_step(text, *pieces[0], operators())  # complains that an operator is missing
    steps = [read_step(text, *piece, operators()) for piece in pieces[1:]]
    return Pipeline(tuple([*([first] if first else []), *steps]), span, None if first else Span(*pieces[0]))


def parenthesised(reader: Reader) -> Span:
    """Reads `( ... )` with everything in it."""
    opened = reader.expect_punct("(")
    depth = 1
    while depth:
        token = reader.take()
        if reader.at_end() and not (token.kind == PUNCT and token.text == ")" and depth == 1):
            reader.fail(
                "parenthesis-open", "this parenthesis never closes", opened.span, ("add a closing )",)
            )
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == PUNCT else 0
    return reader.span_from(opened)


def _first_step(text: str, start: int, end: int) -> tree.Step | None:
    """The operator at the beginning; None where keywords and fields stand there, or nothing."""
    if not text[start:end].strip():
        return None
    try:
        step = read_step(text, start, end, operators())
    except (LexError, ParseStop) as stop:
        if stop.problem.code != "operator-unknown" or stop.problem.fixes:
            raise
        read_scope(text, start, end)
        return None
    unnamed = step.operator == EXPRESSION and isinstance(step.clause, AssignClause) and not step.clause.name
    return None if unnamed and not isinstance(step.clause.value, tree.Call) else step
