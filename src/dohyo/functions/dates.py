"""Times: epoch milliseconds, shown and read by Java SimpleDateFormat patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext, fn
from dohyo.plan.sqltree import Sql, call, null, plain, text
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
    "w": lambda t, n: f"{(t.timetuple().tm_yday - 1 + (t.replace(month=1, day=1).isoweekday() % 7)) // 7 + 1:0{n}d}",
    "Z": lambda t, n: _offset(t, colon=False),
    "z": lambda t, n: t.tzname() or "",
    "X": lambda t, n: "Z" if not t.utcoffset() else _offset(t, colon=True)[: 3 if n == 1 else 6] if n != 2 else _offset(t, colon=False),
}  # fmt: skip


def format_date(run: RunContext, ms: int, pattern: str = DEFAULT_PATTERN, zone: str | None = None) -> str | None:
    """The time as text; letters that SimpleDateFormat does not know stay as they are."""
    try:
        stamp = (_EPOCH + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone or run.zone))
    except OverflowError:
        return None
    if not 1970 <= stamp.year <= 2200:
        return None
    return "".join(letter[1:] if letter[0] == "'" else _SHOW[letter](stamp, count) if letter in _SHOW else letter * count for letter, count in pattern_parts(pattern))


def _padded(value: Sql, count: int) -> Sql:
    shown = call("toString", value)
    return shown if count < 2 else call("leftPad", shown, call("greatest", plain(count), call("toUInt64", call("length", shown))), text("0"))


def _letter_sql(letter: str, n: int, stamp: Sql, ms: Sql, zone: str) -> Sql:
    """One letter of a pattern; `stamp` is a DateTime64 in the zone."""
    hour = call("toHour", stamp)
    numbers: dict[str, Sql] = {
        "d": call("toDayOfMonth", stamp), "H": hour, "k": call("if", call("equals", hour, plain(0)), plain(24), hour), "K": call("modulo", hour, plain(12)),
        "h": call("plus", call("modulo", call("plus", hour, plain(11)), plain(12)), plain(1)), "m": call("toMinute", stamp), "s": call("toSecond", stamp),
        "S": call("positiveModulo", ms, plain(1000)), "D": call("toDayOfYear", stamp), "u": call("toDayOfWeek", stamp),
        "w": call("plus", call("intDiv", call("minus", call("plus", call("toDayOfYear", stamp), call("modulo", call("toDayOfWeek", call("toStartOfYear", stamp)), plain(7))), plain(1)), plain(7)), plain(1)),
    }  # fmt: skip
    if letter in numbers:
        return _padded(numbers[letter], n)
    if letter == "y":
        return _padded(call("modulo", call("toYear", stamp), plain(100)), 2) if n == 2 else _padded(call("toYear", stamp), n)
    if letter == "M":
        return _padded(call("toMonth", stamp), n) if n < 3 else call("substring", call("monthName", stamp), plain(1), plain(3 if n == 3 else 20))
    if letter == "E":
        return call("substring", call("formatDateTime", stamp, text("%W")), plain(1), plain(3 if n < 4 else 20))
    if letter == "a":
        return call("if", call("less", hour, plain(12)), text("AM"), text("PM"))
    if letter == "z":
        return _zone_name_sql(stamp)
    minutes = call("intDiv", call("timeZoneOffset", stamp), plain(60))
    size = call("abs", minutes)
    sign = call("if", call("less", minutes, plain(0)), text("-"), text("+"))
    colon = ":" if letter == "X" and n > 2 else ""
    shown = [sign, _padded(call("intDiv", size, plain(60)), 2)]
    shown += [] if letter == "X" and n == 1 else [text(colon), _padded(call("modulo", size, plain(60)), 2)]
    offset = call("concat", *shown)
    return call("if", call("equals", minutes, plain(0)), text("Z"), offset) if letter == "X" else offset


def _zone_name_sql(stamp: Sql) -> Sql:
    return call("formatDateTime", stamp, text("%z"))


def _format_sql(run: RunContext, ms: Sql, pattern: Sql | None = None, zone: Sql | None = None) -> Sql:
    name = str(zone.this) if zone is not None else run.zone
    fits = call("and", call("greaterOrEquals", ms, plain(0)), call("less", ms, plain(7289654400000)))
    safe = call("if", fits, ms, call("toInt64", plain(0)))
    stamp = call("fromUnixTimestamp64Milli", safe, text(name))
    parts = [text(letter[1:]) if letter[0] == "'" else _letter_sql(letter, n, stamp, safe, name) if letter in _SHOW else text(letter * n)
             for letter, n in pattern_parts(str(pattern.this) if pattern is not None else DEFAULT_PATTERN)]  # fmt: skip
    shown = parts[0] if len(parts) == 1 else call("concat", *parts) if parts else text("")
    return call("if", fits, shown, null())


fn("formatDate", (TIME, TEXT, TEXT), TEXT, optional=2, literal=(1, 2), needs_context=True, sql=_format_sql, rows=format_date, help="A time as text, by a Java SimpleDateFormat pattern and a time zone.",
   example='formatDate(0, "dd-MM-yyyy HH:mm:ss") == "01-01-1970 00:00:00"')  # fmt: skip


# ---- reading ----

_READ = {
    "y": r"\d{1,4}", "M": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "k": r"\d{1,2}", "h": r"\d{1,2}", "K": r"\d{1,2}", "m": r"\d{1,2}", "s": r"\d{1,2}",
    "S": r"\d{1,9}", "a": r"[AaPp][Mm]", "E": r"[A-Za-z]+", "Z": r"[+-]\d{2}:?\d{2}|Z", "X": r"[+-]\d{2}(?::?\d{2})?|Z", "z": r"[A-Za-z/_+-]+\d*(?::\d+)?", "D": r"\d{1,3}",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def date_regex(pattern: str) -> tuple[str, list[str]]:
    """A regular expression anchored at the start, one group for each letter, and the letters (`MMM` as `L`)."""
    expression, letters = "^", []
    for letter, n in pattern_parts(pattern):
        if letter[0] == "'":
            expression += re.escape(letter[1:])
            continue
        body = "[A-Za-z]+" if letter == "M" and n > 2 else rf"\d{{{n}}}" if letter in "yMdHmsS" and n > 1 else _READ.get(letter, re.escape(letter * n))
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
    month = _MONTHS.index(got["L"][:3].lower()) + 1 if got.get("L", "")[:3].lower() in _MONTHS else int(got.get("M") or 1)
    year = int(got.get("y") or 1970)
    year += 2000 if len(got.get("y", "0000")) == 2 else 0
    named = got.get("z") or got.get("Z") or got.get("X")
    try:
        stamp = datetime(year, month, int(got.get("d") or 1), hour, int(got.get("m") or 0), int(got.get("s") or 0), tzinfo=_zone_of(named, zone or run.zone))
    except (ValueError, KeyError):
        return None
    fraction = int((got.get("S") or "0")[:3].ljust(3, "0") if len(got.get("S") or "") > 3 else got.get("S") or 0)
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
        return call("arrayElement", groups, plain(letters.index(letter) + 1)) if letter in letters else text(otherwise)

    year, hour = part("y", "1970"), part("H", "") if "H" in letters else part("k", "0")
    year = call("concat", call("if", call("equals", call("length", year), plain(2)), text("20"), text("")), year)
    hours: Sql = call("modulo", call("toUInt32OrZero", hour), plain(24))
    if "h" in letters or "K" in letters:
        half = call("if", call("equals", call("lower", part("a", "am")), text("pm")), plain(12), plain(0))
        hours = call("plus", call("modulo", call("toUInt32OrZero", part("h", "0") if "h" in letters else part("K", "0")), plain(12)), half)
    month: Sql = call("toUInt32OrZero", part("M", "1"))
    if "L" in letters:
        months = call("array", *[text(name) for name in _MONTHS])
        month = call("toUInt32", call("indexOf", months, call("substring", call("lower", part("L", "")), plain(1), plain(3))))
    day, minute, second = call("toUInt32OrZero", part("d", "1")), call("toUInt32OrZero", part("m", "0")), call("toUInt32OrZero", part("s", "0"))
    shape = call("concat", call("leftPad", year, plain(4), text("0")), *[p for v in (month, day) for p in (text("-"), call("leftPad", call("toString", v), plain(2), text("0")))],
                 text(" "), *[p for i, v in enumerate((hours, minute, second)) for p in ((text(":"),) if i else ()) + (call("leftPad", call("toString", v), plain(2), text("0")),)])  # fmt: skip
    offset = next((part(letter, "") for letter in "XZz" if letter in letters), None)
    name = str(zone.this) if zone is not None else run.zone
    base = call("toUnixTimestamp", call("parseDateTime64BestEffortOrNull", shape, plain(0), text("UTC" if offset is not None else name)))
    ms: Sql = call("multiply", call("toInt64", base), plain(1000))
    if offset is not None:
        clean = call("replaceAll", offset, text(":"), text(""))
        minutes = call("plus", call("multiply", call("toInt64OrZero", call("substring", clean, plain(2), plain(2))), plain(60)), call("toInt64OrZero", call("substring", clean, plain(4), plain(2))))
        signed = call("if", call("equals", call("substring", clean, plain(1), plain(1)), text("-")), call("negate", minutes), minutes)
        ms = call("minus", ms, call("multiply", signed, plain(60000)))
    if "S" in letters:
        digits = part("S", "0")
        long_enough = call("greater", call("length", digits), plain(3))
        ms = call("plus", ms, call("toInt64OrZero", call("if", long_enough, call("substring", digits, plain(1), plain(3)), digits)))
    return call("if", call("empty", groups), null(), ms)


fn("parseDate", (TEXT, TEXT, TEXT), TIME, optional=1, literal=(1, 2), needs_context=True, sql=_parse_sql, rows=parse_date, help="Epoch milliseconds of a text that begins as a Java SimpleDateFormat pattern says.",
   example="parseDate(\"2019-11-18T19:00:00.000-08:00\", \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\") == 1574132400000")  # fmt: skip

fn("now", (), TIME, needs_context=True, sql=lambda run: call("toInt64", plain(run.now_ms)), rows=lambda run: run.now_ms, help="The time of the search.", example="now() > 0")
fn("queryStartTime", (), TIME, needs_context=True, sql=lambda run: call("toInt64", plain(run.start_ms)), rows=lambda run: run.start_ms, help="Start of the search's time range.", example="queryStartTime() <= queryEndTime()")
fn("queryEndTime", (), TIME, needs_context=True, sql=lambda run: call("toInt64", plain(run.end_ms)), rows=lambda run: run.end_ms, help="End of the search's time range.", example="queryEndTime() >= queryStartTime()")
fn("queryTimeRange", (), LONG, needs_context=True, sql=lambda run: call("toInt64", plain(run.end_ms - run.start_ms)), rows=lambda run: run.end_ms - run.start_ms, help="Length of the search's time range in milliseconds.", example="queryTimeRange() >= 0")


# ---- slices ----


def _zone(run: RunContext) -> ZoneInfo:
    return ZoneInfo(run.zone)


def slice_start(run: RunContext, ms: int, period_ms: int, days: int) -> int:
    """Start of the slice that holds the time. `days` > 0: whole local days, weeks beginning on Monday; else aligned to the epoch."""
    if not days:
        return ms - ms % period_ms
    local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(_zone(run)).date()
    number = (local - _EPOCH.date()).days + (3 if days % 7 == 0 else 0)  # 1 January 1970 was a Thursday
    first = _EPOCH.date() + timedelta(days=number - number % days - (3 if days % 7 == 0 else 0))
    return int(datetime(first.year, first.month, first.day, tzinfo=_zone(run)).timestamp() * 1000)


def _slice_sql(run: RunContext, ms: Sql, period: Sql, days: Sql) -> Sql:
    count, width = _constant(days), _constant(period)
    if not count:
        return call("minus", ms, call("positiveModulo", ms, plain(width)))
    shift = 3 if count % 7 == 0 else 0
    date = call("toDate32", call("fromUnixTimestamp64Milli", ms, text(run.zone)))
    number = call("plus", call("toInt32", date), plain(shift))
    first = call("minus", call("minus", number, call("positiveModulo", number, plain(count))), plain(shift))
    midnight = call("toDateTime64", call("toString", call("toDate32", first)), plain(0), text(run.zone))
    return call("multiply", call("toInt64", call("toUnixTimestamp", midnight)), plain(1000))


def _constant(node: Sql) -> int:
    return int(str(next(node.find_all(exp.Literal)).this))


fn("slice_start", (TIME, LONG, LONG), TIME, hidden=True, literal=(1, 2), needs_context=True, sql=_slice_sql, rows=slice_start)
