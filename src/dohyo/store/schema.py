"""The table of events, and events as Arrow columns of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from dohyo.store.event import Event

CREATE_EVENTS = """
CREATE TABLE IF NOT EXISTS events (
    _messagetime DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    _receipttime DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    _messageid UInt64 CODEC(NONE),
    _sourcecategory LowCardinality(String),
    _collector LowCardinality(String),
    _source LowCardinality(String),
    _sourcehost LowCardinality(String),
    _sourcename LowCardinality(String),
    _view LowCardinality(String),
    fields Map(LowCardinality(String), String),
    _raw String CODEC(ZSTD(3)),
    INDEX terms caseFoldUTF8(_raw) TYPE text(tokenizer = splitByNonAlpha)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(_messagetime)
ORDER BY (_sourcecategory, _messagetime, _messageid)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
"""
COLUMNS = (
    "_messagetime",
    "_receipttime",
    "_messageid",
    "_sourcecategory",
    "_collector",
    "_source",
    "_sourcehost",
    "_sourcename",
    "_view",
    "fields",
    "_raw",
)
_FIELDS = pa.map_(pa.string(), pa.string())


def as_table(events: Sequence[Event]) -> pa.Table:
    """The events as columns by `COLUMNS`; times are whole milliseconds."""
    columns = (
        pa.array([event.messagetime_ms for event in events], pa.int64()),
        pa.array([event.receipttime_ms for event in events], pa.int64()),
        pa.array([event.messageid for event in events], pa.uint64()),
        pa.array([event.sourcecategory for event in events], pa.string()),
        pa.array([event.collector for event in events], pa.string()),
        pa.array([event.source for event in events], pa.string()),
        pa.array([event.sourcehost for event in events], pa.string()),
        pa.array([event.sourcename for event in events], pa.string()),
        pa.array([event.view for event in events], pa.string()),
        pa.array([_lower_names(event.fields.items()) for event in events], _FIELDS),
        pa.array([event.raw for event in events], pa.large_string()),
    )
    return pa.table(columns, names=list(COLUMNS))


def _lower_names(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list({name.lower(): value for name, value in fields}.items())
