"""parseDate: times read by Java SimpleDateFormat patterns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dohyo.functions.dates import _EPOCH, pattern_parts
from dohyo.functions.table import RunContext, fn
from dohyo.plan.sqltree import Sql, call, null, plain, text
from dohyo.plan.types import TEXT, TIME

_READ = {
    "y": r"\d{1,4}",
    "M": r"\d{1,2}",
    "d": r"\d{1,2}",
    "H": r"\d{1,2}",
    "k": r"\d{1,2}",
    "h": r"\d{1,2}",
    "K": r"\d{1,2}",
    "m": r"\d{1,2}",
    "s": r"\d{1,2}",
    "S": r"\d{1,9}",
    "a": r"[AaPp][Mm]",
    "E": r"[A-Za-z]+",
    "Z": r"[+-]\d{2}:?\d{2}|Z",
    "X": r"[+-]\d{2}(?::?\d{2})?|Z",
    "z": r"[A-Za-z/_+-]+\d*(?::\d+)?",
    "D": r"\d{1,3}",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def date_regex(pattern: str) -> tuple[str, list[str]]:
    """A regular expression anchored at the start, a group a letter, and the letters (`MMM` as `L`)."""
    expression, letters = "^", []
    for letter, n in pattern_parts(pattern):
        if letter[0] == "'":
            expression += re.escape(letter[1:])
            continue
        body = (
            "[A-Za-z]+"
            if letter == "M" and n > 2
            else rf"\d{{{n}}}"
            if letter in "yMdHmsS" and n > 1
            else _READ.get(letter, re.escape(letter * n))
        )
        expression += f"({body})"
        letters.append("L" if letter == "M" and n > 2 else letter)
    return expression, letters


def parse_date(run: RunContext, value: str, pattern: str, zone: str | None = None) -> int | None:
    """Epoch milliseconds of a text that begins as the pattern says; None where it does not."""
    expression, letters = date_regex(pattern)
    match = re.match(expression, value)
    if not match:
        return None
    got = {letter: match[i + 1] for i, letter in enumerate(letters)}
    hour = int(got.get("H") or got.get("k") or 0) % 24
    if "h" in got or "K" in got:
        hour = int(got.get("h") or got.get("K") or 0) % 12 + (12 if got.get("a", "").lower() == "pm" else 0)
    month = (
        _MONTHS.index(got["L"][:3].lower()) + 1
        if got.get("L", "")[:3].lower() in _MONTHS
        else int(got.get("M") or 1)
    )
    year = int(got.get("y") or 1970)
    year += 2000 if len(got.get("y", "0000")) == 2 else 0
    named = got.get("z") or got.get("Z") or got.get("X")
    try:
        stamp = datetime(
            year,
            month,
            int(got.get("d") or 1),
            hour,
            int(got.get("m") or 0),
            int(got.get("s") or 0),
            tzinfo=_zone_of(named, zone or run.zone),
        )
    except (ValueError, KeyError):
        return None
    fraction = int(
        (got.get("S") or "0")[:3].ljust(3, "0") if len(got.get("S") or "") > 3 else got.get("S") or 0
    )
    return (stamp - _EPOCH) // timedelta(milliseconds=1) + fraction


def _zone_of(named: str | None, otherwise: str):  # type: ignore[no-untyped-def]
    if not named:
        return ZoneInfo(otherwise)
    if named in ("Z", "z"):
        return UTC
    if m := re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", named):
        from datetime import timezone

        span = timedelta(hours=int(m[2]), minutes=int(m[3] or 0))
        return timezone(-span if m[1] == "-" else span)
    return ZoneInfo(named)


def _parse_sql(run: RunContext, value: Sql, pattern: Sql, zone: Sql | None = None) -> Sql:
    expression, letters = date_regex(str(pattern.this))
    groups = call("extractGroups", value, text(expression.replace("\\-", "-").replace("\\ ", " ")))

    def part(letter: str, otherwise: str) -> Sql:
        return (
            call("arrayElement", groups, plain(letters.index(letter) + 1))
            if letter in letters
            else text(otherwise)
        )

    year, hour = part("y", "1970"), part("H", "") if "H" in letters else part("k", "0")
    year = call(
        "concat", call("if", call("equals", call("length", year), plain(2)), text("20"), text("")), year
    )
    hours: Sql = call("modulo", call("toUInt32OrZero", hour), plain(24))
    if "h" in letters or "K" in letters:
        half = call("if", call("equals", call("lower", part("a", "am")), text("pm")), plain(12), plain(0))
        hours = call(
            "plus",
            call(
                "modulo",
                call("toUInt32OrZero", part("h", "0") if "h" in letters else part("K", "0")),
                plain(12),
            ),
            half,
        )
    month: Sql = call("toUInt32OrZero", part("M", "1"))
    if "L" in letters:
        months = call("array", *[text(name) for name in _MONTHS])
        month = call(
            "toUInt32",
            call("indexOf", months, call("substring", call("lower", part("L", "")), plain(1), plain(3))),
        )
    day, minute, second = (
        call("toUInt32OrZero", part("d", "1")),
        call("toUInt32OrZero", part("m", "0")),
        call("toUInt32OrZero", part("s", "0")),
    )
    shape = call(
        "concat",
        call("leftPad", year, plain(4), text("0")),
        *[
            p
            for v in (month, day)
            for p in (text("-"), call("leftPad", call("toString", v), plain(2), text("0")))
        ],
        text(" "),
        *[
            p
            for i, v in enumerate((hours, minute, second))
            for p in ((text(":"),) if i else ())
            + (call("leftPad", call("toString", v), plain(2), text("0")),)
        ],
    )
    offset = next((part(letter, "") for letter in "XZz" if letter in letters), None)
    name = str(zone.this) if zone is not None else run.zone
    in_zone = text("UTC" if offset is not None else name)
    stamp = call("parseDateTime64BestEffortOrNull", shape, plain(3), in_zone)
    ms: Sql = call("toUnixTimestamp64Milli", stamp)
    if offset is not None:
        clean = call("replaceAll", offset, text(":"), text(""))
        minutes = call(
            "plus",
            call("multiply", call("toInt64OrZero", call("substring", clean, plain(2), plain(2))), plain(60)),
            call("toInt64OrZero", call("substring", clean, plain(4), plain(2))),
        )
        signed = call(
            "if",
            call("equals", call("substring", clean, plain(1), plain(1)), text("-")),
            call("negate", minutes),
            minutes,
        )
        ms = call("minus", ms, call("multiply", signed, plain(60000)))
    if "S" in letters:
        digits = part("S", "0")
        long_enough = call("greater", call("length", digits), plain(3))
        ms = call(
            "plus",
            ms,
            call(
                "toInt64OrZero",
                call("if", long_enough, call("substring", digits, plain(1), plain(3)), digits),
            ),
        )
    return call("if", call("empty", groups), null(), ms)


fn(
    "parseDate",
    (TEXT, TEXT, TEXT),
    TIME,
    optional=1,
    literal=(1, 2),
    needs_context=True,
    sql=_parse_sql,
    rows=parse_date,
    help="Epoch milliseconds of a text that begins as a Java SimpleDateFormat pattern says.",
    example='parseDate("2019-11-18T19:00:00.000-08:00", "yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX") == 1574132400000',
)
