"""Files into the store: records in batches, each with a key of the file's contents and its place in them.

So the same file again (under any name, packed or not) stores nothing in a category that has it, while equal
records inside one file all stay. Moved to other times, they are other messages.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dohyo.base.clock import now_ms
from dohyo.collect.file_records import Contents, Record, look_at, records_of
from dohyo.collect.json_objects import Broken
from dohyo.collect.task import Writer
from dohyo.store.event import Event, row_key

if TYPE_CHECKING:
    from dohyo.store.embedded import InsertResult

COLLECTOR, SOURCE = "Dohyo import", "file"
MOST_BATCH_RECORDS = 5_000
MOST_BATCH_CHARACTERS = 2 * 1024 * 1024
MOST_WAITING = 4
MOST_SHOWN = 20
EARLIEST_MS, LATEST_MS = 0, 7_258_118_400_000  # 1970 to 2200


@dataclass(frozen=True)
class Batch:
    """Records of one file, the first of them number `first` of it. `file` is the hash of its contents, with
    the milliseconds that its times are moved by.
    """

    category: str
    name: str
    host: str
    file: str
    first: int
    records: list[Record]


def events_of(batch: Batch, receipt_ms: int) -> list[Event]:
    """The batch as the store takes it; a record without a time gets the time of receipt."""
    source = f"import into {batch.category}"
    return [
        Event(
            messagetime_ms=receipt_ms if record.time_ms is None else record.time_ms,
            receipttime_ms=receipt_ms,
            messageid=row_key(source, f"{batch.file} {number}"),
            sourcecategory=batch.category,
            collector=COLLECTOR,
            source=SOURCE,
            sourcehost=batch.host,
            sourcename=batch.name,
            fields={},
            raw=record.text,
        )
        for number, record in enumerate(batch.records, batch.first)
    ]


class Target(Protocol):
    """Where batches go: our store or a running server. The future is done when they are durable."""

    def submit(self, batch: Batch) -> Future[InsertResult]: ...


@dataclass
class Tally:
    """What became of a file. `shown` are the first refusals; `untimed` records have the time of receipt."""

    read: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0
    untimed: int = 0
    shown: list[Broken] = field(default_factory=list)

    def refuse(self, broken: Broken) -> None:
        self.refused += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(broken)


def import_file(
    path: Path,
    category: str,
    target: Target,
    tally: Tally,
    progress: Callable[[int], None] = lambda read_bytes: None,
    newest_at_ms: int | None = None,
) -> None:
    """Brings a file's records into the category; counts in `tally` as it goes, also before an error.

    `progress` is told how many bytes of the file were read. With `newest_at_ms` all times are moved by as
    much, so that the newest lies there. ProblemError where the file cannot be read, or from the target, which
    may be asked again with the same file.
    """
    contents = look_at(path)
    waiting: deque[Future[InsertResult]] = deque()
    later_ms = 0 if newest_at_ms is None else newest_at_ms - (_newest(path, contents) or newest_at_ms)
    if later_ms:
        contents = contents._replace(digest=f"{contents.digest} {later_ms:+}")
    for batch in _batches(path, contents, category, tally, progress, later_ms):
        if len(waiting) >= MOST_WAITING:
            _count(waiting.popleft(), tally)
        waiting.append(target.submit(batch))
    while waiting:
        _count(waiting.popleft(), tally)


def _count(done: Future[InsertResult], tally: Tally) -> None:
    result = done.result()
    tally.stored += result.stored
    tally.repeated += result.repeated


def _batches(
    path: Path,
    contents: Contents,
    category: str,
    tally: Tally,
    progress: Callable[[int], None],
    later_ms: int,
) -> Iterator[Batch]:
    name, host = str(path.absolute()), socket.gethostname()
    records: list[Record] = []
    first = size = 0
    with path.open("rb") as file:
        for found in records_of(file, contents):
            tally.read += 1
            if isinstance(found, Broken):
                tally.refuse(found)
                continue
            record = _timed(found, tally, later_ms)
            records.append(record)
            size += len(record.text)
            if size >= MOST_BATCH_CHARACTERS or len(records) >= MOST_BATCH_RECORDS:
                yield Batch(category, name, host, contents.digest, first, records)
                first, size, records = first + len(records), 0, []
                progress(file.tell())
        progress(file.tell())
    if records:
        yield Batch(category, name, host, contents.digest, first, records)


def _newest(path: Path, contents: Contents) -> int | None:
    """The newest time in the file."""
    with path.open("rb") as file:
        times = (one.time_ms for one in records_of(file, contents) if not isinstance(one, Broken))
        return max((time_ms for time_ms in times if time_ms is not None), default=None)


def _timed(record: Record, tally: Tally, later_ms: int) -> Record:
    """The record at its moved time, which is taken away where the store could not hold it."""
    if record.time_ms is not None and EARLIEST_MS <= record.time_ms + later_ms < LATEST_MS:
        return record._replace(time_ms=record.time_ms + later_ms)
    tally.untimed += 1
    return record._replace(time_ms=None)


class StoreTarget:
    """The store that this process has open."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def submit(self, batch: Batch) -> Future[InsertResult]:
        return self._writer.submit(events_of(batch, now_ms()))
