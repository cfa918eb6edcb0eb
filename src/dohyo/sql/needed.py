"""Leaves out of a plan what nobody reads, so that its SQL is short and the engine reads few columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
    if isinstance(plan, nodes.Scan):
        hot = tuple(one for one in plan.hot if one.field.lower() in needed)
        return replace(plan, schema=_kept(plan.schema, needed), hot=hot)
    if isinstance(plan, nodes.Extend):
        values = tuple((name, value) for name, value in plan.values if name.lower() in needed)
        below = (needed - _names(name for name, _ in values)) | _read(value for _, value in values)
        return replace(plan, input=_cut(plan.input, below), values=values, schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.Filter):
        return replace(plan, input=_cut(plan.input, needed | _read([plan.condition])))
    if isinstance(plan, nodes.Project):
        return replace(plan, input=_cut(plan.input, needed), schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.Capture):
        # A field of the same name may keep its earlier value, so it is read too.
        below = {name for name in needed if plan.input.schema.find(name) or not plan.schema.find(name)}
        source = _cut(plan.input, below | _read([plan.source]))
        return replace(plan, input=source, schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.Aggregate):
        return _cut_aggregate(plan, needed)
    if isinstance(plan, nodes.Sort):
        return replace(plan, input=_cut(plan.input, needed | _names(key.name for key in plan.keys)))
    if isinstance(plan, nodes.Limit):
        below = (needed - _names([plan.rank] if plan.rank else [])) | _names(plan.by)
        return replace(plan, input=_cut(plan.input, below), schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.Window):
        if plan.name.lower() not in needed:
            return _cut(plan.input, needed)
        read = _names(plan.by) | _names(key.name for key in plan.keys) | _read([plan.arg])
        below = (needed - _names([plan.name])) | read
        return replace(plan, input=_cut(plan.input, below), schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.LookedUp):
        below = (needed - _names(plan.fields)) | _names(plan.keys)
        return replace(plan, input=_cut(plan.input, below), schema=_kept(plan.schema, needed))
    if isinstance(plan, nodes.Join):
        return _cut_join(plan, needed)
    return plan


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


def _cut_aggregate(plan: nodes.Aggregate, needed: set[str]) -> Plan:
    calls = tuple(one for one in plan.calls if one.name.lower() in needed)
    below = _names(plan.keys) | _read(one.arg for one in calls if one.arg is not None)
    schema = _kept(plan.schema, needed | _names(plan.keys))
    return replace(plan, input=_cut(plan.input, below), calls=calls, schema=schema)


def _kept(schema: Schema, needed: set[str]) -> Schema:
    """The fields that are needed, with those that no schema names: custom fields, stored extractions."""
    kept = [f for f in schema if f.name.lower() in needed]
    beside = sorted(name for name in needed if schema.find(name) is None)
    return replace(schema, fields=(*kept, *(Field(name, TEXT) for name in beside)))


def _names(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _read(exprs: Iterable[Expr]) -> set[str]:
    return {name.lower() for expr in exprs for name in refs(expr)}
