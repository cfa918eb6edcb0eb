"""Typed expressions as SQL, with the null rule of each function applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot.expressions as exp

from dohyo.functions.table import Function, RunContext, function_named
from dohyo.plan.expr import Apply, Expr, Lit, Ref
from dohyo.plan.sqltree import Sql, call, column, null, number, text
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME
from dohyo.sql.relation import MOST_SIZE, Relation, Value

SQL_TYPES = {TEXT: "String", LONG: "Int64", TIME: "Int64", DOUBLE: "Float64", BOOL: "Bool"}
_NEVER_NULL = {"and", "or", "not", "isNull", "concat", "json_text"}
"""Functions whose values are never null, besides those that give false for null."""
_SHARED = {"json_text"}
"""Functions whose values get a name, because others take them again."""


def expr_to_sql(expr: Expr, rows: Relation, run: RunContext) -> Sql:
    """The expression over the rows, as a condition or a part of another one."""
    return value_of(expr, rows, run).sql


def named(expr: Expr, rows: Relation, run: RunContext, hint: str = "") -> str:
    """The name of the expression's value. The engine's conditions are numbers, so a boolean says its kind."""
    value = value_of(expr, rows, run)
    if expr.type == BOOL and not isinstance(value.sql, exp.Column):
        made = call("CAST", value.sql, text("Nullable(Bool)"))
        value = Value(made, value.size + 1, ("cast", value.key), value.sure)
        if found := rows.known(value.key):
            return found.sql.name
    return rows.define(value, hint)


def value_of(expr: Expr, rows: Relation, run: RunContext) -> Value:
    if isinstance(expr, Lit):
        key = (expr.type, type(expr.value), expr.value)
        return Value(literal_sql(expr), 1, key, expr.value is not None)
    if isinstance(expr, Ref):
        return rows.value(rows.fields[expr.name.lower()])
    return _applied(expr, [value_of(arg, rows, run) for arg in expr.args], rows, run)


def literal_sql(literal: Lit) -> Sql:
    if literal.value is None:
        return call("CAST", null(), text(f"Nullable({SQL_TYPES[literal.type]})"))
    if isinstance(literal.value, bool):
        return exp.true() if literal.value else exp.false()
    return text(literal.value) if isinstance(literal.value, str) else number(literal.value)


def _applied(expr: Apply, args: list[Value], rows: Relation, run: RunContext) -> Value:
    """The function on its arguments. An argument that it writes more than once gets a name."""
    key = (expr.function, expr.type, *(arg.key for arg in args))
    if found := rows.known(key):
        return found
    function = function_named(expr.function)
    assert function is not None, expr.function
    places = [_Place(i, arg.sure) for i, arg in enumerate(args)]
    fixed = [isinstance(arg, Lit) for arg in expr.args]  # functions look at literals
    given = zip(args, places, fixed, strict=True)
    holders = [arg.sql if is_fixed else place.sql for arg, place, is_fixed in given]
    doubted = [sql for sql, arg in zip(holders, args, strict=True) if not arg.sure]
    made = exp.Paren(this=_in_null_rule(function, _called(function, holders, run), doubted))
    size = _find(made, places)
    size += sum(arg.size * len(place.uses) for arg, place in zip(args, places, strict=True))
    if size > MOST_SIZE and any(arg.size > 1 for arg in args):
        return _applied(expr, _as_columns(args, fixed, rows), rows, run)
    for arg, place in zip(args, places, strict=True):
        if len(place.uses) == 1 and not place.in_lambda:
            place.put(arg.sql)
        elif place.uses:
            place.put(column(rows.define(arg, expr.function)))
    value = Value(made.this, size, key, function.nulls == "false" or function.name in _NEVER_NULL)
    return rows.value(rows.define(value, expr.function)) if expr.function in _SHARED else value


def _as_columns(args: Sequence[Value], fixed: Sequence[bool], rows: Relation) -> list[Value]:
    """The arguments as plain columns of a new select, so that nothing stands in their places."""
    names = [None if is_fixed else rows.define(arg) for arg, is_fixed in zip(args, fixed, strict=True)]
    rows.begin_anew(apart=True)
    return [arg if name is None else rows.value(name) for arg, name in zip(args, names, strict=True)]


def _called(function: Function, args: Sequence[Sql], run: RunContext) -> Sql:
    made: Sql = function.sql(*([run] if function.needs_context else []), *args)
    return made


def _in_null_rule(function: Function, made: Sql, doubted: Sequence[Sql]) -> Sql:
    """What the function gives where one of these arguments is null, else its own SQL."""
    if function.nulls == "handles" or not doubted:
        return made
    missing = [call("isNull", arg) for arg in doubted]
    any_missing = missing[0] if len(missing) == 1 else call("or", *missing)
    return call("if", any_missing, null() if function.nulls == "null" else exp.false(), made)


def _is_called(sql: Sql, name: str) -> bool:
    return isinstance(sql, exp.Anonymous) and sql.this == name


@dataclass
class _Place:
    """Stands for an argument in a function's SQL; where it stands is found afterwards. `sure`: never null."""

    number: int
    sure: bool

    def __post_init__(self) -> None:
        self.sql = column(f"?{self.number}")
        self.uses: list[tuple[Sql, str, int | None]] = []
        self.in_lambda = False

    def put(self, sql: Sql) -> None:
        for parent, part, at in self.uses:
            if at is None:
                parent.args[part] = sql
            else:
                parent.args[part][at] = sql


def _find(made: Sql, places: Sequence[_Place]) -> int:
    """Notes where each place stands; how many other parts there are."""
    by_name = {place.sql.name: place for place in places}
    left: list[tuple[Sql, bool]] = [(made, False)]
    size = 0
    while left:
        node, in_lambda = left.pop()
        size += 1
        in_lambda = in_lambda or isinstance(node, exp.Lambda)
        for part, child in node.args.items():
            children: list[Any] = child if isinstance(child, list) else [child]
            for at, one in enumerate(children):
                if not isinstance(one, exp.Expression):
                    continue
                doubted = one.expressions[0] if _is_called(one, "ifNull") else one
                place = by_name.get(doubted.name) if isinstance(doubted, exp.Column) else None
                if place is not None and doubted is not one and not place.sure:
                    place = None
                if place is None:
                    left.append((one, in_lambda))
                else:
                    place.uses.append((node, part, at if isinstance(child, list) else None))
                    place.in_lambda = place.in_lambda or in_lambda
    return size
