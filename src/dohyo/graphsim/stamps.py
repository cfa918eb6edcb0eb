"""Reads the instants that Graph writes and that filters name."""

from __future__ import annotations

import calendar
import re

STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(?:Z|([+-])(\d\d):(\d\d))", re.I
)
TICKS_PER_SECOND = 10_000_000


def ticks(stamp: str) -> int:
    """Hundreds of nanoseconds since 1970, exact for all seven fraction digits. ValueError for anything else.

    >>> ticks("1970-01-01T00:00:01.0000002Z")
    10000002
    """
    match = STAMP.fullmatch(stamp)
    if match is None:
        raise ValueError(f"not an instant: {stamp}")
    year, month, day, hour, minute, second = (int(text) for text in match.groups()[:6])
    whole = calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0))
    if match[8]:
        whole -= (1 if match[8] == "+" else -1) * (int(match[9]) * 3600 + int(match[10]) * 60)
    return whole * TICKS_PER_SECOND + int((match[7] or "").ljust(7, "0"))
