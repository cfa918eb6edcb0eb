"""What was inserted comes back as it was, once, whatever it is."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot.expressions as exp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dohyo.base.problem import ProblemError
from dohyo.plan.sqltree import alias, call, column, select
from dohyo.store import embedded, engine
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import EARLIEST_MS, LATEST_MS, Event, InsertResult, row_key

EVENTS = exp.to_table("events")
TIME = 1_700_000_000_000


@pytest.fixture
def store():
    store = EmbeddedStore.in_memory()
    yield store
    store.close()


def event(number: int, raw: str = "m", time_ms: int = TIME, fields: dict | None = None) -> Event:
    return Event(time_ms, TIME, number, "cat", "col", "src", "host", "name", fields or {}, raw)


def stored(store: EmbeddedStore) -> list[Event]:
    times = [alias(call("toUnixTimestamp64Milli", column(n)), n) for n in ("_messagetime", "_receipttime")]
    names = ("_sourcecategory", "_collector", "_source", "_sourcehost", "_sourcename", "fields", "_raw")
    rows = store.query(select([*times, column("_messageid"), *map(column, names)], EVENTS)).to_pylist()
    found = [Event(*[dict(v) if isinstance(v, list) else v for v in row.values()]) for row in rows]
    return sorted(found, key=lambda one: one.messageid)


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBER = st.integers(0, 2**63 - 1)
ANY_EVENT = st.builds(
    Event,
    *(
        st.sampled_from((EARLIEST_MS, -1, TIME, LATEST_MS)),
        st.integers(EARLIEST_MS, LATEST_MS),
        NUMBER,
    ),
    *([ANY_TEXT] * 5),
    st.dictionaries(ANY_TEXT.map(lambda name: name.lower()), ANY_TEXT, max_size=4),
    ANY_TEXT,
)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(ANY_EVENT, min_size=20, max_size=60, unique_by=lambda one: one.messageid))
def test_any_event_comes_back_as_it_was(events):
    store = EmbeddedStore.in_memory()
    assert store.insert(events, token="1", may_repeat=True) == InsertResult(len(events), 0)
    assert stored(store) == sorted(events, key=lambda one: one.messageid)
    store.close()


def test_a_batch_may_span_more_months_than_one_part_usually_holds(store):
    batch = [
        event(year, time_ms=int(datetime(year, 1 + year % 12, 1, tzinfo=UTC).timestamp() * 1000))
        for year in (1970, *range(1971, 2300, 3))
    ]
    assert store.insert(batch, token="1", may_repeat=True) == InsertResult(len(batch), 0)
    assert stored(store) == batch


@pytest.mark.parametrize("time_ms", [EARLIEST_MS - 1, LATEST_MS + 1])
def test_times_outside_the_range_are_refused_and_nothing_is_stored(store, time_ms):
    for wrong in (event(2, time_ms=time_ms), Event(TIME, time_ms, 2, *[""] * 5, {}, "")):
        with pytest.raises(ProblemError) as refused:
            store.insert([event(1), wrong], token="1", may_repeat=True)
        assert refused.value.problems[0].code == "time-outside-store"
    assert stored(store) == []


@pytest.mark.parametrize(
    "wrong", [event(1, "\ud83d"), event(1, fields={"a": "\udc00"}), event(-1), event(2**63)]
)
def test_what_could_not_come_back_is_refused(store, wrong):
    with pytest.raises(ProblemError) as refused:
        store.insert([wrong], token="1", may_repeat=True)
    assert refused.value.problems[0].code in ("event-text", "event-id")


def test_names_of_custom_fields_are_kept_in_lower_case(store):
    store.insert([event(1, fields={"Team": "Blue", "é": "É"})], token="1", may_repeat=False)
    assert stored(store) == [event(1, fields={"team": "Blue", "é": "É"})]


def test_known_row_keys_and_repeats_within_a_batch_are_left_out(store):
    first = store.insert([event(1), event(2)], token="1", may_repeat=True)
    second = store.insert([event(2, "other"), event(3), event(3, "other")], token="2", may_repeat=True)
    assert (first, second) == (InsertResult(2, 0), InsertResult(1, 2))
    assert stored(store) == [event(1), event(2), event(3)]


def test_the_same_token_stores_a_batch_once(store):
    for _ in range(2):
        store.insert([event(1)], token="same", may_repeat=False)
    assert stored(store) == [event(1)]


def test_a_store_is_there_again_after_it_was_closed(tmp_path):
    for number in (1, 2):
        store = EmbeddedStore.open(tmp_path)
        store.set_hot_fields("one", {"alert_id": "id"})
        store.insert([event(number)], token="same", may_repeat=True)
        hot, newest = store.hot_fields(), store.newest_insert()
        store.close()
    store = EmbeddedStore.open(tmp_path)
    assert (stored(store), store.hot_fields()) == ([event(1), event(2)], hot)
    assert store.newest_insert() > newest
    store.close()


def test_a_second_folder_in_the_process_is_refused(store, tmp_path):
    with pytest.raises(ProblemError) as refused:
        EmbeddedStore.open(tmp_path)
    assert refused.value.problems[0].code == "store-open"


def test_a_large_batch_is_stored_in_pieces_once(store, monkeypatch):
    monkeypatch.setattr(embedded, "PIECE_EVENTS", 7)
    batch = [event(n) for n in range(30)]
    half = store.insert(batch[:15], token="1", may_repeat=True)
    whole = store.insert(batch, token="1", may_repeat=True)
    again = store.insert(batch, token="1", may_repeat=True)
    assert (half, whole, again) == (InsertResult(15, 0), InsertResult(15, 15), InsertResult(0, 30))
    assert stored(store) == batch


@pytest.mark.parametrize(
    ("sizes", "most"), [([1] * 21, 10), ([1] * 20, 10), ([9, 1, 1, 1, 8, 3], 10), ([40, 1], 10)]
)
def test_pieces_of_a_large_batch_are_of_about_one_size(monkeypatch, sizes, most):
    monkeypatch.setattr(embedded, "PIECE_CHARACTERS", most)
    batch = [event(number, "x" * size) for number, size in enumerate(sizes)]
    pieces = list(embedded._pieces(batch))
    assert [one for piece in pieces for one in piece] == batch
    held = [sum(len(one.raw) for one in piece) for piece in pieces]
    assert len(pieces) <= -(-sum(sizes) // most) and all(held)
    assert all(abs(one - sum(sizes) / len(held)) <= max(sizes) for one in held)


def test_a_batch_of_many_thousand_keys_is_probed(store):
    batch = [event(n) for n in range(30_000)]
    assert store.insert(batch, token="1", may_repeat=True) == InsertResult(30_000, 0)
    assert store.insert(batch, token="2", may_repeat=True) == InsertResult(0, 30_000)


def test_the_same_token_with_other_events_stores_them(store):
    store.insert([event(1)], token="same", may_repeat=True)
    store.insert([event(2)], token="same", may_repeat=True)
    assert stored(store) == [event(1), event(2)]


def test_threads_that_insert_the_same_events_store_them_once(store):
    batch = [event(n) for n in range(50)]
    parts = [random.Random(seed).sample(batch, 30) for seed in range(12)]
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda part: store.insert(part, token="", may_repeat=True), parts))
    assert stored(store) == [one for one in batch if any(one in part for part in parts)]
    assert sum(result.stored for result in results) == len(stored(store))


def test_the_newest_insert_changes_with_what_can_change_answers(store):
    seen = [store.newest_insert()]

    def changed() -> bool:
        seen.append(store.newest_insert())
        return seen[-1] > seen[-2]

    store.insert([event(1)], token="1", may_repeat=True)
    assert changed()
    store.insert([event(1)], token="2", may_repeat=True)
    assert not changed()
    store.set_hot_fields("app", {"id": "id"})
    assert changed()
    store.set_hot_fields("app", {"id": "id"})
    assert not changed()
    store.drop_hot_fields("app")
    assert changed()


def test_an_engine_that_cannot_write_says_so(store, monkeypatch):
    def fails(*_) -> None:
        raise engine.EngineError("Code: 243. DB::Exception: Cannot reserve 1.00 MiB. (NOT_ENOUGH_SPACE)")

    monkeypatch.setattr(engine, "change", fails)
    with pytest.raises(ProblemError) as refused:
        store.insert([event(1)], token="1", may_repeat=False)
    assert refused.value.problems[0].message == "the store could not write: Cannot reserve 1.00 MiB."


def test_row_keys_are_the_same_everywhere_and_fit_a_long():
    keys = [row_key(source, key) for source in ("s", "s2", "") for key in ("1", "s1", "21", "é")]
    assert keys[0] == row_key("s", "1") and row_key("s2", "1") != row_key("s", "21")
    assert len(set(keys)) == len(keys) and all(0 <= key < 2**63 for key in keys)


def test_a_store_in_memory_stands_beside_one_in_a_folder(tmp_path: Path):
    on_disk = EmbeddedStore.open(tmp_path)
    on_disk.insert([event(1)], token="1", may_repeat=True)
    in_memory = EmbeddedStore.in_memory()
    in_memory.insert([event(2)], token="1", may_repeat=True)
    assert (stored(on_disk), stored(in_memory)) == ([event(1)], [event(2)])
    on_disk.close()  # the one in memory keeps the engine, as when its process is killed
    assert stored(in_memory) == [event(2)]
    engine.leave()
    again = EmbeddedStore.open(tmp_path)
    databases = again.query(select([column("name")], exp.to_table("system.databases"))).column(0).to_pylist()
    assert [name for name in databases if name.startswith("memory")] == []
    assert stored(again) == [event(1)]
    again.close()
