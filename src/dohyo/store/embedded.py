"""The store on chDB, inside this process."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.hot import HotField
from dohyo.plan.sqltree import call, column, printed, select, text
from dohyo.store import engine, lock
from dohyo.store.engine import EngineError
from dohyo.store.event import Event, InsertResult, check_storable
from dohyo.store.gate import Gate
from dohyo.store.hot_sets import HotSets
from dohyo.store.schema import COLUMNS, CREATE_EVENTS, as_table
from dohyo.store.statements import Statements

PIECE_EVENTS, PIECE_CHARACTERS = 20_000, 16 * 2**20
"""A larger batch is inserted in pieces of about one size, so that none is small and none fills the memory."""
_MEMORY = "memory_"
_TEMPORARY = ("shadow", "tmp")
_BESIDE_PARTS = ("detached", "deduplication_logs")
_memory_stores = itertools.count(1)
_INSERT = {
    "async_insert": 0,
    "max_partitions_per_insert_block": 0,
    "max_threads": 1,
    "min_insert_block_size_rows": 0,
    "min_insert_block_size_bytes": 0,
}


class EmbeddedStore:
    """The events of one data directory, or of memory. Many threads may call it at once."""

    def __init__(self, place: str, database: str, held: IO[str] | None) -> None:
        self._database = database
        self._held = held
        self._statements = Statements()
        self._inserting = Gate()
        self._changing = threading.Lock()
        self._newest = time.time_ns()
        engine.enter(place)
        try:
            self._hot = self._prepared()
        except EngineError as error:
            engine.leave()
            message = f"the store at {place} cannot be opened: {error.message}"
            raise ProblemError([Problem("store-failed", message)]) from None

    def _prepared(self) -> HotSets:
        """The hot field sets, after the table was made."""
        if self._database == engine.DATABASE:
            self._drop_left_memory()
        else:
            made = exp.Create(this=exp.to_identifier(self._database), kind="DATABASE")
            engine.change(printed(made), engine.DATABASE, {})
        engine.change(CREATE_EVENTS, self._database, {})
        return HotSets(self._database, self._inserting)

    @classmethod
    def open(cls, data_dir: Path) -> EmbeddedStore:
        """The store below a data directory, made if it is not there.

        ProblemError `data-in-use` while another process has it open, `store-open` while this process has
        another store open, `store-path` or `store-failed` where the engine cannot open it.
        """
        place = data_dir.resolve() / "events"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = data_dir / "events.lock"
        held = lock.held(path)
        if held is None:
            message = f"process {lock.holder(path)} has the store in {data_dir} open"
            raise ProblemError([Problem("data-in-use", message, hints=("stop it, or ask it over HTTP",))])
        try:
            return cls(str(place), engine.DATABASE, held)
        except BaseException:
            held.close()
            raise

    @classmethod
    def in_memory(cls) -> EmbeddedStore:
        """An empty store that is gone when it is closed, beside any other stores of this process.

        While one is open, this process cannot open a data directory's store, only the other way round.
        """
        return cls(engine.MEMORY, f"{_MEMORY}{next(_memory_stores)}", None)

    def close(self) -> None:
        """Let go of the folder. Nothing may run any more."""
        if self._database != engine.DATABASE:
            _drop_database(self._database)
        engine.leave()
        if self._held is not None:
            self._held.close()

    def _drop_left_memory(self) -> None:
        """Take away what stores in memory left in the folder when a process was killed."""
        is_memory = call("startsWith", column("name"), text(_MEMORY))
        names = select([column("name")], exp.to_table("system.databases"), where=[is_memory])
        for name in engine.read(printed(names), self._database, {}).column(0).to_pylist():
            _drop_database(name)

    def query(
        self,
        sql: exp.Expression,
        *,
        query_id: str | None = None,
        timeout_s: float = 60,
        max_memory_bytes: int = 0,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """The answer of a select. It cannot change anything.

        `tables`: small tables that it may name, of texts, 64-bit numbers, doubles and booleans. `query_id`
        names it for `cancel`; several statements may have the same. `max_memory_bytes` 0: no limit.
        ProblemError `search-timeout`, `search-memory`, `search-cancelled`, `search-too-large` or
        `search-failed`.
        """
        return self._statements.read(
            printed(sql), self._database, query_id, timeout_s, max_memory_bytes, tables
        )

    def cancel(self, query_id: str) -> None:
        """Stop the statements of this id that run now."""
        self._statements.cancel(query_id)

    def newest_insert(self) -> int:
        """A number that grows with every insert and every change of hot fields, also over restarts."""
        return self._newest

    def insert(self, events: Sequence[Event], *, token: str, may_repeat: bool) -> InsertResult:
        """Store the events; they are on disk when this returns.

        `token`: the same events under the same token are stored once, for the last 1,000 inserts.
        `may_repeat`: events whose `messageid` is stored already, or stands earlier in the batch, are left out
        and counted. ProblemError as `check_storable`, `store-failed` where the engine cannot store.
        """
        return self.insert_together([events], token=token, may_repeat=may_repeat)[0]

    def insert_together(
        self, groups: Sequence[Sequence[Event]], *, token: str, may_repeat: bool
    ) -> list[InsertResult]:
        """As `insert` for the events of all groups together; a result for each group."""
        for group in groups:
            check_storable(group)
        # What cannot repeat waits for fsync together; what may is probed while nothing else goes in.
        with self._inserting.alone() if may_repeat else self._inserting.shared():
            new = self._new_events(groups) if may_repeat else groups
            for piece in _pieces([event for group in new for event in group]):
                self._store(piece, token)
        return [
            InsertResult(len(kept), len(given) - len(kept)) for given, kept in zip(groups, new, strict=True)
        ]

    def _new_events(self, groups: Sequence[Sequence[Event]]) -> list[list[Event]]:
        """The events of each group that are neither stored nor in the batch before."""
        seen = self._stored_ids({event.messageid for group in groups for event in group})
        new: list[list[Event]] = []
        for group in groups:
            kept = []
            for event in group:
                if event.messageid not in seen:
                    seen.add(event.messageid)
                    kept.append(event)
            new.append(kept)
        return new

    def _stored_ids(self, ids: set[int]) -> set[int]:
        asked = {"asked": pa.table({"id": pa.array(ids, pa.int64())})}
        is_asked = exp.In(
            this=column("_messageid"), query=exp.Subquery(this=select([column("id")], exp.to_table("asked")))
        )
        sql = select([column("_messageid")], exp.to_table("events"), where=[is_asked])
        return set(engine.read(printed(sql), self._database, {}, asked).column(0).to_pylist())

    def _store(self, events: Sequence[Event], token: str) -> None:
        """One part a month. The token covers the content, since after a retry the pieces may be others."""
        ids = b"".join(event.messageid.to_bytes(8, "big") for event in events)
        digest = hashlib.blake2b(token.encode() + b"\0" + ids, digest_size=16).hexdigest()
        try:
            settings = {**_INSERT, "insert_deduplication_token": digest}
            engine.change(_INSERT_SQL, self._database, settings, as_table(events))
        except EngineError as error:
            raise ProblemError(
                [Problem("store-failed", f"the store could not write: {error.message}")]
            ) from None
        finally:
            self._bump()

    def _bump(self) -> None:
        with self._changing:
            self._newest = max(self._newest + 1, time.time_ns())

    def forget(self, view: str, before_ms: int) -> int:
        """Removes the messages of a partition that are older, and says how many. The empty name is the
        default index. The space is free after the next merges. ProblemError `store-failed`.
        """
        edge = call("fromUnixTimestamp64Milli", call("toInt64", text(str(before_ms))), text("UTC"))
        old: list[exp.Expression] = [
            exp.EQ(this=column("_view"), expression=text(view)),
            exp.LT(this=column("_messagetime"), expression=edge),
        ]
        counted = select([call("count")], exp.to_table("events"), where=old)
        count = int(self.query(counted).column(0)[0].as_py())
        if count:
            sql = exp.Delete(this=exp.to_table("events"), where=exp.Where(this=exp.and_(*old)))
            try:
                engine.change(printed(sql), self._database, {})
            except EngineError as error:
                message = f"the store could not forget old messages: {error.message}"
                raise ProblemError([Problem("store-failed", message)]) from None
            self._bump()
        return count

    def count(self) -> int:
        """How many messages are stored."""
        return int(self.query(select([call("count")], exp.to_table("events"))).column(0)[0].as_py())

    def broken_parts(self) -> list[str]:
        """Names of parts whose files are not as they were written, and of those put aside as broken."""
        settings = {"check_query_single_value_result": 0}
        checked = engine.read("CHECK TABLE events", self._database, settings).to_pylist()
        aside = [exp.Like(this=column("reason"), expression=text("broken%"))]
        sql = select([column("name")], exp.to_table("system.detached_parts"), where=aside)
        found = engine.read(printed(sql), self._database, {}).column(0).to_pylist()
        return [*(str(row["part_path"]) for row in checked if not row["is_passed"]), *map(str, found)]

    def snapshot(self, folder: Path) -> int:
        """A store in a new folder with all messages as they are now; their number. Its parts are links to
        those of this store, so it takes moments. ProblemError `store-failed`.
        """
        place = Path(engine.place())
        name = f"snapshot_{time.time_ns()}"
        with self._inserting.alone():
            messages = self.count()
            try:
                # sqlglot has no tree for this; the name is a number of ours.
                freeze = f"ALTER TABLE events FREEZE WITH NAME {printed(text(name))}"
                engine.change(freeze, self._database, {})
            except EngineError as error:
                message = f"the store could not be held for a backup: {error.message}"
                raise ProblemError([Problem("store-failed", message)]) from None
            _copy_frame(place, folder)
        frozen = place / "shadow" / name
        for part in (frozen / "store").glob("*/*/*"):
            part.rename(folder / part.relative_to(frozen))
        shutil.rmtree(frozen)
        return messages

    def hot_fields(self) -> list[HotField]:
        """The extractions that are stored beside every message; a set that is still being filled is left
        out.
        """
        return self._hot.fields()

    def set_hot_fields(self, set_name: str, fields: Mapping[str, str]) -> None:
        """Store the values at these JSON paths, by field name, in column `h_<set_name>`; replaces the set.

        For messages that are there already this goes on in the background where it takes longer than a
        second. ProblemError `hot-set-name`, `hot-field-name`, `json-path`, `json-path-unsupported`,
        `store-failed`.
        """
        if self._hot.put(set_name, fields):
            self._bump()

    def drop_hot_fields(self, set_name: str) -> None:
        """Forget the set, if there is one."""
        self.set_hot_fields(set_name, {})


def _pieces(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    characters = sum(len(event.raw) for event in events)
    number = max(-(-len(events) // PIECE_EVENTS), -(-characters // PIECE_CHARACTERS))
    size = characters / max(number, 1)
    begin, before = 0, 0
    for end, event in enumerate(events, 1):
        before += len(event.raw)
        if end - begin >= PIECE_EVENTS or before >= size:
            yield events[begin:end]
            begin, before = end, 0
    if begin < len(events):
        yield events[begin:]


def _copy_frame(place: Path, folder: Path) -> None:
    """All of a store but its parts and what is temporary."""
    for root, names, files in os.walk(place):
        here = Path(root).relative_to(place)
        into = folder / here
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in [*names, *files]:
            path = Path(root) / name
            if path.is_symlink():
                (into / name).symlink_to(os.readlink(path))
            elif path.is_file():
                shutil.copy2(path, into / name)
        names[:] = [
            name
            for name in names
            if not (Path(root) / name).is_symlink()
            and (here != Path() or name not in _TEMPORARY)
            and (len(here.parts) != 3 or here.parts[0] != "store" or name in _BESIDE_PARTS)
        ]


def _drop_database(name: str) -> None:
    sql = printed(exp.Drop(tables=[exp.to_table(name)], kind="DATABASE"))
    engine.change(sql, engine.DATABASE, {"database_atomic_wait_for_drop_and_detach_synchronously": 1})


def _insert_sql() -> str:
    times = ("_messagetime", "_receipttime")
    values = [
        call("fromUnixTimestamp64Milli", column(name), text("UTC")) if name in times else column(name)
        for name in COLUMNS
    ]
    rows = exp.Table(this=call("Python", exp.column("rows")))
    target = exp.Schema(
        this=exp.to_table("events"), expressions=[exp.to_identifier(name, quoted=True) for name in COLUMNS]
    )
    return printed(exp.Insert(this=target, expression=select(values, rows)))


_INSERT_SQL = _insert_sql()
