"""Any order of arrivals, faults, kills and restarts: cursor and store against what the service listed.

`DOHYO_EXAMPLES=2000` makes it a long run.
"""

import contextlib
import json
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.collect import scripted_graph
from tests.collect.scripted_graph import (
    NOW_MS,
    Driver,
    Killed,
    ScriptedGraph,
    alert,
    answer,
    error,
    expected,
)

from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.graph_state import DAY_MS
from dohyo.collect.source import Failed

FAULTS = {
    "throttled": error(429, "TooManyRequests", "slow down", retry_after="3"),
    "down": error(503, "ServiceUnavailable", "not now"),
    "token": error(401, "InvalidAuthenticationToken", "expired"),
    "link": error(400, "BadRequest", "Skip token is not valid."),
    "forbidden": error(403, "Forbidden", "Missing roles."),
    "cut": Failed("no answer from graph.example: peer closed connection"),
    "html": answer(200, b"<html>"),
    "part": answer(206, b'{"value":[]}', warning='199 - "Microsoft/MDE/503/10000"'),
}
LATE_MS = 50 * 60_000  # within the overlap


class Collecting(RuleBasedStateMachine):
    """The model: every version that the service ever listed when a pass could see it, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = ScriptedGraph([], page_size=3)
        self.driver = Driver(self.graph, GraphSecurity(scripted_graph.settings(backfill_days=1)))
        self.count = 0
        self.process_is_killed(moments=1)  # the source is made: its start stands from now on
        assert self.driver.cursor

    @rule(ago_ms=st.integers(1, LATE_MS), same=st.integers(1, 5))
    def alerts_are_raised(self, ago_ms, same):
        for _ in range(same):  # ties
            self.count += 1
            self.graph.alerts.append(alert(f"a{self.count}", self.graph.now_ms - ago_ms))

    @rule(which=st.integers(0, 1_000), status=st.sampled_from(["resolved", "new", "someday"]))
    def alert_is_updated_or_opened_again(self, which, status):
        if self.graph.alerts:
            one = self.graph.alerts[which % len(self.graph.alerts)]
            self.graph.update(one["id"], self.graph.now_ms, status=status, n=self.count)
            self.graph.now_ms += 1

    @rule(ms=st.integers(1, 3 * DAY_MS))
    def time_passes(self, ms):
        self.graph.now_ms += ms

    @rule(faults=st.lists(st.tuples(st.integers(1, 12), st.sampled_from(sorted(FAULTS))), max_size=5))
    def poll_meets_faults(self, faults):
        self.graph.script = {self.graph.requests + at: FAULTS[name] for at, name in faults}
        self.driver.run(polls=2, most_steps=5_000)
        self.graph.script = {}

    @rule(moments=st.integers(0, 40))
    def process_is_killed(self, moments):
        self.driver.moments_left = moments
        with contextlib.suppress(Killed):
            self.driver.run(polls=2, most_steps=5_000)
        self.driver.moments_left = None

    @rule()
    def clean_polls_bring_all_there_is(self):
        self.driver.run(polls=4, most_steps=5_000)
        stored = set(self.driver.stored())
        assert set(expected(self.graph.alerts)) <= stored

    @invariant()
    def nothing_is_doubled_invented_or_unaccounted_for(self):
        assert set(self.driver.inserted.values()) <= {1}
        served = {json.dumps(one, separators=(",", ":")) for one in self.graph.served}
        assert set(self.driver.stored()) <= served
        for one in self.driver.accounts:
            assert one.fetched == one.new + one.updated + one.repeated + one.refused
        if self.driver.cursor:
            assert self.driver.cursor["position_ms"] <= max(self.graph.now_ms, NOW_MS)

    def teardown(self):
        self.clean_polls_bring_all_there_is()
        assert not self.driver.cursor["owed"]


Collecting.TestCase.settings = settings(
    max_examples=int(os.environ.get("DOHYO_EXAMPLES", "60")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestCollecting = Collecting.TestCase
