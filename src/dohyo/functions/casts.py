"""Casts, and the coercions that the checker inserts: each a function of its own, so that both engines see the
same.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

import sqlglot.expressions as exp

from dohyo.functions.table import ANY, fn
from dohyo.plan.sqltree import Sql, call, number, plain, text
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BIGGEST = 9.2e18


def text_to_double(value: object) -> float | None:
    """The number a text says, blanks around it allowed; None when it says none."""
    if isinstance(value, str):
        stripped = value.strip(" \t\r\n")
        return float(stripped) if _NUMBER.fullmatch(stripped) else None
    return None if value is None else float(value)  # type: ignore[arg-type]


def double_to_text(value: float) -> str:
    """Shortest text of a double, without `.0`; digits alone from 0.000001 up to 21 of them.

    >>> double_to_text(1.50), double_to_text(3.0), double_to_text(1.5e-7)
    ('1.5', '3', '1.5e-7')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    mantissa, _, exponent = repr(value).partition("e")
    if exponent and not 1e-6 <= abs(value) < 1e21:
        return f"{mantissa}e{int(exponent)}"
    plain_text = format(Decimal(repr(value)), "f")
    return plain_text.removesuffix(".0") if value else "0"


def any_to_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return double_to_text(value) if isinstance(value, float) else str(value)


def _text_to_double_sql(x: Sql) -> Sql:
    trimmed = call("trimBoth", call("toString", x), text(" \t\r\n"))
    return call(
        "if",
        call("match", trimmed, text(f"^{_NUMBER.pattern}$")),
        call("toFloat64OrNull", trimmed),
        call("CAST", exp.Null(), text("Nullable(Float64)")),
    )


def _double_to_text_sql(x: Sql) -> Sql:
    whole = call("and", call("equals", x, call("trunc", x)), call("less", call("abs", x), number(1e15)))
    named = call(
        "multiIf",
        call("isNaN", x),
        text("NaN"),
        call("isInfinite", x),
        call("if", call("greater", x, plain(0)), text("Infinity"), text("-Infinity")),
        whole,
        call("toString", call("toInt64", call("if", whole, x, number(0.0)))),
        call("toString", x),
    )
    return call("if", call("isNull", x), exp.Null(), named)


# Coercions by name: the checker picks the one that fits the type it has.
# A text turned LONG goes through DOUBLE, so that "1.7" is 1.
fn("text_to_double", (TEXT,), DOUBLE, nulls="null", hidden=True, sql=_text_to_double_sql, rows=text_to_double)
fn(
    "long_to_double",
    (LONG,),
    DOUBLE,
    nulls="null",
    hidden=True,
    sql=lambda x: call("toFloat64", x),
    rows=lambda x: float(x),
)
fn(
    "double_to_long",
    (DOUBLE,),
    LONG,
    nulls="null",
    hidden=True,
    rows=lambda x: int(x) if math.isfinite(x) and abs(x) < _BIGGEST else None,
    sql=lambda x: call(
        "if",
        call("and", call("isFinite", x), call("less", call("abs", x), number(_BIGGEST))),
        call("toInt64", call("trunc", call("if", call("isFinite", x), x, number(0.0)))),
        exp.Null(),
    ),
)
fn(
    "bool_to_text",
    (BOOL,),
    TEXT,
    nulls="null",
    hidden=True,
    sql=lambda x: call("if", x, text("true"), text("false")),
    rows=any_to_text,
)
fn(
    "bool_to_double",
    (BOOL,),
    DOUBLE,
    nulls="null",
    hidden=True,
    sql=lambda x: call("toFloat64", x),
    rows=lambda x: float(x),
)
fn(
    "long_to_text",
    (LONG,),
    TEXT,
    nulls="null",
    hidden=True,
    sql=lambda x: call("toString", x),
    rows=any_to_text,
)
fn("double_to_text", (DOUBLE,), TEXT, nulls="null", hidden=True, sql=_double_to_text_sql, rows=any_to_text)
fn(
    "text_to_bool",
    (TEXT,),
    BOOL,
    nulls="false",
    hidden=True,
    sql=lambda x: call("equals", call("lower", x), text("true")),
    rows=lambda x: x.lower() == "true",
)
fn(
    "double_to_bool",
    (DOUBLE,),
    BOOL,
    nulls="false",
    hidden=True,
    sql=lambda x: call("notEquals", x, plain(0)),
    rows=lambda x: x != 0,
)

fn(
    "num",
    (DOUBLE,),
    DOUBLE,
    aliases=("number", "double", "toDouble"),
    sql=lambda x: x,
    rows=lambda x: x,
    help="The number that a text says; null when it says none.",
    example='num("1.5") == 1.5',
)
fn(
    "toLong",
    (LONG,),
    LONG,
    aliases=("toInt", "int", "long"),
    sql=lambda x: x,
    rows=lambda x: x,
    help="A whole number; a fraction is cut off.",
    example='toLong("17") == 17',
)
fn(
    "toString",
    (TEXT,),
    TEXT,
    aliases=("string",),
    sql=lambda x: x,
    rows=lambda x: x,
    help="A value as text.",
    example='toString(3) == "3"',
)
fn(
    "toMillis",
    (LONG,),
    TIME,
    aliases=("fromMillis",),
    sql=lambda x: x,
    rows=lambda x: x,
    help="Epoch milliseconds as a time.",
    example="toMillis(5) == 5",
)

fn(
    "isNull",
    (ANY,),
    BOOL,
    nulls="handles",
    sql=lambda x: call("isNull", x),
    rows=lambda x: x is None,
    help="True for null.",
    example="isNull(null) == true",
)
fn(
    "isEmpty",
    (TEXT,),
    BOOL,
    nulls="handles",
    sql=lambda x: call("empty", call("ifNull", x, text(""))),
    rows=lambda x: not x,
    help="True for null and for a text without characters.",
    example='isEmpty(" ") == false',
)
_BLANKS = " \t\r\n\f\v"
fn(
    "isBlank",
    (TEXT,),
    BOOL,
    nulls="handles",
    sql=lambda x: call("empty", call("trimBoth", call("ifNull", x, text("")), text(_BLANKS))),
    rows=lambda x: not (x or "").strip(_BLANKS),
    help="True for null, for a text without characters and for one of only white space.",
    example='isBlank("  ") == true',
)
