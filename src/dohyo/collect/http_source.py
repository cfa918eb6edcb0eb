"""HTTP Logs sources: uploads taken in and stored, each acknowledged when all of it is durable.

Whoever knows the token of a source may upload to it. An upload under an `Idempotency-Key` is remembered once
its messages are durable; the same key again is answered as done, whatever the body then is. A key whose
upload was not acknowledged, as after a crash, stores what is missing: its messages have the same row keys.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem
from dohyo.base.stamps import DAY_MS
from dohyo.collect.field_table import FieldTable
from dohyo.collect.http_upload import Upload, UploadLimits, idempotency_key, items_of
from dohyo.collect.journal import Journal
from dohyo.collect.log_events import Item, LogEvents, Tally
from dohyo.collect.log_settings import HttpSettings
from dohyo.collect.refusals import Refused
from dohyo.collect.source import Health
from dohyo.collect.unpack import unpacked
from dohyo.collect.upload_addresses import source_of_token, token_hash
from dohyo.metadata.collection import Source
from dohyo.metadata.receiving import DoneUpload
from dohyo.store.event import Event, InsertResult

LOG = logging.getLogger(__name__)
LOOK_AGAIN_MS = 1_000
MESSAGE_BYTES = 1024  # what a message takes besides its text, until it is stored
ACCOUNT_EVERY_S = 60.0
KEYS_KEPT_MS = 7 * DAY_MS
# More at once would only take the interpreter's lock from each other and from the writer.
_MAKING = threading.Semaphore(2)
Read = Callable[[Upload, bytes, HttpSettings, UploadLimits], tuple[list[Item], bool]]


class UploadWriter(Protocol):
    def submit(self, events: Sequence[Event], *, may_repeat: bool) -> Future[InsertResult]:
        """The future is done when the events are on disk. `may_repeat`: false only for new row keys."""
        ...

    def is_behind(self) -> bool:
        """Whether it holds as much as it may."""
        ...

    def trouble(self) -> Problem | None:
        """Why nothing can be stored now."""
        ...


class Held:
    """The memory that uploads take together. Refused with 429 where there is no more."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._held_bytes, self._lock = most_bytes, 0, threading.Lock()

    def take(self, size_bytes: int) -> None:
        with self._lock:
            if self._held_bytes + size_bytes > self._most_bytes:
                raise Refused(429, "upload.busy", "many uploads arrive at this moment; send this one again")
            self._held_bytes += size_bytes

    def give_back(self, size_bytes: int) -> None:
        with self._lock:
            self._held_bytes -= size_bytes


@dataclass(slots=True)
class Target:
    """An HTTP source as uploads see it, as it was read at `read_ms`."""

    source: Source
    settings: HttpSettings
    events: LogEvents
    journal: Journal
    tally: Tally
    read_ms: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_failing: bool = False


