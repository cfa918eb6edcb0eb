"""Time range expressions (search language, section 5): `-15m`, `-1d -12h`, `-24h to now`, `05/21/2026
14:00`, epoch ms, ISO.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.lang.tokens import TIME_SUFFIXES

_RELATIVE = re.compile(r"([+-]?)((?:\d+[smhdw])+)$")
_PART = re.compile(r"(\d+)([smhdw])")
_US_DATE = re.compile(
    r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?)?$", re.IGNORECASE
)
_BEGIN = re.compile(r"\s*(?:to\s+)?", re.IGNORECASE)
_EXPRESSION = re.compile(
    r"now|[+-]?(?:\d+[smhdw])+|\d{9,14}"
    r"|\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{1,2}/\d{1,2}(?:/\d{4})?(?:\s+\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]m)?)?",
    re.IGNORECASE,
)


_OFFSET = re.compile(r"(?:gmt|utc)?([+-])(\d{1,2})(?::?00)?")
# Names that Java knows and the IANA database does not.
_JAVA_ZONES = {
    "z": "UTC", "pst": "America/Los_Angeles", "cst": "America/Chicago",
    "ist": "Asia/Kolkata", "jst": "Asia/Tokyo",
}  # fmt: skip


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone, in any case, or a whole number of hours such as GMT+2. ProblemError
    `timezone-unknown` if there is none.

    >>> zone_named("etc/utc").key, zone_named("GMT+02:00").key
    ('Etc/UTC', 'Etc/GMT-2')
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    lower = name.lower()
    known = _JAVA_ZONES.get(lower) or next(
        (one for one in sorted(available_timezones()) if one.lower() == lower), ""
    )
    if not known and (found := _OFFSET.fullmatch(lower)) and int(found[2]) <= 12:
        hours = int(found[2])  # the database counts them the other way round
        known = f"Etc/GMT{'-' if found[1] == '+' else '+'}{hours}" if hours else "UTC"
    if known:
        return ZoneInfo(known)
    hint = "such as UTC or Europe/Berlin"
    raise ProblemError([Problem("timezone-unknown", f"no time zone is named {name!r}", hints=(hint,))])


def parse_range(text: str, now_ms: int, zone: str = "UTC") -> tuple[int, int]:
    """`[start, end)` in epoch milliseconds. One expression is a start, the end being now.

    >>> parse_range("-15m", 1_000_000_000)
    (999100000, 1000000000)
    """
    found: list[str] = []
    at = 0
    while at < len(text.strip()):
        at = _BEGIN.match(text, at).end()  # type: ignore[union-attr]
        match = _EXPRESSION.match(text, at)
        if not match or len(found) == 2:
            hint = "such as -15m, -1d -12h or 05/21/2026 14:00 to now"
            raise ProblemError(
                [Problem("time-range", "this is no time range", Span(at, len(text)), (hint,))], text
            )
        found.append(match[0])
        at = match.end()
    if not found:
        raise ProblemError([Problem("time-range", "a time range is expected", hints=("such as -15m",))], text)
    start = parse_time(found[0], now_ms, zone)
    end = parse_time(found[1], now_ms, zone) if len(found) == 2 else now_ms
    if end < start:
        raise ProblemError(
            [Problem("time-range-order", "the range ends before it starts", Span(0, len(text)))], text
        )
    return start, end


def parse_time(text: str, now_ms: int, zone: str = "UTC") -> int:
    """One time expression in epoch milliseconds. ProblemError `time-unknown` for anything else."""
    text = text.strip()
    if text.lower() == "now":
        return now_ms
    if match := _RELATIVE.match(text):
        span = sum(int(n) * int(TIME_SUFFIXES[unit]) for n, unit in _PART.findall(match[2]))
        return now_ms + (span if match[1] == "+" else -span)
    if re.fullmatch(r"\d{9,14}", text):
        return int(text)
    try:
        if match := _US_DATE.match(text):
            return _us_date(match, now_ms, zone)
        stamp = datetime.fromisoformat(text)
    except ValueError:
        hint = "such as -1d, now, 2026-05-21T14:00:00Z or epoch milliseconds"
        raise ProblemError(
            [Problem("time-unknown", f"{text!r} is no time", Span(0, len(text)), (hint,))], text
        ) from None
    stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=zone_named(zone))
    return (stamp - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _us_date(match: re.Match[str], now_ms: int, zone: str) -> int:
    month, day, year, hour, minute, second, half = match.groups()
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    this_year = datetime.fromtimestamp(now_ms / 1000, zone_named(zone)).year
    stamp = datetime(
        int(year or this_year),
        int(month),
        int(day),
        hours,
        int(minute or 0),
        int(second or 0),
        tzinfo=zone_named(zone),
    )
    return int(stamp.timestamp() * 1000)
