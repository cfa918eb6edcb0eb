"""Time ranges as dashboards and saved searches write them -> `[start, end)` in epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dohyo.base.problem import Problem, ProblemError
from dohyo.lang.timerange import parse_time, zone_named

Boundary = str | int | float | Mapping[str, Any] | None


def is_relative(model: Any) -> bool:
    """Whether the range moves with the time of the run."""
    if isinstance(model, Mapping):
        if model.get("type") == "CompleteLiteralTimeRange":
            return False
        return any(_moves(model.get(part)) for part in ("from", "to")) or model.get("to") is None
    return True


def _moves(boundary: Boundary) -> bool:
    if isinstance(boundary, Mapping):
        return "relativeTime" in boundary or boundary.get("rangeName") in ("now", "second")
    text = str(boundary or "now").strip()
    return text.lower() == "now" or text[0] in "+-"


def resolved(model: Any, now_ms: int, zone: str = "UTC") -> tuple[int, int]:
    """The range of a published time range object, of `{"from", "to"}`, or of one relative text (`-24h`).

    Raises ProblemError for anything else and for a range that ends before it starts.
    """
    if isinstance(model, str):
        model = {"from": model}
    if not isinstance(model, Mapping):
        raise ProblemError([Problem("time-range", "a time range is expected", hints=("such as -24h",))])
    if model.get("type") == "CompleteLiteralTimeRange":
        return _whole(str(model.get("rangeName")), now_ms, zone)
    if model.get("from") is None:
        message = "a time range has a beginning"
        hints = ('such as {"type": "BeginBoundedTimeRange", "from": {"relativeTime": "-24h"}}',)
        raise ProblemError([Problem("time-range", message, hints=hints)])
    start = moment(model["from"], now_ms, zone)
    end = moment(model.get("to"), now_ms, zone)
    if end < start:
        raise ProblemError([Problem("time-range-order", "the range ends before it starts")])
    return start, end


def moment(boundary: Boundary, now_ms: int, zone: str = "UTC") -> int:
    """One boundary: null (now), epoch milliseconds, a text as typed, or a published boundary object."""
    if boundary is None:
        return now_ms
    if isinstance(boundary, Mapping):
        if "relativeTime" in boundary:
            return parse_time(str(boundary["relativeTime"]), now_ms, zone)
        if "epochMillis" in boundary:
            return _epoch(boundary["epochMillis"])
        if "iso8601Time" in boundary:
            return parse_time(str(boundary["iso8601Time"]), now_ms, zone)
        return _literal(str(boundary.get("rangeName")), now_ms, zone)
    if isinstance(boundary, int | float):
        return _epoch(boundary)
    return parse_time(str(boundary), now_ms, zone)


def _epoch(value: Any) -> int:
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        message = f"{value!r} are no epoch milliseconds"
        raise ProblemError([Problem("time-range", message, hints=("such as 1700000000000",))]) from None


def _literal(name: str, now_ms: int, zone: str) -> int:
    """Start of the present second, minute, hour, day, week (Monday), month or year."""
    local = datetime.fromtimestamp(now_ms / 1000, zone_named(zone)).replace(microsecond=0)
    midnight = local.replace(hour=0, minute=0, second=0)
    starts = {
        "second": local,
        "minute": local.replace(second=0),
        "hour": local.replace(minute=0, second=0),
        "day": midnight,
        "today": midnight,
        "week": midnight - timedelta(days=midnight.weekday()),
        "month": midnight.replace(day=1),
        "year": midnight.replace(month=1, day=1),
    }
    if name == "now":
        return now_ms
    if name not in starts:
        message = f"{name!r} is no time boundary"
        raise ProblemError([Problem("time-range", message, hints=(f"known are now, {', '.join(starts)}",))])
    return int(starts[name].timestamp() * 1000)


def _whole(name: str, now_ms: int, zone: str) -> tuple[int, int]:
    today = datetime.fromtimestamp(now_ms / 1000, zone_named(zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    ranges = {
        "today": (today, today + timedelta(days=1)),
        "yesterday": (today - timedelta(days=1), today),
        "previous_week": (monday - timedelta(days=7), monday),
        "previous_month": ((first - timedelta(days=1)).replace(day=1), first),
    }
    if name not in ranges:
        message = f"{name!r} is no time range"
        raise ProblemError([Problem("time-range", message, hints=(f"known are {', '.join(ranges)}",))])
    start, end = ranges[name]
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000)


def steady_now(now_ms: int, length_ms: int) -> int:
    """The present rounded up to a step that is small against the range (1 s to 1 min), so that runs shortly
    after one another ask for the same range and can share an answer. Up, so that the newest messages are in
    it.
    """
    step = max(1000, min(60_000, length_ms // 1440))
    return -(-now_ms // step) * step
