"""The event store: durable inserts, repeats, times, statements that give up, hot fields, ownership."""

import threading

import pyarrow as pa
import pytest
import sqlglot.expressions as exp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dohyo.base.problem import ProblemError
from dohyo.plan.json_path import read_path
from dohyo.plan.json_sql import json_text_sql, value_sql
from dohyo.plan.sqltree import alias, call, column, plain, select, text
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event, InsertResult, row_key
from dohyo.store.owner import own, running
from dohyo.store.writer import GroupWriter

EVENTS = exp.to_table("events")
PATHS = {
    "alert_id": "id",
    "severity": "severity",
    "deep": "a.b",
    "evidence": "evidence[*]",
    "ips": "evidence[*].ip",
}


def event(number: int, raw: str = "", time_ms: int = 1_700_000_000_000) -> Event:
    return Event(
        time_ms,
        0,
        row_key("s", str(number)),
        "cat",
        "c",
        "s",
        "h",
        "n",
        {"Team": "blue"},
        raw or f"m{number}",
    )


@pytest.fixture
def store():
    store = EmbeddedStore.in_memory()
    yield store
    store.close()


def texts(store: EmbeddedStore) -> list[str]:
    return sorted(store.query(select([column("_raw")], EVENTS)).column(0).to_pylist())


def code_of(run) -> str:
    with pytest.raises(ProblemError) as refused:
        run()
    return refused.value.problems[0].code


def test_text_is_kept_byte_for_byte(store):
    raw = 'a\x00b "é" 😀\r\n\\n \u2028 end '
    store.insert([event(1, raw)], token="1", may_repeat=False)
    assert texts(store) == [raw]


def test_names_of_custom_fields_are_kept_in_lower_case(store):
    store.insert([event(1)], token="1", may_repeat=False)
    assert store.query(select([column("fields")], EVENTS)).column(0).to_pylist() == [[("team", "blue")]]


def test_known_row_keys_and_repeats_within_a_batch_are_left_out(store):
    first = store.insert([event(1), event(2)], token="1", may_repeat=True)
    second = store.insert([event(2), event(3), event(3)], token="2", may_repeat=True)
    assert (first, second) == (InsertResult(2, 0), InsertResult(1, 2))
    assert texts(store) == ["m1", "m2", "m3"]


def test_the_same_token_stores_a_batch_once(store):
    for _ in range(2):
        store.insert([event(1)], token="same", may_repeat=False)
    assert texts(store) == ["m1"]


def test_times_the_table_cannot_hold_are_refused_whole(store):
    batch = [event(1), event(2, time_ms=20_000_000_000_000)]
    assert code_of(lambda: store.insert(batch, token="1", may_repeat=True)) == "time-outside-store"
    assert texts(store) == []


def test_times_before_1970_are_kept(store):
    store.insert([event(1, time_ms=-1500)], token="1", may_repeat=False)
    shown = store.query(select([call("toUnixTimestamp64Milli", column("_messagetime"))], EVENTS))
    assert shown.column(0).to_pylist() == [-1500]


def test_a_store_is_there_again_after_it_was_closed(tmp_path):
    for number in (1, 2):
        store = EmbeddedStore.open(tmp_path)
        store.set_hot_fields("one", {"alert_id": "id"})
        store.insert([event(number)], token=str(number), may_repeat=True)
        hot = store.hot_fields()
        store.close()
    store = EmbeddedStore.open(tmp_path)
    assert texts(store) == ["m1", "m2"]
    assert store.hot_fields() == hot
    store.close()


SLOW = select([call("sum", call("sipHash64", column("number")))], call("numbers", plain(20_000_000_000)))


def test_statements_that_take_too_long_or_too_much_say_so(store):
    assert code_of(lambda: store.query(SLOW, timeout_s=0.2)) == "search-timeout"
    many = select([call("groupArray", column("number"))], call("numbers", plain(10_000_000)))
    assert code_of(lambda: store.query(many, max_memory_bytes=1_000_000)) == "search-memory"
    assert code_of(lambda: store.query(select([column("absent")], EVENTS))) == "search-failed"


def test_a_running_statement_can_be_cancelled_by_its_id(store):
    found: list[str] = []
    thread = threading.Thread(
        target=lambda: found.append(code_of(lambda: store.query(SLOW, query_id="job 'a'")))
    )
    thread.start()
    while thread.is_alive():
        store.cancel("job 'a'")
        thread.join(0.05)
    assert found == ["search-cancelled"]


