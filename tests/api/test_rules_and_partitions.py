"""Fields, extraction rules and partitions over the published API, and what they do to messages."""

from __future__ import annotations

import time

import httpx
import pytest

from .conftest import newer
from .test_uploads import source  # noqa: F401

FIELDS, RULES, PARTITIONS = "/api/v1/fields", "/api/v1/extractionRules", "/api/v1/partitions"
RULE = {
    "name": "Sign-ins",
    "scope": "_sourceCategory=rules/*",
    "parseExpression": '\n| parse "user=* from=*" as login, origin | fields login, origin',
    "enabled": True,
}


def rows(client: httpx.Client, query: str) -> list[dict[str, str]]:
    """Records of a query over everything."""
    now = int(time.time() * 1000)
    body = {"query": query, "from": now - 3_600_000, "to": now + 60_000, "timeZone": "UTC"}
    job = client.post("/api/v1/search/jobs", json=body).json()["id"]
    while "GATHERING RESULTS" not in client.get(f"/api/v1/search/jobs/{job}").json()["state"][5:]:
        time.sleep(0.02)
    found = client.get(f"/api/v1/search/jobs/{job}/records", params={"limit": 100, "offset": 0}).json()
    client.delete(f"/api/v1/search/jobs/{job}")
    return [row["map"] for row in found["records"]]


@pytest.fixture
def rule(administrator):
    made = administrator.post(RULES, json=RULE)
    assert made.status_code == 200, made.text
    yield made.json()
    administrator.delete(f"{RULES}/{made.json()['id']}")


def test_a_rule_gives_new_messages_fields_and_is_returned_as_sent(administrator, source, rule):  # noqa: F811
    assert {key: rule[key] for key in RULE} == RULE
    assert rule["fieldNames"] == ["login", "origin"]
    web = source(category="rules/in")
    web.send("user=ann from=berlin\nuser=bob\nno user")
    found = rows(administrator, "_sourceCategory=rules/in | count by login, origin")
    assert found == [
        {"login": "ann", "origin": "berlin", "_count": "1"},
        {"_count": "2"},
    ]
    assert rows(administrator, "login=ann | count") == [{"_count": "1"}]
    other = source(category="other")
    other.send("user=eve from=rome")
    assert rows(administrator, "login=eve | count") == []


def test_a_field_of_a_rule_is_not_deleted_and_a_disabled_one_is_left_out(administrator, source, rule):  # noqa: F811
    web = source(category="rules/fields")
    web.send("user=ann from=here")
    ids = {one["fieldName"]: one["fieldId"] for one in administrator.get(FIELDS).json()["data"]}
    assert newer(administrator.delete(f"{FIELDS}/{ids['login']}")) == (400, "field:in_use")
    quota = administrator.get(f"{FIELDS}/quota").json()
    assert quota["quota"] - quota["remaining"] == len(ids)
    assert newer(administrator.post(FIELDS, json={"fieldName": "_raw"})) == (400, "field:name")
    made = administrator.post(FIELDS, json={"fieldName": "Team", "dataType": "String"}).json()
    assert (made["fieldName"], made["state"]) == ("team", "Enabled")
    assert administrator.delete(f"{FIELDS}/{made['fieldId']}/disable").status_code == 204
    assert administrator.get(f"{FIELDS}/{made['fieldId']}").json()["state"] == "Disabled"
    assert administrator.put(f"{FIELDS}/{made['fieldId']}/enable").status_code == 204
    assert administrator.delete(f"{FIELDS}/{made['fieldId']}").status_code == 204
    assert newer(administrator.get(f"{FIELDS}/{made['fieldId']}")) == (404, "field:not_found")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "fer:wrong_field"),
        ({"parseExpression": 'parse "a=*"'}, None),
        ({"parseExpression": 'parse "a=*" as a | count by a'}, "fer:expression"),
        ({"parseExpression": "where 1 = 1"}, "fer:expression"),
        ({"scope": "_sourceCategory="}, None),
    ],
)
def test_a_wrong_rule_is_refused_with_the_reason(administrator, change, code):
    answer = administrator.post(RULES, json={**RULE, **change})
    assert answer.status_code == 400
    assert code is None or answer.json()["errors"][0]["code"] == code


def test_a_partition_takes_its_messages_and_unusual_ones_are_read_by_name_only(administrator, source):  # noqa: F811
    order = {"name": "lab_a", "routingExpression": "_sourceCategory=part/a", "retentionPeriod": 30}
    made = administrator.post(PARTITIONS, json=order).json()
    assert {key: made[key] for key in order} == order and made["isActive"] is True
    path = f"{PARTITIONS}/{made['id']}"
    web = source(category="part/a")
    web.send("one in a")
    source(category="part/b").send("one in b")
    by_view = "_sourceCategory=part/* | count by _view"
    assert {row["_view"]: row["_count"] for row in rows(administrator, by_view)} == {"lab_a": "1", "": "1"}
    assert rows(administrator, "_index=lab_a | count") == [{"_count": "1"}]
    assert rows(administrator, "_index=sumologic_default _sourceCategory=part/* | count") == [{"_count": "1"}]
    assert administrator.get(path).json()["totalBytes"] == len("one in a")
    change = {"retentionPeriod": 7, "routingExpression": "_sourceCategory=part/a",
              "isIncludedInDefaultSearch": False}  # fmt: skip
    assert administrator.put(path, json=change).json()["retentionPeriod"] == 7
    assert rows(administrator, "_sourceCategory=part/a | count") == []
    assert rows(administrator, "_view=lab_a | count") == [{"_count": "1"}]
    assert administrator.post(f"{path}/decommission").status_code == 200
    web.send("two in a")
    assert rows(administrator, "_view=lab_a | count") == [{"_count": "1"}]
    assert rows(administrator, "_sourceCategory=part/a | count") == [{"_count": "1"}]
    again = administrator.post(PARTITIONS, json=order)
    assert newer(again) == (400, "partition:name_taken")


def test_the_default_index_is_there_and_wrong_partitions_are_refused(administrator, analyst):
    first = administrator.get(PARTITIONS).json()["data"][0]
    assert (first["name"], first["indexType"]) == ("sumologic_default", "DefaultIndex")
    post = administrator.post
    assert newer(post(PARTITIONS, json={"name": "_x", "routingExpression": "a"})) == (400, "partition:name")
    assert newer(post(PARTITIONS, json={"name": "x"})) == (400, "partition:routing")
    counted = {"name": "x", "routingExpression": "a | count"}
    assert newer(post(PARTITIONS, json=counted)) == (400, "partition:routing")
    late = {"name": "x", "routingExpression": "a", "retentionPeriod": 0}
    assert newer(post(PARTITIONS, json=late)) == (400, "partition:retention")
    unknown = administrator.get(f"{PARTITIONS}/00000000000000AA")
    assert newer(unknown) == (404, "partition:not_found") and "Partition Not Found" in unknown.text
    assert analyst.post(PARTITIONS, json=late).status_code == 403
