"""The table of events, and events as Arrow columns of it."""

from __future__ import annotations

from collections.abc import Sequence

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
    INDEX terms caseFoldUTF8(_raw) TYPE text(tokenizer = splitByNonAlpha, posting_list_codec = 'bitpacking')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(_messagetime)
ORDER BY (_sourcecategory, _messagetime, _messageid)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_bytes_for_full_part_storage = 10485760, merge_selector_base = 8,
    default_compression_codec = 'ZSTD(1)',
    min_compress_block_size = 1048576, max_compress_block_size = 4194304
"""
"""The codec by default is that of the text index; it, and blocks of a megabyte, make the store smaller. Parts
below 10 MB are one file, so that an insert waits for one fsync and not for eighteen; a higher base of merges
writes each message again less often. Stores made before keep what they have.
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
        _fields(events),
        # Encoded first, which takes a third of the time that pyarrow takes over texts.
        pa.array([event.raw.encode() for event in events], pa.large_binary()).view(pa.large_string()),
    )
    return pa.table(columns, names=list(COLUMNS))


def _fields(events: Sequence[Event]) -> pa.MapArray:
    """Their custom fields by names in small letters; of names that differ in case only the last counts."""
    ends = [0]
    names: list[str] = []
    values: list[str] = []
    lowered: dict[tuple[str, ...], list[str] | None] = {}
    for event in events:
        given = tuple(event.fields)
        if given not in lowered:
            small = [name.lower() for name in given]
            lowered[given] = small if len(set(small)) == len(small) else None
        if (small_names := lowered[given]) is not None:
            names += small_names
            values += event.fields.values()
        else:
            last = {name.lower(): value for name, value in event.fields.items()}
            names += last
            values += last.values()
        ends.append(len(names))
    return pa.MapArray.from_arrays(
        pa.array(ends, pa.int32()), pa.array(names, pa.string()), pa.array(values, pa.string())
    )
