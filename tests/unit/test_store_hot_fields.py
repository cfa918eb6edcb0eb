"""Hot fields hold what the extraction from the message gives, for any message, stored or computed."""

import json
import random
import time

import pytest
import sqlglot.expressions as exp

from dohyo.base.problem import ProblemError
from dohyo.plan.hot import HotField
from dohyo.plan.json_path import read_path
from dohyo.plan.json_sql import json_text_sql, value_sql
from dohyo.plan.sqltree import alias, call, column, select, text
from dohyo.store import engine, hot_sets
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

EVENTS = exp.to_table("events")
PATHS = {
    "id": "id",
    "same": "$.id",
    "deep": "a.b",
    "a": "a",
    "nothing": "null",
    "upper": "ID",
    "odd_name": "['odd name']",
    "quoted": "['it\\'s `\"']",
    "annotated": "['@odata.type']",
    "beyond_ascii": "é",
    "digit": "1",
    "all": "evidence[*]",
    "ips": "evidence[*].ip",
    "first": "evidence[0].ip",
    "last": "evidence[-1]",
    "any": "*",
    "everywhere": "..ip",
    "some": "evidence[0:2]",
}
KEYS = ["id", "ID", "a", "b", "null", "odd name", "it's `\"", "@odata.type", "é", "1", "evidence", "ip", ""]
LEAVES = [
    *("null", "true", "false", "0", "-0.0", "1.50", "1.0", "1e3", "1E400", "0.1", "1e-7"),
    *("12345678901234567890123", "18446744073709551615", "-9223372036854775809", "123456789012345678"),
    *('""', '"x"', '"[1]"', '"{\\"id\\":1}"', '"é\\n\\u0000\\"/\\/"', '"\\ud83d\\ude00"', '"\\ud800"'),
]


