"""parseDate: times read by Java SimpleDateFormat patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
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
        if letter == "Y":  # a week's year, which is meant for the year
            letter = "y"
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


@dataclass(frozen=True)
class _Found:
    """The groups of a match: what the text has for each letter of the pattern."""

    groups: Sql
    letters: Sequence[str]

    def part(self, letter: str, otherwise: str) -> Sql:
        if letter not in self.letters:
            return text(otherwise)
        return call("arrayElement", self.groups, plain(self.letters.index(letter) + 1))

    def number(self, letter: str, otherwise: str) -> Sql:
        return call("toUInt32OrZero", self.part(letter, otherwise))

    def first_of(self, letters: str) -> str | None:
        return next((letter for letter in letters if letter in self.letters), None)


def _parse_sql(run: RunContext, value: Sql, pattern: Sql, zone: Sql | None = None) -> Sql:
    expression, letters = date_regex(str(pattern.this))
    groups = call("extractGroups", value, text(expression.replace("\\-", "-").replace("\\ ", " ")))
    found = _Found(groups, letters)
    shown_zone = found.first_of("XZz")
    name = str(zone.this) if zone is not None else run.zone
    in_zone = text("UTC" if shown_zone else name)
    stamp = call("parseDateTime64BestEffortOrNull", _shape_sql(found), plain(3), in_zone)
    ms: Sql = call("toUnixTimestamp64Milli", stamp)
    if shown_zone:
        minutes = _offset_minutes_sql(found.part(shown_zone, ""))
        ms = call("minus", ms, call("multiply", minutes, plain(60000)))
    if "S" in letters:
        digits = found.part("S", "0")
        three = call("substring", digits, plain(1), plain(3))
        long_enough = call("greater", call("length", digits), plain(3))
        ms = call("plus", ms, call("toInt64OrZero", call("if", long_enough, three, digits)))
    return call("if", call("empty", groups), null(), ms)


def _shape_sql(found: _Found) -> Sql:
    """`yyyy-MM-dd HH:mm:ss`, which the engine reads."""
    year = found.part("y", "1970")
    century = call("if", call("equals", call("length", year), plain(2)), text("20"), text(""))
    year = call("leftPad", call("concat", century, year), plain(4), text("0"))
    month, day = (_two_digits(part) for part in (_month_sql(found), found.number("d", "1")))
    times = (_hour_sql(found), found.number("m", "0"), found.number("s", "0"))
    hour, minute, second = (_two_digits(part) for part in times)
    dash, colon = text("-"), text(":")
    return call("concat", year, dash, month, dash, day, text(" "), hour, colon, minute, colon, second)


def _two_digits(value: Sql) -> Sql:
    return call("leftPad", call("toString", value), plain(2), text("0"))


def _month_sql(found: _Found) -> Sql:
    if "L" not in found.letters:
        return found.number("M", "1")
    months = call("array", *[text(name) for name in _MONTHS])
    start = call("substring", call("lower", found.part("L", "")), plain(1), plain(3))
    return call("toUInt32", call("indexOf", months, start))


def _hour_sql(found: _Found) -> Sql:
    half_day = found.first_of("hK")
    if half_day is None:
        return call("modulo", found.number(found.first_of("Hk") or "H", "0"), plain(24))
    afternoon = call("equals", call("lower", found.part("a", "am")), text("pm"))
    half = call("if", afternoon, plain(12), plain(0))
    return call("plus", call("modulo", found.number(half_day, "0"), plain(12)), half)


def _offset_minutes_sql(offset: Sql) -> Sql:
    """Minutes of `+hh:mm`, `-hhmm` or `+hh`; other texts are UTC."""
    clean = call("replaceAll", offset, text(":"), text(""))
    hours, minutes = (call("toInt64OrZero", call("substring", clean, plain(at), plain(2))) for at in (2, 4))
    size = call("plus", call("multiply", hours, plain(60)), minutes)
    west = call("equals", call("substring", clean, plain(1), plain(1)), text("-"))
    return call("if", west, call("negate", size), size)


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
