"""Lines of a file as messages, for searching a file without storing it: each line one message, its time found
in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson

TIME_FIELDS = ("createdDateTime", "timestamp", "time", "@timestamp", "date")
_STAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE
)
_LONG_FRACTION = re.compile(r"([.,]\d{6})\d+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LineMessage(NamedTuple):
    """`number` counts all lines of the file from 1; `text` is the line without its end."""

    number: int
    text: str
    time_ms: int


def lines_to_messages(lines: Iterable[str], otherwise_ms: int) -> Iterator[LineMessage]:
    """A message for each line that is not blank; lines without a time get `otherwise_ms`."""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text.strip():
            found = line_time(text)
            yield LineMessage(number, text, otherwise_ms if found is None else found)


def line_time(line: str) -> int | None:
    """Epoch milliseconds of a JSON line's time field (the first of `createdDateTime`, `timestamp`, `time`,
    `@timestamp`, `date` that holds an ISO time), else of the first ISO time anywhere in the line.

    >>> line_time('{"id": "2020-01-01 00:00", "time": "1970-01-01T00:00:01.5Z"}')
    1500
    """
    if line.lstrip().startswith("{"):
        try:
            read = orjson.loads(line)
        except orjson.JSONDecodeError:
            read = {}
        for name in TIME_FIELDS:
            value = read.get(name)
            if (
                isinstance(value, str)
                and (match := _STAMP.match(value))
                and (found := stamp_ms(match[0])) is not None
            ):
                return found
    return next((found for match in _STAMP.finditer(line) if (found := stamp_ms(match[0])) is not None), None)


def stamp_ms(stamp: str) -> int | None:
    """Epoch milliseconds of an ISO 8601 time, UTC where it names no zone; None where it is no real time."""
    text = _LONG_FRACTION.sub(r"\1", stamp).replace(",", ".")
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)
