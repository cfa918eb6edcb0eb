"""Times: epoch milliseconds, shown and read by Java SimpleDateFormat patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext, fn
from dohyo.plan.sqltree import Sql, call, null, number, plain, text
from dohyo.plan.types import LONG, TEXT, TIME

DEFAULT_PATTERN = "MM/dd/yyyy HH:mm:ss"
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z']+)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pattern_parts(pattern: str) -> list[tuple[str, int]]:
    """A pattern as letters with their count; literal text as `('', 0)`-style pairs `("'text", 0)`."""
    parts = []
    for m in _TOKEN.finditer(pattern):
        if m[2]:
            parts.append((m[2], len(m[0])))
        else:
            parts.append(("'" + (m[3] if m[1] is None else m[1].replace("''", "'") or "'"), 0))
    return parts


def _offset(stamp: datetime, colon: bool) -> str:
    minutes = int((stamp.utcoffset() or timedelta()).total_seconds() // 60)
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{sign}{minutes // 60:02d}{':' if colon else ''}{minutes % 60:02d}"


@cache
def zone_names(zone: str) -> dict[timedelta | None, str]:
    """The name that each offset of a zone has, the latest one: the engine knows no names of its own."""
    known = ZoneInfo(zone)
    days = (_EPOCH + timedelta(days=day) for day in range(0, 365 * 70, 10))
    stamps = (day.astimezone(known) for day in days)
    return {stamp.utcoffset(): stamp.tzname() or "" for stamp in stamps}


def _week_end(stamp: datetime) -> datetime:
    """The Saturday of its week, whose year is that of the week."""
    return stamp + timedelta(days=6 - stamp.isoweekday() % 7)


# How a letter is shown: from a stamp and the letter's count to text.
_SHOW: dict[str, Callable[[datetime, int], str]] = {
    "y": lambda t, n: f"{t.year % 100:02d}" if n == 2 else f"{t.year:0{n}d}",
    "M": lambda t, n: t.strftime("%B") if n > 3 else t.strftime("%b") if n == 3 else f"{t.month:0{n}d}",
    "d": lambda t, n: f"{t.day:0{n}d}",
    "H": lambda t, n: f"{t.hour:0{n}d}",
    "k": lambda t, n: f"{t.hour or 24:0{n}d}",
    "K": lambda t, n: f"{t.hour % 12:0{n}d}",
    "h": lambda t, n: f"{t.hour % 12 or 12:0{n}d}",
    "m": lambda t, n: f"{t.minute:0{n}d}",
    "s": lambda t, n: f"{t.second:0{n}d}",
    "S": lambda t, n: f"{t.microsecond // 1000:0{n}d}",
    "a": lambda t, n: "AM" if t.hour < 12 else "PM",
    "E": lambda t, n: t.strftime("%A") if n > 3 else t.strftime("%a"),
    "D": lambda t, n: f"{t.timetuple().tm_yday:0{n}d}",
    "u": lambda t, n: f"{t.isoweekday():0{n}d}",
    "Y": lambda t, n: _SHOW["y"](_week_end(t), n),
    "w": lambda t, n: f"{(_week_end(t).timetuple().tm_yday - 1) // 7 + 1:0{n}d}",
    "Z": lambda t, n: _offset(t, colon=False),
    "z": lambda t, n: zone_names(str(t.tzinfo)).get(t.utcoffset(), _offset(t, colon=True)),
    "X": lambda t, n: (
        "Z"
        if not t.utcoffset()
        else _offset(t, colon=True)[: 3 if n == 1 else 6]
        if n != 2
        else _offset(t, colon=False)
    ),
}


def format_date(
    run: RunContext, ms: int, pattern: str = DEFAULT_PATTERN, zone: str | None = None
) -> str | None:
    """The time as text; letters that SimpleDateFormat does not know stay as they are."""
    try:
        stamp = (_EPOCH + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone or run.zone))
    except OverflowError:
        return None
    if not 1970 <= stamp.year <= 2200:
        return None
    return "".join(
        letter[1:] if letter[0] == "'" else _SHOW[letter](stamp, count) if letter in _SHOW else letter * count
        for letter, count in pattern_parts(pattern)
    )


def _padded(value: Sql, count: int) -> Sql:
    shown = call("toString", value)
    return (
        shown
        if count < 2
        else call(
            "leftPad",
            shown,
            call("greatest", plain(count), call("toUInt64", call("length", shown))),
            text("0"),
        )
    )


def _number_letters(stamp: Sql, ms: Sql) -> dict[str, Sql]:
    """Letters that are numbers; `stamp` is a DateTime64 in the zone."""
    hour = call("toHour", stamp)
    days = call("minus", call("toDayOfYear", _week_end_sql(stamp)), plain(1))
    return {
        "d": call("toDayOfMonth", stamp),
        "H": hour,
        "k": call("if", call("equals", hour, plain(0)), plain(24), hour),
        "K": call("modulo", hour, plain(12)),
        "h": call("plus", call("modulo", call("plus", hour, plain(11)), plain(12)), plain(1)),
        "m": call("toMinute", stamp),
        "s": call("toSecond", stamp),
        "S": call("positiveModulo", ms, plain(1000)),
        "D": call("toDayOfYear", stamp),
        "u": call("toDayOfWeek", stamp),
        "w": call("plus", call("intDiv", days, plain(7)), plain(1)),
    }


def _week_end_sql(stamp: Sql) -> Sql:
    left = call("minus", plain(6), call("modulo", call("toDayOfWeek", stamp), plain(7)))
    return call("plus", call("toDate32", stamp), left)


def _letter_sql(letter: str, n: int, stamp: Sql, ms: Sql, zone: str) -> Sql:
    """One letter of a pattern; `stamp` is a DateTime64 in the zone."""
    numbers = _number_letters(stamp, ms)
    if letter in numbers:
        return _padded(numbers[letter], n)
    year = call("toYear", _week_end_sql(stamp) if letter == "Y" else stamp)
    if letter in "yY":
        return _padded(call("modulo", year, plain(100)), 2) if n == 2 else _padded(year, n)
    if letter == "M" and n < 3:
        return _padded(call("toMonth", stamp), n)
    if letter in "ME":
        name = call("monthName", stamp) if letter == "M" else call("formatDateTime", stamp, text("%W"))
        return call("substring", name, plain(1), plain(20 if n > 3 else 3))
    if letter == "a":
        return call("if", call("less", call("toHour", stamp), plain(12)), text("AM"), text("PM"))
    if letter == "z":
        return _zone_name_sql(stamp, zone)
    offset = _offset_sql(stamp, None if letter == "X" and n == 1 else ":" if letter == "X" and n > 2 else "")
    at_zero = call("equals", call("timeZoneOffset", stamp), plain(0))
    return call("if", at_zero, text("Z"), offset) if letter == "X" else offset


def _zone_name_sql(stamp: Sql, zone: str) -> Sql:
    offset = call("timeZoneOffset", stamp)
    named: list[Sql] = []
    for known, name in zone_names(zone).items():
        named += [call("equals", offset, plain(int((known or timedelta()).total_seconds()))), text(name)]
    return call("multiIf", *named, _offset_sql(stamp, ":"))


def _offset_sql(stamp: Sql, colon: str | None) -> Sql:
    """The offset from UTC as `+hh:mm`; hours only without a colon's text."""
    minutes = call("intDiv", call("timeZoneOffset", stamp), plain(60))
    size = call("abs", minutes)
    sign = call("if", call("less", minutes, plain(0)), text("-"), text("+"))
    shown = [sign, _padded(call("intDiv", size, plain(60)), 2)]
    if colon is not None:
        shown += [text(colon), _padded(call("modulo", size, plain(60)), 2)]
    return call("concat", *shown)


