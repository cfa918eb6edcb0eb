"""Small builders of sqlglot trees in ClickHouse's dialect, and the one way they are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import sqlglot.expressions as exp

Sql = exp.Expression
_names = count()


def call(name: str, *args: Sql) -> Sql:
    """A function call, the name printed as it is."""
    return exp.Anonymous(this=name, expressions=list(args))


def text(value: str) -> Sql:
    return exp.Literal.string(value)


def number(value: int | float) -> Sql:
    """A number of any size; infinities and NaN as ClickHouse spells them."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return call("toFloat64", text(str(value)))
        return call("toFloat64", text(repr(value)))
    return call("toInt64", text(str(value)))


def plain(value: int) -> Sql:
    """An integer literal for places that take a constant (lengths, indexes)."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def column(name: str, table: str | None = None) -> Sql:
    return exp.column(name, table=table, quoted=True)


def fn1(build: Callable[[Sql], Sql]) -> Sql:
    """A lambda of one argument with a name of its own: `fn1(lambda x: call("length", x))`."""
    name = f"x{next(_names)}"
    return exp.Lambda(this=build(exp.column(name)), expressions=[exp.to_identifier(name)])


def fn2(build: Callable[[Sql, Sql], Sql]) -> Sql:
    """A lambda of two arguments, such as an element and its number."""
    names = [f"x{next(_names)}" for _ in range(2)]
    body = build(*(exp.column(name) for name in names))
    return exp.Lambda(this=body, expressions=[exp.to_identifier(name) for name in names])


def alias(node: Sql, name: str) -> Sql:
    return exp.Alias(this=node, alias=exp.to_identifier(name, quoted=True))


def select(
    columns: Sequence[Sql],
    source: Sql,
    *,
    where: Sequence[Sql] = (),
    group: Sequence[Sql] = (),
    having: Sql | None = None,
    order: Sequence[Sql] = (),
    limit: int | None = None,
) -> exp.Select:
    """A select made of these parts as they are; without columns it gives rows of nothing.

    sqlglot's own builders copy the tree at every call, which makes deep queries slow to build.
    """
    parts: dict[str, object] = {"expressions": list(columns) or [plain(1)], "from_": exp.From(this=source)}
    if where:
        condition = where[0] if len(where) == 1 else call("and", *where)
        parts["where"] = exp.Where(this=condition)
    if group:
        parts["group"] = exp.Group(expressions=list(group))
    if having is not None:
        parts["having"] = exp.Having(this=having)
    if order:
        parts["order"] = exp.Order(expressions=list(order))
    if limit is not None:
        parts["limit"] = exp.Limit(expression=plain(limit))
    return exp.Select(**parts)


def within(inner: exp.Expression, name: str) -> Sql:
    """A select as the source of another one."""
    return exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(name)))


def null() -> Sql:
    return exp.Null()


def printed(node: Sql) -> str:
    """ClickHouse text of a tree. Printing for this dialect changes no tree, so none is copied."""
    return node.sql(dialect="clickhouse", normalize_functions=False, copy=False)
