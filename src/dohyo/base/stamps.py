"""Times of day and dates as logs write them: where the first one stands in a text, and which instant it is.

Owns the reading of a stamp. Which stamp counts for a message, and what happens without one, is its caller's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

SEARCHED_LETTERS = 16_384
"""A stamp is looked for in this much of a text: a message of a megabyte is not searched to its end."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE = 48  # letters that the longest date and what joins it to the time need
_NO_WORD = re.compile(r"[^:\w]?(?:<\d{1,3}>)?[^:\w]{0,4}")  # what may stand before a time of day alone

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Abbreviations that several countries use mean what Java takes them for.
ZONE_HOURS: Mapping[str, float] = {
    **{"UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2},
    **{"EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "SGT": 8, "HKT": 8, "JST": 9, "KST": 9, "AEST": 10},
    **{"AEDT": 11, "ACST": 9.5, "ACDT": 10.5, "AWST": 8, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4},
    **{"CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10},
}
_MONTH = rf"(?P<L>(?i:{'|'.join(MONTHS)}))[a-z]*\.?"
_JOIN = r"(?:[Tt_*]|'T'|,?[ \t]{1,3}|[ \t]?[|-][ \t])"
# Where a time of day stands. The guards of its ends are checked apart, so that the search stays fast.
_CLOCK = re.compile(r"\d\d?:\d\d(?::\d\d)?", re.ASCII)
# Begins with a known letter, so `re` skips all others at once.
_MINUTES = re.compile(r":\d\d", re.ASCII)
_IN_JSON = re.compile(r'"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z"', re.ASCII)
_FRACTION = re.compile(r"[.,:*](\d+)", re.ASCII)
_TAIL = re.compile(
    rf"(?:[ \t]?(?P<a>[AaPp])\.?[Mm]\b\.?(?::(?P<f>\d{{1,3}}))?)?"
    rf"(?P<zone>[ \t*]?'?(?P<plus>[+-])(?P<hh>\d\d):?(?P<mm>\d\d)'?(?!\d)"
    rf"|(?P<plus2>[+-])(?P<hh2>\d\d)(?![\d:])"
    rf"|[ \t]?'?[Zz]'?(?![A-Za-z0-9])|[ \t*]\(?(?P<name>{'|'.join(ZONE_HOURS)})(?![A-Za-z])\)?)?"
    rf"(?P<late>[ \t]+(?P<y>\d{{4}})(?!\d))?",
    re.ASCII,
)


class Stamp(NamedTuple):
    """An instant in epoch milliseconds, where in the text it is written, and by which pattern it was read."""

    ms: int
    start: int
    length: int
    pattern: str


class _Date(NamedTuple):
    """A way to write a date; the expression ends where the time begins."""

    pattern: str
    expression: re.Pattern[str]


def _date(pattern: str, expression: str, join: str = _JOIN) -> _Date:
    return _Date(pattern, re.compile(rf"(?<![\d./-])(?:{expression})(?P<join>{join})\Z", re.ASCII))


# In this order: one that says more stands before one that says less.
_DATES = (
    _date("yyyy-MM-dd", r"(?P<y>\d{4})(?P<sep>[-/.])(?P<M>\d\d?)(?P=sep)(?P<d>\d\d?)"),
    _date("dd/MMM/yyyy", rf"(?P<d>\d\d?)[-/ ]{_MONTH}[-/ ](?P<y>\d{{4}}|\d\d)", join=rf":|{_JOIN}"),
    _date("MMM dd yyyy", rf"{_MONTH} {{1,2}}(?P<d>\d\d?),? (?P<y>\d{{4}})"),
    _date("yyyy MMM dd", rf"(?P<y>\d{{4}})[ -]{_MONTH}[ -]{{1,2}}(?P<d>\d\d?)"),
    _date("MMM dd", rf"{_MONTH} {{1,2}}(?P<d>\d\d?)"),
    _date("dd/MMM", rf"(?P<d>\d\d?)[-/ ]{_MONTH}"),
    _date("MM/dd/yyyy", r"(?P<n1>\d\d?)(?P<sep>[-/.])(?P<n2>\d\d?)(?P=sep)(?P<y>\d{4})"),
    _date("yy-MM-dd", r"(?P<y>\d\d)-(?P<M>\d\d)-(?P<d>\d\d)"),
    _date("MM/dd/yy", r"(?P<n1>\d\d?)/(?P<n2>\d\d?)/(?P<n3>\d\d)"),
    _date("yyyyMMdd", r"(?P<y>\d{4})(?P<M>\d\d)(?P<d>\d\d)"),
    _date("yyMMdd", r"(?P<y>\d\d)(?P<M>\d\d)(?P<d>\d\d)"),
    _date("MMdd", r"(?P<M>\d\d)(?P<d>\d\d)", join="_"),
    _date("'date='yyyy-MM-dd", r"date=\"?(?P<y>\d{4})-(?P<M>\d\d)-(?P<d>\d\d)\"?", join=r",? time=\"?"),
)


class _Epoch(NamedTuple):
    """Digits that are seconds, milli-, micro- or nanoseconds since 1970, known by what stands around them."""

    sign: str  # text without which the expression need not be tried; empty: only the start of the text
    expression: re.Pattern[str]


_EPOCHS = (
    _Epoch("", re.compile(r"\s*[\[(](\d{10})[\])]|\s*(\d{10}),|\s*(\d{19}|\d{16}|\d{13})(?!\d)", re.ASCII)),
    _Epoch("", re.compile(r"\s*(?:<\d{1,3}>\d )?(\d{10}\.\d{3,9})(?!\d)", re.ASCII)),
    _Epoch("", re.compile(r"(?:[^,\n]{0,256},){4}\s*\"?(\d{10})\"?\s*(?:,|\Z)", re.ASCII)),
    _Epoch('"timestamp"', re.compile(r"\"timestamp\"\s*:\s*(\d{13})(?!\d)", re.ASCII)),
    _Epoch("audit(", re.compile(r"audit\((\d{10}\.\d{3})", re.ASCII)),
)


def find_stamp(text: str, zone: tzinfo, now_ms: int, *, force_zone: bool = False) -> Stamp | None:
    """The furthest-left stamp of the text; None where there is none.

    `zone` counts where the stamp names none, and with `force_zone` always. A stamp without a year or a date
    gets the last ones that do not put it into the future. Whatever only looks like a stamp is passed over: a
    31st of February, an offset followed by more digits. Dates alone are not taken. A time of day alone counts
    only where the text begins with it.

    >>> find_stamp('GET [19/Apr/2017:06:36:15 -0700] "/"', UTC, 0)
    Stamp(ms=1492608975000, start=5, length=26, pattern='dd/MMM/yyyy:HH:mm:ss ZZZZ')
    """
    searched = text[:SEARCHED_LETTERS]
    if text.startswith("{") and not force_zone and (quick := _first_in_json(searched)):
        return quick
    epoch = _find_epoch(searched)
    clock = _find_clock(searched, 0)
    while clock is not None and (epoch is None or clock.start() < epoch.start):
        stamp = _read_around(searched, clock, zone, now_ms, force_zone)
        if stamp is not None:
            return stamp
        # From behind its first colon: in `2017:06:36:15` the time begins inside of what was found.
        clock = _find_clock(searched, searched.index(":", clock.start()) + 1)
    return epoch


def _find_clock(text: str, begin: int) -> re.Match[str] | None:
    """As `_CLOCK.search(text, begin)`, several times as fast."""
    for minutes in _MINUTES.finditer(text, begin + 1):
        colon = minutes.start()
        if text[colon - 1].isdecimal():
            for start in range(max(begin, colon - 2), colon):
                if clock := _CLOCK.match(text, start):
                    return clock
    return None


def _first_in_json(text: str) -> Stamp | None:
    """The stamp of a JSON object, where the first time of day in it stands in a text such as
    "2026-11-24T10:00:00.123Z" and nothing left of it may be an epoch; else None, whatever else there may be.

    Most messages are such, and this takes a quarter of the time.
    """
    clock = _find_clock(text, 0)
    match = _IN_JSON.match(text, clock.start() - 12) if clock and clock.start() >= 12 else None
    if match is None or '"timestamp"' in text[: match.start()] or "audit(" in text[: match.start()]:
        return None
    fifth = 0
    for _ in range(4):
        fifth = text.find(",", fifth) + 1
        if not fifth:
            break
    if 0 < fifth < match.start() and text[fifth : fifth + 64].lstrip().lstrip('"')[:1].isdigit():
        return None
    day_ms, fraction = _day_ms(match[1]), match[5]
    hour, minute, second = int(match[2]), int(match[3]), int(match[4])
    if day_ms is None or hour > 23 or minute > 59 or second > 59:
        return None
    ms = day_ms + hour * HOUR_MS + minute * 60_000 + second * 1000 + int((fraction or "0").ljust(3, "0")[:3])
    pattern = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'" if fraction else "yyyy-MM-dd'T'HH:mm:ss'Z'"
    return Stamp(ms, match.start() + 1, len(match[0]) - 2, pattern)


@lru_cache(1024)
def _day_ms(day: str) -> int | None:
    """The beginning of a day yyyy-MM-dd of UTC in epoch milliseconds; None where there is no such day."""
    try:
        return (datetime.fromisoformat(day).replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
    except ValueError:
        return None


def digits_to_ms(digits: str) -> int:
    """Epoch milliseconds of 10, 13, 16 or 19 digits, or of seconds with a fraction; further digits are cut.

    >>> [digits_to_ms(text) for text in ("1557513467", "1557513467.3699", "1557513467369913239")]
    [1557513467000, 1557513467369, 1557513467369]
    """
    whole, _, fraction = digits.partition(".")
    if len(whole) <= 10:
        return int(whole) * 1000 + int(fraction.ljust(3, "0")[:3])
    return int(whole) // 10 ** (len(whole) - 13)


def moment_ms(parts: Mapping[str, str | None], offset: tzinfo, now_ms: int) -> int | None:
    """The instant of date and time parts by their pattern letters; None where there is no such instant.

    Letters: y, M (or L for a month's name), d, H (or h with a), m, s, S (fraction digits).
    """
    hour, minute, second = int(parts.get("H") or 0), int(parts.get("m") or 0), int(parts.get("s") or 0)
    if half := parts.get("a"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "pP" else 0)
    leap = second == 60  # a leap second is the next second, as clocks without it show it
    thousandths = int((parts.get("S") or "0").ljust(3, "0")[:3])
    days, ahead_ms = _days_of(parts, offset, now_ms)
    found = None
    for day in days:
        try:
            moment = datetime(*day, hour, minute, second - leap, tzinfo=offset)
            found_ms = (moment - EPOCH) // timedelta(milliseconds=1) + 1000 * leap + thousandths
        except (ValueError, OverflowError):  # the 31st of February; an offset past the year 9999
            continue
        if found is None or found_ms <= now_ms + ahead_ms:
            found = found_ms
    return found


def offset_of(sign: str | None, hours: str | None, minutes: str | None, name: str | None) -> tzinfo | None:
    """A zone as a stamp writes it: a sign with hours and minutes, or an abbreviation. None: no such zone."""
    if name:
        known = ZONE_HOURS.get(name)
        return None if known is None else timezone(timedelta(hours=known))
    span = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if span >= timedelta(hours=24):
        return None
    return timezone(-span if sign == "-" else span)


def _days_of(
    parts: Mapping[str, str | None], offset: tzinfo, now_ms: int
) -> tuple[list[tuple[int, int, int]], int]:
    """The days that it may be, in order, and how far ahead of the present the clock of a sender may be.

    Without a year these are a day of several years; without a date yesterday, today and tomorrow.
    """
    named = parts.get("L")
    month = MONTHS.index(named[:3].lower()) + 1 if named else int(parts.get("M") or 0)
    day, year = int(parts.get("d") or 1), parts.get("y")
    if month and year:
        return [(int(year) + (2000 if len(year) == 2 else 0), month, day)], 0
    now = (EPOCH + timedelta(milliseconds=now_ms)).astimezone(offset)
    if month:
        # Eight years hold a 29th of February, also around 2100.
        return [(one, month, day) for one in range(now.year - 8, now.year + 2)], DAY_MS
    days = [now + timedelta(days=step) for step in (-1, 0, 1)]
    return [(one.year, one.month, one.day) for one in days], HOUR_MS


def _find_epoch(text: str) -> Stamp | None:
    found: list[Stamp] = []
    for sign, expression in _EPOCHS:
        match = None
        if not sign:
            match = expression.match(text)
        elif sign in text:
            match = expression.search(text)
        if match:
            group = match.lastindex or 1
            found.append(Stamp(digits_to_ms(match[group]), match.start(group), len(match[group]), "epoch"))
    return min(found, key=lambda stamp: stamp.start, default=None)


def _read_around(
    text: str, clock: re.Match[str], zone: tzinfo, now_ms: int, force_zone: bool
) -> Stamp | None:
    """The stamp around a time of day, if it is one."""
    at, end = clock.span()
    before = text[at - 1 : at]
    if before.isdigit() or before == ".":
        return None
    fraction = _FRACTION.match(text, end) if end - at > 5 else None
    tail = _TAIL.match(text, fraction.end() if fraction else end)
    assert tail is not None  # every part of it may be missing
    after = text[tail.end() : tail.end() + 2]
    if after[:1].isdigit() or (after[:1] in (":", "+", "-") and after[1:].isdigit()):
        return None
    found = _date_before(text, at)
    if found is None and (end - at < 7 or not _NO_WORD.fullmatch(text, 0, at)):
        return None
    return _stamp(text[at:end], fraction, tail, found, (at, zone, now_ms, force_zone))


def _date_before(text: str, at: int) -> tuple[_Date, re.Match[str]] | None:
    if at < 5:
        return None
    for date in _DATES:
        match = date.expression.search(text, max(0, at - _BEFORE), at)
        if match:
            return date, match
    return None


def _stamp(
    clock: str,
    fraction: re.Match[str] | None,
    tail: re.Match[str],
    found: tuple[_Date, re.Match[str]] | None,
    place: tuple[int, tzinfo, int, bool],
) -> Stamp | None:
    at, zone, now_ms, force_zone = place
    parts: dict[str, str | None] = dict(zip("Hms", clock.split(":"), strict=False))
    parts |= found[1].groupdict() if found else {}
    length = tail.end()
    if "y" in parts or not found:
        length = tail.start("late") if tail["late"] else length
    else:
        parts["y"] = tail["y"]
    for day in _day_readings(parts):
        offset = _zone_of(tail, zone, force_zone)
        rest = {"S": fraction[1] if fraction else tail["f"], "a": tail["a"]}
        ms = None if offset is None else moment_ms(day | rest, offset, now_ms)
        if ms is not None:
            start = found[1].start() if found else at
            return Stamp(ms, start, length - start, _pattern(clock, fraction, tail, found))
    return None


def _day_readings(parts: dict[str, str | None]) -> list[dict[str, str | None]]:
    """Numbers whose order is not said: first month/day, then day/month, then year/month/day."""
    first, second, third = parts.get("n1"), parts.get("n2"), parts.get("n3")
    if first is None:
        return [parts]
    year = parts.get("y") or third
    readings = [{"M": first, "d": second, "y": year}, {"M": second, "d": first, "y": year}]
    if third is not None:
        readings.insert(1, {"y": first, "M": second, "d": third})
    return [parts | one for one in readings]


def _zone_of(tail: re.Match[str], zone: tzinfo, force_zone: bool) -> tzinfo | None:
    if not tail["zone"] or force_zone:
        return zone
    return offset_of(tail["plus"] or tail["plus2"], tail["hh"] or tail["hh2"], tail["mm"], tail["name"])


def _pattern(
    clock: str,
    fraction: re.Match[str] | None,
    tail: re.Match[str],
    found: tuple[_Date, re.Match[str]] | None,
) -> str:
    """How the stamp is written, by Java's letters."""
    hours = "hh" if tail["a"] else "HH"
    text = f"{hours}:mm:ss" if clock.count(":") == 2 else f"{hours}:mm"
    if fraction:
        text += fraction[0][0] + "SSS"
    text += " a" if tail["a"] else ""
    if tail["zone"]:
        gap = " " if tail["zone"][0] in " \t" else ""
        text += gap + ("zzz" if tail["name"] else "ZZZZ" if tail["hh"] or tail["hh2"] else "'Z'")
    if found is None:
        return text
    join = found[1]["join"]
    late = " yyyy" if tail["late"] and "y" not in found[1].groupdict() else ""
    return found[0].pattern + (f"'{join}'" if join.strip("'").isalpha() else join) + text + late
