"""Plan nodes as selects, as few as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext
from dohyo.ops.aggregates import AGGREGATES
from dohyo.plan import nodes
from dohyo.plan.nodes import Plan
from dohyo.plan.schema import NEWEST_FIRST
from dohyo.plan.scope import scope_sql
from dohyo.plan.sqltree import Sql, alias, call, column, plain, text, within
from dohyo.plan.types import BOOL
from dohyo.sql.captures import captured
from dohyo.sql.expressions import expr_to_sql, named
from dohyo.sql.joins import joined, looked_up
from dohyo.sql.json_values import values_of
from dohyo.sql.needed import CUSTOM_FIELDS, needed_only
from dohyo.sql.relation import Relation, Value, column_name
from dohyo.sql.windows import row_number, windowed

EVENTS = "events"
_TIMES = ("_messagetime", "_receipttime")
_STORED = {CUSTOM_FIELDS: "fields"}
"""Columns of the table whose names differ from those of the fields."""


def plan_to_sql(plan: Plan, run: RunContext) -> exp.Select:
    """The whole query: the plan's fields in order, named by `column_name`; rows in their order."""
    rows = _relation(needed_only(plan), run, count())
    ordering = rows.ordering()
    rows.close()
    shown = [alias(rows.field(f.name), column_name(f.name)) for f in plan.schema]
    return rows.select(shown, order=ordering)


def _relation(plan: Plan, run: RunContext, names: Iterator[int]) -> Relation:
    """The rows of the plan; the tables of a join are whole plans."""
    steps = nodes.chain(plan)
    start = max(i for i, step in enumerate(steps) if i == 0 or isinstance(step, nodes.Join))
    first = steps[start]
    if isinstance(first, nodes.Join):
        rows = joined(first, [_relation(table.plan, run, names) for table in first.tables])
    elif isinstance(first, nodes.Lent):
        rows = _lent(first, names)
    else:
        assert isinstance(first, nodes.Scan), first
        rows = _scan(first, run, names)
    for step in steps[start + 1 :]:
        rows = _PRINTERS[type(step)](step, rows, run)
    return rows


def _scan(plan: nodes.Scan, run: RunContext, names: Iterator[int]) -> Relation:
    """Messages of the scope and the range."""
    time = "_receipttime" if run.by_receipt else "_messagetime"
    conditions: list[Sql] = [
        exp.GTE(this=column(time), expression=_moment(run.start_ms)),
        exp.LT(this=column(time), expression=_moment(run.end_ms)),
        scope_sql(plan.scope, indexed=plan.indexed),
    ]
    rows = Relation(exp.to_table(EVENTS), names, where=conditions)
    hot = {one.field: one for one in plan.hot}
    wanted = dict.fromkeys([*(f.name for f in plan.schema), *(key.name for key in NEWEST_FIRST)])
    stored = {name: _stored(name) for name in wanted if name not in hot}
    stored |= {n: call("tupleElement", column(one.column), text(one.name)) for n, one in hot.items()}
    values = {
        name: rows.define(Value(sql, 1, ("stored", name), name not in hot), name)
        for name, sql in stored.items()
    }
    rows.set_fields(plan.schema.names(), values)
    rows.order = tuple((values[key.name], key.ascending) for key in NEWEST_FIRST)
    return rows


def _lent(plan: nodes.Lent, names: Iterator[int]) -> Relation:
    rows = Relation(exp.Table(this=exp.to_identifier(plan.table, quoted=True)), names)

    def value(stored: str, hint: str) -> str:
        return rows.define(Value(exp.Paren(this=column(stored)), 1, ("lent", stored)), hint)

    made = {f.name: value(f"c{i}", f.name) for i, f in enumerate(plan.schema)}
    rows.set_fields(plan.schema.names(), made)
    rows.order = ((value("n", "n"), True),)
    return rows


def _moment(at_ms: int) -> Sql:
    return call("fromUnixTimestamp64Milli", call("toInt64", text(str(at_ms))), text("UTC"))


