"""Instants as Graph writes and reads them: ISO 8601 in UTC with 0 to 7 fraction digits."""

from __future__ import annotations

from typing import Any

from dohyo.base.clock import utc_of_ms
from dohyo.base.iso_time import iso_to_ms


def graph_time_to_ms(stamp: Any) -> int | None:
    """Epoch milliseconds, further digits cut off; None for whatever is no such instant.

    >>> graph_time_to_ms("1970-01-01T00:00:01.2345678Z")
    1234
    >>> graph_time_to_ms("2025-09-18T15:07:30+0530378Z") is None
    True
    """
    return iso_to_ms(stamp) if isinstance(stamp, str) else None


def ms_to_graph_time(moment_ms: int) -> str:
    """The instant for a filter.

    >>> ms_to_graph_time(1234)
    '1970-01-01T00:00:01.234Z'
    """
    return utc_of_ms(moment_ms).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment_ms % 1000:03d}Z"
