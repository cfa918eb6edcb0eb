"""Group commit: batches of many writers become one insert, each writer hears when its own is on disk."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from dohyo.base.problem import Problem, ProblemError
from dohyo.store.disk import Disk
from dohyo.store.event import Event, InsertResult

GATHER_S = 0.2
ENOUGH_BYTES = 2 * 1024 * 1024
MOST_WAITING_BYTES = 64 * 1024 * 1024
THREADS = 2
"""While the insert of one waits for the disk, the other makes the next."""


class Store(Protocol):
    def insert_together(
        self, batches: Sequence[Sequence[Event]], *, token: str, may_repeat: bool
    ) -> list[InsertResult]: ...


@dataclass(eq=False)
class _Batch:
    events: list[Event]
    size_bytes: int
    may_repeat: bool
    done: Future[InsertResult] = field(default_factory=Future)


class GroupWriter:
    """Inserts for many threads, each 200 ms at most, or as soon as 2 MiB are together.

    `submit` waits while more than 64 MiB are not yet on disk, so a fast source cannot fill the memory. Rows
    whose key is in the store already are left out, so a batch may be submitted again after any failure; only
    where the caller says that it never submits them again they are not looked for.
    `prepare` makes events ready to be stored, in the thread of their writer. While the `disk` is in trouble
    nothing is written: batches get its problem at once, the next one after it is mended goes in.
    """

    def __init__(
        self,
        store: Store,
        prepare: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: events,
        disk: Disk | None = None,
    ) -> None:
        self._store = store
        self._prepare = prepare
        self._disk = disk
        self._waiting: list[_Batch] = []
        self._waiting_bytes = 0
        """Of all batches that are not yet on disk."""
        self._gathered_bytes = 0
        """Of those that no insert has taken."""
        self._changed = threading.Condition()
        self._begun_s = -GATHER_S
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name="writer", daemon=True) for _ in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, events: Sequence[Event], *, may_repeat: bool = True) -> Future[InsertResult]:
        """The future is done when the events are on disk, or has the store's ProblemError.

        `may_repeat`: false only for events whose row keys are new and in no other batch.
        """
        size_bytes = sum(len(event.raw) for event in events)
        batch = _Batch(list(self._prepare(events)), size_bytes, may_repeat)
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._waiting_bytes < MOST_WAITING_BYTES)
            if self._closing:
                raise ProblemError([Problem("store-closing", "the event store is closing")])
            self._waiting.append(batch)
            self._waiting_bytes += batch.size_bytes
            self._gathered_bytes += batch.size_bytes
            self._changed.notify_all()
        return batch.done

    def insert(self, events: Sequence[Event]) -> InsertResult:
        """Submits and waits."""
        return self.submit(events).result()

    def is_behind(self) -> bool:
        """Whether a batch submitted now would have to wait for memory."""
        with self._changed:
            return self._waiting_bytes >= MOST_WAITING_BYTES

    def trouble(self) -> Problem | None:
        """Why nothing can be stored now."""
        return self._disk.trouble() if self._disk else None

    def close(self) -> None:
        """Writes what was submitted, then ends."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while batches := self._next():
            if wanted := self._wanted(batches):
                self._write(wanted)

    def _next(self) -> list[_Batch]:
        """The batches of the next insert; none when the writer has been closed and is done.

        After a pause the first batch is written at once, so that one that comes alone does not wait.
        """
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                wait_s = self._begun_s + GATHER_S - time.monotonic()
                if self._closing or self._gathered_bytes >= ENOUGH_BYTES or wait_s <= 0:
                    taken, self._waiting, self._gathered_bytes = self._waiting, [], 0
                    self._begun_s = time.monotonic()
                    return taken
                self._changed.wait(wait_s)

    def _wanted(self, batches: list[_Batch]) -> list[_Batch]:
        """Those that nobody has cancelled; from here on nobody can."""
        given_up = [batch for batch in batches if not batch.done.set_running_or_notify_cancel()]
        self._forget(given_up)
        return [batch for batch in batches if batch not in given_up]

    def _write(self, batches: list[_Batch]) -> None:
        """One insert for all; where it is refused, one for each, so that only the wrong one hears of it."""
        try:
            if trouble := self.trouble():
                raise ProblemError([trouble])
            results = self._store.insert_together(
                [batch.events for batch in batches],
                token=uuid.uuid4().hex,
                may_repeat=any(batch.may_repeat for batch in batches),
            )
        except Exception as failure:
            error = self._told(failure)
            if len(batches) > 1:
                for batch in batches:
                    batch.may_repeat = True  # some of it may be stored
                    self._write([batch])
                return
            batches[0].done.set_exception(error)
        else:
            for batch, result in zip(batches, results, strict=True):
                batch.done.set_result(result)
        self._forget(batches)

    def _told(self, failure: Exception) -> Exception:
        """What its disk says of a failure, where it has something to say."""
        if self._disk is None:
            return failure
        self._disk.suspect()
        trouble = self._disk.trouble()
        return ProblemError([trouble]) if trouble else failure

    def _forget(self, batches: list[_Batch]) -> None:
        with self._changed:
            self._waiting_bytes -= sum(batch.size_bytes for batch in batches)
            self._changed.notify_all()
