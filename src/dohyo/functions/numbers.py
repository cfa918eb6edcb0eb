"""Mathematics, after Java's `Math`: what is undefined is NaN, never an error."""

from __future__ import annotations

import math
from collections.abc import Callable

from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, number, plain, text
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT


def _safe(function: Callable[..., float]) -> Callable[..., float]:
    def calculated(*args: float) -> float:
        try:
            return function(*args)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return calculated


def _log(function: Callable[[float], float], pole: float) -> Callable[[float], float]:
    return lambda x: -math.inf if x == pole else _safe(function)(x)


_ONE = {
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "cbrt": math.cbrt,
    "cos": math.cos,
    "cosh": math.cosh,
    "exp": math.exp,
    "expm1": math.expm1,
    "log": _log(math.log, 0.0),
    "log1p": _log(math.log1p, -1.0),
    "log10": _log(math.log10, 0.0),
    "sin": math.sin,
    "sinh": math.sinh,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
    "toDegrees": math.degrees,
    "toRadians": math.radians,
}
_SQL_NAMES = {"toDegrees": "degrees", "toRadians": "radians"}


def _one(name: str, function: Callable[[float], float]) -> None:
    sql: Callable[[Sql], Sql] = lambda x: call(_SQL_NAMES.get(name, name), x)  # noqa: E731
    if name == "expm1":
        sql = lambda x: call("minus", call("exp", x), number(1.0))  # noqa: E731
    fn(
        name,
        (DOUBLE,),
        DOUBLE,
        sql=sql,
        rows=_safe(function),
        help=f"{name} of a number, in radians where it is an angle.",
        example=f"isNull({name}(null)) == true",
    )


for _name, _function in _ONE.items():
    _one(_name, _function)


def _rounded(x: float, digits: int = 0) -> float:
    """Half up, as Java rounds; the digits first brought to the left of the point."""
    if not math.isfinite(x) or abs(digits) > 15:
        return x
    factor = 10.0**digits
    return math.floor(x * factor + 0.5) / factor


def _round_sql(x: Sql, digits: Sql | None = None) -> Sql:
    if digits is None:
        return call("floor", call("plus", x, number(0.5)))
    exact = call("lessOrEquals", call("abs", digits), plain(15))
    factor = call("pow", number(10.0), call("if", exact, digits, plain(0)))
    rounded = call("divide", call("floor", call("plus", call("multiply", x, factor), number(0.5))), factor)
    return call("if", call("and", exact, call("isFinite", x)), rounded, x)


def _power(a: float, b: float) -> float:
    return math.inf if a == 0 and b < 0 else _safe(math.pow)(a, b)


fn(
    "round",
    (DOUBLE, LONG),
    DOUBLE,
    optional=1,
    sql=_round_sql,
    rows=_rounded,
    help="Rounded half up, to so many digits after the point.",
    example="round(1.549, 2) == 1.55",
)
fn(
    "ceil",
    (DOUBLE,),
    DOUBLE,
    sql=lambda x: call("ceil", x),
    rows=lambda x: float(math.ceil(x)) if math.isfinite(x) else x,
    help="The next whole number upwards.",
    example="ceil(-1.5) == -1",
)
fn(
    "floor",
    (DOUBLE,),
    DOUBLE,
    sql=lambda x: call("floor", x),
    rows=lambda x: float(math.floor(x)) if math.isfinite(x) else x,
    help="The next whole number downwards.",
    example="floor(-1.5) == -2",
)
fn(
    "abs",
    (DOUBLE,),
    DOUBLE,
    sql=lambda x: call("abs", x),
    rows=abs,
    help="The number without its sign.",
    example="abs(-2.5) == 2.5",
)
fn(
    "signum",
    (DOUBLE,),
    DOUBLE,
    sql=lambda x: call("toFloat64", call("sign", x)),
    rows=lambda x: float((x > 0) - (x < 0)),
    help="-1, 0 or 1.",
    example="signum(-3) == -1",
)
fn(
    "pow",
    (DOUBLE, DOUBLE),
    DOUBLE,
    sql=lambda a, b: call("pow", a, b),
    rows=_power,
    help="The first number to the power of the second.",
    example="pow(2, 10) == 1024",
)
fn(
    "atan2",
    (DOUBLE, DOUBLE),
    DOUBLE,
    sql=lambda a, b: call("atan2", a, b),
    rows=math.atan2,
    help="The angle of the point (second, first).",
    example="atan2(0, 1) == 0",
)
fn(
    "hypot",
    (DOUBLE, DOUBLE),
    DOUBLE,
    sql=lambda a, b: call("hypot", a, b),
    rows=math.hypot,
    help="Length of the hypotenuse.",
    example="hypot(3, 4) == 5",
)
fn(
    "isNaN",
    (DOUBLE,),
    BOOL,
    sql=lambda x: call("isNaN", x),
    rows=math.isnan,
    help="True for what is no number.",
    example="isNaN(0 / 0) == true",
)
fn(
    "isInfinity",
    (DOUBLE,),
    BOOL,
    aliases=("isInfinite",),
    sql=lambda x: call("isInfinite", x),
    rows=math.isinf,
    help="True for an infinite number.",
    example="isInfinity(1 / 0) == true",
)


