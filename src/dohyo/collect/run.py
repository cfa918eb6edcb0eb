"""What a source that runs by itself is given, instead of steps: it collects until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dohyo.collect.field_table import FieldTable
from dohyo.collect.journal import Journal
from dohyo.collect.source import Health
from dohyo.metadata.collection import Source

if TYPE_CHECKING:
    from dohyo.store.event import Event, InsertResult


class Writer(Protocol):
    """The store's writer: the future is done when the events are durable."""

    def submit(self, events: Sequence[Event]) -> Future[InsertResult]: ...


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One run of one source. `settings` are those of its type, secrets in clear."""

    source: Source
    settings: Any
    journal: Journal
    writer: Writer
    fields: FieldTable
    clock: Callable[[], int]
    stop: threading.Event


def wait_for_uploads(run: SourceRun) -> None:
    """A source that others send to: there is nothing to do but to say so."""
    run.journal.note_health(Health("Collecting"))
    run.stop.wait()
