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

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = dict.fromkeys("MdHkhKms", 2) | {"y": 4, "D": 3, "S": 9}
"""Most digits of the letters that are numbers."""
_READ = {
    "a": r"[AaPp][Mm]",
    "E": r"[A-Za-z]+",
    "X": r"[+-]\d{2}(?::?\d{2})?|Z",
    "L": f"(?i:{'|'.join(_MONTHS)})[A-Za-z]*",
} | dict.fromkeys("zZ", r"[A-Za-z]*[+-]\d{1,2}(?::?\d{2})?|[A-Za-z]+")
_HOURS = {
    **dict.fromkeys(("UTC", "GMT", "UT", "Z", "WET"), 0.0), "WEST": 1, "BST": 1, "CET": 1, "MET": 1,
    "CEST": 2, "MEST": 2, "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "PKT": 5, "IST": 5.5, "SGT": 8, "HKT": 8,
    "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10, "ACDT": 10.5, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "BRT": -3, "ART": -3, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7,
    "PST": -8, "AKDT": -8, "AKST": -9, "HST": -10,
}  # fmt: skip
_MINUTES = {name: int(60 * hours) for name, hours in _HOURS.items()}
"""East of UTC, by the short names of zones that texts give."""


def date_regex(pattern: str) -> tuple[str, list[str]]:
    """A regular expression anchored at the start, a group a letter, and the letters (`MMM` as `L`).

    As in Java, a number has as many digits as it has, unless another number follows at once; blanks before
    a field are skipped.
    """
    parts = [
        ("y" if letter == "Y" else "L" if letter == "M" and n > 2 else letter, n)  # a week's year is the year
        for letter, n in pattern_parts(pattern)
    ]
    expression, letters, after_number = "^", [], False
    for (letter, n), (following, _) in zip(parts, [*parts[1:], ("", 0)], strict=True):
        if letter[0] == "'":
            expression += re.escape(letter[1:])
        elif letter not in _NUMBERS and letter not in _READ:
            expression += f"({re.escape(letter * n)})"
            letters.append(letter)
        else:
            body = _READ.get(letter) or (
                rf"\d{{{n}}}" if following in _NUMBERS else rf"\d{{1,{_NUMBERS[letter]}}}"
            )
            expression += f"({body})" if after_number else f"[ \\t]*({body})"
            letters.append(letter)
        after_number = letter in _NUMBERS
    return expression, letters


def _first_year(run: RunContext) -> int:
    """Of years with two digits the earliest one: 80 years ago, as in Java."""
    return datetime.fromtimestamp(run.now_ms / 1000, UTC).year - 80


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
    month = _MONTHS.index(got["L"][:3].lower()) + 1 if "L" in got else int(got.get("M") or 1)
    year = int(got.get("y") or 1970)
    if len(got.get("y", "0000")) == 2:
        year += _first_year(run) // 100 * 100
        year += 100 if year < _first_year(run) else 0
    minutes = next((_minutes_of(got[letter]) for letter in "XZz" if letter in got), 0)
    if minutes is None:
        return None
    has_offset = any(letter in got for letter in "XZz")
    try:
        stamp = datetime(
            year,
            month,
            int(got.get("d") or 1),
            hour,
            int(got.get("m") or 0),
            int(got.get("s") or 0),
            tzinfo=UTC if has_offset else ZoneInfo(zone or run.zone),
        )
        stamp += timedelta(days=int(got["D"]) - 1 if _is_of_year(letters) else 0)
    except (ValueError, OverflowError):
        return None
    fraction = int((got.get("S") or "0")[:3])
    return (stamp - _EPOCH) // timedelta(milliseconds=1) + fraction - minutes * 60_000


def _is_of_year(letters: Sequence[str]) -> bool:
    """Whether the day is given by its number in the year."""
    return "D" in letters and "d" not in letters


def _minutes_of(zone: str) -> int | None:
    """Minutes east of UTC of `+01:00`, `GMT-8` or `PST`; None where the zone is not known."""
    if m := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", zone.upper()):
        size = 60 * int(m[2]) + int(m[3] or 0)
        return -size if m[1] == "-" else size
    return _MINUTES.get(zone.upper())


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
    shape = _shape_sql(found, _first_year(run))
    stamp = call("parseDateTime64BestEffortOrNull", shape, plain(3), in_zone)
    ms: Sql = call("toUnixTimestamp64Milli", stamp)
    if shown_zone:
        minutes = _offset_minutes_sql(found.part(shown_zone, ""))
        ms = call("minus", ms, call("multiply", minutes, plain(60000)))
    if "S" in letters:
        three = call("substring", found.part("S", "0"), plain(1), plain(3))
        ms = call("plus", ms, call("toInt64OrZero", three))
    return call("if", call("or", call("empty", groups), *_out_of_range(found)), null(), ms)


def _out_of_range(found: _Found) -> list[Sql]:
    """Numbers that the engine would take for others: month or day 0, minute or second 60."""
    zero = [call("equals", found.number(letter, "1"), plain(0)) for letter in "Md" if letter in found.letters]
    most = [call("greater", found.number(one, "0"), plain(59)) for one in "ms" if one in found.letters]
    return zero + most


def _shape_sql(found: _Found, first_year: int) -> Sql:
    """`yyyy-MM-dd HH:mm:ss`, which the engine reads."""
    typed = found.part("y", "1970")
    number = call("plus", call("toUInt32OrZero", typed), plain(first_year // 100 * 100))
    later = call("if", call("less", number, plain(first_year)), plain(100), plain(0))
    is_short = call("equals", call("length", typed), plain(2))
    year = call("if", is_short, call("toString", call("plus", number, later)), typed)
    year = call("leftPad", year, plain(4), text("0"))
    times = (_hour_sql(found), found.number("m", "0"), found.number("s", "0"))
    hour, minute, second = (_two_digits(part) for part in times)
    dash, colon = text("-"), text(":")
    if _is_of_year(found.letters):
        first = call("toDate32OrZero", call("concat", year, text("-01-01")))
        day = call("toString", call("plus", first, call("minus", found.number("D", "1"), plain(1))))
        return call("concat", day, text(" "), hour, colon, minute, colon, second)
    month, day = (_two_digits(part) for part in (_month_sql(found), found.number("d", "1")))
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


def _offset_minutes_sql(zone: Sql) -> Sql:
    """Minutes east of UTC of `+01:00`, `GMT-8` or `PST`; null where the zone is not known."""
    upper = call("upper", zone)
    offset = call("replaceRegexpOne", upper, text("^(?:UTC|GMT)([+-])"), text("\\1"))
    offset = call("replaceRegexpOne", offset, text("^([+-])([0-9])(:|$)"), text("\\10\\2\\3"))
    clean = call("replaceAll", offset, text(":"), text(""))
    hours, minutes = (call("toInt64OrZero", call("substring", clean, plain(at), plain(2))) for at in (2, 4))
    size = call("plus", call("multiply", hours, plain(60)), minutes)
    sign = call("substring", clean, plain(1), plain(1))
    numeric = call("if", call("equals", sign, text("-")), call("negate", size), size)
    place = call("indexOf", call("array", *map(text, _MINUTES)), upper)
    named = call("arrayElement", call("array", *map(plain, _MINUTES.values())), place)
    known = call("if", call("equals", place, plain(0)), null(), call("toInt64", named))
    return call("if", call("in", sign, call("tuple", text("+"), text("-"))), numeric, known)


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
