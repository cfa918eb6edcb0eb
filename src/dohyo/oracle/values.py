"""Values of expressions for a row, and how values are ordered."""

from __future__ import annotations

from collections.abc import Callable

from dohyo.functions.table import RunContext, function_named
from dohyo.plan.expr import Expr, Lit, Ref, Scalar
from dohyo.plan.nodes import Row


def value_of(expr: Expr, run: RunContext) -> Callable[[Row], Scalar]:
    """A function from a row to the expression's value, with the null rule of each function applied."""
    if isinstance(expr, Lit):
        value = expr.value
        return lambda row: value
    if isinstance(expr, Ref):
        name = expr.name
        return lambda row: row[name]
    function = function_named(expr.function)
    assert function is not None, expr.function
    args = [value_of(arg, run) for arg in expr.args]
    given = (run,) if function.needs_context else ()
    if_null = None if function.nulls == "null" else False
    handles = function.nulls == "handles"
    rows = function.bounded if run.bounded and function.bounded else function.rows

    def applied(row: Row) -> Scalar:
        values = [arg(row) for arg in args]
        return if_null if not handles and None in values else rows(*given, *values)

    return applied


def ordered(value: Scalar, ascending: bool) -> tuple[bool, bool, Scalar]:
    """A key that sorts values as the language does: nulls last, before them what is no number.

    Text goes by code points. For a descending order the key is to be sorted in reverse.
    """
    is_null, is_nan = value is None, value != value
    place = 0 if is_null or is_nan else value
    return (is_null, is_nan, place) if ascending else (not is_null, not is_nan, place)


def grouped(value: Scalar) -> Scalar:
    """The value as a key of a group: all that are no number are one."""
    return "NaN" if value != value else value
