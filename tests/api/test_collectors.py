"""Collectors and sources over the published API."""

from __future__ import annotations

import time

import httpx
import pytest

from dohyo.base.clock import now_ms

from .conftest import classic

COLLECTORS = "/api/v1/collectors"
CONFIG = {
    "name": "Graph Security",
    "category": "Labs/Graph",
    "tenant_id": "0f0e-1",
    "application_id": "a1",
    "secret_key": "the secret",
    "cloud": "custom",
    # Nothing listens there: the source shows an error and goes on trying.
    "graph_root": "https://127.0.0.1:9",
    "authority": "https://127.0.0.1:9",
    "polling_interval": 5,
}


def collector(name: str, **more) -> dict:
    return {"collector": {"collectorType": "Hosted", "name": name, **more}}


def source(**changes) -> dict:
    schema = {"type": "Microsoft Graph Security API"}
    config = {**CONFIG, **changes}
    return {"api.version": "v1", "source": {"sourceType": "Universal", "schemaRef": schema, "config": config}}


@pytest.fixture
def labs(administrator: httpx.Client):
    made = administrator.post(COLLECTORS, json=collector("Labs.example"))
    yield made.json()["collector"]
    administrator.delete(f"{COLLECTORS}/{made.json()['collector']['id']}")


def test_collector_is_made_read_changed_and_removed(server, administrator):
    made = administrator.post(COLLECTORS, json=collector("Büro", description="d", fields={"a": "b"}))
    shown, tag = made.json()["collector"], made.headers["ETag"]
    path = f"{COLLECTORS}/{shown['id']}"
    assert made.status_code == 201 and made.headers["Location"] == f"{server.address}{path}"
    assert shown["links"] == [{"rel": "sources", "href": f"/v1/collectors/{shown['id']}/sources"}]
    read = administrator.get(path)
    assert read.json()["collector"] | {"lastSeenAlive": 0} == shown | {"lastSeenAlive": 0}
    assert read.headers["ETag"] == tag
    unchanged = administrator.get(path, headers={"If-None-Match": tag})
    assert unchanged.status_code == 304 and unchanged.content == b""
    body = {"collector": {**shown, "description": "other"}}
    assert classic(administrator.put(path, json=body)) == (403, "service.ifthen.missing")
    changed = administrator.put(path, json=body, headers={"If-Match": tag})
    assert changed.json()["collector"]["description"] == "other" and changed.headers["ETag"] != tag
    stale = administrator.put(path, json=body, headers={"If-Match": tag})
    assert classic(stale) == (412, "service.etagid.mismatch")
    removed = administrator.delete(path)
    assert (removed.status_code, removed.content) == (200, b"")
    assert classic(administrator.get(path)) == (404, "collectors.collector.invalid")


def test_collectors_are_listed_by_page_filter_and_name(administrator, labs):
    other = administrator.post(COLLECTORS, json=collector("Other")).json()["collector"]
    names = [one["name"] for one in administrator.get(COLLECTORS).json()["collectors"]]
    assert names == ["Labs.example", "Other"]
    page = administrator.get(COLLECTORS, params={"filter": "Hosted", "limit": 1, "offset": 1}).json()
    assert [one["id"] for one in page["collectors"]] == [other["id"]]
    assert administrator.get(COLLECTORS, params={"filter": "installed"}).json() == {"collectors": []}
    assert administrator.get(COLLECTORS, params={"filter": "odd"}).status_code == 400
    assert administrator.get(f"{COLLECTORS}/name/Labs.example/").json()["collector"]["id"] == labs["id"]
    assert classic(administrator.get(f"{COLLECTORS}/name/none")) == (404, "collectors.collector.invalid")
    assert administrator.get(f"{COLLECTORS}/offline?aliveBeforeDays=5").json() == {"collectors": []}
    assert administrator.get(f"{COLLECTORS}/upgrades/targets").json() == {"targets": []}
    administrator.delete(f"{COLLECTORS}/{other['id']}")


def test_wrong_collectors_are_refused(administrator, labs):
    twice = administrator.post(COLLECTORS, json=collector("Labs.example"))
    assert classic(twice) == (400, "collectors.validation.name.duplicate")
    assert twice.json()["message"].startswith("DuplicateResourceName: ")
    assert classic(administrator.post(COLLECTORS, json={"name": "x"})) == (400, "service.json.invalid")
    installable = {"collector": {"collectorType": "Installable", "name": "x"}}
    assert classic(administrator.post(COLLECTORS, json=installable)) == (
        400,
        "collectors.collector.type.invalid",
    )
    assert classic(administrator.get(f"{COLLECTORS}/abc")) == (404, "notfound")