class Receiver:
    """Takes uploads for all HTTP sources. `close` writes the last accounts."""

    def __init__(
        self,
        metadata: sessionmaker[Session],
        writer: UploadWriter,
        clock: Callable[[], int] = now_ms,
        limits: UploadLimits | None = None,
    ) -> None:
        self.limits = limits or UploadLimits()
        self.held = Held(self.limits.most_held_bytes)
        self._metadata, self._writer, self._clock = metadata, writer, clock
        self._table = FieldTable(metadata)
        self._targets: dict[str, Target] = {}
        self._under_way: dict[tuple[int, str], Future[None]] = {}
        self._lock = threading.Lock()
        self._finishing = ThreadPoolExecutor(1, "uploads")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write_accounts, name="upload accounts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._finishing.shutdown()
        self.write_accounts()

    def changed(self) -> None:
        """Something in the registry changed; without this it is seen within a second."""
        for target in list(self._targets.values()):
            target.read_ms = 0

    def target(self, token: str) -> Target:
        """The source of a token. Refused: 401 for an unknown one, 503 while it is paused or the disk takes
        nothing, 429 while the store has more to write than it may hold.
        """
        target = self._targets.get(token_hash(token))
        if target is None or abs(self._clock() - target.read_ms) >= LOOK_AGAIN_MS:
            target = self._read_target(token, target)
        if target.source.paused:
            raise Refused(503, "upload.paused", "the source is paused; send this again later")
        if trouble := self._writer.trouble():
            raise Refused(503, "upload.disk", trouble.message)
        if self._writer.is_behind():
            raise Refused(
                429, "upload.behind", "the store has too much to write at this moment; send this again"
            )
        return target

    def store(self, target: Target, upload: Upload, read: Read = items_of) -> Future[None]:
        """Takes an upload in. The future is done when every message is durable; its error is a ProblemError.

        Refused with 400, 413 or 415 where the upload is wrong, with 429 where there is no memory for it.
        """
        key = idempotency_key(upload.headers)
        if key is None:
            return self._take(target, upload, read, uuid.uuid4().hex, None)
        digest = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
        name = (target.source.id, digest)
        with self._lock:
            under_way = self._under_way.get(name)
            if under_way is not None:
                return under_way
            done = self._under_way[name] = Future()
        try:
            if self._is_done(name):
                self._forget(name)
                done.set_result(None)
                return done
            _follow(self._take(target, upload, read, f"key {digest}", name), done)
        except BaseException as error:
            self._forget(name)
            done.set_exception(error)
            raise
        return done

    def write_accounts(self) -> None:
        """What arrived since the last time, as an account of each source."""
        now = self._clock()
        for name, target in list(self._targets.items()):
            with target.lock:
                tally, target.tally = target.tally, Tally(now)
            if not tally.received and not tally.notes:
                continue
            try:
                target.journal.note_arrived(tally.account(now))
            except IntegrityError:  # the source is gone
                self._targets.pop(name, None)
        with self._metadata.begin() as session:
            session.execute(delete(DoneUpload).where(DoneUpload.done_ms < now - KEYS_KEPT_MS))

    def _write_accounts(self) -> None:
        while not self._stop.wait(ACCOUNT_EVERY_S):
            try:
                self.write_accounts()
            except Exception:  # such as a full disk: what arrives is stored all the same
                LOG.exception("accounts of uploads could not be written")

    def _read_target(self, token: str, known: Target | None) -> Target:
        with self._metadata() as session:
            source = source_of_token(session, token)
        name, now = token_hash(token), self._clock()
        if source is None:
            self._targets.pop(name, None)
            raise Refused(401, "upload.token", "this upload address is not known")
        if known is not None and _revisions(source) == _revisions(known.source):
            known.read_ms = now
            return known
        try:
            settings = HttpSettings(**source.config)
        except ValidationError as error:  # the rules for settings have changed
            raise Refused(503, "upload.settings", "the source's settings have to be saved again") from error
        events = LogEvents(source, settings, self._table)
        journal = known.journal if known else Journal(self._metadata, source.id)
        tally = known.tally if known else Tally(now)
        target = self._targets[name] = Target(source, settings, events, journal, tally, now)
        return target

    def _take(
        self, target: Target, upload: Upload, read: Read, key: str, name: tuple[int, str] | None
    ) -> Future[None]:
        done: Future[None] = Future()
        encoding = upload.headers.get("content-encoding", "")
        body = unpacked(upload.body, encoding, self.limits.most_bytes)
        self._hold(3 * len(body), done)  # as bytes, as text and as messages
        try:
            with _MAKING:
                items, has_replaced = read(upload, body, target.settings, self.limits)
                self._hold(MESSAGE_BYTES * len(items), done)
                events, tally = target.events.events(items, key, self._clock())
            if has_replaced:
                tally.notes["an upload was not in the encoding it should be in; letters were replaced"] += 1
            # Without a key the row keys are of this request alone.
            may_repeat = name is not None
            inserted = self._writer.submit(events, may_repeat=may_repeat) if events else _nothing()
        except BaseException as error:
            done.set_exception(error)
            raise
        inserted.add_done_callback(lambda result: self._stored(target, tally, result, name, done))
        return done

    def _hold(self, size_bytes: int, done: Future[None]) -> None:
        """Memory for an upload, until it is done."""
        self.held.take(size_bytes)
        done.add_done_callback(lambda _: self.held.give_back(size_bytes))

    def _stored(
        self,
        target: Target,
        tally: Tally,
        inserted: Future[InsertResult],
        name: tuple[int, str] | None,
        done: Future[None],
    ) -> None:
        """In the writer's thread, so the notes are written in another."""
        error = inserted.exception()
        if error is None:
            tally.add_stored(inserted.result())
        with target.lock:
            target.tally.add(tally)
            changed, target.is_failing = target.is_failing != bool(error), bool(error)
        if changed:
            self._finishing.submit(self._note_health, target, error)
        if error is not None or name is None:
            _settle(done, error)
        else:
            self._finishing.submit(self._remember, name, done)
        if name is not None and error is not None:
            self._forget(name)

    def _note_health(self, target: Target, error: BaseException | None) -> None:
        words = None if error is None else f"what arrives cannot be stored: {error}"
        health = Health("Error", words, "FirstPartyGeneric") if words else Health("Collecting")
        try:
            target.journal.note_health(health)
        except Exception:
            LOG.exception("health of source %s could not be written", target.source.id)

    def _is_done(self, name: tuple[int, str]) -> bool:
        with self._metadata() as session:
            return session.get(DoneUpload, name) is not None

    def _remember(self, name: tuple[int, str], done: Future[None]) -> None:
        error: BaseException | None = None
        try:
            with self._metadata.begin() as session:
                session.merge(DoneUpload(source_id=name[0], key_hash=name[1], done_ms=self._clock()))
        except Exception as failure:
            error = failure
        self._forget(name)
        _settle(done, error)

    def _forget(self, name: tuple[int, str]) -> None:
        with self._lock:
            self._under_way.pop(name, None)


def _revisions(source: Source) -> tuple[int, int, bool]:
    return source.revision, source.collector.revision, source.paused


def _nothing() -> Future[InsertResult]:
    done: Future[InsertResult] = Future()
    done.set_result(InsertResult(0, 0))
    return done


def _settle(done: Future[None], error: BaseException | None) -> None:
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _follow(first: Future[None], then: Future[None]) -> None:
    """The second is done as the first is."""
    first.add_done_callback(lambda settled: _settle(then, settled.exception()))
