"""Patterns that make Python's `re` go on for ever end in time where rows are in memory, with the right answer
or a problem that says so.
"""

import pytest
from answers import compiled, engine_answer, messages_of

from dohyo.functions import looking_around
from dohyo.functions.table import RunContext

RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
ROWS = [{"_raw": f"{'a' * 60}!", "k": "x"}, {"_raw": f"{'a' * 60}b", "k": "y"}]
EVIL = "(?:a+)+b"


def no_table(path):
    return None


def answer(query):
    return engine_answer(compiled(query, RUN, no_table), messages_of(ROWS, RUN), RUN, no_table)


@pytest.mark.parametrize(
    "query",
    [
        f"* | transactionize k (where _raw matches /{EVIL}/) | count by k",
        '* | transactionize k (where _raw matches "*a*a*a*a*a*a*a*a*b") | count by k',
        f'* | transactionize k (parse regex "(?<v>{EVIL})") | count by k',
        f'* | transactionize k (replace(_raw, /{EVIL}/, "") as v | where v = "") | count by k',
    ],
)
def test_steps_inside_transactionize_run_them_by_the_linear_engine(query):
    assert [dict(row) for row in answer(query).rows] == [{"k": "y", "_count": 1}]


def test_anchors_of_sessionize_with_many_stars_end():
    names = ", ".join(f"n{i}" for i in range(12))
    query = f'* | sessionize "{"a*" * 12}?" as ({names}), "$n1 *" as (z)'
    assert answer(query).rows == ()


@pytest.mark.parametrize(
    "query", [f'* | trace "({EVIL})" "x"', f'* | transactionize k (parse regex "(?<v>{EVIL})" multi)']
)
def test_what_only_python_can_do_says_that_it_takes_too_long(query, monkeypatch):
    monkeypatch.setattr(looking_around, "LONGEST_S", 0.5)
    said = answer(query).error
    assert said.startswith("error[regex-slow]: the regular expression took more than 0.5 s over ")
