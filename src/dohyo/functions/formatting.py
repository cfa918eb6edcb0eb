"""format: Java's `String.format`."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from dohyo.functions.casts import any_to_text
from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, null, plain, text
from dohyo.plan.types import TEXT

_DIRECTIVE = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d*)(?:\.(\d+))?([a-zA-Z%])")


_INTEGER = re.compile(r"[-+]?[0-9]+")
_EXACT = Context(prec=400)
KINDS = "sSdfeExXobBcn%"


def refused(pattern: str, given: int) -> str | None:
    """What is wrong with a pattern for so many values; None where nothing is.

    >>> refused("%s %q", 2)
    'format does not know %q'
    """
    in_order = 0
    for m in _DIRECTIVE.finditer(pattern):
        if m[5] not in KINDS:
            return f"format does not know {m[0]}"
        in_order += m[5] not in "n%" and not m[1]
        wanted = int(m[1]) if m[1] else in_order
        if wanted > given:
            return f"{m[0]} has no value, the pattern takes more than the {given} given"
    return None


def _formatted(pattern: str, *args: object) -> str | None:
    """Java's `String.format` for the letters above; None where an argument does not fit."""
    used, failed = iter(args), False

    def one(m: re.Match[str]) -> str:
        nonlocal failed
        if m[5] in "n%":
            return "\n" if m[5] == "n" else "%"
        value = args[int(m[1]) - 1] if m[1] and int(m[1]) <= len(args) else next(used, None)
        shown = _directive(m[2], m[4], m[5], value)
        failed = failed or shown is None
        return _filled(shown or "", m[2] if m[5] in "fdeExXo" else m[2].replace("0", ""), int(m[3] or 0))

    result = _DIRECTIVE.sub(one, pattern)
    return None if failed else result


def _filled(shown: str, flags: str, width: int) -> str:
    if "-" in flags:
        return shown.ljust(width)
    if "0" not in flags:
        return shown.rjust(width)
    sign = "" if "," in flags else shown[: shown[:1] in ("-", "+")]
    return sign + shown[len(sign) :].rjust(width - len(sign), "0")


def _directive(flags: str, digits: str | None, kind: str, value: object) -> str | None:
    if value is None:
        return None
    if kind in "sS":
        shown = any_to_text(value) or ""
        return shown.upper() if kind == "S" else shown
    if kind in "bBc":
        fits = str(value) in ("true", "false") if kind in "bB" else len(str(value)) == 1
        return (str(value).upper() if kind == "B" else str(value)) if fits else None
    if kind in "dxXo":
        return _whole(flags, kind, any_to_text(value) or "")
    try:
        return _number(flags, digits, kind, float(value))  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None


def _whole(flags: str, kind: str, value: str) -> str | None:
    """Of what is written as a whole number of 64 bits."""
    if not _INTEGER.fullmatch(value) or not -(2**63) <= int(value) < 2**63:
        return None
    if kind != "d":
        return format(int(value) % 2**64, kind)
    return _signed(flags, f"{int(value):{',' if ',' in flags else ''}}")


def _number(flags: str, digits: str | None, kind: str, number: float) -> str | None:
    comma, places = "," if "," in flags else "", int(digits or 6)
    if kind == "f" and math.isfinite(number):
        shortest = Decimal(repr(number)) if abs(number) < 1e15 else Decimal(number)
        rounded = shortest.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)
        return _signed(flags, f"{rounded:{comma}f}")
    return f"{number:.{places}{kind}}" if kind in "eE" else None


def _signed(flags: str, shown: str) -> str:
    return "+" + shown if "+" in flags and not shown.startswith("-") else shown


def _format_sql(pattern: Sql, *args: Sql) -> Sql:
    """The pattern is cut into its directives; each becomes an expression of its own."""
    source, parts, at, used = str(pattern.this), [], 0, 0
    for m in _DIRECTIVE.finditer(source):
        parts.append(text(source[at : m.start()]))
        at = m.end()
        if m[5] in "n%":
            parts.append(text("\n" if m[5] == "n" else "%"))
            continue
        index = int(m[1]) - 1 if m[1] else used
        used += 0 if m[1] else 1
        parts.append(_directive_sql(m, args[index]) if index < len(args) else null())
    parts.append(text(source[at:]))
    return call("concat", *parts)


def _directive_sql(m: re.Match[str], value: Sql) -> Sql:
    kind, flags, width = m[5], m[2], int(m[3] or 0)
    by_printf = "0" in flags and kind in "fdeExXo" and "," not in flags
    zeros = f"0{width}" if width and by_printf else ""
    shown = _text_sql(kind, value) if kind in "sSbBc" else _number_sql(zeros, kind, int(m[4] or 6), value)
    if "," in flags and kind in "fd":
        shown = _grouped(shown)
    if "+" in flags and kind in "fd":
        shown = call("replaceRegexpOne", shown, text("^0?([^-])" if zeros else "^([^-])"), text("+\\1"))
    if not width or zeros:
        return shown
    size = call("greatest", plain(width), call("toInt64", call("lengthUTF8", shown)))
    fill = text("0" if "0" in flags and kind in "fdeExXo" else " ")
    return call("rightPadUTF8" if "-" in flags else "leftPadUTF8", shown, size, fill)


def _text_sql(kind: str, value: Sql) -> Sql:
    if kind in "sS":
        return call("upperUTF8", value) if kind == "S" else value
    is_boolean = call("in", value, call("tuple", text("true"), text("false")))
    is_one = call("equals", call("lengthUTF8", value), plain(1))
    shown = call("upper", value) if kind == "B" else value
    return call("if", is_one if kind == "c" else is_boolean, shown, null())


def _number_sql(zeros: str, kind: str, places: int, value: Sql) -> Sql:
    number = call("toFloat64OrNull", value)
    if kind == "f":
        shown = call("printf", text(f"%{zeros}.{places}f"), _half_up(number, places))
        return call("if", call("isFinite", number), shown, null())
    if kind in "eE":
        return call("printf", text(f"%{zeros}.{places}{kind}"), number)
    whole = call("toInt64OrNull", value)
    if kind == "d":
        return call("printf", text(f"%{zeros}d"), whole)
    return call("printf", text(f"%{zeros}{kind}"), call("reinterpretAsUInt64", whole))


def _half_up(number: Sql, places: int) -> Sql:
    """The number, or the next one where it lies half-way by its shortest digits: `printf` rounds what a
    double is exactly, Java what it shows.
    """
    is_short = call("equals", call("round", number, plain(places)), number)
    return call("if", is_short, number, call("multiply", number, call("toFloat64", text(repr(1 + 2**-52)))))


def _grouped(shown: Sql) -> Sql:
    """A comma before each group of three digits left of the point."""
    whole = call("extract", shown, text("^[-+]?([0-9]+)"))
    grouped = call(
        "reverse", call("replaceRegexpAll", call("reverse", whole), text("([0-9]{3})"), text("\\1,"))
    )
    clean = call("trimLeft", grouped, text(","))
    return call(
        "concat", call("extract", shown, text("^([-+]?)")), clean, call("extract", shown, text("([.].*)$"))
    )


fn(
    "format",
    (TEXT, TEXT),
    TEXT,
    optional=1,
    variadic=True,
    literal=(0,),
    extra={"refused": refused},
    sql=_format_sql,
    rows=_formatted,
    help="Java's String.format: %s %S %d %f %e %x %X %o %b %c. Null where a value is null or does not fit.",
    example='format("$%,.2f", 1234.5) == "$1,234.50"',
)
