"""The reference interpreter's join is bounded."""

import pytest

from dohyo.base.problem import ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext
from dohyo.oracle import run as oracle


def test_join_that_grows_too_large_is_a_problem(monkeypatch):
    monkeypatch.setattr(oracle, "MOST_COMBINATIONS", 8)
    run = RunContext(10, 0, 10)
    query = '* | "x" as k | join (where true) as a, (where true) as b on a.k = b.k | count'
    plan = compile_query(query, CompileContext(run)).plan
    messages = [{"_raw": str(i), "_messagetime": 1, "_messageid": i} for i in range(3)]
    assert oracle.run_plan(plan, messages[:2], run) == [{"_count": 4}]
    with pytest.raises(ProblemError, match="join would give more than"):
        oracle.run_plan(plan, messages, run)