def _format_sql(run: RunContext, ms: Sql, pattern: Sql | None = None, zone: Sql | None = None) -> Sql:
    name = str(zone.this) if zone is not None else run.zone
    fits = call("and", call("greaterOrEquals", ms, plain(0)), call("less", ms, plain(7289654400000)))
    safe = call("if", fits, ms, call("toInt64", plain(0)))
    stamp = call("fromUnixTimestamp64Milli", safe, text(name))
    parts = [
        text(letter[1:])
        if letter[0] == "'"
        else _letter_sql(letter, n, stamp, safe, name)
        if letter in _SHOW
        else text(letter * n)
        for letter, n in pattern_parts(str(pattern.this) if pattern is not None else DEFAULT_PATTERN)
    ]
    shown = parts[0] if len(parts) == 1 else call("concat", *parts) if parts else text("")
    return call("if", fits, shown, null())


fn(
    "formatDate",
    (TIME, TEXT, TEXT),
    TEXT,
    optional=2,
    literal=(1, 2),
    needs_context=True,
    sql=_format_sql,
    rows=format_date,
    help="A time as text, by a Java SimpleDateFormat pattern and a time zone.",
    example='formatDate(0, "dd-MM-yyyy HH:mm:ss") == "01-01-1970 00:00:00"',
)


