"""The operators of the language: comparison, boolean logic, arithmetic, choice."""

from __future__ import annotations

import math
import re

import sqlglot.expressions as exp

from dohyo.functions.linear import is_in
from dohyo.functions.regex import compiled
from dohyo.functions.table import NUMBER, SAME, fn
from dohyo.plan.sqltree import Sql, call, plain, text
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME, Type


def _compare(name: str, symbol: type[exp.Expression], rows):  # type: ignore[no-untyped-def]
    fn(
        name,
        (SAME, SAME),
        BOOL,
        nulls="false",
        hidden=True,
        sql=lambda a, b: symbol(this=exp.paren(a), expression=exp.paren(b)),
        rows=rows,
    )


_compare("eq", exp.EQ, lambda a, b: a == b)
_compare("ne", exp.NEQ, lambda a, b: a != b)
_compare("lt", exp.LT, lambda a, b: a < b)
_compare("le", exp.LTE, lambda a, b: a <= b)
_compare("gt", exp.GT, lambda a, b: a > b)
_compare("ge", exp.GTE, lambda a, b: a >= b)


def _truth(x: Sql) -> Sql:
    return call("ifNull", x, exp.false())


# A null condition counts as false, as every comparison with null does.
fn(
    "and",
    (BOOL, BOOL),
    BOOL,
    nulls="handles",
    hidden=True,
    sql=lambda a, b: call("and", _truth(a), _truth(b)),
    rows=lambda a, b: bool(a) and bool(b),
)
fn(
    "or",
    (BOOL, BOOL),
    BOOL,
    nulls="handles",
    hidden=True,
    sql=lambda a, b: call("or", _truth(a), _truth(b)),
    rows=lambda a, b: bool(a) or bool(b),
)
fn(
    "not",
    (BOOL,),
    BOOL,
    nulls="handles",
    hidden=True,
    sql=lambda a: call("not", _truth(a)),
    rows=lambda a: not a,
)


def _arithmetic(types: tuple[Type, ...]) -> Type:
    return LONG if all(t in (LONG, TIME) for t in types) else DOUBLE


def _wrapped(value: int | float) -> int | float:
    """Whole numbers wrap at 64 bits, as the engine's do."""
    return (value + 2**63) % 2**64 - 2**63 if isinstance(value, int) else value


def _divided(a: float, b: float) -> float:
    if b == 0:
        return float("nan") if a == 0 or a != a else float("inf") if a > 0 else float("-inf")
    return a / b


def _remainder(a: float, b: float) -> float | None:
    """With the sign of the first number. Not C's fmod: the engine divides, cuts and multiplies, so this does
    too.
    """
    if b == 0:
        return None
    whole = a / b
    return a - math.trunc(whole) * b if math.isfinite(whole) else math.nan


fn(
    "add",
    (NUMBER, NUMBER),
    lambda t: _arithmetic(tuple(t)),
    hidden=True,
    sql=lambda a, b: call("plus", a, b),
    rows=lambda a, b: _wrapped(a + b),
)
fn(
    "sub",
    (NUMBER, NUMBER),
    lambda t: _arithmetic(tuple(t)),
    hidden=True,
    sql=lambda a, b: call("minus", a, b),
    rows=lambda a, b: _wrapped(a - b),
)
fn(
    "mul",
    (NUMBER, NUMBER),
    lambda t: _arithmetic(tuple(t)),
    hidden=True,
    sql=lambda a, b: call("multiply", a, b),
    rows=lambda a, b: _wrapped(a * b),
)
fn("div", (DOUBLE, DOUBLE), DOUBLE, hidden=True, sql=lambda a, b: call("divide", a, b), rows=_divided)
fn(
    "mod",
    (DOUBLE, DOUBLE),
    DOUBLE,
    hidden=True,
    rows=_remainder,
    sql=lambda a, b: call(
        "minus", a, call("multiply", call("trunc", call("divide", a, call("nullIf", b, plain(0)))), b)
    ),
)
fn(
    "neg",
    (NUMBER,),
    lambda t: _arithmetic(tuple(t)),
    hidden=True,
    sql=lambda a: call("negate", a),
    rows=lambda a: _wrapped(-a),
)


fn(
    "if",
    (BOOL, SAME, SAME),
    lambda t: t[1],
    nulls="handles",
    help="The second argument where the condition holds, else the third.",
    example='if(1 = 1, "a", "b") == "a"',
    sql=lambda c, a, b: call("if", _truth(c), a, b),
    rows=lambda c, a, b: a if c else b,
)


# ---- matches, in, contains ----


def like_pattern(pattern: str) -> str:
    """A `*` pattern that has to fit the whole string, as a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", pattern).replace("*", "%")


def _matches_sql(value: Sql, pattern: Sql) -> Sql:
    if isinstance(pattern, exp.Literal):
        fixed = str(pattern.this)
        return (
            call("like", value, text(like_pattern(fixed)))
            if "*" in fixed
            else exp.EQ(this=value, expression=pattern)
        )
    escaped = call("replaceRegexpAll", pattern, text(r"([\\%_])"), text(r"\\\1"))
    return call("like", value, call("replaceAll", escaped, text("*"), text("%")))


def plain_dot(pattern: str) -> str:
    """The pattern with `.` stopping at a line break, as in Java; the engine's default lets it pass."""
    return f"(?-s){pattern}"


fn(
    "matches",
    (TEXT, TEXT),
    BOOL,
    nulls="false",
    hidden=True,
    sql=_matches_sql,
    rows=lambda v, p: re.fullmatch(".*".join(map(re.escape, p.split("*"))), v, re.DOTALL) is not None,
    bounded=lambda v, p: is_in(f"(?s)^{'.*'.join(map(re.escape, p.split('*')))}$", v),
)
fn(
    "matches_regex",
    (TEXT, TEXT),
    BOOL,
    nulls="false",
    hidden=True,
    literal=(1,),
    sql=lambda v, p: call("match", v, text(plain_dot(str(p.this)))),
    rows=lambda v, p: compiled(p).search(v) is not None,
    bounded=lambda v, p: is_in(p, v),
)
fn(
    "in",
    (SAME, SAME),
    BOOL,
    nulls="false",
    variadic=True,
    hidden=True,
    sql=lambda v, *items: call("in", v, call("tuple", *items)),
    rows=lambda v, *items: v in items,
)


def _contains(a: str | None, b: str | None) -> bool:
    if not a or not b:
        return a is not None and b is not None and not a and not b
    return b in a


fn(
    "contains",
    (TEXT, TEXT),
    BOOL,
    nulls="false",
    help="Whether the first text contains the second, case-sensitive; two empty texts do.",
    example='contains("hello", "ell") == true',
    rows=_contains,
    sql=lambda a, b: call(
        "if",
        call("or", call("empty", a), call("empty", b)),
        call("and", call("empty", a), call("empty", b)),
        call("greater", call("position", a, b), plain(0)),
    ),
)
