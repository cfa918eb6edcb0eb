"""Lines of a file as messages, for searching a file without storing it: each line one message, its time found
in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any, NamedTuple

import orjson

from dohyo.base.clock import now_ms
from dohyo.base.iso_time import iso_to_ms
from dohyo.base.stamps import find_stamp

TIME_FIELDS = ("createdDateTime", "timestamp", "time", "@timestamp", "date")


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
    """Epoch milliseconds of the time of a line.

    >>> line_time('{"id": "2020-01-01 00:00", "time": "1970-01-01T00:00:01.5Z"}')
    1500
    """
    read = None
    if line.lstrip().startswith("{"):
        with contextlib.suppress(orjson.JSONDecodeError):
            read = orjson.loads(line)
    return record_time(read, line)


def record_time(read: Any, text: str) -> int | None:
    """Epoch milliseconds of a record's time, None where it tells none.

    Of a JSON object (`read`) the first of `createdDateTime`, `timestamp`, `time`, `@timestamp`, `date` that
    holds an ISO time counts, else the furthest-left time in the text, as `base.stamps` reads it.
    """
    if isinstance(read, dict):
        for name in TIME_FIELDS:
            value = read.get(name)
            if isinstance(value, str) and (found := iso_to_ms(value)) is not None:
                return found
    stamp = find_stamp(text, UTC, now_ms())
    return None if stamp is None else stamp.ms
