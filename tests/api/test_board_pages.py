"""What the builder asks: runs of dashboards that are not stored, values of their variables, new names."""

from __future__ import annotations

import json

from .conftest import CATEGORY, own

OWN = "/api/dohyo/v1"
SCOPE = f"_sourceCategory={CATEGORY}"
QUERY = {"queryString": SCOPE + ' | json "severity" | where severity matches "{{severity}}" | count'}
MODEL = {
    "title": "Not stored",
    "timeRange": {
        "type": "BeginBoundedTimeRange",
        "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1d"},
    },
    "panels": [
        {
            "key": "p",
            "panelType": "SumoSearchPanel",
            "queries": [{**QUERY, "queryType": "Logs", "queryKey": "A"}],
        }
    ],
    "variables": [
        {
            "name": "severity",
            "defaultValue": "*",
            "sourceDefinition": {
                "variableSourceType": "LogQueryVariableSourceDefinition",
                "query": f'_sourceCategory={CATEGORY} | json "severity"',
                "field": "severity",
            },
        }
    ],
}


def test_a_dashboard_that_is_not_stored_runs_as_one_that_is(analyst, alerts):
    body = {"dashboard": MODEL, "range": {"from": "-1d"}, "variables": {"severity": "high"}}
    lines = [json.loads(line) for line in analyst.post(f"{OWN}/runs", json=body).text.splitlines()]
    high = sum('"severity":"high"' in text.replace(" ", "") for text in alerts if text.startswith("{"))
    assert [line["rows"] for line in lines if "panel" in line] == [[[high]]] and high > 0
    assert lines[-1] == {"done": True}


def test_a_variable_of_a_dashboard_that_is_not_stored_has_values(analyst, alerts):
    body = {"dashboard": MODEL, "name": "severity", "range": {"from": "-1d"}}
    values = analyst.post(f"{OWN}/variable-values", json=body).json()["values"]
    assert values == sorted(values) and "high" in values


def test_a_model_that_is_no_dashboard_is_refused_with_the_place(analyst):
    wrong = {**MODEL, "panels": [{"key": "p"}]}
    answer = analyst.post(f"{OWN}/runs", json={"dashboard": wrong})
    assert own(answer)[0] == 400 and "panels.0.panelType" in answer.json()["problem"]["message"]
    assert own(analyst.post(f"{OWN}/runs", json={}))[0] == 400


def test_items_of_any_type_get_new_names(analyst, viewer):
    personal = analyst.get("/api/v2/content/folders/personal").json()["id"]
    folder = {"name": "Old", "description": "kept", "parentId": personal}
    ident = analyst.post("/api/v2/content/folders", json=folder).json()["id"]
    changed = analyst.patch(f"{OWN}/content/{ident}", json={"name": "New"}).json()
    assert (changed["name"], changed["description"]) == ("New", "kept")
    assert own(viewer.patch(f"{OWN}/content/{ident}", json={"name": "x"}))[0] == 403
    assert own(analyst.patch(f"{OWN}/content/{ident}", json={"name": 1}))[0] == 400


def test_a_change_of_an_older_version_is_refused(analyst):
    ident = analyst.post("/api/v2/dashboards", json=MODEL).json()["id"]
    found = analyst.get(f"{OWN}/dashboards/{ident}").json()
    assert found["readOnly"] is False
    changed = {**found["dashboard"], "title": "Mine"}
    stored = analyst.put(
        f"{OWN}/dashboards/{ident}", json={"dashboard": changed, "version": found["version"]}
    )
    assert stored.json() == {"version": found["version"] + 1}
    late = {"dashboard": {**changed, "title": "Late"}, "version": found["version"]}
    assert own(analyst.put(f"{OWN}/dashboards/{ident}", json=late))[0] == 409
    assert analyst.get(f"/api/v2/dashboards/{ident}").json()["title"] == "Mine"
    assert own(analyst.put(f"{OWN}/dashboards/{ident}", json={"dashboard": changed}))[0] == 400
    analyst.delete(f"/api/v2/dashboards/{ident}")
