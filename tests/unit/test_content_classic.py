"""Classic dashboards as dashboards of today, and the report on published content."""

import json

import pytest

from dohyo.base.problem import ProblemError
from dohyo.content.classic import modern
from dohyo.content.moving import with_moved_ranges
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


def test_the_range_of_most_panels_that_moves_is_that_of_the_dashboard():
    fixed = '[{"t":"absolute","d":1000},{"t":"absolute","d":2000}]'
    day, week = (
        f'[{{"t":"relative","d":-{days * 86_400_000}}},{{"t":"literal","d":"now"}}]' for days in (1, 7)
    )
    made = modern(report(*(panel("table", timeRange=one) for one in (fixed, fixed, fixed, day, week, week))))
    assert made["timeRange"]["from"]["relativeTime"] == "-7d"
    assert [bool(one["timeRange"]) for one in made["panels"]] == [True, True, True, True, False, False]
    told = [line.reason for line in report_of(report(panel("table", timeRange=fixed)))]
    assert "its time range is fixed and ended on 1970-01-01" in told


def test_fixed_ranges_move_to_now_for_a_demonstration():
    fixed = {"type": "BeginBoundedTimeRange", "from": {"epochMillis": 1000}, "to": {"epochMillis": 3_601_000}}
    texts = ('[{"t":"absolute","d":1000},{"t":"absolute","d":61000}]', '[{"t":"relative","d":-60000}]')
    made = {**report(*(panel("table", timeRange=one) for one in texts)), "timeRange": fixed}
    moved, count = with_moved_ranges(made)
    assert count == 2 and moved["timeRange"]["from"]["relativeTime"] == "-1h"
    assert moved["panels"][0]["timeRange"]["from"]["relativeTime"] == "-1m"
    assert moved["panels"][1] == made["panels"][1]


def test_labels_series_and_colours_of_classic_panels_are_taken_over():
    configuration = {
        "labels": {
            "prefix": {"enabled": True, "text": "about"},
            "postfix": {"enabled": True, "text": "users"},
        },
        "noDataBehavior": {"enabled": True, "value": 0},
        "colorOverride": "#112233",
        "seriesInfo": {"high": {"color": "#ff0000", "yAxis": 1}, "low": {"yAxis": 0}},
        "yAxis": [{"title": "a"}, {"title": "b"}],
        "plotOptions": {"lineToArea": True},
        "legend": {"enabled": True, "position": "right"},
    }
    settings = {name: {"configuration": configuration} for name in ("svv", "line")}
    told = {"properties": json.dumps({"settings": settings})}
    asked = {"queryParameters": [{"name": "who", "label": "Who", "value": "ann"}]}
    made = modern(report(panel("svv", **told), panel("line", "{{who}} | count", **told, **asked)))
    single = visual(made)["svp"]
    assert (single["label"], single["noDataString"], single["textColor"]) == ("about users", "0", "#112233")
    line = visual(made, 1)
    assert line["general"]["type"] == "area" and line["legend"]["verticalAlign"] == "right"
    assert line["axes"]["axisY2"]["title"] == "b"
    properties = {"color": "#ff0000", "axisYType": "secondary"}
    assert line["overrides"] == [{"series": ["high"], "queries": [], "properties": properties}]
    assert [(one["name"], one["defaultValue"]) for one in made["variables"]] == [("who", "ann")]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('{"general": {"type": "dial"}}', 'type "dial" is drawn as a table'),
        (
            '{"general": {"type": "line", "displayType": "rings"}}',
            'display type "rings" is drawn as the usual one',
        ),
        (
            '{"general": {"type": "pie"}, "glow": {"size": 3}}',
            "settings that are kept and not drawn: glow.size",
        ),
        ("no json", "its visualSettings are no JSON object; it is drawn as a table"),
        ('{"general": {"type": "line"}, "legend": {"wrap": true}}', ""),
    ],
)
def test_visual_settings_that_are_not_drawn_are_named(settings, reason):
    one = {"key": "p", "panelType": "SumoSearchPanel", "title": "P", "visualSettings": settings}
    made = board("* | count", panels=[{**one, "queries": [{"queryString": "* | count"}]}])
    (line,) = [line for line in report_of(made) if line.part == "panel"]
    assert (line.verdict, line.reason) == ("note" if reason else "works", reason)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("TracesListPanel", "reads traces"),
        ("ServiceMapPanel", "reads traces"),
        ("EventsOfInterestScatterPanel", "reads metrics"),
        ("FuturePanel", 'panels of type "FuturePanel" are not known here'),
    ],
)
def test_other_panels_and_keys_are_told(kind, words):
    made = board("", panels=[{"key": "p", "panelType": kind, "title": "P", "rowSetting": 1}])
    told = [(line.verdict, line.reason) for line in report_of(made) if line.part == "panel"]
    assert told[0][0] == "unsupported" and words in told[0][1]
    assert told[1] == ("note", "keys that are kept and do nothing here: rowSetting")


