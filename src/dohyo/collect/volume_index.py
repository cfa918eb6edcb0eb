"""The data volume index: every five minutes how much came in, in bytes and messages.

In the published shape: one message for each dimension, `_sourceCategory=sourcecategory_volume` and so on,
in the partition `sumologic_volume`: `{"Labs/web":{"sizeInBytes":1024,"count":3},...}`. A slice is written
once: its message ids are made of its beginning, and after a restart those since the last one follow.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Protocol

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.clock import now_ms
from dohyo.base.problem import ProblemError
from dohyo.collect.run import Writer
from dohyo.plan.scope import INTERNAL_INDEXES
from dohyo.plan.sqltree import alias, call, column, plain, select, text
from dohyo.store.event import Event, row_key

LOG = logging.getLogger(__name__)
INDEX = "sumologic_volume"
SLICE_MS = 5 * 60_000
MOST_CAUGHT_UP = 288
"""Slices made up for after the server stood still: a day."""
LATE_MS = 30_000
"""A slice is counted so long after its end: what was received in it is stored by then."""
MOST_NAMES = 1000
DIMENSIONS = {
    "collector_volume": "_collector",
    "source_volume": "_source",
    "sourcecategory_volume": "_sourcecategory",
    "sourcename_volume": "_sourcename",
    "sourcehost_volume": "_sourcehost",
    "view_volume": "_view",
}


class Store(Protocol):
    def query(self, sql: exp.Expression, /) -> pa.Table: ...


class VolumeIndex:
    """A thread that writes a slice soon after its end. `close` ends it."""

    def __init__(self, store: Store, writer: Writer, clock: Callable[[], int] = now_ms) -> None:
        self._store, self._writer, self._clock = store, writer, clock
        self._next_ms = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="volume index", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def write_due(self) -> int:
        """Writes the slices that have ended; how many messages that were."""
        now = self._clock()
        end = (now - LATE_MS) // SLICE_MS * SLICE_MS
        begin = self._next_ms or self._after_last(end)
        written = 0
        for start in range(max(begin, end - MOST_CAUGHT_UP * SLICE_MS), end, SLICE_MS):
            events = [
                _event(name, start, now, counted)
                for name, field in DIMENSIONS.items()
                if (counted := self._counted(field, start))
            ]
            if events:
                self._writer.submit(events).result()
            self._next_ms, written = start + SLICE_MS, written + len(events)
        return written

    def _after_last(self, end: int) -> int:
        """The slice after the last one written; the one that ends now where none was."""
        newest = call("toUnixTimestamp64Milli", call("max", column("_messagetime")))
        ours = exp.EQ(this=column("_view"), expression=text(INDEX))
        sql = select([newest, call("count")], exp.to_table("events"), where=[ours])
        last, count = (one[0].as_py() for one in self._store.query(sql).columns)
        return int(last) // SLICE_MS * SLICE_MS + SLICE_MS if count else end - SLICE_MS

    def _counted(self, field: str, start: int) -> dict[str, tuple[int, int]]:
        """Bytes and messages by value of the field, of what was received in the slice; the largest first."""
        inside: list[exp.Expression] = [
            exp.GTE(this=column("_receipttime"), expression=_moment(start)),
            exp.LT(this=column("_receipttime"), expression=_moment(start + SLICE_MS)),
            exp.Not(
                this=exp.In(this=column("_view"), expressions=[text(one) for one in sorted(INTERNAL_INDEXES)])
            ),
        ]
        columns = [
            alias(column(field), "name"),
            alias(call("sum", call("length", column("_raw"))), "bytes"),
            alias(call("count"), "messages"),
        ]
        sql = select(columns, exp.to_table("events"), where=inside).group_by(column("name"))
        sql = sql.order_by(exp.Ordered(this=column("bytes"), desc=True)).limit(plain(MOST_NAMES))
        rows = self._store.query(sql).to_pylist()
        unnamed = "sumologic_default" if field == "_view" else "(none)"
        return {row["name"] or unnamed: (row["bytes"], row["messages"]) for row in rows}

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self.write_due()
            except ProblemError as error:
                LOG.error("the data volume index could not be written: %s", error)
            self._stop.wait((SLICE_MS - (self._clock() - LATE_MS) % SLICE_MS) / 1000)


def _moment(moment_ms: int) -> exp.Expression:
    return call("fromUnixTimestamp64Milli", call("toInt64", text(str(moment_ms))), text("UTC"))


def _event(name: str, start: int, now: int, counted: dict[str, tuple[int, int]]) -> Event:
    body = {value: {"sizeInBytes": size, "count": count} for value, (size, count) in counted.items()}
    return Event(
        messagetime_ms=start + SLICE_MS - 1,
        receipttime_ms=now,
        messageid=row_key("volume", f"{name} {start}"),
        sourcecategory=name,
        collector="",
        source="",
        sourcehost="",
        sourcename="volume",
        fields={},
        raw=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
        view=INDEX,
    )
