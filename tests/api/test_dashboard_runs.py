"""What the dashboard pages do: install the app, list, run and filter its dashboards."""

from __future__ import annotations

import json
import time

import httpx

from .conftest import APP_NAME, CATEGORY, ORDER, ended, newer, own

OWN = "/api/dohyo/v1"


def dashboards(client: httpx.Client) -> dict[str, str]:
    """Ids by the last word of the title."""
    rows = client.get(f"{OWN}/dashboards").json()["dashboards"]
    return {row["title"].rpartition(" ")[2]: row["id"] for row in rows if row["title"].startswith(APP_NAME)}


def run(client: httpx.Client, ident: str, **body) -> list[dict]:
    body = {"range": {"from": "-1d"}, "variables": {}, "timeZone": "UTC", **body}
    answer = client.post(f"{OWN}/dashboards/{ident}/runs", json=body)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_install_gives_instance_path_and_folder(administrator, installed):
    assert administrator.get(f"/api/v2/apps/instances/{installed['id']}").json() == installed
    assert json.loads(installed["configurationBlob"])["default_scope_value"] == CATEGORY
    assert installed["path"] == f"/Library/Installed Apps/{installed['name']}"
    job = administrator.post(f"/api/v2/apps/{installed['uuid']}/install", json=ORDER).json()["jobId"]
    repeated = ended(lambda: administrator.get(f"/api/v2/apps/install/{job}/status").json())
    assert (repeated["status"], repeated["error"]) == ("Success", None)
    same = (repeated["instanceId"], repeated["path"], repeated["folderId"])
    assert same == (installed["id"], installed["path"], installed["folderId"])
    details = administrator.get(f"/api/v2/apps/{installed['uuid']}/details?version=1.0.0").json()
    assert details["version"] == "1.0.0" and details["manifest"]
    assert newer(administrator.get("/api/v2/apps/none/details"))[0] == 404


def test_installed_dashboards_are_listed_as_read_only(analyst, installed):
    rows = analyst.get(f"{OWN}/dashboards").json()["dashboards"]
    of_app = [row for row in rows if row["app"] and row["app"]["uuid"] == installed["uuid"]]
    assert len(of_app) == 2 and all(row["readOnly"] for row in of_app)
    assert {row["path"] for row in of_app} == {installed["path"]}
    ident = of_app[0]["id"]
    model = analyst.get(f"/api/v2/dashboards/{ident}").json()
    assert newer(analyst.put(f"/api/v2/dashboards/{ident}", json=model))[0] == 403


def test_run_gives_range_answers_and_end(viewer, installed):
    lines = run(viewer, dashboards(viewer)["Overview"])
    panels = {line["panel"]: line for line in lines if "panel" in line}
    assert list(lines[0]) == ["run"] and lines[-1] == {"done": True}
    assert len(panels) == 14 and all(line["ok"] for line in panels.values())
    total = panels["total-alerts"]
    assert total["rows"][0][0] > 0 and total["fields"][0]["type"] == "long"
    status = panels["alerts-by-status"]
    assert status["total"] == len(status["rows"]) and status["range"] == lines[0]["run"]


def test_variable_filters_every_panel(viewer, installed):
    ident = dashboards(viewer)["Overview"]

    def total(**variables: str) -> int:
        lines = run(viewer, ident, panels=["total-alerts"], variables=variables)
        return next(line["rows"][0][0] if line["rows"] else 0 for line in lines if "panel" in line)

    values = viewer.get(f"{OWN}/dashboards/{ident}/variables/severity/values?from=-1d").json()["values"]
    assert "high" in values and values == sorted(values)
    by_value = [total(severity=value) for value in values]
    assert all(0 < count < total() for count in by_value)
    assert total(severity="nonesuch") == 0


def test_wrong_query_is_one_problem_in_its_panel(analyst, alerts):
    query = f'_sourceCategory={CATEGORY} | json "severity" | count by severty'
    panel = {"panelType": "SumoSearchPanel", "title": "t"}
    model = {
        "title": "Wrong",
        "timeRange": {"type": "CompleteLiteralTimeRange", "rangeName": "today"},
        "panels": [
            {
                **panel,
                "key": "bad",
                "queries": [{"queryString": query, "queryType": "Logs", "queryKey": "A"}],
            },
            {**panel, "key": "good", "queries": [{"queryString": "* | count", "queryType": "Logs"}]},
        ],
    }
    made = analyst.post("/api/v2/dashboards", json=model).json()["id"]
    lines = {line["panel"]: line for line in run(analyst, made) if "panel" in line}
    start = query.index("severty")
    assert lines["bad"]["ok"] is False
    assert lines["bad"]["problem"]["span"] == {"start": start, "end": start + 7}
    assert lines["good"]["ok"] is True
    analyst.delete(f"/api/v2/dashboards/{made}")


def test_wrong_run_requests_are_refused_before_the_first_line(viewer, installed):
    path = f"{OWN}/dashboards/{dashboards(viewer)['Overview']}/runs"
    for body, code in (
        ({"range": {"from": "yesteryear"}}, "time-unknown"),
        ({"variables": {"severity": 5}}, "run-variables"),
        ({"panels": "all"}, "run-panels"),
        ({"timeZone": "Mars/Olympus"}, "timezone-unknown"),
    ):
        assert own(viewer.post(path, json=body)) == (400, code)
    assert own(viewer.post(f"{OWN}/dashboards/none/runs", json={}))[0] == 404
    ident = dashboards(viewer)["Overview"]
    answer = viewer.get(f"{OWN}/dashboards/{ident}/variables/none/values")
    assert own(answer) == (404, "variable-unknown")


def test_home_counts_messages_and_lists_apps(viewer, installed, alerts):
    home = viewer.get(f"{OWN}/home").json()
    assert home["alerts"]["messages"] >= len(alerts)
    now = int(time.time() * 1000)
    assert 0 < home["alerts"]["oldest_ms"] <= home["alerts"]["newest_ms"] <= now
    assert {"uuid": installed["uuid"], "name": installed["name"], "version": "1.0.0"} in home["apps"]
    ours = [row for row in home["dashboards"] if row["app"] and row["app"]["uuid"] == installed["uuid"]]
    assert len(ours) == 2


def test_app_is_uninstalled_with_its_dashboards_only(administrator, installed, alerts):
    job = administrator.post(f"/api/v2/apps/{installed['uuid']}/uninstall").json()["jobId"]
    status = ended(lambda: administrator.get(f"/api/v2/apps/uninstall/{job}/status").json())
    assert status["status"] == "Success" and status["errors"] == []
    home = administrator.get(f"{OWN}/home").json()
    assert installed["name"] not in [app["name"] for app in home["apps"]]
    assert home["alerts"]["messages"] >= len(alerts)
    assert newer(administrator.get(f"/api/v2/apps/instances/{installed['id']}"))[0] == 404
    assert newer(administrator.get(f"/api/v2/apps/upgrade/{job}/status"))[0] == 404
