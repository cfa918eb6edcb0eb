"""Keyword scopes by the documented examples, in Python and in the engine."""

import pytest
import sqlglot.expressions as exp

from dohyo.lang.scope import read_scope
from dohyo.plan.scope import scope_matches, scope_sql
from dohyo.plan.sqltree import call, column, plain, select
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


def test_whole_terms_are_asked_of_the_index(store):
    condition = scope_sql(read_scope("absentterm", 0, 10))
    plan = store.query(
        exp.Command(
            this="EXPLAIN indexes = 1",
            expression=select([column("_raw")], exp.to_table("events"), where=[condition, plain(1)]).sql(
                dialect="clickhouse", normalize_functions=False
            ),
        )
    )
    assert "Name: terms" in "\n".join(plan.column(0).to_pylist())
