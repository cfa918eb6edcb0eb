"""Keeps one task running for every source that should collect."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.secrets import SecretBox
from dohyo.base.clock import now_ms
from dohyo.collect.field_table import FieldTable
from dohyo.collect.health_events import HealthEvents
from dohyo.collect.journal import Journal
from dohyo.collect.registry import Registry, remove_stopped
from dohyo.collect.run import Writer
from dohyo.collect.task import SourceTask
from dohyo.metadata.collection import Collector, Source

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
ENDING_S = 0.05  # while a task ends, so that its source goes on soon


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a source should do now; another one means its task has to start again."""

    revisions: tuple[int, int]  # of the collector and of the source
    runs: bool
    stopping: bool


@dataclass(slots=True)
class Running:
    task: SourceTask
    wanted: Wanted


class Supervisor:
    """Starts, stops and restarts the tasks so that they match the registry.

    It looks every second, so changes made by another process count too; `changed` makes it look at once. A
    source never has two tasks: the next one starts when the last one has ended.
    """

    def __init__(
        self,
        metadata: sessionmaker[Session],
        writer: Writer,
        secrets: SecretBox,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._metadata = metadata
        self._writer = writer
        self._registry = Registry(metadata, secrets)
        self._fields = FieldTable(metadata)
        self._clock = clock
        self._running: dict[int, Running] = {}
        self._health: dict[int, HealthEvents] = {}
        self._lock = threading.Lock()
        self._look = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="sources", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ends every task; one that hangs in a request for longer is left to die with the process."""
        self._stop.set()
        self._look.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        with self._lock:
            running = list(self._running.values())
        for each in running:
            each.task.ask_to_stop()
        left_until_ms = now_ms() + int(timeout_s * 1000)
        for each in running:
            each.task.join(max(0.0, (left_until_ms - now_ms()) / 1000))

    def changed(self) -> None:
        """Something in the registry changed."""
        self._look.set()

    def restart(self, source_id: int) -> None:
        """Ends the source's task; a new one starts from the saved cursor. Also out of a long wait."""
        with self._lock:
            running = self._running.get(source_id)
        if running is not None:
            running.task.ask_to_stop()
        self._look.set()

    def _keep_looking(self) -> None:
        while not self._stop.is_set():
            try:
                self._match_registry()
            except Exception:  # such as a full disk: the sources that run go on
                LOG.exception("the list of sources could not be read")
            self._look.wait(ENDING_S if self._ending() else LOOK_EVERY_S)
            self._look.clear()

    def _ending(self) -> bool:
        with self._lock:
            return any(each.task.is_asked_to_stop() for each in self._running.values())

    def _match_registry(self) -> None:
        wanted = self._wanted()
        with self._lock:
            for source_id, running in list(self._running.items()):
                if not running.task.is_alive():
                    del self._running[source_id]
                elif wanted.get(source_id) != running.wanted:
                    running.task.ask_to_stop()
            free = {number: each for number, each in wanted.items() if number not in self._running}
        for source_id, each in free.items():
            if each.stopping:
                remove_stopped(self._metadata, source_id)
            elif each.runs and not self._stop.is_set():
                self._start(source_id, each)

    def _wanted(self) -> dict[int, Wanted]:
        columns = select(Source.id, Collector.revision, Source.revision, Source.paused, Source.stopping).join(
            Collector, Source.collector_id == Collector.id
        )
        with self._metadata() as session:
            return {
                number: Wanted((above, own), not (paused or stopping), stopping)
                for number, above, own, paused, stopping in session.execute(columns)
            }

    def _start(self, source_id: int, wanted: Wanted) -> None:
        if source_id not in self._health:
            self._health[source_id] = HealthEvents(self._metadata, self._writer, source_id)
        told = self._health[source_id]  # knows what the last task told
        journal = Journal(self._metadata, source_id, told.note)
        task = SourceTask(source_id, self._registry, journal, self._writer, self._fields, self._clock)
        with self._lock:
            self._running[source_id] = Running(task, wanted)
        task.start()
