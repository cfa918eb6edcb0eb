"""The main line of a query: text -> syntax tree -> checked plan -> rewritten plan. `search` cuts it into
segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.functions.table import RunContext
from dohyo.lang.macros import Expanded, Macro, expanded
from dohyo.lang.parameters import unfilled_scopes
from dohyo.lang.parse import parse_query
from dohyo.lang.tree import Query
from dohyo.ops.context import CheckContext
from dohyo.ops.discovered import without_hidden
from dohyo.ops.json import parses_by_itself, with_auto_parsed
from dohyo.ops.operator import operators
from dohyo.ops.steps import plan_of_steps
from dohyo.ops.subquery import subqueries_of, subquery_in_scope
from dohyo.plan import nodes
from dohyo.plan.expr import Apply, Expr, Lit, Ref, parts, replaced
from dohyo.plan.hot import HotField
from dohyo.plan.nodes import LookupTable, Plan
from dohyo.plan.schema import MESSAGE_FIELDS, NEWEST_FIRST, Schema
from dohyo.plan.types import TEXT

DEEPEST = 5
"""So many queries may stand in each other."""
_RAW_JSON = Apply("json_text", (Ref("_raw", TEXT),), TEXT)


@dataclass(frozen=True)
class CompileContext:
    """What a compilation may know. `tables` gives the lookup table at a `path://` address, or None; `macros`
    are texts by name; `indexed`: the messages have the text index.
    """

    run: RunContext
    hot_fields: Sequence[HotField] = ()
    tables: Callable[[str], LookupTable | None] = lambda path: None
    macros: Mapping[str, Macro] = field(default_factory=dict)
    indexed: bool = True


@dataclass(frozen=True)
class Compiled:
    """A query ready to run. `is_aggregate`: its rows are records of a grouping, else messages. `typed` gives
    problems of the plan their places in the text.
    """

    text: str
    plan: Plan
    schema: Schema
    is_aggregate: bool
    warnings: tuple[Problem, ...] = ()
    typed: Callable[[Problem], Problem] = field(default=lambda problem: problem, compare=False)


def compile_query(text: str, context: CompileContext) -> Compiled:
    """The plan of a query. ProblemError with one to five problems, their places in `text`."""
    check = CheckContext(context.run, context.tables, indexed=context.indexed)
    whole = _with_macros(text, context.macros)
    with _places_of(whole, text):
        plan = _plan(whole.text, check, 0)
    plan = _with_hot_fields(plan, context.hot_fields)
    warnings = tuple(whole.typed(one) for one in check.warnings)
    return Compiled(text, plan, plan.schema, plan.schema.aggregate, warnings, whole.typed)


def readable(text: str, macros: Mapping[str, Macro]) -> None:
    """ProblemError where the text is no query, whatever its operators would say of it."""
    whole = _with_macros(text, macros)
    with _places_of(whole, text):
        _read(whole.text)


def problems_of_reading(text: str) -> list[Problem]:
    """What is wrong with a text before its operators say anything of fields and types."""
    return parse_query(text, operators())[1]


def places_of_steps(text: str, context: CompileContext) -> list[tuple[int | None, Schema]]:
    """Where one more step could stand, with the fields it would find: before each step at the place where
    that begins, then at the end (None). ProblemError as in `compile_query`.
    """
    check = _checking(CheckContext(context.run, context.tables, indexed=context.indexed), 0)
    query = _read(text)
    plan = _messages(query, check)
    places: list[tuple[int | None, Schema]] = []
    for step in query.steps:
        places.append((step.span.start, plan.schema))
        plan = plan_of_steps((step,), plan, check)
    return [*places, (None, plan.schema)]


def _with_macros(text: str, macros: Mapping[str, Macro]) -> Expanded:
    with _places_of(Expanded(text), text):
        return expanded(text, macros)


@contextmanager
def _places_of(whole: Expanded, text: str) -> Iterator[None]:
    """Problems of the text with its macros put in get their places in the text as typed."""
    try:
        yield
    except ProblemError as refused:
        raise ProblemError([whole.typed(one) for one in refused.problems], text) from None


def _read(text: str) -> Query:
    query, problems = parse_query(text, operators())
    if query is None:
        raise ProblemError(problems)
    return query


def _plan(text: str, check: CheckContext, depth: int) -> Plan:
    """The plan of a query that stands `depth` queries deep in another one."""
    query, check = _read(text), _checking(check, depth)
    return without_hidden(plan_of_steps(query.steps, _messages(query, check), check))


def _checking(check: CheckContext, depth: int) -> CheckContext:
    return replace(check, child=partial(_inner_plan, check, depth + 1), drops=[], beneath=[])


def _messages(query: Query, check: CheckContext) -> Plan:
    """The plan before the first step."""
    end = query.steps[0].span.start if query.steps else len(query.text)
    for name, span in unfilled_scopes(query.text[:end]):
        hint = "put a scope in its place, such as _sourceCategory=Labs/App"
        check.warn("parameter-unfilled", f"$${name} has no value, so that no message matches it", span, hint)
    messages = Schema(MESSAGE_FIELDS, open=True, order=NEWEST_FIRST)
    plan: Plan = nodes.Scan(query.scope, messages, indexed=check.indexed)
    if check.run.auto_parse and not any(map(parses_by_itself, query.steps)):
        plan = with_auto_parsed(plan)
    if inner := subqueries_of(query.scope):
        plan = nodes.Subqueries(plan, tuple(subquery_in_scope(one, check) for one in inner))
    return plan


def _inner_plan(check: CheckContext, depth: int, text: str, span: Span) -> Plan:
    if depth > DEEPEST:
        message = f"queries nest at most {DEEPEST} deep"
        raise ProblemError([Problem("too-deep", message, span)])
    return _plan(text, check, depth)


def _with_hot_fields(plan: Plan, hot_fields: Sequence[HotField]) -> Plan:
    """Extractions from the message that are stored beside it are read from there; the answer is the same."""
    plan = nodes.rewritten(plan, lambda node: _hot_inside(node, hot_fields))
    if _has_other_text(plan):
        return plan
    stored = {Apply("json_value", (_RAW_JSON, Lit(one.path, TEXT)), TEXT): one for one in hot_fields}
    used: dict[str, HotField] = {}

    def read(expr: Expr) -> Expr:
        found = {part: stored[part] for part in parts(expr) if part in stored}
        used.update((hot.path, hot) for hot in found.values())
        return replaced(expr, {part: Ref(hot.field, TEXT) for part, hot in found.items()})

    rewritten = nodes.rewritten(plan, lambda node: nodes.mapped(node, read))
    if not used:
        return plan
    hot = tuple(used[path] for path in sorted(used))
    return nodes.rewritten(
        rewritten, lambda node: replace(node, hot=hot) if isinstance(node, nodes.Scan) else node
    )


def _has_other_text(plan: Plan) -> bool:
    """Whether `_raw` is somewhere another text than the one that the extractions were stored of."""
    found = False

    def look(node: Plan) -> Plan:
        nonlocal found
        names: Iterable[str] = ()
        if isinstance(node, nodes.Extend):
            names = (name for name, _ in node.values)
        elif isinstance(node, nodes.Capture):
            names = node.names
        merged = isinstance(node, nodes.Local | nodes.Each) and not node.input.schema.aggregate
        found = found or merged or any(name.lower() == "_raw" for name in names)
        return node

    nodes.rewritten(plan, look)
    return found


def _hot_inside(node: Plan, hot_fields: Sequence[HotField]) -> Plan:
    if not isinstance(node, nodes.Subqueries):
        return node
    queries = (replace(one, plan=_with_hot_fields(one.plan, hot_fields)) for one in node.queries)
    return replace(node, queries=tuple(queries))
