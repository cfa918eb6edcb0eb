"""Fields that are there without an operator: Auto Parse Mode, in the engine and in the reference."""

from contextlib import closing

import pytest

from dohyo.base.problem import ProblemError
from dohyo.functions.table import RunContext
from dohyo.oracle.run import run_plan
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

RUN = RunContext(2000, 0, 2000, auto_parse=True)
TEXTS = ['{"user":"ann","at":{"ip":"1.2.3.4"}}', '{"user":"bob"}', "no object at all"]


@pytest.fixture(scope="module")
def store():
    events = [Event(n, n, n, "c", "o", "s", "h", "n", {}, text) for n, text in enumerate(TEXTS)]
    with closing(EmbeddedStore.in_memory()) as made:
        made.insert(events, token="t", may_repeat=False)
        yield made


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "* | count by user",
            [{"user": "ann", "_count": 1}, {"user": "bob", "_count": 1}, {"user": None, "_count": 1}],
        ),
        ('* | where !isNull(%"at.ip") | count by %"at.ip"', [{"at.ip": "1.2.3.4", "_count": 1}]),
        (
            "* | json auto | count by user",
            [{"user": "ann", "_count": 1}, {"user": "bob", "_count": 1}, {"user": None, "_count": 1}],
        ),
        ("* | where nothing = 1 | count", []),
    ],
)
def test_fields_of_json_messages_are_there(store, query, rows):
    searches = Searches(store)
    compiled = searches.compiled(query, RUN)
    result = searches.result(compiled, RUN)
    names = [field.name for field in result.fields]
    assert [dict(zip(names, row, strict=True)) for row in result.rows] == rows
    messages = [
        {
            "_messagetime": n,
            "_receipttime": n,
            "_messageid": n,
            "_raw": text,
            "_fields": {},
            "_size": len(text),
        }
        for n, text in enumerate(TEXTS)
    ]
    assert run_plan(compiled.plan, messages, RUN) == rows


def test_without_it_no_message_has_them(store):
    searches = Searches(store)
    run = RunContext(2000, 0, 2000)
    result = searches.result(searches.compiled("* | count by user", run), run)
    assert [tuple(row) for row in result.rows] == [(None, 3)]
    with pytest.raises(ProblemError):
        searches.compiled("* | count by user | where nothing = 1", run)
