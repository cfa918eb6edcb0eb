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
MOST_BYTES = 4 * 1024 * 1024
MOST_WAITING_BYTES = 16 * MOST_BYTES


class Store(Protocol):
    def insert_together(
        self, batches: Sequence[Sequence[Event]], *, token: str, may_repeat: bool
    ) -> list[InsertResult]: ...


@dataclass(eq=False)
class _Batch:
    events: list[Event]
    size_bytes: int
    done: Future[InsertResult] = field(default_factory=Future)


class GroupWriter:
    """Inserts for many threads, each 200 ms at most, or as soon as 4 MiB are together.

    `submit` waits while more than 64 MiB are not yet on disk, so a fast source cannot fill the memory. Rows
    whose key is in the store already are left out, so a batch may be submitted again after any failure.
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
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def submit(self, events: Sequence[Event]) -> Future[InsertResult]:
        """The future is done when the events are on disk, or has the store's ProblemError."""
        batch = _Batch(list(self._prepare(events)), sum(len(event.raw) for event in events))
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._waiting_bytes < MOST_WAITING_BYTES)
            if self._closing:
                raise ProblemError([Problem("store-closing", "the event store is closing")])
            self._waiting.append(batch)
            self._waiting_bytes += batch.size_bytes
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
        self._thread.join()

    def _work(self) -> None:
        begun_s = -GATHER_S
        while batches := self._next(begun_s + GATHER_S):
            begun_s = time.monotonic()
            if wanted := self._wanted(batches):
                self._write(wanted)

    def _next(self, not_before_s: float) -> list[_Batch]:
        """The batches of the next insert; none when the writer has been closed and is done.

        After a pause the first batch is written at once, so that one that comes alone does not wait.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._changed.wait_for(
                lambda: self._closing or self._waiting_bytes >= MOST_BYTES,
                timeout=max(0.0, not_before_s - time.monotonic()),
            )
            taken, self._waiting = self._waiting, []
            return taken

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
                [batch.events for batch in batches], token=uuid.uuid4().hex, may_repeat=True
            )
        except Exception as failure:
            error = self._told(failure)
            if len(batches) > 1:
                for batch in batches:
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
