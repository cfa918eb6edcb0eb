"""Fixed time ranges of published content, moved to now as the events of a demonstration are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dohyo.base.problem import ProblemError
from dohyo.content.classic import relative_range, time_range
from dohyo.search.ranges import resolved

MOMENTS = ("epochMillis", "iso8601Time")


def with_moved_ranges(definition: Any) -> tuple[Any, int]:
    """The definition with each fixed range as the last of its length, and how many there were."""
    moved = 0

    def inside(value: Any, key: str = "") -> Any:
        nonlocal moved
        if key == "timeRange" and (length_s := _fixed_length_s(value)):
            moved += 1
            return relative_range(length_s)
        if isinstance(value, dict):
            return {name: inside(child, name) for name, child in value.items()}
        if isinstance(value, list):
            return [inside(child) for child in value]
        return value

    return inside(definition), moved


def _fixed_length_s(value: Any) -> int:
    """
    >>> _fixed_length_s('[{"t":"absolute","d":1000},{"t":"absolute","d":3600000}]')
    3599
    >>> _fixed_length_s('[{"t":"relative","d":-60000}]')
    0
    """
    read = time_range(value)
    if read is None or not all(_is_fixed(read.get(part)) for part in ("from", "to")):
        return 0
    try:
        start, end = resolved(read, 0)
    except ProblemError:
        return 0
    return max(1, (end - start) // 1000)


def _is_fixed(boundary: Any) -> bool:
    return isinstance(boundary, Mapping) and any(name in boundary for name in MOMENTS)
