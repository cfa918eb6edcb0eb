"""Window functions as selects."""

from __future__ import annotations

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext
from dohyo.ops.windows import WINDOWS
from dohyo.plan import nodes
from dohyo.plan.sqltree import Sql, alias, call, plain
from dohyo.sql.expressions import column_name, expr_to_sql, field_sql
from dohyo.sql.relation import Relation


def windowed(plan: nodes.Window, source: Relation, run: RunContext) -> Relation:
    """The source with the field of the window function in its place."""
    keys = [
        exp.Ordered(this=field_sql(key.name), desc=not key.ascending, nulls_first=False) for key in plan.keys
    ]
    ordering = [*keys, *source.ordering()]

    def over(aggregate: Sql) -> Sql:
        return exp.Window(
            this=aggregate,
            partition_by=[field_sql(name) for name in plan.by],
            order=exp.Order(expressions=ordering) if ordering else None,
            spec=exp.WindowSpec(kind="ROWS", **_bound("start", plan.first), **_bound("end", plan.last)),
        )

    # Where no row counts the answer is null, not the 0 that the engine has for types without null.
    arg = call("toNullable", expr_to_sql(plan.arg, run))
    made = alias(WINDOWS[plan.function].sql(arg, over), column_name(plan.name))
    fields = [
        made if f.name.lower() == plan.name.lower() else alias(field_sql(f.name), column_name(f.name))
        for f in plan.schema
    ]
    return Relation(source.over(fields), plan.schema, source.order)


def _bound(which: str, away: int | None) -> dict[str, object]:
    side = "PRECEDING" if (which == "start" if away is None else away < 0) else "FOLLOWING"
    if away == 0:
        return {which: "CURRENT ROW"}
    return {which: "UNBOUNDED" if away is None else plain(abs(away)), f"{which}_side": side}