fn(
    "now",
    (),
    TIME,
    needs_context=True,
    sql=lambda run: call("toInt64", plain(run.now_ms)),
    rows=lambda run: run.now_ms,
    help="The time of the search.",
    example="now() > 0",
)
fn(
    "queryStartTime",
    (),
    TIME,
    needs_context=True,
    sql=lambda run: call("toInt64", plain(run.start_ms)),
    rows=lambda run: run.start_ms,
    help="Start of the search's time range.",
    example="queryStartTime() <= queryEndTime()",
)
fn(
    "queryEndTime",
    (),
    TIME,
    needs_context=True,
    sql=lambda run: call("toInt64", plain(run.end_ms)),
    rows=lambda run: run.end_ms,
    help="End of the search's time range.",
    example="queryEndTime() >= queryStartTime()",
)
fn(
    "queryTimeRange",
    (),
    LONG,
    needs_context=True,
    sql=lambda run: call("toInt64", plain(run.end_ms - run.start_ms)),
    rows=lambda run: run.end_ms - run.start_ms,
    help="Length of the search's time range in milliseconds.",
    example="queryTimeRange() >= 0",
)


# ---- slices ----


def _zone(run: RunContext) -> ZoneInfo:
    return ZoneInfo(run.zone)


_DAY_MS = 86_400_000


def slice_start(run: RunContext, ms: int, period_ms: int, days: int) -> int:
    """Start of the slice that holds the time, the time counted as of the search's own range.

    `days` > 0: whole local days, weeks beginning on Monday; else aligned to the epoch; with neither the range
    is one slice.
    """
    if not days and not period_ms:
        return run.start_ms + run.shift_ms
    ms += run.shift_ms
    return _first_day(run, ms, days) if days else ms - ms % period_ms


def slice_end(run: RunContext, start_ms: int, period_ms: int, days: int) -> int:
    """End of the slice that starts there: the start of the next one."""
    if not days and not period_ms:
        return run.end_ms + run.shift_ms
    return _first_day(run, start_ms + _in_next(days), days) if days else start_ms + period_ms


def _in_next(days: int) -> int:
    """From the start of a slice to a time well inside of the next one, however long their days are."""
    return days * _DAY_MS + _DAY_MS // 2


def _first_day(run: RunContext, ms: int, days: int) -> int:
    local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(_zone(run)).date()
    day = (local - _EPOCH.date()).days + (3 if days % 7 == 0 else 0)  # 1 January 1970 was a Thursday
    first = _EPOCH.date() + timedelta(days=day - day % days - (3 if days % 7 == 0 else 0))
    return int(datetime(first.year, first.month, first.day, tzinfo=_zone(run)).timestamp() * 1000)


def _start_sql(run: RunContext, ms: Sql, period: Sql, days: Sql) -> Sql:
    count, width = _constant(days), _constant(period)
    if not count and not width:
        return number(run.start_ms + run.shift_ms)
    ms = call("plus", ms, plain(run.shift_ms)) if run.shift_ms else ms
    return _first_day_sql(run, ms, count) if count else _floor_sql(ms, width)


def _end_sql(run: RunContext, start: Sql, period: Sql, days: Sql) -> Sql:
    count, width = _constant(days), _constant(period)
    if not count and not width:
        return number(run.end_ms + run.shift_ms)
    if count:
        return _first_day_sql(run, call("plus", start, plain(_in_next(count))), count)
    return call("plus", start, plain(width))


def _floor_sql(value: Sql, width: int) -> Sql:
    return call("minus", value, call("positiveModulo", value, plain(width)))


def _first_day_sql(run: RunContext, ms: Sql, days: int) -> Sql:
    shift = 3 if days % 7 == 0 else 0
    local = call("toInt32", call("toDate32", call("fromUnixTimestamp64Milli", ms, text(run.zone))))
    first = call("toDate32", call("minus", _floor_sql(call("plus", local, plain(shift)), days), plain(shift)))
    midnight = call("toDateTime64", call("toString", first), plain(3), text(run.zone))
    # Where clocks go forward at midnight, the engine gives the hour before; the day begins so much later.
    noon = call("plus", midnight, call("toIntervalHour", plain(12)))
    skipped = call("minus", call("timeZoneOffset", noon), call("timeZoneOffset", midnight))
    late = call("if", call("less", call("toDate32", midnight), first), skipped, plain(0))
    return call("plus", call("toUnixTimestamp64Milli", midnight), call("multiply", late, plain(1000)))


def _constant(node: Sql) -> int:
    return int(str(next(node.find_all(exp.Literal)).this))


fn(
    "slice_start",
    (TIME, LONG, LONG),
    TIME,
    hidden=True,
    literal=(1, 2),
    needs_context=True,
    sql=_start_sql,
    rows=slice_start,
)
fn(
    "slice_end",
    (TIME, LONG, LONG),
    TIME,
    hidden=True,
    literal=(1, 2),
    needs_context=True,
    sql=_end_sql,
    rows=slice_end,
)
