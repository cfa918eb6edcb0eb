"""Sources that the supervisor runs over a writer that keeps what it is given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dohyo.access.secrets import SecretBox
from dohyo.base.clock import now_ms
from dohyo.collect.health_events import INDEX
from dohyo.collect.overview import source_overview
from dohyo.collect.registry import Registry
from dohyo.collect.supervisor import Supervisor
from dohyo.metadata.db import open_metadata
from dohyo.store.event import Event, InsertResult


class KeptEvents:
    """Stores as the store does: a row key once. `failure` is what it answers while it is set."""

    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.failure: Exception | None = None
        self.keeps_before_failing = False
        self._lock = threading.Lock()

    def submit(self, events, *, may_repeat: bool = True) -> Future[InsertResult]:
        done: Future[InsertResult] = Future()
        if all(event.view == INDEX for event in events):  # of the source's health
            done.set_result(InsertResult(len(events), 0))
            return done
        with self._lock:
            if self.failure is None or self.keeps_before_failing:
                new = {event.messageid: event for event in events if event.messageid not in self.events}
                self.events |= new
            if self.failure is not None:
                done.set_exception(self.failure)
            else:
                done.set_result(InsertResult(len(new), len(events) - len(new)))
        return done

    def texts(self) -> list[str]:
        """In the order of their arrival."""
        return [event.raw for event in list(self.events.values())]


class Running:
    """A data directory with one source in it, and its supervisor."""

    def __init__(self, folder: Path, body: dict[str, Any], kept: KeptEvents) -> None:
        self.metadata = open_metadata(folder)
        self.secrets = SecretBox(folder)
        self.registry = Registry(self.metadata, self.secrets)
        self.kept = kept
        collectors = self.registry.list_collectors()
        if not collectors:
            collector = self.registry.create_collector({"name": "Labs", "hostName": None})
            self.registry.create_source(collector.id, body)
        self.supervisor = Supervisor(self.metadata, kept, self.secrets, now_ms)

    def overview(self) -> dict[str, Any]:
        return source_overview(self.metadata)[0]

    def wait_for(self, holds: Callable[[], bool], timeout_s: float = 20) -> None:
        until = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < until, (self.kept.texts()[-5:], self.overview())
            time.sleep(0.01)


@contextmanager
def running(folder: Path, body: dict[str, Any], kept: KeptEvents | None = None) -> Iterator[Running]:
    """The source runs while the block does; the same folder again goes on where it was."""
    run = Running(folder, body, kept or KeptEvents())
    run.supervisor.start()
    try:
        run.wait_for(lambda: run.overview()["state"] in ("Collecting", "Error"))
        yield run
    finally:
        run.supervisor.stop()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
