"""Leaves out of a plan what nobody reads, so that its SQL is short and the engine reads few columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dohyo.plan import nodes
from dohyo.plan.expr import Expr, refs
from dohyo.plan.nodes import Plan
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import TEXT

CUSTOM_FIELDS = "_fields"
"""The plan's field that holds all custom fields of a message; no schema names it."""


def needed_only(plan: Plan) -> Plan:
    """The plan with the same answer whose nodes have only the fields that a later one reads."""
    return _cut(plan, {f.name.lower() for f in plan.schema})


def _cut(plan: Plan, needed: set[str]) -> Plan:
    """From the last node down to the leaf, or to a join, whose tables are whole plans."""
    kept: list[Plan] = []
    while not isinstance(plan, nodes.Leaf | nodes.Join):
        step, needed = _cut_step(plan, needed)
        kept += [] if step is None else [step]
        plan = plan.input
    done: Plan = _cut_join(plan, needed) if isinstance(plan, nodes.Join) else plan
    if isinstance(plan, nodes.Scan):
        hot = tuple(one for one in plan.hot if one.field.lower() in needed)
        done = replace(plan, schema=_kept(plan.schema, needed), hot=hot)
    for step in reversed(kept):
        done = nodes.with_input(step, done)
    return done


def _cut_step(plan: Any, needed: set[str]) -> tuple[Plan | None, set[str]]:
    """The node with only what is needed of it, None where nothing is; and what it needs itself."""
    if isinstance(plan, nodes.Filter):
        return plan, needed | _read([plan.condition])
    if isinstance(plan, nodes.Sort):
        return plan, needed | _names(key.name for key in plan.keys)
    cut = replace(plan, schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.Extend):
        values = tuple((name, value) for name, value in plan.values if name.lower() in needed)
        below = (needed - _names(name for name, _ in values)) | _read(value for _, value in values)
        return replace(cut, values=values), below
    if isinstance(plan, nodes.Capture):
        # A field of the same name may keep its earlier value, so it is read too.
        below = {name for name in needed if plan.input.schema.find(name) or not plan.schema.find(name)}
        return cut, below | _read([plan.source])
    if isinstance(plan, nodes.Aggregate):
        calls = tuple(one for one in plan.calls if one.name.lower() in needed)
        below = _names(plan.keys) | _read(one.arg for one in calls if one.arg is not None)
        return replace(cut, calls=calls, schema=_kept(plan.schema, needed | _names(plan.keys))), below
    if isinstance(plan, nodes.Limit):
        return cut, (needed - _names([plan.rank] if plan.rank else [])) | _names(plan.by)
    if isinstance(plan, nodes.Window):
        read = _names(plan.by) | _names(key.name for key in plan.keys) | _read([plan.arg])
        is_needed = plan.name.lower() in needed
        return (cut, (needed - _names([plan.name])) | read) if is_needed else (None, needed)
    if isinstance(plan, nodes.LookedUp):
        return cut, (needed - _names(plan.fields)) | _names(plan.keys)
    assert isinstance(plan, nodes.Project), plan
    return cut, needed


def _cut_join(plan: nodes.Join, needed: set[str]) -> Plan:
    """Each table becomes a whole plan of its own, down to the messages, and has only what is read of it."""
    pairs = [
        (f, origin) for f, origin in zip(plan.schema, plan.fields, strict=True) if f.name.lower() in needed
    ]
    read = [origin for _, origin in pairs]
    read += [side for key in plan.keys for side in ((key.table, key.field), (key.other, key.other_field))]
    read += [] if plan.window_ms is None else [(place, "_messagetime") for place in range(len(plan.tables))]
    tables = tuple(
        replace(
            table,
            plan=_cut(nodes.placed(table.plan, plan.input), _names(name for at, name in read if at == place)),
        )
        for place, table in enumerate(plan.tables)
    )
    schema = replace(plan.schema, fields=tuple(f for f, _ in pairs))
    return replace(plan, tables=tables, fields=tuple(origin for _, origin in pairs), schema=schema)


def _kept(schema: Schema, needed: set[str]) -> Schema:
    """The fields that are needed, with those that no schema names: custom fields, stored extractions."""
    kept = [f for f in schema if f.name.lower() in needed]
    beside = sorted(name for name in needed if schema.find(name) is None)
    return replace(schema, fields=(*kept, *(Field(name, TEXT) for name in beside)))


def _names(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _read(exprs: Iterable[Expr]) -> set[str]:
    return {name.lower() for expr in exprs for name in refs(expr)}
