"""`[subquery: ... | compose f]`: an inner query that runs first and whose rows become a condition of the
outer one, in its scope or in an expression.

Owns how it is read and what its rows compose. `resolved` puts the answers of all subqueries of a plan in
place; what is left is a plan like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import ParseStop, Reader
from dohyo.lang.timerange import parse_time
from dohyo.lang.tokens import LexError, cut_at_pipes, skip_blank, tokens_of
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.rows import with_custom_fields
from dohyo.plan import nodes
from dohyo.plan.expr import Apply, Expr, Lit, Scalar, parts, replaced
from dohyo.plan.nodes import Plan, Row, Subqueries, Subquery
from dohyo.plan.schema import Schema
from dohyo.plan.types import BOOL, DOUBLE, TEXT

USUAL_RESULTS, MOST_RESULTS = 2_500, 10_000
MOST_BYTES = 100_000_000
COMPOSED = "composed"
"""Stands in an expression for the condition that a subquery will give: its text, then the outer fields."""
_HEAD = re.compile(r"\[\s*subquery\b", re.IGNORECASE)
_OPTION = re.compile(r"\s*(from|to)\s*=\s*(?:\(([^)]*)\)|([^\s:]+))", re.IGNORECASE)
_NOTHING = tree.ScopeNot(tree.Everything())
Rows = Callable[[Subquery], Sequence[Row]]


@dataclass(frozen=True)
class _Compose:
    fields: tuple[tree.FieldRef, ...]
    most: int
    keywords: tree.Span | None


def subquery_in_scope(node: tree.ScopeSubquery, context: CheckContext) -> Subquery:
    """The checked subquery of a scope."""
    return _checked(node.text, node.span, context)[0]


def subquery_condition(node: tree.Subquery, schema: Schema, context: CheckContext) -> Expr:
    """The place of a subquery's condition in an expression; the node that runs it goes below."""
    query, compose = _checked(node.text, node.span, context)
    if compose.keywords:
        hint = "compose gives conditions on fields here; keywords stand in the scope"
        fail("subquery-keywords", "keywords is not available outside the scope", compose.keywords, hint)
    outer = [field_value(replace(name, span=name.span), schema) for name in compose.fields]
    texts = [value if value.type.numeric else coerced(value, TEXT) for value in outer]
    context.beneath.append(lambda plan: Subqueries(plan, (query,)))
    return Apply(COMPOSED, (Lit(query.text, TEXT), *texts), BOOL)


def _checked(text: str, span: Span, context: CheckContext) -> tuple[Subquery, _Compose]:
    """The text is read at its place in the outer query, so that problems point into that."""
    whole = " " * span.start + text[:-1]
    body, own_range = _read_head(whole, span, context.run)
    blank = " " * body + whole[body:]
    try:
        *_, (start, end) = cut_at_pipes(blank)
        compose = _read_compose(blank, start, end, span)
    except (LexError, ParseStop) as stop:
        raise ProblemError([stop.problem]) from None
    plan = with_custom_fields(context.child(blank[: start - 1], span), compose.fields)
    names = tuple(known(plan.schema, name.name, name.span).name for name in compose.fields)
    plan = nodes.Limit(
        nodes.Project(plan, plan.schema.only(names)), compose.most + 1, plan.schema.only(names)
    )
    query = Subquery(text, plan, names, compose.most, compose.keywords is not None, *own_range)
    return query, compose


def _read_head(whole: str, span: Span, run: RunContext) -> tuple[int, tuple[str | None, str | None]]:
    """Where the inner query begins, and its own time range."""
    head = _HEAD.match(whole, span.start)
    assert head is not None, whole
    at = head.end()
    times: dict[str, str | None] = {"from": None, "to": None}
    while option := _OPTION.match(whole, at):
        group = 2 if option[2] is not None else 3
        times[option[1].lower()] = _checked_time(option[group], Span(*option.span(group)), run)
        at = option.end()
    at = skip_blank(whole, at, len(whole))
    if whole[at : at + 1] != ":":
        hint = "[subquery: _sourceCategory=a | count by user | compose user]"
        fail("punctuation-expected", "a colon is expected before the inner query", Span(at, at + 1), hint)
    return at + 1, (times["from"], times["to"])


def _checked_time(text: str, span: Span, run: RunContext) -> str:
    text = text.strip().replace("/", "-") if re.match(r"\s*\d{4}/", text) else text.strip()
    try:
        parse_time(text, run.now_ms, run.zone)
    except ProblemError as error:
        raise ProblemError([replace(error.problems[0], span=span)]) from None
    return text


def _read_compose(text: str, start: int, end: int, span: Span) -> _Compose:
    reader = Reader(tokens_of(text, start, end), text)
    if start == 0 or not reader.word("compose"):
        _no_compose(span)
    fields, most, keywords = reader.fields(), USUAL_RESULTS, None
    while not reader.at_end():
        if reader.option("maxresults"):
            most = int(reader.integer(1, MOST_RESULTS).value)
        elif reader.peek().word == "keywords":
            keywords = reader.take().span
        else:
            reader.expect_end()
    return _Compose(fields, most, keywords)


def _no_compose(span: Span) -> NoReturn:
    hint = "| compose user at its end gives the values of user"
    raise ParseStop(Problem("compose-expected", "a subquery ends with compose", span, (hint,)))


