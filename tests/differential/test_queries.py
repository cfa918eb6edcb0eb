"""Random pipelines over random messages: the reference interpreter and the embedded engine say the same.

The same ones are run each time. `DOHYO_DIFFERENTIAL=long` looks for new ones, for about ten minutes, and
makes a failing one small; put it among the golden cases.
"""

import os
import sys
from pathlib import Path

from answers import Answer, compiled, differences, engine_answers, messages_of, reference_answer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from pipelines import pipelines
from random_messages import RANGE_MS, START_MS, messages
from two_shards import TwoShards

from dohyo.functions.table import RunContext

IS_LONG = os.environ.get("DOHYO_DIFFERENTIAL") == "long"
ZONES = ("UTC", "Europe/Berlin")
PROFILE = settings(
    max_examples=1000 if IS_LONG else 45,
    derandomize=not IS_LONG,
    phases=list(Phase) if IS_LONG else [Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def run_in(zone: str) -> RunContext:
    return RunContext(START_MS + RANGE_MS, START_MS, START_MS + RANGE_MS, zone)


def no_table(path: str) -> None:
    return None


@PROFILE
@given(messages(), st.lists(pipelines(), min_size=6, max_size=6), st.sampled_from(ZONES))
def test_both_engines_give_the_same_answer(rows, queries, zone):
    run = run_in(zone)
    found = messages_of(rows, run)
    plans = [plan for query in queries if not isinstance(plan := compiled(query, run, no_table), Answer)]
    theirs = engine_answers(plans, found, run, no_table)
    for plan, there in zip(plans, theirs, strict=True):
        assert differences(reference_answer(plan, found, run, no_table), there) == [], plan.text


@settings(PROFILE, max_examples=300 if IS_LONG else 15)
@given(messages(), st.lists(pipelines(), min_size=6, max_size=6), st.sampled_from(ZONES))
def test_two_shards_give_the_same_answer(rows, queries, zone):
    run = run_in(zone)
    found = messages_of(rows, run)
    plans = [plan for query in queries if not isinstance(plan := compiled(query, run, no_table), Answer)]
    theirs = engine_answers(plans, found, run, no_table, TwoShards)
    for plan, there in zip(plans, theirs, strict=True):
        assert differences(reference_answer(plan, found, run, no_table), there) == [], plan.text


def test_most_pipelines_compile():
    refused = []

    @settings(max_examples=200, derandomize=True, deadline=None, database=None, phases=[Phase.generate])
    @given(pipelines())
    def compile_one(query):
        if isinstance(made := compiled(query, run_in("UTC"), no_table), Answer):
            refused.append(made.error)

    compile_one()
    assert len(refused) < 30, "\n".join(refused)