def _hex(value: int) -> str:
    return format(value % 2**64, "X")


fn(
    "decToHex",
    (LONG,),
    TEXT,
    sql=lambda x: call(
        "if",
        call("equals", x, plain(0)),
        text("0"),
        call("replaceRegexpOne", call("hex", call("reinterpretAsUInt64", x)), text("^0+"), text("")),
    ),
    rows=_hex,
    help="A whole number in hexadecimal, upper case, two's complement.",
    example='decToHex("4919") == "1337"',
)


def _from_hex(value: str) -> int | None:
    digits = value[2:] if value[:2].lower() == "0x" else value
    if not digits or len(digits) > 16 or any(c not in "0123456789abcdefABCDEF" for c in digits):
        return None
    number_ = int(digits, 16)
    return number_ - 2**64 if number_ >= 2**63 else number_


def _from_hex_sql(x: Sql) -> Sql:
    digits = call("replaceRegexpOne", x, text("^0[xX]"), text(""))
    fits = call("match", digits, text("^[0-9a-fA-F]{1,16}$"))
    padded = call("leftPad", call("if", fits, digits, text("0")), plain(16), text("0"))
    read = call("reinterpretAsInt64", call("reverse", call("unhex", padded)))
    return call("if", fits, call("toNullable", read), _no_long())


def _no_long() -> Sql:
    import sqlglot.expressions as exp

    return call("CAST", exp.Null(), text("Nullable(Int64)"))


fn(
    "hexToDec",
    (TEXT,),
    LONG,
    aliases=("parseHex",),
    sql=_from_hex_sql,
    rows=_from_hex,
    help="The number that up to 16 hexadecimal digits say, with or without 0x.",
    example='hexToDec("0000000000001337") == 4919',
)
fn(
    "max",
    (DOUBLE, DOUBLE),
    DOUBLE,
    variadic=True,
    sql=lambda *a: call("greatest", *a),
    rows=max,
    help="The larger one.",
    example="max(1, 2) == 2",
)
fn(
    "min",
    (DOUBLE, DOUBLE),
    DOUBLE,
    variadic=True,
    sql=lambda *a: call("least", *a),
    rows=min,
    help="The smaller one.",
    example="min(1, 2) == 1",
)


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres between two places; the documented results come from an earth radius of 6372.8 km."""
    a = (
        math.sin(math.radians(lat2 - lat1) / 2) ** 2
        + math.cos(math.radians(lat1))
        * math.cos(math.radians(lat2))
        * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * 6372.8 * math.asin(min(1.0, math.sqrt(a)))


def _haversine_sql(lat1: Sql, lon1: Sql, lat2: Sql, lon2: Sql) -> Sql:
    def half(a: Sql, b: Sql) -> Sql:
        return call(
            "pow", call("sin", call("divide", call("radians", call("minus", b, a)), number(2.0))), number(2.0)
        )

    a = call(
        "plus",
        half(lat1, lat2),
        call(
            "multiply",
            call("multiply", call("cos", call("radians", lat1)), call("cos", call("radians", lat2))),
            half(lon1, lon2),
        ),
    )
    return call("multiply", number(2 * 6372.8), call("asin", call("least", number(1.0), call("sqrt", a))))


fn(
    "haversine",
    (DOUBLE,) * 4,
    DOUBLE,
    sql=_haversine_sql,
    rows=haversine,
    help="Distance in kilometres between two places given in degrees.",
    example="round(haversine(39.04380, -77.48790, 45.73723, -119.81143), 2) == 3512.71",
)