def test_a_lent_table_is_there_for_one_statement_alone(store):
    columns = {"k0": ["a", None], "v0": [True, None], "v1": [1, 2], "v2": [0.5, 1.0]}
    lent = pa.table(columns)
    sql = select([column(name) for name in lent.column_names], exp.to_table("lent"))
    assert store.query(sql, tables={"lent": lent}).to_pylist() == lent.to_pylist()
    assert code_of(lambda: store.query(sql)) == "search-failed"


def test_a_query_changes_nothing(store):
    drop = exp.Drop(tables=[EVENTS], kind="TABLE")
    assert code_of(lambda: store.query(drop)) == "search-failed"
    assert texts(store) == []


def test_a_second_store_in_the_process_is_refused(store, tmp_path):
    assert code_of(lambda: EmbeddedStore.open(tmp_path)) == "store-open"


JSON_TEXT = st.recursive(
    st.sampled_from(
        ["null", "true", "1.50", "-0.0", "1e3", "12345678901234567890123", '""', '"é\\n\\u0000"', '"x"']
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[" + ", ".join(parts) + "]"),
        st.lists(
            st.tuples(st.sampled_from(["id", "severity", "a", "b", "evidence", "ip"]), inner), max_size=4
        ).map(lambda pairs: "{" + ",".join(f'"{key}" : {value}' for key, value in pairs) + "}"),
    ),
    max_leaves=12,
)
MESSAGE = st.builds(
    lambda before, body, after: before + body + after,
    st.sampled_from(["", "", "", " ", "text ", "{ broken "]),
    JSON_TEXT,
    st.sampled_from(["", "", "", " tail"]),
)


@pytest.fixture(scope="module")
def hot_store():
    store = EmbeddedStore.in_memory()
    store.set_hot_fields("test", PATHS)
    yield store
    store.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(MESSAGE, min_size=20, max_size=40))
def test_hot_fields_hold_what_the_extraction_gives(hot_store, messages):
    rows = [event(row_key("hot", raw), raw) for raw in messages]
    hot_store.insert(rows, token=str(hash(tuple(messages))), may_repeat=True)
    shown = [alias(call("tupleElement", column("h_test"), text(name)), f"hot_{name}") for name in PATHS] + [
        alias(value_sql(json_text_sql(column("_raw")), read_path(path)), name) for name, path in PATHS.items()
    ]
    for row in hot_store.query(select([column("_raw"), *shown], EVENTS)).to_pylist():
        hot = {name: row[f"hot_{name}"] for name in PATHS}
        assert hot == {name: row[name] for name in PATHS}, row["_raw"]


def test_a_changed_set_holds_the_new_fields_for_old_messages(store):
    store.insert([event(1, '{"id": "a", "x": "b"}')], token="1", may_repeat=False)
    store.set_hot_fields("one", {"alert_id": "id"})
    store.set_hot_fields("one", {"other": "x"})
    shown = store.query(select([call("tupleElement", column("h_one"), text("other"))], EVENTS))
    assert shown.column(0).to_pylist() == ["b"]
    store.drop_hot_fields("one")
    assert store.hot_fields() == []


def test_writers_share_an_insert_and_hear_their_own_counts(store):
    writer = GroupWriter(store)
    store.insert([event(1)], token="0", may_repeat=False)
    futures = [writer.submit([event(1), event(2)]), writer.submit([event(2), event(3)]), writer.submit([])]
    assert [future.result(10) for future in futures] == [
        InsertResult(1, 1),
        InsertResult(1, 1),
        InsertResult(0, 0),
    ]
    writer.close()
    assert texts(store) == ["m1", "m2", "m3"]


def test_a_wrong_batch_does_not_take_others_with_it(store):
    writer = GroupWriter(store)
    good, wrong = writer.submit([event(1)]), writer.submit([event(2, time_ms=20_000_000_000_000)])
    assert good.result(10) == InsertResult(1, 0)
    assert code_of(lambda: wrong.result(10)) == "time-outside-store"
    writer.close()
    assert code_of(lambda: writer.submit([event(3)])) == "store-closing"


def test_a_directory_has_one_owner_that_others_find(tmp_path):
    assert running(tmp_path) is None
    with own(tmp_path, "http://127.0.0.1:1") as owner:
        assert running(tmp_path) == owner
        assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600
        with pytest.raises(ProblemError, match=str(owner.pid)), own(tmp_path, None):
            pass
    assert running(tmp_path) is None
