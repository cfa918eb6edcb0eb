"""Dashboard runs: variables, ranges, equal work once, answers remembered, problems in place."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from search_fakes import FakeSearches, groups, raws

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.search.dashboard_run import DashboardRequest, DashboardRuns

NOW = 1_700_000_040_000
DAY = 86_400_000


def panel(key, text, **more):
    return {"key": key, "queries": [{"queryString": text, "queryKey": "A", "queryType": "Logs"}], **more}


@pytest.fixture
def searches():
    hot = groups(("y", 2), ("z", 3))
    return FakeSearches({"a=* | count": groups(("x", 1)), "a=hot | count": hot, "plain": raws(1500)})


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def runs(searches, clock):
    made = DashboardRuns(searches, now=lambda: clock[0])
    yield made
    made.close()


def dashboard(*panels, variables=({"name": "V", "defaultValue": "*"},)):
    return {"panels": list(panels), "variables": list(variables), "timeRange": "-24h"}


def lines(runs, model, **request):
    found = list(runs.run(model, DashboardRequest(**request)))
    assert "run" in found[0] and found[-1] == {"done": True}
    return {line["panel"]: line for line in found[1:-1]}


def test_answer_has_the_agreed_shape(runs):
    line = lines(runs, dashboard(panel("p", "a={{v}} | count")))["p"]
    elapsed = line.pop("elapsed_ms")
    assert isinstance(elapsed, int)
    assert line == {
        "panel": "p", "query": "A", "text": "a=* | count", "ok": True, "aggregate": True,
        "fields": [
            {"name": "name", "type": "string", "key": True},
            {"name": "_count", "type": "long", "key": False},
        ],
        "rows": [["x", 1]], "total": 1, "cut": False, "warnings": [], "cached": False,
        "range": {"from_ms": NOW - DAY, "to_ms": NOW},
    }  # fmt: skip


def test_equal_queries_are_run_once(runs, searches):
    both = lines(runs, dashboard(panel("p", "a={{V}} | count"), panel("q", "a=* | count")))
    assert both["p"]["rows"] == both["q"]["rows"] and len(searches.asked) == 1


def test_answer_is_remembered_until_something_is_stored(runs, searches, clock):
    model = dashboard(panel("p", "a={{v}} | count"))
    lines(runs, model)
    clock[0] += 0
    assert lines(runs, model)["p"]["cached"] is True
    searches.newest += 1
    assert lines(runs, model)["p"]["cached"] is False and len(searches.asked) == 2


def test_run_shortly_after_another_asks_for_the_same_range(runs, searches, clock):
    model = dashboard(panel("p", "a={{v}} | count"))
    clock[0] = NOW + 1
    lines(runs, model)
    clock[0] = NOW + 59_000
    assert lines(runs, model)["p"]["cached"] is True


def test_other_values_and_ranges_are_other_questions(runs, searches):
    model = dashboard(panel("p", "a={{v}} | count"))
    assert lines(runs, model, variables={"v": "hot"})["p"]["total"] == 2
    lines(runs, model, variables={"v": "hot"}, range={"from": 5, "to": 10})
    assert searches.asked == [("a=hot | count", NOW - DAY, NOW), ("a=hot | count", 5, 10)]


def test_panel_with_its_own_range_keeps_it(runs, searches):
    own = {"from": {"relativeTime": "-7d"}}
    lines(runs, dashboard(panel("p", "a=* | count", timeRange=own)), range="-1h")
    assert searches.asked == [("a=* | count", NOW - 7 * DAY, NOW)]


def test_problem_points_into_the_typed_text_and_others_go_on(runs, searches):
    problem = Problem("operator-unknown", "wrong is no operator", Span(8, 13))
    searches.answers["a=hot | wrong"] = ProblemError([problem])
    model = dashboard(panel("p", "a={{v}} | wrong"), panel("q", "a=* | count"))
    both = lines(runs, model, variables={"v": "hot"})
    assert both["p"]["ok"] is False and both["p"]["problem"]["span"] == {"start": 10, "end": 15}
    assert both["p"]["text"] == "a=hot | wrong" and both["p"]["typed"] == "a={{v}} | wrong"
    assert both["q"]["ok"] is True


def test_missing_variable_is_the_panels_problem(runs):
    line = lines(runs, dashboard(panel("p", "a={{gone}} | count"), variables=()))["p"]
    assert line["problem"]["code"] == "variable-unknown" and line["problem"]["column"] == 3


def test_wrong_range_stops_the_run_before_it_begins(runs):
    with pytest.raises(ProblemError):
        runs.run(dashboard(), DashboardRequest(range={"from": "soon"}))


def test_rows_beyond_the_panels_limit_are_cut(runs):
    line = lines(runs, dashboard(panel("p", "plain")))["p"]
    assert (len(line["rows"]), line["total"], line["cut"], line["aggregate"]) == (1000, 1500, True, False)


def test_only_the_panels_asked_for_are_run(runs):
    note = {"key": "t", "panelType": "TextPanel"}
    model = dashboard(panel("p", "a=* | count"), panel("q", "a=* | count"), note)
    assert set(lines(runs, model, panels=["q"])) == {"q"}


def test_values_of_a_list_and_of_a_query(runs):
    size = {"name": "size", "sourceDefinition": {"values": "b, a"}}
    who = {"name": "who", "sourceDefinition": {"query": "a={{size}} | count", "field": "NAME"}}
    odd = {"name": "odd", "sourceDefinition": {"query": "a={{size}} | count", "field": "none"}}
    model = dashboard(variables=(size, who, odd))
    assert runs.values(model, "SIZE", None) == ["b", "a"]
    assert runs.values(model, "who", "-1h") == ["x"]
    for name in ("odd", "nobody"):
        with pytest.raises(ProblemError):
            runs.values(model, name, None)
