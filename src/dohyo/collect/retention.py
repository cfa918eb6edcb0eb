"""Removes messages that are older than their partition keeps them, once an hour."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from dohyo.base.clock import now_ms
from dohyo.base.problem import ProblemError
from dohyo.collect.partitions import Partitions
from dohyo.plan.scope import DEFAULT_INDEX

LOG = logging.getLogger(__name__)
EVERY_S = 3600.0
DAY_MS = 86_400_000


class Store(Protocol):
    def forget(self, view: str, before_ms: int) -> int: ...


class Retention:
    """A thread that looks at the beginning and then every hour. `close` ends it."""

    def __init__(self, partitions: Partitions, store: Store, clock: Callable[[], int] = now_ms) -> None:
        self._partitions, self._store, self._clock = partitions, store, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="retention", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def forget_old(self) -> int:
        """How many messages were removed. Decommissioned partitions keep their retention."""
        removed = 0
        for partition in self._partitions.all():
            if partition.retention_days > 0:
                view = "" if partition.name == DEFAULT_INDEX else partition.name
                removed += self._store.forget(view, self._clock() - partition.retention_days * DAY_MS)
        return removed

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                if removed := self.forget_old():
                    LOG.info("%d messages are older than their partition keeps them and are removed", removed)
            except ProblemError as error:
                LOG.error("old messages are still there: %s", error)
            self._stop.wait(EVERY_S)