def _stored(name: str) -> Sql:
    """A field of messages as the value model has it. It is no plain column, so that it gets a name."""
    if name in _TIMES:
        return call("toUnixTimestamp64Milli", column(name))
    if name == "_messageid":
        return call("toInt64", column(name))
    if name == "_size":
        return call("toInt64", call("length", column("_raw")))
    return exp.Paren(this=column(_STORED.get(name, name)))


def _extend(plan: nodes.Extend, rows: Relation, run: RunContext) -> Relation:
    """All values see the fields before."""
    made = values_of(dict(plan.values), rows, run)
    rows.set_fields(plan.schema.names(), made)
    return rows


def _filter(plan: nodes.Filter, rows: Relation, run: RunContext) -> Relation:
    rows.filter(expr_to_sql(plan.condition, rows, run))
    return rows


def _project(plan: nodes.Project, rows: Relation, run: RunContext) -> Relation:
    rows.set_fields(plan.schema.names(), {})
    return rows


def _aggregate(plan: nodes.Aggregate, rows: Relation, run: RunContext) -> Relation:
    args = [None if one.arg is None else named(one.arg, rows, run, one.name) for one in plan.calls]
    first_is_least: Sql = plain(0)
    if any(AGGREGATES[one.function].needs_order for one in plan.calls):
        first_is_least = column(rows.define(Value(row_number(rows, ()), 1, object()), "rank"))
    taken = {f"?{i}": arg for i, arg in enumerate(args) if arg}
    rows.set_fields([*plan.keys, *taken], taken)
    rows.order = ((first_is_least.name, True),) if isinstance(first_is_least, exp.Column) else ()
    rows.close()
    group = [rows.field(key) for key in plan.keys]
    made = {key: (rows.new_name(key), rows.field(key)) for key in plan.keys}
    for one, arg in zip(plan.calls, args, strict=True):
        made[one.name] = rows.new_name(one.name), _call_sql(one, arg, first_is_least)
    # Without keys SQL answers a row even where there is no input.
    having = None if plan.keys else exp.GT(this=call("count"), expression=plain(0))
    columns = [alias(sql, name) for name, sql in made.values()]
    grouped = Relation(
        within(rows.select(columns, group=group, having=having), "t"),
        rows.names,
        [name for name, _ in made.values()],
    )
    grouped.depth_after(rows)
    grouped.set_fields(plan.schema.names(), {name: value for name, (value, _) in made.items()})
    grouped.order = tuple((made[key][0], True) for key in plan.keys)
    return grouped


def _call_sql(one: nodes.AggregateCall, arg: str | None, order: Sql) -> Sql:
    if arg is None:
        return call("toInt64", call("count"))
    made = AGGREGATES[one.function].sql(column(arg), one.params, order)
    return call("CAST", made, text("Nullable(Bool)")) if one.type == BOOL else made


def _sort(plan: nodes.Sort, rows: Relation, run: RunContext) -> Relation:
    """Earlier order decides between rows that are equal in the new keys."""
    keys = tuple((rows.fields[key.name.lower()], key.ascending) for key in plan.keys)
    again = {name for name, _ in keys}
    rows.order = (*keys, *(one for one in rows.order if one[0] not in again))
    return rows


def _limit(plan: nodes.Limit, rows: Relation, run: RunContext) -> Relation:
    if not plan.by and plan.rank is None:
        rows.close(order=rows.ordering(), limit=plan.count)
        return rows
    by = [rows.fields[name.lower()] for name in plan.by]
    rank = rows.define(Value(row_number(rows, by), 1, object()), plan.rank or "rank")
    rows.begin_anew()
    rows.filter(exp.LTE(this=column(rank), expression=plain(plan.count)))
    if plan.rank:
        rows.set_fields(plan.schema.names(), {plan.rank: rank})
    return rows


_PRINTERS: dict[type, Callable[[Any, Relation, RunContext], Relation]] = {
    nodes.Extend: _extend,
    nodes.Filter: _filter,
    nodes.Project: _project,
    nodes.Capture: captured,
    nodes.Aggregate: _aggregate,
    nodes.Sort: _sort,
    nodes.Limit: _limit,
    nodes.Window: windowed,
    nodes.LookedUp: looked_up,
}
SQL_NODES = (*_PRINTERS, nodes.Join)
"""Kinds of nodes that SQL can say of any rows."""
