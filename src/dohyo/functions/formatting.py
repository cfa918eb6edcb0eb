"""format: Java's `String.format`."""

from __future__ import annotations

import re

from dohyo.functions.casts import any_to_text
from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, null, plain, text
from dohyo.plan.types import TEXT

_DIRECTIVE = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d*)(?:\.(\d+))?([a-zA-Z%])")


def _formatted(pattern: str, *args: object) -> str | None:
    """Java's `String.format` for %s %S %d %f %x %X %e %n %%; None where an argument does not fit."""
    used, failed = iter(args), False

    def one(m: re.Match[str]) -> str:
        nonlocal failed
        if m[5] in "n%":
            return "\n" if m[5] == "n" else "%"
        value = args[int(m[1]) - 1] if m[1] and int(m[1]) <= len(args) else next(used, None)
        shown = _directive(m[2], m[4], m[5], value)
        failed = failed or shown is None
        width = int(m[3] or 0)
        filled = (
            (shown or "").ljust(width)
            if "-" in m[2]
            else (shown or "").rjust(width, "0" if "0" in m[2] else " ")
        )
        return filled

    result = _DIRECTIVE.sub(one, pattern)
    return None if failed else result


def _directive(flags: str, digits: str | None, kind: str, value: object) -> str | None:
    if value is None:
        return None
    if kind in "sS":
        shown = any_to_text(value) or ""
        return shown.upper() if kind == "S" else shown
    try:
        number = float(value)  # type: ignore[arg-type]
        if kind == "f":
            return f"{number:{'+' if '+' in flags else ''}{',' if ',' in flags else ''}.{digits or 6}f}"
        if kind == "d" and number.is_integer():
            return f"{int(number):{'+' if '+' in flags else ''}{',' if ',' in flags else ''}}"
        if kind in "xX" and number.is_integer():
            return format(int(number) % 2**64, kind)
        if kind in "eE":
            return f"{number:.{digits or 6}{kind}}"
    except (ValueError, OverflowError):
        pass
    return None


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
    kind, flags = m[5], m[2]
    if kind in "sS":
        shown = call("upperUTF8", value) if kind == "S" else value
    else:
        number = call("toFloat64OrNull", value)
        if kind == "f":
            shown = call("printf", text(f"%{'+' if '+' in flags else ''}.{m[4] or 6}f"), number)
        elif kind in "eE":
            shown = call("printf", text(f"%.{m[4] or 6}{kind}"), number)
        elif kind in "xX":
            shown = call(
                "lower" if kind == "x" else "upper",
                call(
                    "replaceRegexpOne",
                    call("hex", call("reinterpretAsUInt64", call("toInt64OrNull", value))),
                    text("^0+(.)"),
                    text("\\1"),
                ),
            )
        else:
            shown = call("toString", call("toInt64OrNull", value))
        if "," in flags and kind in "fd":
            shown = _grouped(shown)
    if m[3]:
        fill = text("0" if "0" in flags else " ")
        width = call("greatest", plain(int(m[3])), call("lengthUTF8", shown))
        shown = call("rightPadUTF8" if "-" in flags else "leftPadUTF8", shown, width, fill)
    return shown


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
    sql=_format_sql,
    rows=_formatted,
    help="Java's String.format.",
    example='format("$%,.2f", 1234.5) == "$1,234.50"',
)
