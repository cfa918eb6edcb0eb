"""Any scope finds the same messages in the engine and in Python."""

import pytest
import sqlglot.expressions as exp
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.lang import tree
from dohyo.plan.scope import scope_matches, scope_sql
from dohyo.plan.sqltree import column, select
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

ALPHABET = "aAb1_-.: \t\nΣςßİ\u2003é😀\x00\x1f\\*?$sSſﬁfiẖh"
TEXTS = st.text(ALPHABET, max_size=12)
WORDS = st.text("ab1*?._-Σß😀sfih", min_size=1, max_size=6)
FIELD_TERMS = st.builds(
    tree.FieldTerm, st.sampled_from(["_sourceCategory", "Team", "_size", "a"]), WORDS, st.booleans()
)
TERMS = st.one_of(st.builds(tree.Term, TEXTS, st.just(True)), st.builds(tree.Term, WORDS), FIELD_TERMS)
SCOPES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(tree.ScopeNot),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: tree.ScopeAnd(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: tree.ScopeOr(tuple(parts))),
    ),
    max_leaves=4,
)
MESSAGES = st.lists(
    st.tuples(TEXTS, st.text("aAb1.", max_size=3), st.text("aAb1", max_size=3)), min_size=1, max_size=40
)


@pytest.fixture(scope="module")
def many():
    store = EmbeddedStore.in_memory()
    yield store, {}
    store.close()


@settings(max_examples=40, deadline=None)
@given(messages=MESSAGES, scopes=st.lists(SCOPES, min_size=1, max_size=10))
def test_engine_and_python_agree_on_any_scope(many, messages, scopes):
    store, stored = many
    new = [
        Event(1_700_000_000_000, 0, len(stored) + i, category, "c", "s", "h", "n", {"team": team}, raw)
        for i, (raw, category, team) in enumerate(messages)
    ]
    store.insert(new, token=str(len(stored)), may_repeat=False)
    stored.update({one.messageid: one for one in new})
    for scope in scopes:
        expected = {number for number, one in stored.items() if scope_matches(scope, as_message(one))}
        for indexed in (True, False):
            condition = scope_sql(scope, indexed=indexed)
            sql = select([column("_messageid")], exp.to_table("events"), where=[condition])
            found = set(store.query(sql).column(0).to_pylist())
            assert found == expected, (indexed, [stored[number] for number in found ^ expected])


def as_message(event: Event) -> dict:
    return {
        "_raw": event.raw,
        "_messageid": event.messageid,
        "_sourcecategory": event.sourcecategory,
        "_fields": event.fields,
    }
