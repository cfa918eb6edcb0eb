"""Keyword scopes by the documented examples, in Python and in the engine."""

import sys
import unicodedata

import pyarrow as pa
import pytest
import sqlglot.expressions as exp

from dohyo.lang.scope import read_scope
from dohyo.plan import scope as scopes
from dohyo.plan.scope import folded, scope_matches, scope_sql
from dohyo.plan.sqltree import alias, call, column, select
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

MESSAGE = (
    "2013-08-13 21:25:15,456 98765432 [com.test.services.test.TESTClientImpl] TEST "
    "Request:id=1234567 TEST1234567 foo_bar  straße ΑΣ İstanbul\ttab"
)
FIELDS = {"team": "Blue Team"}
CASES = {
    "test": True,
    "TEST": True,
    "456": True,
    "45": False,
    "*456*": True,
    "12345?7": True,
    "?234567": True,
    "?34567": False,
    "123456?": True,
    "12345?": False,
    "?": False,
    "???": True,
    "TEST1*7": True,
    "TEST*7": True,
    "Request*:id": True,
    "TEST*:id": False,
    "Request*id": False,
    "2013-08-13": True,
    "13-08": False,
    "com.*.services.*.*": True,
    '"98765432 [com.test"': True,
    '"98765432 com.test"': False,
    '"456*"': False,
    '"foo_bar  straße"': True,
    "*.services": True,
    "*?test?*": False,
    "*?est?*": True,
    "not test or foo": True,
    "!nothing": True,
    "TESTClient*": True,
    "com services": True,
    '"com services"': False,
    "com.test.services": True,
    "com*services": False,
    "com.*.services*": True,
    "test NOT request": False,
    "request OR nothing foo": True,
    "(request OR nothing) foo": True,
    "(request OR nothing) absent": False,
    "id=1234567": True,
    "id=123456": False,
    "foo": True,
    "foo_bar": True,
    "foo.bar": False,
    '"foo_bar straße"': True,
    "STRASSE": True,
    "ας": True,
    "αΣ": True,
    "ασ": True,
    "İSTANBUL": True,
    '"İstanbul tab"': True,
    "team=blue*": True,
    'team="Blue Team"': True,
    "team=blue": False,
    "team=*": True,
    "absent=*": False,
    "_sourceCategory=labs/A": True,
    "_sourceCategory=*abs*": True,
    "!_sourceCategory=labs/A": False,
    "_index=other": False,
    "_dataTier=Continuous": True,
    "_dataTier=Frequent": False,
    "*": True,
    "": True,
}


@pytest.fixture(scope="module")
def store():
    store = EmbeddedStore.in_memory()
    event = Event(1_700_000_000_000, 0, 1, "Labs/A", "c", "s", "h", "n", FIELDS, MESSAGE)
    store.insert([event], token="1", may_repeat=False)
    yield store
    store.close()


@pytest.mark.parametrize("scope", CASES)
def test_scope_matches_as_documented(scope):
    message = {"_raw": MESSAGE, "_fields": FIELDS, "_sourcecategory": "Labs/A", "_view": ""}
    assert scope_matches(read_scope(scope, 0, len(scope)), message) is CASES[scope]


@pytest.mark.parametrize("scope", CASES)
def test_engine_matches_as_documented(store, scope):
    condition = scope_sql(read_scope(scope, 0, len(scope)))
    counted = store.query(select([call("count")], exp.to_table("events"), where=[condition]))
    assert counted.column(0).to_pylist() == [int(CASES[scope])]


def explained(store: EmbeddedStore, scope: str) -> str:
    condition = scope_sql(read_scope(scope, 0, len(scope)))
    query = select([column("_raw")], exp.to_table("events"), where=[condition])
    shown = query.sql(dialect="clickhouse", normalize_functions=False)
    plan = store.query(exp.Command(this="EXPLAIN indexes = 1", expression=shown))
    return "\n".join(plan.column(0).to_pylist())


@pytest.mark.parametrize(
    "scope", ["absentterm", "absent.term", "absentte*", "*bsentte?m", "com.absentte*", "a b"]
)
def test_the_text_index_is_asked_for_terms_and_wildcards(store, scope):
    plan = explained(store, scope)
    assert "Name: terms" in plan or "ReadFromTextIndex" in plan or "ReadNothing" in plan
    assert "Granules: 0/1" in plan


def test_a_wildcard_of_too_many_terms_is_searched_in_the_messages(store, monkeypatch):
    monkeypatch.setattr(scopes, "_MOST_TOKENS", 1)
    for scope in ("*es*", "com.*es*.services", "*es*q"):
        condition = scope_sql(read_scope(scope, 0, len(scope)))
        counted = store.query(select([call("count")], exp.to_table("events"), where=[condition]))
        assert counted.column(0).to_pylist() == [int(scope != "*es*q")]


def test_an_empty_store_answers_every_scope():
    store = EmbeddedStore.in_memory()
    for scope in ("a", "a*", "a.b*", "*", "_source=a*"):
        condition = scope_sql(read_scope(scope, 0, len(scope)))
        counted = store.query(select([call("count")], exp.to_table("events"), where=[condition]))
        assert counted.column(0).to_pylist() == [0]
    store.close()


def test_case_is_folded_alike_in_the_engine_and_in_python(store):
    """For all characters that this Python's Unicode tables know."""
    known = [chr(i) for i in range(1, sys.maxunicode + 1) if unicodedata.category(chr(i)) not in ("Cn", "Cs")]
    texts = ["x" + "y".join(known[at : at + 1000]) + "Σ." for at in range(0, len(known), 1000)]
    sql = select([alias(call("caseFoldUTF8", column("t")), "t")], exp.to_table("texts"))
    answer = store.query(sql, tables={"texts": pa.table({"t": texts})})
    assert answer.column(0).to_pylist() == [folded(one) for one in texts]
