"""The table of aggregate functions: what each takes and gives, its SQL and its reference implementation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlglot.expressions as exp

from dohyo.plan.sqltree import Sql, call, fn1, null, plain, text
from dohyo.plan.types import DOUBLE, LONG, TEXT, TIME, Type

MOST_VALUES = 100
TIMED_LENGTH = 42
"""Characters before the value in a text that `withtime` makes."""
Params = Sequence[float]


@dataclass(frozen=True)
class AggregateFunction:
    """One aggregate function.

    - `arg`: the field it needs: `optional`, `any` (with the type it has), or coerced to `number`, `double` or
      `text`.
    - `sql(x, params, order)`: `order` is an expression that is smallest for the first row.
    - `timed`: it takes what `withtime` makes.
    - `rows(values, params)`: the values in row order, nulls left out, at least one. No value gives null, or 0
      where it `counts`.
    """

    name: str
    default: str
    arg: Literal["optional", "any", "number", "double", "text"]
    result: Callable[[Type], Type]
    sql: Callable[[Sql, Params, Sql], Sql]
    rows: Callable[[list[Any], Params], Any]
    params: int = 0
    needs_order: bool = False
    counts: bool = False
    timed: bool = False


def _sum(values: list[Any]) -> int | float:
    """Whole numbers wrap at 64 bits, as the engine's do."""
    if all(isinstance(v, int) for v in values):
        return (sum(values) + 2**63) % 2**64 - 2**63
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)


def _mean(values: list[float]) -> float:
    return _sum(values) / len(values)


def _quantile(values: list[float], percent: float) -> float:
    """Linear interpolation between the two nearest ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _deviation(values: list[float]) -> float | None:
    """Of a sample."""
    if len(values) < 2:
        return None
    mean = _mean(values)
    return math.sqrt(_sum([(v - mean) ** 2 for v in values]) / (len(values) - 1))


def _quantile_sql(x: Sql, percent: float) -> Sql:
    level = exp.Literal.number(repr(percent / 100))
    return exp.ParameterizedAgg(this="quantileExactInclusiveOrNull", expressions=[level], params=[x])


def _deviation_sql(x: Sql) -> Sql:
    return call("if", call("less", call("count", x), plain(2)), null(), call("stddevSampStable", x))


def _values_sql(x: Sql) -> Sql:
    distinct = call("arraySlice", call("arraySort", call("groupUniqArray", x)), plain(1), plain(MOST_VALUES))
    known = call("arrayMap", fn1(lambda v: call("assumeNotNull", v)), distinct)
    nothing = call("equals", call("count", x), plain(0))
    return call("if", nothing, null(), call("arrayStringConcat", known, text("\n")))


def _untimed_sql(x: Sql) -> Sql:
    return call("substring", x, plain(TIMED_LENGTH + 1))


def _number(given: Type) -> Type:
    return LONG if given in (LONG, TIME) else DOUBLE


def _same(given: Type) -> Type:
    return given


def _always(result: Type) -> Callable[[Type], Type]:
    return lambda given: result


_FUNCTIONS = [
    AggregateFunction(
        "count", "_count", "optional", _always(LONG), counts=True,
        sql=lambda x, p, o: call("toInt64", call("count", x)),
        rows=lambda v, p: len(v),
    ),
    AggregateFunction(
        "count_distinct", "_count_distinct", "text", _always(LONG), counts=True,
        sql=lambda x, p, o: call("toInt64", call("uniqExact", x)),
        rows=lambda v, p: len(set(v)),
    ),
    AggregateFunction(
        "sum", "_sum", "number", _number,
        sql=lambda x, p, o: call("sumOrNull", x),
        rows=lambda v, p: _sum(v),
    ),
    AggregateFunction(
        "avg", "_avg", "double", _always(DOUBLE),
        sql=lambda x, p, o: call("avgOrNull", x),
        rows=lambda v, p: _mean(v),
    ),
    AggregateFunction(
        "min", "_min", "number", _same,
        sql=lambda x, p, o: call("minOrNull", x),
        rows=lambda v, p: min(v),
    ),
    AggregateFunction(
        "max", "_max", "number", _same,
        sql=lambda x, p, o: call("maxOrNull", x),
        rows=lambda v, p: max(v),
    ),
    AggregateFunction(
        "first", "_first", "any", _same, needs_order=True,
        sql=lambda x, p, o: call("argMinOrNull", x, o),
        rows=lambda v, p: v[0],
    ),
    AggregateFunction(
        "last", "_last", "any", _same, needs_order=True,
        sql=lambda x, p, o: call("argMaxOrNull", x, o),
        rows=lambda v, p: v[-1],
    ),
    AggregateFunction(
        "most_recent", "_mostrecent", "text", _always(TEXT), timed=True,
        sql=lambda x, p, o: _untimed_sql(call("maxOrNull", x)),
        rows=lambda v, p: max(v)[TIMED_LENGTH:],
    ),
    AggregateFunction(
        "least_recent", "_leastrecent", "text", _always(TEXT), timed=True,
        sql=lambda x, p, o: _untimed_sql(call("minOrNull", x)),
        rows=lambda v, p: min(v)[TIMED_LENGTH:],
    ),
    AggregateFunction(
        "pct", "_pct", "double", _always(DOUBLE), params=1,
        sql=lambda x, p, o: _quantile_sql(x, p[0]),
        rows=lambda v, p: _quantile(v, p[0]),
    ),
    AggregateFunction(
        "pct_sampling", "_pct", "double", _always(DOUBLE), params=1,
        sql=lambda x, p, o: _quantile_sql(x, p[0]),
        rows=lambda v, p: _quantile(v, p[0]),
    ),
    AggregateFunction(
        "median", "_median", "double", _always(DOUBLE),
        sql=lambda x, p, o: _quantile_sql(x, 50),
        rows=lambda v, p: _quantile(v, 50),
    ),
    AggregateFunction(
        "stddev", "_stddev", "double", _always(DOUBLE),
        sql=lambda x, p, o: _deviation_sql(x),
        rows=lambda v, p: _deviation(v),
    ),
    AggregateFunction(
        "values", "_values", "text", _always(TEXT),
        sql=lambda x, p, o: _values_sql(x),
        rows=lambda v, p: "\n".join(sorted(set(v))[:MOST_VALUES]),
    ),
]  # fmt: skip
AGGREGATES = {function.name: function for function in _FUNCTIONS}
