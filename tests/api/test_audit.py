"""The audit trail: what is told, to whom, and that no request is forgotten."""

from __future__ import annotations

import json
import re
import time

import pytest

from dohyo.api.audit import TOLD, UNTOLD, told
from dohyo.api.routes import ROUTERS

# Two actions of one route each, which tell by their names.
ACTIONS = {
    "/api/dohyo/v1/apps/{}/{}": ("install", "upgrade", "uninstall"),
}


def test_every_request_that_changes_something_is_told_or_known_not_to_be():
    routes = {
        (method, re.sub(r"\{[^}]*\}", "{}", route.path))
        for router in ROUTERS
        for route in router.routes
        if route.path.startswith("/api/") and route.include_in_schema
        for method in route.methods - {"GET", "HEAD", "OPTIONS"}
    }
    of_roles = {route for route in routes if re.fullmatch(r"/api/v./roles(/\{\})?", route[1])}  # not built
    assert len(routes) > 90
    forgotten = []
    for method, path in routes - of_roles - UNTOLD:
        paths = [f"{path[:-3]}/{action}" for action in ACTIONS.get(path, ())] or [path]
        forgotten += [(method, one) for one in paths if told(method, one.replace("{}", "1A")) is None]
    assert forgotten == []
    told_by_name = {("POST", f"{p[:-3]}/{action}") for p, names in ACTIONS.items() for action in names}
    assert set(TOLD) - told_by_name - routes == set(), "told, but no such request"


def audit(client, query, wait_for=1):
    """Audit events that the query finds, oldest first."""
    now = int(time.time() * 1000)
    for _ in range(100):
        body = {"query": query, "from": now - 600_000, "to": now + 60_000}
        job = client.post("/api/v1/search/jobs", json=body).json()
        while (state := client.get(f"/api/v1/search/jobs/{job['id']}").json())[
            "state"
        ] != "DONE GATHERING RESULTS":
            time.sleep(0.02)
        assert state["pendingErrors"] == []
        if state["messageCount"] >= wait_for:
            break
        time.sleep(0.05)
    found = client.get(f"/api/v1/search/jobs/{job['id']}/messages?offset=0&limit=100").json()["messages"]
    return [one["map"] for one in reversed(found)]


def test_changes_are_told_with_what_was_before_and_no_secrets(administrator):
    made = administrator.post(
        "/api/v1/collectors", json={"collector": {"name": "audited", "collectorType": "Hosted"}}
    )
    collector = made.json()["collector"]
    path = f"/api/v1/collectors/{collector['id']}"
    source = {"sourceType": "HTTP", "name": "in", "category": "a/b"}
    told_source = administrator.post(f"{path}/sources", json={"source": source}).json()["source"]
    token = told_source["url"].rsplit("/", 1)[1]
    etag = administrator.get(path).headers["ETag"]
    changed = {"collector": {**collector, "description": "now described"}}
    assert administrator.put(path, json=changed, headers={"If-Match": etag}).status_code == 200
    own = f"{path}/sources/{told_source['id']}"
    etag = administrator.get(own).headers["ETag"]
    administrator.put(own, json={"source": {**told_source, "category": "c/d"}}, headers={"If-Match": etag})
    administrator.delete(path)
    found = audit(administrator, "_index=sumologic_audit_events _sourceCategory=collection audited OR in", 5)
    events = [json.loads(one["_raw"]) for one in found]
    assert [event["eventName"] for event in events][-5:] == [
        "CollectorCreated",
        "SourceCreated",
        "CollectorUpdated",
        "SourceUpdated",
        "CollectorDeleted",
    ]
    created, _, updated, moved, deleted = events[-5:]
    assert created["resourceIdentity"] == {"id": str(collector["id"]), "name": "audited", "type": "Collector"}
    assert created["operator"]["interface"] == "API" and created["operator"]["sourceIp"] == "127.0.0.1"
    assert updated["from"]["collector"].get("description") in (None, "")
    assert updated["to"]["collector"]["description"] == "now described"
    assert (moved["from"]["source"]["category"], moved["to"]["source"]["category"]) == ("a/b", "c/d")
    assert deleted["resourceIdentity"] == created["resourceIdentity"] and "to" not in deleted
    assert found[-1]["_sourcecategory"] == "collection" and found[-1]["_sourcename"] == "CollectorDeleted"
    assert token not in json.dumps(events)


def test_keys_are_told_without_their_secret(administrator):
    made = administrator.post("/api/v1/accessKeys", json={"label": "told of"}).json()
    (event,) = audit(administrator, '_index=sumologic_audit_events AccessKeyCreated "told of"')
    assert made["key"] not in event["_raw"] and made["id"] in event["_raw"]


def test_sign_ins_are_told_good_and_bad(server, administrator):
    with server.client(headers={"X-Dohyo": "1"}) as nobody:
        body = {"email": "mallory@example.com", "password": "not the right one"}
        nobody.post("/api/dohyo/v1/session", json=body)
    server.services.throttle.right("address 127.0.0.1")
    query = "_index=sumologic_audit_events _sourceName=UserLoginFailure mallory"
    (event,) = audit(administrator, query)
    told_of = json.loads(event["_raw"])
    assert told_of["operator"]["email"] == "mallory@example.com" and told_of["operator"]["interface"] == "UI"
    assert "not the right one" not in event["_raw"]


@pytest.mark.parametrize(
    "query", ["_index=sumologic_audit_events", "* [subquery: _view=sumologic_audit_events | compose _raw]"]
)
def test_only_who_may_reads_it(analyst, query):
    now = int(time.time() * 1000)
    job = analyst.post("/api/v1/search/jobs", json={"query": query, "from": 0, "to": now}).json()
    for _ in range(200):
        state = analyst.get(f"/api/v1/search/jobs/{job['id']}").json()
        if state["state"].startswith("DONE"):
            break
        time.sleep(0.02)
    assert "sumologic_audit_events may not be read by you" in str(state["pendingErrors"])


def test_wildcards_do_not_reach_it(analyst, administrator):
    administrator.post("/api/v1/accessKeys", json={"label": "wildcard"})
    assert audit(administrator, "_index=sumologic_audit* wildcard")
    now = int(time.time() * 1000)
    body = {"query": "_index=sumologic_* wildcard", "from": now - 600_000, "to": now + 60_000}
    job = analyst.post("/api/v1/search/jobs", json=body).json()
    while not (state := analyst.get(f"/api/v1/search/jobs/{job['id']}").json())["state"].startswith("DONE"):
        time.sleep(0.02)
    assert (state["messageCount"], state["pendingErrors"]) == (0, [])
