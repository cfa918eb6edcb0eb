"""Joins in SQL: tables of a query side by side, and the answers of a lookup beside the rows that asked."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot.expressions as exp

from dohyo.plan import nodes
from dohyo.plan.sqltree import Sql, alias, call, column, plain, select, within
from dohyo.sql.expressions import INPUT, column_name, field_sql
from dohyo.sql.relation import Relation, order_names, passed

OTHER = "u"
"""Name of the right side of a join; the left one is named as every input is."""
_TIME = "_messagetime"


def joined(node: nodes.Join, tables: Sequence[Relation]) -> Relation:
    """The combinations, in the order of the first table, then the second, and so on."""
    made, order = _side(node, 0, tables[0], 0)
    for place in range(1, len(tables)):
        right, right_order = _side(node, place, tables[place], len(order))
        keys = [key for key in node.keys if key.table == place]
        on = [_equal(_inner(key.other, key.other_field), _inner(place, key.field)) for key in keys]
        left_columns = [passed(one.alias) for one in made.expressions]
        right_columns = [alias(column(one.alias, OTHER), one.alias) for one in right.expressions]
        made = _join(made, within(right, OTHER), "INNER", on, [*left_columns, *right_columns])
        order = (*order, *right_order)
    pairs = zip(node.schema, node.fields, strict=True)
    fields = [alias(column(_inner(*origin), INPUT), column_name(f.name)) for f, origin in pairs]
    beside = [passed(name) for name, _ in order]
    where = () if node.window_ms is None else [_within_window(node.window_ms, len(tables))]
    return Relation(select([*fields, *beside], within(made, INPUT), where=where), node.schema, order)


def _inner(table: int, field: str) -> str:
    """Column of a table's field inside the join."""
    return f"$j{table}{column_name(field)}"


def _side(
    node: nodes.Join, place: int, table: Relation, start: int
) -> tuple[exp.Select, tuple[tuple[str, bool], ...]]:
    """One table under names of its own, and its order."""
    read = [field for number, field in node.fields if number == place]
    read += [key.field for key in node.keys if key.table == place]
    read += [key.other_field for key in node.keys if key.other == place]
    read += [] if node.window_ms is None else [_TIME]
    fields = [alias(field_sql(name), _inner(place, name)) for name in dict.fromkeys(read)]
    names = order_names(start, len(table.order))
    ordered = [alias(column(old, INPUT), new) for (old, _), new in zip(table.order, names, strict=True)]
    order = tuple((new, ascending) for (_, ascending), new in zip(table.order, names, strict=True))
    return table.bare([*fields, *ordered]), order


def _join(left: exp.Select, right: Sql, kind: str, on: Sequence[Sql], columns: Sequence[Sql]) -> exp.Select:
    made = select(columns, within(left, INPUT))
    made.set("joins", [exp.Join(this=right, kind=kind, on=on[0] if len(on) == 1 else exp.and_(*on))])
    return made


def _equal(left: str, right: str) -> Sql:
    return exp.EQ(this=column(left, INPUT), expression=column(right, OTHER))


def _within_window(window_ms: int, tables: int) -> Sql:
    times = [column(_inner(place, _TIME), INPUT) for place in range(tables)]
    apart = call("minus", call("greatest", *times), call("least", *times))
    return call("lessOrEquals", apart, plain(window_ms))


def looked_up(node: nodes.LookedUp, source: Relation) -> Relation:
    """The rows with the values that stand for their keys in the table of answers."""
    places = {name.lower(): f"v{i}" for i, name in enumerate(node.fields)}
    fields = []
    for f in node.schema:
        if place := places.get(f.name.lower()):
            fields.append(alias(column(place, OTHER), column_name(f.name)))
        else:
            found = nodes.field_of(source.schema, f.name)
            fields.append(alias(field_sql(found.name), column_name(f.name)))
    beside = [passed(name) for name, _ in source.order]
    on = [_equal(column_name(key), f"k{i}") for i, key in enumerate(node.keys)]
    table = exp.Table(
        this=exp.to_identifier(node.table, quoted=True), alias=exp.TableAlias(this=exp.to_identifier(OTHER))
    )
    return Relation(_join(source.select, table, "LEFT", on, [*fields, *beside]), node.schema, source.order)
