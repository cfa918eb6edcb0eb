"""The table of window functions: what a row gets from the rows near it, in SQL and as reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dohyo.ops.aggregates import AGGREGATES
from dohyo.plan.expr import Expr
from dohyo.plan.nodes import Plan, Window
from dohyo.plan.schema import Field, SortKey
from dohyo.plan.sqltree import Sql, call, null, plain
from dohyo.plan.types import Type

Over = Callable[[Sql], Sql]


@dataclass(frozen=True)
class WindowFunction:
    """`sql(x, over)`: `over` puts an aggregate over the rows that count. `rows(values)`: their known values,
    at least one; none gives null. `folds`: of a first part the answer alone is enough.
    """

    sql: Callable[[Sql, Over], Sql]
    rows: Callable[[list[Any]], Any]
    folds: bool = False


def _deviation_sql(x: Sql, over: Over) -> Sql:
    few = call("less", over(call("count", x)), plain(2))
    return call("if", few, null(), over(call("stddevSampStable", x)))


WINDOWS = {
    "sum": WindowFunction(
        lambda x, over: over(call("sum", x)), lambda v: AGGREGATES["sum"].rows(v, ()), folds=True
    ),
    "mean": WindowFunction(lambda x, over: over(call("avg", x)), lambda v: AGGREGATES["avg"].rows(v, ())),
    "deviation": WindowFunction(_deviation_sql, lambda v: AGGREGATES["stddev"].rows(v, ())),
    "least": WindowFunction(lambda x, over: over(call("min", x)), min, folds=True),
    "last": WindowFunction(lambda x, over: over(call("anyLast", x)), lambda v: v[-1], folds=True),
}


def windowed(
    plan: Plan,
    function: str,
    arg: Expr,
    name: str,
    result: Type,
    *,
    by: Sequence[str] = (),
    keys: Sequence[SortKey] = (),
    first: int | None = None,
    last: int | None = 0,
) -> Window:
    """The plan with a field made by a window function; see `Window`."""
    schema = plan.schema.with_fields([Field(name, result)])
    return Window(plan, function, arg, name, tuple(by), tuple(keys), first, last, schema)
