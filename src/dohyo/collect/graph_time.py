"""Instants as Graph writes and reads them: ISO 8601 in UTC with 0 to 7 fraction digits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dohyo.base.clock import utc_of_ms

STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))", re.I)


def graph_time_to_ms(stamp: Any) -> int | None:
    """Epoch milliseconds, further digits cut off; None for whatever is no such instant.

    >>> graph_time_to_ms("1970-01-01T00:00:01.2345678Z")
    1234
    >>> graph_time_to_ms("2025-09-18T15:07:30+0530378Z") is None
    True
    """
    match = STAMP.fullmatch(stamp) if isinstance(stamp, str) else None
    if match is None:
        return None
    whole, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            moment += offset if sign == "-" else -offset
    except (ValueError, OverflowError):  # the 31st of February; an offset past the year 9999
        return None
    return int(moment.timestamp()) * 1000 + int((fraction or "").ljust(3, "0")[:3])


def ms_to_graph_time(moment_ms: int) -> str:
    """The instant for a filter.

    >>> ms_to_graph_time(1234)
    '1970-01-01T00:00:01.234Z'
    """
    return utc_of_ms(moment_ms).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment_ms % 1000:03d}Z"
