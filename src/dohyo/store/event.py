"""One stored message and its row key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dohyo.base.problem import Problem, ProblemError

EARLIEST_MS, LATEST_MS = -2_208_988_800_000, 10_413_791_999_999
"""1900-01-01 to 2299-12-31, the last millisecond included: the times the store can hold."""
MOST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Event:
    """A message as the store takes it. Times in epoch milliseconds within `EARLIEST_MS` and `LATEST_MS`;
    `messageid` is its `row_key`; `fields` are custom fields, their names in any case; `view` is the name of
    its partition, empty for the default index.
    """

    messagetime_ms: int
    receipttime_ms: int
    messageid: int
    sourcecategory: str
    collector: str
    source: str
    sourcehost: str
    sourcename: str
    fields: Mapping[str, str]
    raw: str
    view: str = ""


@dataclass(frozen=True, slots=True)
class InsertResult:
    """`stored` events are new and durable; `repeated` were there before and are left out."""

    stored: int
    repeated: int


def row_key(source: str, record_key: str) -> int:
    """63-bit number of a record of a source, the same on every machine."""
    digest = hashlib.blake2b(f"{len(source)}:{source}{record_key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def check_storable(events: Iterable[Event]) -> None:
    """ProblemError `time-outside-store`, `event-id` or `event-text` for an event that the store could not
    give back as it is.
    """
    for event in events:
        for at_ms in (event.messagetime_ms, event.receipttime_ms):
            if not EARLIEST_MS <= at_ms <= LATEST_MS:
                message = f"the time {at_ms} ms lies outside the years 1900 to 2299, which the store can hold"
                raise ProblemError(
                    [Problem("time-outside-store", message, hints=("use the time of receipt",))]
                )
        if not 0 <= event.messageid <= MOST_ID:
            raise ProblemError([Problem("event-id", f"the row key {event.messageid} is no 63-bit number")])
        if not _is_unicode(event.raw) or not all(_is_unicode(text) for text in _names(event)):
            message = "a message holds half of a surrogate pair, which is no character and cannot be stored"
            hint = "decode the bytes with replacement of what is not UTF-8"
            raise ProblemError([Problem("event-text", message, hints=(hint,))])


def _names(event: Event) -> tuple[str, ...]:
    named = (event.sourcecategory, event.collector, event.source, event.sourcehost, event.sourcename)
    return (*named, *event.fields, *event.fields.values())


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can say it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
