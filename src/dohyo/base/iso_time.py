"""Texts that are an ISO 8601 instant. Times inside of other text are found by `base.stamps`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

# Not inside a longer run of digits and signs: of a zone with seven digits no part is a zone.
ISO_TIME = re.compile(
    r"(?<![\w+-])(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:(?<=:\d\d:\d\d)[.,](\d{1,9}))?"
    r"(?:(Z)|([+-])(\d\d):?(\d\d))?(?![\w+]|[.,:]\d)",
    re.IGNORECASE,
)


def iso_to_ms(text: str) -> int | None:
    """Epoch milliseconds of a text that is an instant and nothing else; UTC where it names no zone.

    Digits past the milliseconds are cut off. None for what is no instant.

    >>> iso_to_ms("1970-01-01T00:00:01.2345678Z"), iso_to_ms("1970-01-01 01:00+01:00")
    (1234, 0)
    >>> iso_to_ms("2025-09-18T15:07:30+0530378Z") is None
    True
    """
    match = ISO_TIME.fullmatch(text.strip())
    return None if match is None else _moment(match)


def _moment(match: re.Match[str]) -> int | None:
    day, clock, fraction, _, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            moment += offset if sign == "-" else -offset
    except (ValueError, OverflowError):  # the 31st of February; an offset past the year 9999
        return None
    return int(moment.timestamp()) * 1000 + int((fraction or "").ljust(3, "0")[:3])
