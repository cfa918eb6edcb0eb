"""Messages that arrive by themselves, on their way into the store: a bounded queue and its writing."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence

from dohyo.collect.log_events import Item, LogEvents, Tally
from dohyo.collect.run import SourceRun
from dohyo.collect.source import Backoff, Health
from dohyo.store.event import Event

MOST_WAITING_BYTES = 8 * 1024 * 1024
ITEM_BYTES = 200  # what a message takes besides its text
GATHER_S = 0.1
STORE_TIMEOUT_S = 300
ACCOUNT_EVERY_MS = 60_000


class Intake:
    """The queue of one source. Threads put messages in; the source's own thread writes them.

    A batch that the store does not take is tried again until it does. Meanwhile `put` waits.
    """

    def __init__(self, run: SourceRun) -> None:
        self._run = run
        self._events = LogEvents(run.source, run.settings, run.fields)
        self._waiting: list[Item] = []
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._tally = Tally(run.clock())

    def put(self, items: Sequence[Item]) -> None:
        """Waits until there is room for them. After `close` what is put is still written."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._waiting_bytes < MOST_WAITING_BYTES)
            self._add(items)

    def offer(self, items: Sequence[Item]) -> bool:
        """As `put`, but False where it had to wait."""
        with self._changed:
            if self._waiting_bytes >= MOST_WAITING_BYTES:
                return False
            self._add(items)
            return True

    def note(self, words: str) -> None:
        """Something that people should know, counted in the account."""
        with self._changed:
            self._tally.notes[words] += 1

    def close(self) -> None:
        """Nothing more is waited for."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def write_until(self, stop: threading.Event) -> None:
        """Writes what arrives until told to stop."""
        while not stop.wait(GATHER_S):
            self._write()
            self._tell()

    def write_rest(self) -> None:
        """Writes what is left, then the last account."""
        self._write()
        self._tell(now=True)

    def _add(self, items: Sequence[Item]) -> None:
        self._waiting += items
        self._waiting_bytes += sum(len(item.message.text) + ITEM_BYTES for item in items)

    def _write(self) -> None:
        with self._changed:
            items, self._waiting = self._waiting, []
            self._waiting_bytes = 0
            self._changed.notify_all()
        if not items:
            return
        events, tally = self._events.events(items, uuid.uuid4().hex, self._run.clock())
        self._store(events, tally)
        with self._changed:
            self._tally.add(tally)

    def _store(self, events: list[Event], tally: Tally) -> None:
        failures = 0
        while events:
            try:
                tally.add_stored(self._run.writer.submit(events).result(STORE_TIMEOUT_S))
            except Exception as error:
                failures += 1
                now = self._run.clock()
                until_ms = now + Backoff().wait_ms(failures, now)
                words = f"what arrives cannot be stored: {error}"
                self._run.journal.note_health(Health("Error", words, "FirstPartyGeneric", until_ms))
                if self._run.stop.is_set():
                    raise
                self._run.stop.wait((until_ms - now) / 1000)
                continue
            if failures:
                self._run.journal.note_health(Health("Collecting"))
            return

    def _tell(self, *, now: bool = False) -> None:
        """The account of what arrived, once a minute."""
        at = self._run.clock()
        with self._changed:
            if not now and at - self._tally.since_ms < ACCOUNT_EVERY_MS:
                return
            tally, self._tally = self._tally, Tally(at)
        if tally.received or tally.notes:
            self._run.journal.note_arrived(tally.account(at))