def any_json(dice: random.Random, depth: int = 0) -> str:
    kind = dice.random()
    if depth > 3 or kind < 0.45:
        return dice.choice(LEAVES)
    inner = [any_json(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind < 0.65:
        return "[" + dice.choice([",", " , "]).join(inner) + "]"
    return "{" + dice.choice([",", " , "]).join(f"{any_key(dice)}:{value}" for value in inner) + "}"


def any_key(dice: random.Random) -> str:
    return json.dumps(dice.choice(KEYS), ensure_ascii=False)


def any_message(dice: random.Random) -> str:
    """An object mostly; sometimes with text around it, or with a character too many or too few."""
    body = any_json(dice)
    if dice.random() < 0.6:
        pairs = (f"{any_key(dice)}:{any_json(dice, 1)}" for _ in range(7))
        body = "{" + ",".join(pairs) + "}"
    before = dice.choice([""] * 6 + [" ", "\n", "text ", "{ broken ", "[1] ", "\ufeff", "{} "])
    message = before + body + dice.choice([""] * 6 + [" ", "tail", "}", "{}", "]"])
    if dice.random() < 0.1 and message:
        at = dice.randrange(len(message))
        message = message[:at] + dice.choice(["", '"', ",", "\\", "}", "["]) + message[at + 1 :]
    return message


def events(messages: list[str], first: int = 0) -> list[Event]:
    return [
        Event(1_700_000_000_000, 0, first + i, "cat", "c", "s", "h", "n", {}, raw)
        for i, raw in enumerate(messages)
    ]


@pytest.fixture
def store():
    store = EmbeddedStore.in_memory()
    yield store
    store.close()


def differences(store: EmbeddedStore) -> list[tuple[str, str, str | None, str | None]]:
    """Message, field, hot value and computed value, where the two are not the same."""
    hot = [alias(call("tupleElement", column("h_test"), text(name)), f"hot {name}") for name in PATHS]
    source = json_text_sql(column("_raw"))
    computed = [alias(value_sql(source.copy(), read_path(path)), name) for name, path in PATHS.items()]
    rows = store.query(select([column("_raw"), *hot, *computed], EVENTS)).to_pylist()
    return [
        (row["_raw"], name, row[f"hot {name}"], row[name])
        for row in rows
        for name in PATHS
        if row[f"hot {name}"] != row[name]
    ]


def wait_until_filled(store: EmbeddedStore) -> None:
    open_ones = select(
        [column("command")], exp.to_table("system.mutations"), where=[exp.column("is_done").eq(0)]
    )
    end = time.monotonic() + 20
    while store.query(open_ones).num_rows:
        assert time.monotonic() < end, "the column is not filled"
        time.sleep(0.01)


def test_hot_values_are_what_the_extraction_gives(store):
    dice = random.Random(7)
    messages = [any_message(dice) for _ in range(2000)]
    store.insert(events(messages[:1000]), token="1", may_repeat=False)
    store.set_hot_fields("test", PATHS)
    store.insert(events(messages[1000:], 1000), token="2", may_repeat=False)
    assert differences(store) == []
    wait_until_filled(store)
    assert differences(store) == []


def test_a_set_is_one_column_of_texts_that_names_its_fields(store):
    store.set_hot_fields("test", {"alert_id": "id", "ips": "evidence[*].ip"})
    assert store.hot_fields() == [
        HotField("['id']", "h_test", "alert_id"),
        HotField("['evidence'][*]['ip']", "h_test", "ips"),
    ]
    store.insert(events(['{"id": "a", "evidence": [{"ip": 1}, {}]}', "no JSON"]), token="1", may_repeat=False)
    rows = store.query(select([column("h_test")], EVENTS)).column(0).to_pylist()
    assert rows == [{"alert_id": "a", "ips": "[1]"}, {"alert_id": None, "ips": None}]


def test_a_replaced_set_has_the_new_values_at_once_also_while_it_is_filled(store):
    store.insert(events(['{"id": "a", "x": "b"}'] * 2000), token="1", may_repeat=False)
    for path in ("id", "x", "id", "x"):
        store.set_hot_fields("test", {"value": path})
        values = select([alias(call("tupleElement", column("h_test"), text("value")), "v")], EVENTS)
        assert set(store.query(values).column(0).to_pylist()) == {"a" if path == "id" else "b"}


def test_sets_stand_beside_each_other_and_go_alone(store):
    store.set_hot_fields("one", {"id": "id"})
    store.set_hot_fields("two", {"id": "x"})
    store.drop_hot_fields("one")
    store.drop_hot_fields("absent")
    assert store.hot_fields() == [HotField("['x']", "h_two", "id")]
    store.set_hot_fields("two", {})
    assert store.hot_fields() == []


def test_a_set_is_offered_when_old_events_have_it_too_also_after_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr(hot_sets, "_PATIENCE_S", 0)
    store = EmbeddedStore.open(tmp_path)
    store.insert(events(['{"id": "a"}']), token="1", may_repeat=False)
    engine.change("SYSTEM STOP MERGES events", "default", {})  # filling is one of them
    store.set_hot_fields("test", {"id": "id"})
    store.insert(events(['{"id": "b"}'], 1), token="2", may_repeat=False)
    assert store.hot_fields() == []
    value = select([alias(call("tupleElement", column("h_test"), text("id")), "v")], EVENTS)
    assert sorted(store.query(value).column(0).to_pylist()) == ["a", "b"]
    store.close()
    store = EmbeddedStore.open(tmp_path)
    wait_until_filled(store)
    assert store.hot_fields() == [HotField("['id']", "h_test", "id")]
    store.close()


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("Bad name", {"id": "id"}, "hot-set-name"),
        ("", {"id": "id"}, "hot-set-name"),
        ("test", {"null": "id"}, "hot-field-name"),
        ("test", {"a b": "id"}, "hot-field-name"),
        ("test", {"id": ""}, "json-path"),
        ("test", {"id": "a[?(@.x)]"}, "json-path-unsupported"),
    ],
)
def test_a_wrong_set_is_refused_and_changes_nothing(store, name, fields, code):
    store.set_hot_fields("test", {"id": "id"})
    before = store.hot_fields()
    with pytest.raises(ProblemError) as refused:
        store.set_hot_fields(name, fields)
    assert (refused.value.problems[0].code, store.hot_fields()) == (code, before)
