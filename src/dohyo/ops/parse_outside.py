"""Captures of patterns that the engine cannot run: the rows that may match are searched by Python."""

from __future__ import annotations

from collections.abc import Callable

from dohyo.base.problem import Span
from dohyo.functions.looking_around import groups_found, weaker
from dohyo.functions.table import RunContext
from dohyo.ops.expressions import applied
from dohyo.plan.expr import Lit
from dohyo.plan.nodes import Capture, Extend, Filter, Local, Plan, Project, Row
from dohyo.plan.schema import HIDDEN, Field
from dohyo.plan.types import TEXT

_SEARCHED = f"{HIDDEN}searched"


def searched_outside(node: Capture, span: Span) -> Plan:
    """The same rows and fields as the node gives."""
    plan = node.input
    first = None if node.keep else weaker(node.pattern)
    if first is not None:
        plan = Filter(plan, applied("matches_regex", [node.source, Lit(first, TEXT)]))
    plan = Extend(plan, ((_SEARCHED, node.source),), plan.schema.with_fields([Field(_SEARCHED, TEXT)]))
    schema = node.schema.with_fields([Field(_SEARCHED, TEXT)])
    return Project(Local(plan, "parse regex", _running(node, span), schema), node.schema)


def _running(node: Capture, span: Span) -> Callable[[list[Row], RunContext], list[Row]]:
    def run(rows: list[Row], run: RunContext) -> list[Row]:
        texts = [None if (text := row[_SEARCHED]) is None else str(text) for row in rows]
        found = groups_found(node.pattern, texts, node.many, span)
        made: list[Row] = []
        for row, matches in zip(rows, found, strict=True):
            made += [_captured(node, row, dict(zip(node.names, groups, strict=True))) for groups in matches]
            if not matches and node.keep:
                made.append(_captured(node, row, None))
        return made

    return run


def _captured(node: Capture, row: Row, groups: dict[str, str] | None) -> Row:
    """The row with the groups; without a match a field of text that is there already stays as it is."""
    made = dict(row)
    for name in node.names:
        existing = node.input.schema.find(name)
        before = made.pop(existing.name) if existing else None
        kept = before if existing and existing.type == TEXT else None
        made[name] = groups[name] if groups else kept
    if node.matched:
        made[node.matched] = groups is not None
    return made
