"""Classic dashboards as dashboards of today, and the report on published content."""

import json

import pytest

from dohyo.base.problem import ProblemError
from dohyo.content.classic import modern
from dohyo.content.parameters import filled, parameters_of
from dohyo.content.report import report_of

SETTINGS = {
    "settings": {
        "pie": {"configuration": {"donutMode": True, "plotOptions": {"maxNumOfPieSlices": "6"}}},
        "column": {
            "configuration": {
                "plotOptions": {"stacking": "normal"},
                "legend": {"enabled": False},
                "colors": {"overrides": {"high": "#ff0000"}},
                "yAxis": [{"title": "logins", "logScale": True, "min": 0, "max": 9}],
            }
        },
        "text": {"configuration": {"text": "**Read** me"}},
        "svv": {
            "configuration": {
                "valueType": {"number": {"colorsByValueRange": [{"from": 1, "to": 5, "color": "#0f0"}]}},
                "labels": {"postfix": {"enabled": True, "text": "users"}},
            }
        },
    }
}


def panel(viewer: str, query: str = "$$logsrc | count", **more) -> dict:
    place = {"x": 1, "y": 3, "width": 12, "height": 5, "name": viewer}
    return {"viewerType": viewer, "queryString": query, "properties": json.dumps(SETTINGS), **place, **more}


def report(*panels: dict) -> dict:
    return {"type": "Report", "name": "Old", "properties": '{"theme":"dark-theme"}', "panels": list(panels)}


def visual(made: dict, number: int = 0) -> dict:
    return json.loads(made["panels"][number]["visualSettings"])


def test_places_ranges_and_theme_are_taken_over():
    made = modern(
        report(
            panel("table", timeRange='[{"t":"relative","d":-86400000}]'),
            panel("pie", timeRange='[{"t":"absolute","d":1000},{"t":"absolute","d":2000}]'),
        )
    )
    boxes = [json.loads(one["structure"]) for one in made["layout"]["layoutStructures"]]
    assert boxes[0] == {"x": 0, "y": 4, "width": 12, "height": 10}
    assert made["theme"] == "Dark" and made["timeRange"]["from"]["relativeTime"] == "-1d"
    assert made["panels"][0]["timeRange"] is None
    assert made["panels"][1]["timeRange"]["to"] == {"type": "EpochTimeRangeBoundary", "epochMillis": 2000}


def test_viewers_become_the_types_of_today_with_their_settings():
    over_time = "error | timeslice 1h | count by _timeslice, level | transpose row _timeslice column level"
    made = modern(report(panel("column", over_time), panel("pie"), panel("svv"), panel("text"), panel("bar")))
    column = visual(made)
    assert column["general"] == {"mode": "timeSeries", "type": "column", "displayType": "stacked"}
    assert column["legend"]["enabled"] is False and column["axes"]["axisY"]["logarithmic"] is True
    assert column["overrides"] == [{"series": ["high"], "queries": [], "properties": {"color": "#ff0000"}}]
    assert visual(made, 1)["general"]["maxNumOfSlices"] == "6"
    single = visual(made, 2)["svp"]
    assert single["label"] == "users" and single["thresholds"] == [{"from": 1, "to": 5, "color": "#0f0"}]
    assert made["panels"][3]["panelType"] == "TextPanel" and made["panels"][3]["text"] == "**Read** me"
    assert visual(made, 4)["general"]["mode"] == "distribution"


def test_what_is_no_classic_dashboard_does_no_harm():
    odd = {
        "name": None,
        "properties": "{",
        "panels": [None, {}, panel("x", properties="no json", x="a", y=None)],
    }
    made = modern(odd)
    assert len(made["panels"]) == 2 and visual(made, 1)["general"]["type"] == "x"


def test_report_tells_of_each_panel_what_works_and_why_not():
    metrics = panel("metrics", "", metricsQueries=[{"query": "metric=x"}])
    lines = report_of(
        {
            "type": "Folder",
            "name": "App",
            "children": [
                report(panel("table"), panel("table", "* | cuont"), metrics),
                {"type": "Unknown", "name": "u"},
                7,
            ],
        }
    )
    assert [(line.verdict, line.reason) for line in lines] == [
        ("works", ""),
        ("unsupported", "cuont is no operator"),
        ("unsupported", "reads metrics, which Dohyo does not collect"),
        ("unsupported", "content of type Unknown is kept and does nothing here"),
        ("unsupported", "is no JSON object and is left out"),
    ]
    assert lines[1].where == "1:5" and lines[1].place == "/App/Old"


def test_parameters_are_found_and_filled_in_texts_only():
    definition = {"a": ["$$logsrc error", 5], "$$b": {"c": "x $$Other"}}
    names = [(one.name, one.kind) for one in parameters_of(definition)]
    assert names == [("logsrc", "scope"), ("Other", "scope")]
    made = filled(definition, {"logsrc": '_sourceCategory="a b"'})
    assert made == {"a": ['_sourceCategory="a b" error', 5], "$$b": {"c": "x $$Other"}}


def board(query: str, **more):
    return {"type": "DashboardV2SyncDefinition", "panels": [{"queries": [{"queryString": query}]}], **more}


@pytest.mark.parametrize(
    ("query", "name", "kind", "value", "expected"),
    [
        ("$$src error | count", "src", "scope", "Labs/App", "_sourceCategory=Labs/App error | count"),
        ("_sourceCategory=$$src", "src", "value", "_sourceCategory=Labs/App", "_sourceCategory=Labs/App"),
        ("_sourceCategory=<YOUR CATEGORY> x", "YOUR CATEGORY", "value", "a b", '_sourceCategory="a b" x'),
        ("_sourceCategory={{where}} x", "where", "value", "Labs/App", "_sourceCategory=Labs/App x"),
    ],
)
def test_each_spelling_of_a_parameter_is_found_and_filled(query, name, kind, value, expected):
    assert [(one.name, one.kind) for one in parameters_of(board(query))] == [(name, kind)]
    assert filled(board(query), {name: value}) == board(expected)


def test_a_variable_of_the_dashboard_is_no_parameter_unless_it_holds_the_scope():
    own = {"name": "where", "sourceDefinition": {"values": "a"}, "defaultValue": "a"}
    assert parameters_of(board("_sourceCategory={{where}}", variables=[own])) == []
    held = own | {"name": "Logsdatasource", "defaultValue": "_sourceCategory=a"}
    (asked,) = parameters_of(board("{{Logsdatasource}} x", variables=[held]))
    assert (asked.name, asked.kind, asked.default) == ("Logsdatasource", "variable", "_sourceCategory=a")


@pytest.mark.parametrize("value", ["a | delete", "a // b", 'a "b', "a\nb", "x" * 2000])
def test_a_value_that_would_change_the_query_is_refused(value):
    with pytest.raises(ProblemError):
        filled(board("$$src | count"), {"src": value})
