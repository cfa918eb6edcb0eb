"""What happens to every message on its way into the store: extraction rules, then its partition."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session, sessionmaker

from dohyo.collect.extraction_rules import ExtractionRules, Ready, with_fields
from dohyo.collect.field_table import FieldTable
from dohyo.collect.partitions import Partitions, Route, routed
from dohyo.store.event import Event

READ_AGAIN_S = 5.0


class Preparation:
    """Rules and partitions of one metadata database, read again every five seconds, or after `changed`.

    Another process may change them, too. Safe from many threads at once.
    """

    def __init__(
        self, metadata: sessionmaker[Session], monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._rules, self._partitions = ExtractionRules(metadata), Partitions(metadata)
        self._fields = FieldTable(metadata)
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._read_at_s: float | None = None
        self._known: tuple[list[Ready], list[Route], frozenset[str]] = ([], [], frozenset())

    def __call__(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events as they are stored."""
        rules, routes, _ = self._now()
        if rules:
            events = with_fields(rules, events, self._fields)
        return routed(routes, events) if routes else events

    def unusual(self) -> frozenset[str]:
        """Partitions that a search reads only when it names them."""
        return self._now()[2]

    def changed(self) -> None:
        """Reads anew at the next message."""
        with self._lock:
            self._read_at_s = None

    def _now(self) -> tuple[list[Ready], list[Route], frozenset[str]]:
        with self._lock:
            now_s = self._monotonic_s()
            if self._read_at_s is None or now_s - self._read_at_s >= READ_AGAIN_S:
                self._known = (self._rules.ready(), self._partitions.routes(), self._partitions.unusual())
                self._read_at_s = now_s
            return self._known
