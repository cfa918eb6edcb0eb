"""No request makes a failure of ours: every route with odd paths, parameters and bodies, and bodies that are
right but for a part. DOHYO_FUZZ=long sends many more.
"""

from __future__ import annotations

import os
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import ended
from .test_content import CONTENT, DASHBOARD, RANGE, SEARCH, TABLE, personal


@pytest.fixture(autouse=True)
def counted_alone():
    """The next test's requests are not those that are over the limit of a second."""
    yield
    time.sleep(1.1)


LONG = os.environ.get("DOHYO_FUZZ") == "long"
SETTINGS = settings(
    max_examples=5_000 if LONG else 250, deadline=None, database=None, derandomize=not LONG,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
# Ids of nothing that is there, so that no other test misses something.
PLACES = st.sampled_from(["x", "\x00", "é", "9" * 30, "0" * 16, "F" * 16, "..", "-1", "1e3"])
PARAMETERS = ["limit", "offset", "token", "name", "sortBy", "filter", "overwrite", "path", "merge", "version"]
PARAMETER = st.sampled_from(["", "-1", "x", "9" * 25, "true", "NaN", "é", "\x00"])
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1e308, 2**63, "", "x", "\x00", "é" * 300, "../..", "-15m", "a|b", "{{x}}", '"',
     3.5, "1" * 5000, [], [None], {}, {"a": None}, {"type": "x"}]
)  # fmt: skip
BODIES = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=5)
)
GRAPH = {"schemaRef": {"type": "Microsoft Graph Security API"}, "sourceType": "Universal"}
GRAPH_CONFIG = {"name": "g", "tenant_id": "t", "client_id": "c", "client_secret": "s", "polling_interval": 5}
HTTP_SOURCE = {
    "sourceType": "HTTP",
    "name": "h",
    "filters": [{"name": "f", "filterType": "Mask", "regexp": "(a)", "mask": "x"}],
    "defaultDateFormats": [{"format": "yyyy", "locator": "(x)"}],
    "fields": {"a": "b"},
}
JOB = {"query": "* | count", "from": "2020-01-01T00:00:00", "to": "2027-01-01T00:00:00", "timeZone": "UTC"}
RIGHT = [
    ("/api/v1/search/jobs", JOB),
    ("/api/v2/dashboards", DASHBOARD),
    ("/api/v1/logSearches", SEARCH),
    ("/api/v1/lookupTables", {**TABLE, "ttl": 1, "sizeLimitAction": "DeleteOldData"}),
    ("/api/v1/collectors", {"collector": {"collectorType": "Hosted", "name": "c", "fields": {"a": "b"}}}),
    ("/api/v1/collectors/0/sources", {"source": HTTP_SOURCE}),
    ("/api/v1/collectors/0/sources", {"source": {**GRAPH, "config": GRAPH_CONFIG}}),
    ("/api/dohyo/v1/query/check", {"query": "* | count"}),
    ("/api/v1/logSearches/estimatedUsage", {"queryString": "* | count", "timeRange": RANGE}),
    ("/api/v1/users", {"firstName": "a", "lastName": "b", "email": "a@b.example", "roleIds": []}),
    ("/api/v1/accessKeys", {"label": "x", "corsHeaders": [], "scopes": []}),
    (f"{CONTENT}/folders", {"name": "f", "description": "", "parentId": "0"}),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_left(server):
    """Collectors that the requests made are gone after them."""
    registry = server.services.registry
    before = {one.id for one in registry.list_collectors()}
    yield
    for one in registry.list_collectors():
        if one.id not in before:
            registry.delete_collector(one.id)


@pytest.fixture(scope="module")
def routes(administrator):
    paths = administrator.get("/api/openapi.json").json()["paths"]
    found = [(method, path) for path, methods in paths.items() for method in methods]
    return [one for one in found if not one[1].endswith("/session")]


def test_no_request_makes_a_failure(administrator, routes):
    @SETTINGS
    @given(st.data())
    def each(data):
        method, path = data.draw(st.sampled_from(routes))
        place = re.sub(r"\{[^}]*\}", lambda _: quote(data.draw(PLACES), safe=""), path)
        parameters = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), PARAMETER, max_size=3))
        body = {} if method in ("get", "delete") else {"json": data.draw(BODIES)}
        _not_our_failure(administrator.request(method.upper(), place, params=parameters, **body))

    each()


def test_no_body_that_is_nearly_right_makes_a_failure(administrator):
    @SETTINGS
    @given(st.data())
    def each(data):
        path, right = data.draw(st.sampled_from(RIGHT))
        answer = administrator.post(path, json=_spoilt(right, data))
        _not_our_failure(answer)
        if path.endswith("/search/jobs") and answer.status_code == 202:
            administrator.delete(f"{path}/{answer.json()['id']}")

    each()


def test_no_definition_that_is_nearly_right_fails_to_be_imported_or_refused(administrator):
    folder = f"{CONTENT}/folders/{personal(administrator)}/import"
    dashboard = {**DASHBOARD, "type": "DashboardV2SyncDefinition", "name": "x", "description": ""}
    search = {"type": "SavedSearchWithScheduleSyncDefinition", "name": "s", "search": {"queryText": "error"}}

    @SETTINGS
    @given(st.data())
    def each(data):
        right = data.draw(st.sampled_from([dashboard, search, _folder_of(dashboard, search)]))
        started = administrator.post(folder, params={"overwrite": "true"}, json=_spoilt(right, data))
        _not_our_failure(started)
        if started.status_code == 200:
            job = f"{folder}/{started.json()['id']}/status"
            status = ended(lambda: administrator.get(job).json())
            assert "inside Dohyo" not in str(status)

    each()


def _folder_of(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FolderSyncDefinition", "name": "f", "description": "", "children": list(children)}


def _spoilt(value: Any, data: st.DataObject) -> Any:
    """The value with one part of it, at any depth, gone or odd."""
    if isinstance(value, dict) and value:
        key = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 9)) == 0:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: _spoilt(value[key], data)}
    if isinstance(value, list) and value:
        return [_spoilt(value[0], data), *value[1:]]
    return data.draw(ODD)


def _not_our_failure(answer: Any) -> None:
    if not answer.url.path.startswith("/api/"):
        return  # `..` has led out of the API, to the pages
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
