"""The wall clock, in the one unit everything stores: milliseconds since 1970-01-01 UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """The present moment."""
    return time.time_ns() // 1_000_000


def utc_of_ms(moment_ms: int) -> datetime:
    """The moment as an aware UTC datetime.

    >>> utc_of_ms(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(moment_ms / 1000, UTC)
