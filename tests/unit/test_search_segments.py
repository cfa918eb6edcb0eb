"""Operators after one that works over rows in memory run in the engine again."""

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import Answer, compiled, differences, engine_answer, messages_of, reference_answer

from dohyo.functions.table import RunContext
from dohyo.search import run as runner

END_MS = 1_743_379_200_000
RUN = RunContext(END_MS, END_MS - 3_600_000, END_MS)
ROWS = [
    {
        "_raw": f'{{"id": "{n % 3}", "n": {n}}} k=v{n}',
        "team": "blue" if n % 2 else "red",
        "_messagetime": END_MS - n,
    }
    for n in range(1, 10)
]


def both(query, rows=ROWS):
    made = compiled(query, RUN, lambda path: None)
    assert not isinstance(made, Answer), made.error
    messages = messages_of(rows, RUN)
    return reference_answer(made, messages, RUN, lambda path: None), engine_answer(
        made, messages, RUN, lambda path: None
    )


@pytest.mark.parametrize(
    "later",
    [
        'json "n" as n | where n > 3 | fields _raw, n',
        'where team = "blue" | count by team',
        'parse regex "k=v(?<v>\\d)" multi | sort by v | limit 3 | fields v, _group_size',
        "sum(_group_duration) as d, first(_raw) as f by _group | sort by _group asc",
        "geoip team | count by country_code",
        "true as yes | null as nothing | 0.5 as half | count by yes, nothing, half, _group_orphaned",
    ],
)
def test_answer_is_that_of_the_reference(later):
    here, there = both(f'* | json "id" as id | transactionize id | {later}')
    assert differences(here, there) == [] and here.rows


def test_later_operators_do_not_run_in_python(monkeypatch):
    interpreted = []
    real = runner.run_plan
    monkeypatch.setattr(
        runner, "run_plan", lambda plan, *rest: interpreted.append(type(plan).__name__) or real(plan, *rest)
    )
    both('* | json "id" as id | transactionize id | where id = "1" | count by id | where _count > 0')
    assert interpreted == ["Local"]


def test_catastrophic_pattern_after_such_an_operator_ends(monkeypatch):
    rows = [{"_raw": "a" * 40 + "!", "_messagetime": END_MS - 1}]
    made = compiled('* | transactionize team | parse regex "^(?<x>(?:a+)+)$"', RUN, lambda path: None)
    begun = time.process_time()
    assert engine_answer(made, messages_of(rows, RUN), RUN, lambda path: None).rows == ()
    assert time.process_time() - begun < 5
