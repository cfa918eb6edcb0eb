"""The data volume index: what is written, once, and how published queries read it."""

import json
from types import SimpleNamespace

import pytest

from dohyo.collect.volume_index import INDEX, LATE_MS, SLICE_MS, VolumeIndex
from dohyo.functions.table import RunContext
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event
from dohyo.store.writer import GroupWriter

START = 1_764_000_000_000 // SLICE_MS * SLICE_MS
PUBLISHED = (
    r"_index=sumologic_volume _sourceCategory=sourcecategory_volume"
    r' | parse regex "\"(?<category>[^\"]+)\"\:\{\"sizeInBytes\"\:(?<bytes>\d+),'
    r'\"count\"\:(?<count>\d+)\}" multi'
    r" | sum(bytes) as bytes, sum(count) as messages by category | sort by category asc"
)


def event(number: int, category: str, raw: str, receipt_ms: int, view: str = "") -> Event:
    return Event(1_600_000_000_000, receipt_ms, number, category, "c", "s", "h", "n", {}, raw, view)


@pytest.fixture
def kept():
    store = EmbeddedStore.in_memory()
    writer = GroupWriter(store)
    yield SimpleNamespace(store=store, writer=writer)
    writer.close()
    store.close()


def test_a_slice_is_counted_once_by_each_dimension(kept):
    kept.store.insert(
        [
            event(1, "a/b", "12345", START),
            event(2, "a/b", "123", START + SLICE_MS - 1),
            event(3, "c", "é", START + 5),
            event(4, "c", "later", START + SLICE_MS),
            event(5, "Collection", "health", START + 6, "sumologic_system_events"),
        ],
        token="1",
        may_repeat=False,
    )
    now = START + SLICE_MS + LATE_MS
    volume = VolumeIndex(kept.store, kept.writer, lambda: now)
    assert volume.write_due() == 6
    assert volume.write_due() == 0
    assert VolumeIndex(kept.store, kept.writer, lambda: now).write_due() == 0, "a restart writes nothing anew"
    run = RunContext(now, START, now)
    searches = Searches(kept.store, unusual=lambda: [INDEX, "sumologic_system_events"])
    found = searches.result(searches.compiled(PUBLISHED, run), run)
    assert [tuple(row) for row in found.rows] == [("a/b", 8.0, 2.0), ("c", 2.0, 1.0)]
    assert len(searches.result(searches.compiled("volume", run), run).rows) == 0, (
        "usual searches leave it out"
    )
    of_views = searches.compiled("_index=sumologic_volume _sourceCategory=view_volume | count by _raw", run)
    ((raw, _),) = searches.result(of_views, run).rows
    assert json.loads(raw) == {"sumologic_default": {"sizeInBytes": 10, "count": 3}}


def test_slices_since_the_last_one_follow_after_a_stop(kept):
    kept.store.insert([event(1, "a", "1", START)], token="1", may_repeat=False)
    VolumeIndex(kept.store, kept.writer, lambda: START + SLICE_MS + LATE_MS).write_due()
    kept.store.insert([event(2, "a", "22", START + SLICE_MS)], token="2", may_repeat=False)
    kept.store.insert([event(3, "a", "3", START + 3 * SLICE_MS)], token="3", may_repeat=False)
    later = VolumeIndex(kept.store, kept.writer, lambda: START + 4 * SLICE_MS + LATE_MS)
    assert later.write_due() == 12, "two slices with something in them"
