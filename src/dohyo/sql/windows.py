"""Window functions in selects."""

from __future__ import annotations

from collections.abc import Iterable

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext
from dohyo.ops.windows import WINDOWS
from dohyo.plan import nodes
from dohyo.plan.sqltree import Sql, call, column, plain
from dohyo.sql.expressions import named
from dohyo.sql.relation import Relation, Value


def row_number(rows: Relation, by: Iterable[str]) -> Sql:
    """Number of each row in its group, in the order of the rows."""
    ordering = rows.ordering()
    window = exp.Window(
        this=call("row_number"),
        partition_by=[column(name) for name in by],
        order=exp.Order(expressions=ordering) if ordering else None,
    )
    return call("toInt64", window)


def windowed(plan: nodes.Window, rows: Relation, run: RunContext) -> Relation:
    """The rows with the field of the window function in its place."""
    # Where no row counts the answer is null, not the 0 that the engine has for types without null.
    arg = call("toNullable", column(named(plan.arg, rows, run, plan.name)))
    keys = [
        exp.Ordered(this=rows.field(key.name), desc=not key.ascending, nulls_first=False) for key in plan.keys
    ]
    ordering = [*keys, *rows.ordering()]

    def over(aggregate: Sql) -> Sql:
        return exp.Window(
            this=aggregate,
            partition_by=[rows.field(name) for name in plan.by],
            order=exp.Order(expressions=ordering) if ordering else None,
            spec=exp.WindowSpec(kind="ROWS", **_bound("start", plan.first), **_bound("end", plan.last)),
        )

    made = rows.define(Value(WINDOWS[plan.function].sql(arg, over), 1, object()), plan.name)
    rows.set_fields(plan.schema.names(), {plan.name: made})
    rows.close()
    return rows


def _bound(which: str, away: int | None) -> dict[str, object]:
    side = "PRECEDING" if (which == "start" if away is None else away < 0) else "FOLLOWING"
    if away == 0:
        return {which: "CURRENT ROW"}
    return {which: "UNBOUNDED" if away is None else plain(abs(away)), f"{which}_side": side}
