"""One source's task: a thread that carries out what the steps ask for until it is told to stop."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from dohyo.base.problem import ProblemError
from dohyo.collect.field_table import FieldTable
from dohyo.collect.journal import Journal
from dohyo.collect.processing_rules import ProcessingRules
from dohyo.collect.registry import Registry
from dohyo.collect.run import SourceRun, Writer
from dohyo.collect.source import (
    Backoff,
    Client,
    Health,
    Response,
    Row,
    Start,
    Stepper,
    StepResult,
    Stored,
    Wait,
    Woken,
)
from dohyo.collect.source_types import SourceType, type_of
from dohyo.metadata.collection import Source
from dohyo.store.event import Event, row_key

LOG = logging.getLogger(__name__)
STORE_TIMEOUT_S = 300


class SourceTask:
    """Runs one source. Whatever goes wrong inside is shown as the source's health and tried again."""

    def __init__(
        self,
        source_id: int,
        registry: Registry,
        journal: Journal,
        writer: Writer,
        fields: FieldTable,
        clock: Callable[[], int],
    ) -> None:
        self._source_id = source_id
        self._registry = registry
        self._journal = journal
        self._writer = writer
        self._fields = fields
        self._clock = clock
        self._stop = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"source-{source_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Returns at once; the task ends after the request or insert it is in."""
        self._stop.set()

    def is_asked_to_stop(self) -> bool:
        return self._stop.is_set()

    def join(self, timeout_s: float) -> bool:
        """Whether it has ended within the time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._collect()
            except ProblemError as error:
                self._fail(error.problems[0].message)
            except Exception as error:
                if self._stop.is_set():  # the store may be closing
                    break
                LOG.exception("source %s failed", self._source_id)
                told = isinstance(error, ProblemError)
                self._fail(str(error) if told else f"{type(error).__name__}: {error}")

    def _fail(self, words: str) -> None:
        self._failures += 1
        until_ms = self._clock() + Backoff().wait_ms(self._failures, self._clock())
        health = Health("Error", f"collecting failed here: {words}", "FirstPartyGeneric", until_ms)
        try:
            self._journal.note_health(health)
        except Exception:
            LOG.exception("health of source %s could not be written", self._source_id)
        self._stop.wait(max(0, until_ms - self._clock()) / 1000)

    def _collect(self) -> None:
        """From the saved cursor on, until asked to stop or the source is gone."""
        self._journal.note_health(Health("Started"))
        found = self._registry.settings_of(self._source_id)
        if found is None:
            self._stop.set()
            return
        source, settings = found
        self._journal.note_health(Health("Initialized"))
        source_type = type_of(source)
        if source_type.run is not None:
            parts = (self._journal, self._writer, self._fields, self._clock, self._stop)
            source_type.run(SourceRun(source, settings, *parts))
        else:
            self._run_steps(source, source_type, settings)
        self._journal.note_health(Health("Stopped"))

    def _run_steps(self, source: Source, source_type: SourceType, settings: BaseModel) -> None:
        assert source_type.client is not None and source_type.stepper is not None
        client = source_type.client(settings)
        try:
            self._follow_steps(source, source_type.stepper(settings), settings, client)
        finally:
            client.close()

    def _follow_steps(self, source: Source, stepper: Stepper, settings: BaseModel, client: Client) -> None:
        events = EventMaker(source, settings, stepper.host)
        state = None
        response: Response = Start(self._journal.cursor())
        words = "the source was stopped in this pass"
        try:
            while not self._stop.is_set():
                result = stepper.step(state, response, self._clock())
                state = result.state
                response = self._carry_out(result, events, client)
            if isinstance(response, Stored):  # durable, but not yet in the pass's figures
                result = stepper.step(state, response, self._clock())
                self._journal.note_pass(result.cursor, result.account)
                state = result.state
        except Exception as error:
            words = f"this pass was given up here: {type(error).__name__}: {error}"
            raise
        finally:
            self._leave(stepper, state, words)

    def _leave(self, stepper: Stepper, state: Any, words: str) -> None:
        """The account of a pass that did not come to its end."""
        left = None if state is None else stepper.leave(state, words, self._clock())
        if left is not None and left.account is not None:
            try:
                self._journal.note_pass(left.cursor, left.account)
            except IntegrityError:
                LOG.info("source %s was deleted, and with it the account of its last pass", self._source_id)
            except Exception:
                LOG.exception("the account of source %s could not be written", self._source_id)

    def _carry_out(self, result: StepResult, events: EventMaker, client: Client) -> Response:
        """Rows first, then the cursor past them, then the request."""
        if result.health is not None:
            self._journal.note_health(result.health)
        stored = None if result.rows is None else self._store(result.rows, events)
        if result.cursor is not None or result.account is not None:
            self._journal.note_pass(result.cursor, result.account)
        if stored is not None:
            self._failures = 0
            return stored
        request = result.request
        if isinstance(request, Wait):
            self._stop.wait(max(0, request.until_ms - self._clock()) / 1000)
            return Woken()
        assert request is not None, "a step without rows asks for something"
        return client.send(request)

    def _store(self, rows: tuple[Row, ...], events: EventMaker) -> Stored:
        now = self._clock()
        kept = events.let_in(rows)
        if not kept:
            return Stored(0, 0, 0, left_out=len(rows))
        inserted = self._writer.submit([events.event(row, now) for row in kept]).result(STORE_TIMEOUT_S)
        return replace(self._journal.note_stored(kept, inserted.stored), left_out=len(rows) - len(kept))


class EventMaker:
    """Rows of one source as the store's events, with the metadata of source and collector."""

    def __init__(self, source: Source, settings: BaseModel, host: str) -> None:
        collector = source.collector
        self._source_id = str(source.id)
        self._category = source.config.get("category") or collector.category or ""
        self._collector, self._source, self._host = collector.name, source.name, host
        self._fields = dict(collector.fields) | settings.message_fields  # type: ignore[attr-defined]
        self._rules: ProcessingRules | None = settings.processing_rules()  # type: ignore[attr-defined]

    def let_in(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that the processing rules keep, as they are stored; their keys stay."""
        if self._rules is None:
            return rows
        kept = self._rules.keeps([row.raw for row in rows])
        let_in = [row for row, keeps in zip(rows, kept, strict=True) if keeps]
        texts = self._rules.rewritten([row.raw for row in let_in])
        return [replace(row, raw=text) for row, text in zip(let_in, texts, strict=True)]

    def event(self, row: Row, receipt_ms: int) -> Event:
        record_key = json.dumps([row.record, row.version, row.content])
        return Event(
            messagetime_ms=receipt_ms if row.messagetime_ms is None else row.messagetime_ms,
            receipttime_ms=receipt_ms,
            messageid=row_key(self._source_id, record_key),
            sourcecategory=self._category,
            collector=self._collector,
            source=self._source,
            sourcehost=self._host,
            sourcename=self._source,
            fields=self._fields | dict(row.fields),
            raw=row.raw,
        )