def test_schedules_and_other_items_are_told():
    notified = {"notification": {"taskType": "WebhookSearchNotificationSyncDefinition"}}
    search = {"type": "SavedSearchWithScheduleSyncDefinition", "name": "S", "search": {"queryText": "*"}}
    items = [
        {**search, "searchSchedule": notified},
        {**search, "scheduleWithDependency": {"searchSchedule": notified}},
        {"type": "MetricsSavedSearchSyncDefinition", "name": "M"},
        {"type": "MonitorsLibraryFolderExport", "name": "F", "children": [
            {"type": "MonitorsLibraryMonitorExport", "name": "one", "queries": [{"query": "* | cuont"}]}]},
        {"type": "LookupTableSyncDefinition", "name": "T", "fields": "none"},
    ]  # fmt: skip
    told = [line.reason for line in report_of({"type": "Folder", "name": "App", "children": items})]
    schedule = "its schedule (WebhookSearchNotification) is kept and does not run"
    assert told[:2] == [schedule, schedule] and told[2] == "reads metrics, which Dohyo does not collect"
    assert "MonitorsLibraryFolderExport is kept" in told[3] and "cuont is no operator" in told[4]
    assert "fields" in told[5] and len(told) == 6


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
        ('* | where a = "$$src"', "src", "value", "Labs", '* | where a = "Labs"'),
        ('* | where a = "$$src"', "src", "value", "a b", '* | where a = "a b"'),
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


def filtered(query: str, *filters: dict, **more) -> dict:
    return report(panel("table", query, id="7", **more)) | {"filters": list(filters)}


def narrow(field: str, **more) -> dict:
    return {"fieldName": field, "label": field.title(), "filterType": "textbox", "panelIds": ["7"], **more}


def test_filters_become_variables_and_conditions_before_the_grouping():
    query = (
        '$$logs "a" | json "user", "n" // | where x\n| where n > 1 | count by user | sort by _count // end'
    )
    made = modern(filtered(query, narrow("User", defaultValue="a*"), narrow("_count"), narrow("tag.a")))
    assert [(one["name"], one["displayName"], one["defaultValue"]) for one in made["variables"]] == [
        ("User", "User", "a*"), ("_count", "_Count", "*"), ("tag_a", "Tag.A", "*")
    ]  # fmt: skip
    assert made["panels"][0]["queries"][0]["queryString"] == (
        '$$logs "a" | json "user", "n" // | where x\n| where n > 1 '
        '| where if("{{User}}" = "*", true, %"User" matches "{{User}}")\n'
        '| where if("{{tag_a}}" = "*", true, %"tag.a" matches "{{tag_a}}")\n'
        "| count by user | sort by _count // end"
        '\n| where if("{{_count}}" = "*", true, %"_count" matches "{{_count}}")'
    )


def test_filter_does_not_take_the_name_of_a_parameter_and_leaves_parameters_where_they_are():
    parameters = [{"name": "user", "label": "u", "value": "*"}]
    made = modern(filtered('"{{user}}" | json "user" | count', narrow("user"), queryParameters=parameters))
    assert [one["name"] for one in made["variables"]] == ["user", "user_filter"]
    assert made["panels"][0]["queries"][0]["queryString"] == (
        '"{{user}}" | json "user" | where if("{{user_filter}}" = "*", true, '
        '%"user" matches "{{user_filter}}")\n| count'
    )


def test_filters_that_cannot_narrow_a_panel_are_told_and_leave_its_query():
    wrong = filtered("* | nonsense", narrow("a"), narrow("b", panelIds=[]), narrow("c", panelIds="7"), {})
    made = modern(wrong)
    assert made["panels"][0]["queries"][0]["queryString"] == "* | nonsense"
    assert [one["name"] for one in made["variables"]] == ["a"]
    told = {one.title: (one.verdict, one.reason) for one in report_of(wrong) if one.part == "filter"}
    assert told == {
        "A": ("note", "narrows nothing in table: no query of theirs that can be read here"),
        "B": ("note", "is for no panel here; it is kept and not shown"),
        "C": ("note", "is for no panel here; it is kept and not shown"),
    }


def test_what_of_a_classic_panel_is_not_drawn_is_told():
    settings = {"pie": {"configuration": {"glow": {"size": 3}, "donutMode": True, "colors": {"index": 3}}}}
    odd = panel(
        "pie", properties=json.dumps({"settings": settings}), secret="x", metricsQueries=[{"query": "m"}]
    )
    told = [(one.part, one.reason) for one in report_of({**report(odd), "future": 1}) if one.reason]
    assert ("panel", "1 of its queries reads metrics, which Dohyo does not collect") in told
    assert ("panel", "settings that are kept and not drawn: glow.size") in told
    assert ("panel", "keys that are kept and do nothing here: secret") in told
    assert ("dashboard", "keys that are kept and do nothing here: future") in told
    assert ("look", "fonts, lines and palettes are Dohyo's own, which leaves out: index") in told


def test_every_reason_of_a_panel_is_told():
    wrong = {"type": "Weird"}
    queries = [{"queryString": "* | cuont", "queryKey": "A"}, {"queryString": "* | summ(x)", "queryKey": "B"}]
    shown = {"panelType": "SumoSearchPanel", "key": "a", "title": "P", "queries": queries}
    look = json.dumps({"general": {"type": "pie"}, "glow": 1})
    board = {"type": "DashboardV2SyncDefinition", "name": "B", "title": "B", "layout": {}}
    lines = report_of({**board, "panels": [{**shown, "visualSettings": look}, {**shown, "timeRange": wrong}]})
    first, second = [one for one in lines if one.part == "panel"]
    assert "cuont" in first.reason and first.where == "1:5" and "summ" in first.reason
    assert "(query B, 1:5)" in first.reason and "not drawn: glow" in first.reason
    assert second.reason == "its time range cannot be used: a time range has a beginning"


def test_dollars_in_texts_for_readers_ask_for_nothing():
    text = {"type": "Report", "name": "$$a", "panels": [{**panel("text", "a"), "name": "Costs $$b"}]}
    assert parameters_of(text) == []