def test_source_is_made_read_changed_and_removed(administrator, labs):
    sources = f"{COLLECTORS}/{labs['id']}/sources"
    made = administrator.post(sources, json=source())
    shown, tag = made.json()["source"], made.headers["ETag"]
    path = f"{sources}/{shown['id']}"
    assert made.status_code == 201
    assert shown["config"] == {**CONFIG, "secret_key": "********"} and shown["category"] == "Labs/Graph"
    assert administrator.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert [one["id"] for one in administrator.get(sources).json()["sources"]] == [shown["id"]]
    export = administrator.get(path, params={"download": "True"}).json()
    assert export["api.version"] == "v1" and "id" not in export["source"]
    changed = {"source": {"id": shown["id"], **source(polling_interval=7, secret_key="********")["source"]}}
    answer = administrator.put(path, json=changed, headers={"If-Match": tag})
    assert answer.json()["source"]["config"]["polling_interval"] == 7
    assert administrator.post(f"{path}/action/restart").status_code == 200
    assert administrator.delete(path).status_code == 200
    until = time.monotonic() + 20
    while administrator.get(path).status_code == 200:
        assert administrator.get(path).json().get("source", {"state": {"state": "Stopping"}})["state"] == {
            "state": "Stopping"
        }
        assert time.monotonic() < until
        time.sleep(0.05)
    assert classic(administrator.get(path)) == (404, "collectors.source.invalid")


def test_wrong_sources_are_refused_with_each_setting_named(administrator, labs):
    sources = f"{COLLECTORS}/{labs['id']}/sources"
    wrong = administrator.post(sources, json=source(polling_interval=0, categori="x"))
    assert classic(wrong)[0] == 400
    assert "config.polling_interval" in wrong.json()["message"]
    assert "config.categori: no such setting" in wrong.json()["message"]
    unknown = source()
    unknown["source"]["schemaRef"] = {"type": "Sundial"}
    assert classic(administrator.post(sources, json=unknown)) == (400, "collectors.source.type.invalid")
    elsewhere = administrator.post(f"{COLLECTORS}/999/sources", json=source())
    assert classic(elsewhere) == (404, "collectors.collector.invalid")


def test_source_that_cannot_collect_says_so_on_the_home_page(administrator, labs):
    administrator.post(f"{COLLECTORS}/{labs['id']}/sources", json=source())
    until = time.monotonic() + 30
    shown: dict = {}
    while shown.get("message") is None:
        shown = administrator.get("/api/dohyo/v1/home").json()["sources"][0]
        assert time.monotonic() < until
        time.sleep(0.05)
    assert (shown["name"], shown["collector"], shown["category"]) == (
        "Graph Security",
        "Labs.example",
        "Labs/Graph",
    )
    assert shown["health"] != "healthy" and shown["nextTry_ms"] is not None


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_collectors_are_managed_by_administrators_only(server, labs, role):
    with server.with_key(role) as client:
        assert client.get(f"{COLLECTORS}/{labs['id']}/sources").status_code == 200
        assert classic(client.post(COLLECTORS, json=collector("x"))) == (403, "forbidden")
        assert classic(client.delete(f"{COLLECTORS}/{labs['id']}")) == (403, "forbidden")
        made = client.post(f"{COLLECTORS}/{labs['id']}/sources", json=source())
        assert classic(made) == (403, "forbidden")


def test_health_of_a_source_that_cannot_collect_is_told_and_searchable(server, administrator):
    made = administrator.post(
        "/api/v1/collectors", json={"collector": {"collectorType": "Hosted", "name": "Unwell"}}
    )
    collector = made.json()["collector"]["id"]
    config = {"name": "g", "tenant_id": "t", "application_id": "a", "cloud": "custom"}
    config |= {"authentication": "workload_identity", "token_file": "/nowhere/token"}
    config |= {"graph_root": "https://127.0.0.1:9", "authority": "https://127.0.0.1:9"}
    source = {"sourceType": "Universal", "schemaRef": {"type": "Microsoft Graph Security API"}}
    made = administrator.post(
        f"/api/v1/collectors/{collector}/sources", json={"source": {**source, "config": config}}
    )
    wanted = {"data": [{"type": "Source", "id": str(made.json()["source"]["id"])}]}
    end, found = time.monotonic() + 20, []
    while not found and time.monotonic() < end:
        found = administrator.post("/api/v1/healthEvents/resources", json=wanted).json()["data"]
        time.sleep(0.05)
    assert (found[0]["eventName"], found[0]["severityLevel"]) == ("ThirdPartyConfigError", "Error")
    assert "/nowhere/token" in found[0]["details"]["description"]
    assert found[0] in administrator.get("/api/v1/healthEvents").json()["data"]
    query = '_index=sumologic_system_events "Health-Change" | json "resourceIdentity.collectorName" as c'
    job = {"query": f'{query} | where c = "Unwell"', "from": 0, "to": now_ms() + 60_000, "timeZone": "UTC"}
    state, end = {"messageCount": 0}, time.monotonic() + 20
    while not state["messageCount"] and time.monotonic() < end:  # it is stored a moment after it is known
        number = administrator.post("/api/v1/search/jobs", json=job).json()["id"]
        while "DONE" not in (state := administrator.get(f"/api/v1/search/jobs/{number}").json())["state"]:
            time.sleep(0.05)
    assert state["messageCount"] == 1
    administrator.delete(f"/api/v1/collectors/{collector}")