def range_of(query: Subquery, run: RunContext) -> RunContext:
    """The run of the inner query: its own range, or the outer one."""
    start_ms, end_ms = run.start_ms, run.end_ms
    if query.from_text is not None:
        start_ms, end_ms = parse_time(query.from_text, run.now_ms, run.zone), run.now_ms
    if query.to_text is not None:
        end_ms = parse_time(query.to_text, run.now_ms, run.zone)
    return replace(run, start_ms=start_ms, end_ms=max(start_ms, end_ms))


def resolved(plan: Plan, rows_of: Rows, run: RunContext) -> Plan:
    """The plan with the values of its subqueries in place; `rows_of` runs one, at most `most + 1` rows of it.

    A row with a null in a composed field composes nothing. No row gives a condition that nothing meets.
    """
    answers: dict[str, tuple[Subquery, list[tuple[Scalar, ...]]]] = {}

    def ask(node: Plan) -> Plan:
        if isinstance(node, Subqueries):
            for query in node.queries:
                if query.text not in answers:
                    answers[query.text] = query, _answers(query, rows_of(query), run)
        return node

    nodes.rewritten(plan, ask)
    return nodes.rewritten(plan, lambda node: _put_in_place(node, answers)) if answers else plan


def _answers(query: Subquery, rows: Sequence[Row], run: RunContext) -> list[tuple[Scalar, ...]]:
    if len(rows) > query.most:
        message = f"a subquery gives more than {query.most:,} rows; the first {query.most:,} are used"
        run.warn(Problem("subquery-cut", message, severity="warning"))
    found = dict.fromkeys(tuple(row[name] for name in query.fields) for row in rows[: query.most])
    answers = [values for values in found if None not in values]
    if sum(len(any_to_text(value) or "") for values in answers for value in values) > MOST_BYTES:
        message = f"a subquery gives more than {MOST_BYTES // 1_000_000} MB of values"
        raise ProblemError([Problem("subquery-size", message, hints=("let it compose fewer fields",))])
    return answers


def _put_in_place(node: Plan, answers: dict[str, tuple[Subquery, list[tuple[Scalar, ...]]]]) -> Plan:
    if isinstance(node, Subqueries):
        return node.input
    if isinstance(node, nodes.Scan):
        return replace(node, scope=_scope(node.scope, answers))

    def put(expr: Expr) -> Expr:
        places = [part for part in parts(expr) if part.function == COMPOSED]
        return replaced(expr, {part: _condition(part, answers[str(_text(part))][1]) for part in places})

    return nodes.mapped(node, put)


def _text(place: Apply) -> Scalar:
    assert isinstance(place.args[0], Lit)
    return place.args[0].value


def _condition(place: Apply, answers: list[tuple[Scalar, ...]]) -> Expr:
    """Whether the outer fields have the values of one answer; several fields are compared as one text."""
    fields = place.args[1:]
    if not answers:
        return Lit(False, BOOL)
    if len(fields) == 1:
        numeric = fields[0].type.numeric
        given: list[Expr] = [Lit(any_to_text(values[0]), TEXT) for values in answers]
        values = [coerced(value, DOUBLE) for value in given] if numeric else given
        return applied("in", [fields[0], *(value for value in values if value != Lit(None, DOUBLE))])
    texts = [coerced(value, TEXT) for value in fields]
    joined = ["\x1f".join(any_to_text(value) or "" for value in values) for values in answers]
    between: list[Expr] = [part for text in texts for part in (Lit("\x1f", TEXT), text)][1:]
    found: Expr = applied("in", [applied("concat", between), *(Lit(text, TEXT) for text in joined)])
    for text in texts:
        found = applied("and", [found, applied("not", [applied("isNull", [text])])])
    return found


def _scope(
    scope: tree.ScopeNode, answers: dict[str, tuple[Subquery, list[tuple[Scalar, ...]]]]
) -> tree.ScopeNode:
    if isinstance(scope, tree.ScopeSubquery):
        query, found = answers[scope.text]
        rows = [_joined(tree.ScopeAnd, [_atom(query, *one) for one in enumerate(row)]) for row in found]
        return _joined(tree.ScopeOr, rows) if rows else _NOTHING
    if isinstance(scope, tree.ScopeNot):
        return replace(scope, operand=_scope(scope.operand, answers))
    if isinstance(scope, tree.ScopeAnd | tree.ScopeOr):
        return replace(scope, operands=tuple(_scope(part, answers) for part in scope.operands))
    return scope


def _joined(
    kind: type[tree.ScopeAnd] | type[tree.ScopeOr], parts: Sequence[tree.ScopeNode]
) -> tree.ScopeNode:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _atom(query: Subquery, place: int, value: Scalar) -> tree.ScopeNode:
    text = any_to_text(value) or ""
    if query.keywords:
        return tree.Term(text, quoted=True) if text else tree.Everything()
    return tree.FieldTerm(query.fields[place], text, quoted=True)


def subqueries_of(scope: tree.ScopeNode) -> list[tree.ScopeSubquery]:
    """All subqueries of a scope."""
    if isinstance(scope, tree.ScopeSubquery):
        return [scope]
    if isinstance(scope, tree.ScopeNot):
        return subqueries_of(scope.operand)
    if isinstance(scope, tree.ScopeAnd | tree.ScopeOr):
        return [found for part in scope.operands for found in subqueries_of(part)]
    return []
