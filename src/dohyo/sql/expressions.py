"""Typed expressions as SQL, with the null rule of each function applied."""

from __future__ import annotations

import re

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext, function_named
from dohyo.plan.expr import Apply, Expr, Lit, Ref
from dohyo.plan.sqltree import Sql, alias, call, column, null, number, text
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME

INPUT = "t"
"""Name of the sub-select that an expression reads its fields from."""

SQL_TYPES = {TEXT: "String", LONG: "Int64", TIME: "Int64", DOUBLE: "Float64", BOOL: "Bool"}
_OTHER_CHARACTER = re.compile(r"[^A-Za-z0-9_]")


def column_name(field_name: str) -> str:
    """The SQL name of a field: different fields have different names, made of harmless characters only.

    >>> column_name("alert_id"), column_name("o.k")
    ('alert_id', 'o$2e$k')
    """
    return _OTHER_CHARACTER.sub(lambda found: f"${ord(found[0]):x}$", field_name)


def field_sql(field_name: str) -> Sql:
    """The field of the input."""
    return column(column_name(field_name), INPUT)


def expr_to_sql(expr: Expr, run: RunContext) -> Sql:
    """The expression over the fields of the input."""
    if isinstance(expr, Lit):
        return literal_sql(expr)
    if isinstance(expr, Ref):
        return field_sql(expr.name)
    return _applied(expr, run)


def output_sql(expr: Expr, name: str, run: RunContext) -> Sql:
    """The expression as a named column; the engine's conditions are numbers, so a boolean says what it is."""
    made = expr_to_sql(expr, run)
    if expr.type == BOOL:
        made = call("CAST", made, text("Nullable(Bool)"))
    return alias(made, column_name(name))


def literal_sql(literal: Lit) -> Sql:
    if literal.value is None:
        return call("CAST", null(), text(f"Nullable({SQL_TYPES[literal.type]})"))
    if isinstance(literal.value, bool):
        return exp.true() if literal.value else exp.false()
    return text(literal.value) if isinstance(literal.value, str) else number(literal.value)


def _applied(expr: Apply, run: RunContext) -> Sql:
    function = function_named(expr.function)
    assert function is not None, expr.function
    args = [expr_to_sql(arg, run) for arg in expr.args]
    made: Sql = function.sql(*([run] if function.needs_context else []), *args)
    if function.nulls == "handles" or not args:
        return made
    known = [isinstance(arg, Lit) and arg.value is not None for arg in expr.args]
    missing = [call("isNull", arg) for arg, is_known in zip(args, known, strict=True) if not is_known]
    if not missing:
        return made
    any_missing = missing[0] if len(missing) == 1 else call("or", *missing)
    return call("if", any_missing, null() if function.nulls == "null" else exp.false(), made)
