"""Joins in SQL: tables of a query side by side, and the answers of a lookup beside the rows that asked."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext
from dohyo.plan import nodes
from dohyo.plan.sqltree import Sql, call, column, plain
from dohyo.sql.relation import Relation, Value

OTHER = "u"
"""Name of the right side of a join."""
_TIME = "_messagetime"


def joined(node: nodes.Join, tables: Sequence[Relation]) -> Relation:
    """The combinations, in the order of the first table, then the second, and so on."""
    for table in tables:
        table.close()
    rows = tables[0]
    for place in range(1, len(tables)):
        right = tables[place]
        keys = [key for key in node.keys if key.table == place]
        on = [_equal(tables[k.other].field(k.other_field), right.field(k.field)) for k in keys]
        columns = right.columns()
        rows.join(right.as_source(OTHER), columns, {"kind": "INNER"}, on)
        rows.begin_anew()
    times = [table.field(_TIME) for table in tables] if node.window_ms is not None else []
    order = tuple(one for table in tables for one in table.order)
    pairs = zip(node.schema, node.fields, strict=True)
    made = {f.name: tables[table].fields[name.lower()] for f, (table, name) in pairs}
    rows.set_fields(node.schema.names(), made)
    rows.order = order
    if node.window_ms is not None:
        apart = call("minus", call("greatest", *times), call("least", *times))
        rows.filter(call("lessOrEquals", apart, plain(node.window_ms)))
    return rows


def _equal(left: Sql, right: Sql) -> Sql:
    return exp.EQ(this=left, expression=right)


def looked_up(node: nodes.LookedUp, rows: Relation, run: RunContext) -> Relation:
    """The rows with the values that stand for their keys in the table of answers."""
    keys = [rows.fields[key.lower()] for key in node.keys]
    rows.begin_anew()
    table = exp.Table(
        this=exp.to_identifier(node.table, quoted=True), alias=exp.TableAlias(this=exp.to_identifier(OTHER))
    )
    on = [_equal(column(key, "t"), column(f"k{i}", OTHER)) for i, key in enumerate(keys)]
    rows.join(table, (), {"side": "LEFT"}, on)
    answers = {
        name.lower(): rows.define(Value(exp.Paren(this=column(f"v{i}", OTHER)), 1, object()), name)
        for i, name in enumerate(node.fields)
    }
    rows.set_fields(node.schema.names(), answers)
    rows.begin_anew()
    return rows
