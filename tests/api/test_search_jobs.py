"""Search jobs over the published API, and what the search page asks besides."""

from __future__ import annotations

import time

import httpx
import pytest

from dohyo.functions.table import RunContext
from dohyo.search import searches

from .conftest import CATEGORY, DAY_MS, classic, own

JOBS = "/api/v1/search/jobs"
COUNT = f'_sourceCategory={CATEGORY} | json "severity" nodrop | count by severity'


def wanted(query: str, **more) -> dict:
    now = int(time.time() * 1000)
    return {"query": query, "from": now - DAY_MS, "to": now, **more}


def done(client: httpx.Client, query: str, **more) -> tuple[str, dict]:
    """A job that has ended, and everything its polls gave."""
    ident = client.post(JOBS, json=wanted(query, **more)).json()["id"]
    gathered: dict = {"histogramBuckets": [], "pendingErrors": [], "pendingWarnings": []}
    for _ in range(300):
        status = client.get(f"{JOBS}/{ident}").json()
        for name in gathered:
            gathered[name] += status[name]
        if not status["state"].startswith(("NOT", "GATHERING")):
            return ident, {**status, **gathered}
        time.sleep(0.02)
    raise AssertionError(status)


def test_job_is_accepted_with_its_address(server, viewer):
    answer = viewer.post(
        JOBS, json=wanted("error"), headers={"Content-Type": "application/json;charset=utf-8"}
    )
    ident = answer.json()["id"]
    href = f"{server.address}{JOBS}/{ident}"
    assert answer.status_code == 202 and answer.headers["Location"] == href
    assert answer.json() == {"id": ident, "link": {"rel": "self", "href": href}}
    assert len(ident) == 16 and int(ident, 16) >= 0 and ident == ident.upper()


def test_records_of_a_grouping_are_texts_with_their_types(viewer, alerts):
    ident, status = done(viewer, COUNT)
    assert status["state"] == "DONE GATHERING RESULTS" and status["messageCount"] == len(alerts)
    assert sum(bucket["count"] for bucket in status["histogramBuckets"]) == len(alerts)
    starts = [bucket["startTimestamp"] for bucket in status["histogramBuckets"]]
    assert starts == sorted(starts, reverse=True)
    body = viewer.get(f"{JOBS}/{ident}/records", params={"offset": 0, "limit": 100}).json()
    assert body["fields"] == [
        {"name": "severity", "fieldType": "string", "keyField": True},
        {"name": "_count", "fieldType": "long", "keyField": False},
    ]
    assert sum(int(row["map"]["_count"]) for row in body["records"]) == len(alerts)
    assert status["recordCount"] == len(body["records"]) > 1
    page = viewer.get(f"{JOBS}/{ident}/records", params={"offset": 1, "limit": 1}).json()
    assert page["records"] == body["records"][1:2]
    assert viewer.get(f"{JOBS}/{ident}/messages", params={"offset": 0, "limit": 5}).json()["messages"] == []


def test_status_gives_news_once(viewer, alerts):
    ident, status = done(viewer, COUNT)
    again = viewer.get(f"{JOBS}/{ident}").json()
    assert status["histogramBuckets"] and again["histogramBuckets"] == []
    assert again["recordCount"] == status["recordCount"]


def test_messages_are_newest_first_and_whole(viewer, alerts):
    ident, status = done(viewer, f"_sourceCategory={CATEGORY}")
    body = viewer.get(f"{JOBS}/{ident}/messages", params={"offset": 0, "limit": 50_000}).json()
    rows = [row["map"] for row in body["messages"]]
    assert status["messageCount"] == len(alerts) and status["recordCount"] == 0
    assert [row["_raw"] for row in rows] == alerts[::-1]
    assert {row["_sourcecategory"] for row in rows} == {CATEGORY}
    assert all(isinstance(value, str) for row in rows for value in row.values())
    types = {field["name"]: field["fieldType"] for field in body["fields"]}
    assert (types["_messagetime"], types["_messageid"], types["_raw"]) == ("long", "long", "string")


def test_messages_of_a_grouping_are_kept_on_demand(viewer, alerts):
    ident, _ = done(viewer, COUNT, requiresRawMessages="true")
    page = viewer.get(f"{JOBS}/{ident}/messages", params={"offset": 0, "limit": 3}).json()
    assert len(page["messages"]) == 3


def test_range_ends_before_its_end(viewer, alerts):
    now = int(time.time() * 1000)
    body = {"query": f"_sourceCategory={CATEGORY}", "from": now - 2 * DAY_MS, "to": now - DAY_MS}
    ident = viewer.post(JOBS, json=body).json()["id"]
    while not viewer.get(f"{JOBS}/{ident}").json()["state"].startswith("DONE"):
        time.sleep(0.02)
    assert viewer.get(f"{JOBS}/{ident}/messages?offset=0&limit=5").json()["messages"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"query": None}, "no.query"),
        ({"query": "  "}, "no.query"),
        ({"from": None}, "invalid.timestamp.from"),
        ({"from": "-1h"}, "invalid.timestamp.from"),
        ({"to": "now"}, "invalid.timestamp.to"),
        ({"to": 1}, "to.smaller.than.from"),
        ({"timeZone": ""}, "empty.timezone"),
        ({"timezone": "Mars/Olympus"}, "unknown.timezone"),
        ({"intervalTimeType": "whenever"}, "unknown.time.type"),
        ({"autoParsingMode": "psychic"}, "generic"),
        ({"query": '* | parse "open'}, "parse.error"),
        ({"query": "* | frobnicate"}, "parse.error"),
    ],
)
def test_wrong_requests_have_the_published_codes(viewer, change, code):
    body = {**wanted("error"), "from": 1000, **change}
    assert classic(viewer.post(JOBS, json=body)) == (400, f"searchjob.{code}")


def test_parse_error_tells_the_place(viewer):
    body = viewer.post(JOBS, json=wanted("* |\n frobnicate x")).json()
    assert "line 2, column 2" in body["message"]
    assert body["problem"]["span"] == {"start": 5, "end": 15}


def test_job_request_must_be_json(viewer):
    answer = viewer.post(
        JOBS, content="query=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert classic(answer) == (415, "contenttype.invalid")


def test_what_is_found_wrong_later_is_an_error_of_the_job(viewer, alerts):
    ident, status = done(viewer, COUNT.replace("by severity", "by severty"))
    assert status["state"] == "DONE GATHERING RESULTS"
    assert (status["messageCount"], status["recordCount"]) == (0, 0)
    assert "severty" in status["pendingErrors"][0]
    table = viewer.get(f"/api/dohyo/v1/search/jobs/{ident}/table").json()
    assert table["problem"]["span"] is not None and table["rows"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=1", 400, "searchjob.offset.missing"),
        ("offset=0", 400, "searchjob.limit.missing"),
        ("offset=-1&limit=1", 400, "searchjob.offset.negative"),
        ("offset=0&limit=-1", 400, "searchjob.limit.negative"),
        ("offset=0&limit=0", 400, "searchjob.limit.zero"),
        ("offset=x&limit=1", 400, "service.offset.invalid"),
    ],
)
def test_wrong_pages_have_the_published_codes(viewer, alerts, query, status, code):
    ident, _ = done(viewer, COUNT)
    assert classic(viewer.get(f"{JOBS}/{ident}/records?{query}")) == (status, code)


def test_search_without_grouping_has_no_records(viewer, alerts):
    ident, _ = done(viewer, f"_sourceCategory={CATEGORY}")
    answer = viewer.get(f"{JOBS}/{ident}/records?offset=0&limit=1")
    assert classic(answer) == (400, "searchjob.no.records.not.an.aggregation.query")


def test_deleted_job_is_unknown_and_jobs_belong_to_their_users(viewer, analyst, alerts):
    ident, _ = done(viewer, COUNT)
    assert classic(analyst.get(f"{JOBS}/{ident}")) == (404, "searchjob.jobid.invalid")
    deleted = viewer.delete(f"{JOBS}/{ident}")
    assert deleted.status_code == 200 and deleted.json() == {"id": ident}
    assert classic(viewer.get(f"{JOBS}/{ident}")) == (404, "searchjob.jobid.invalid")
    assert classic(viewer.delete(f"{JOBS}/{ident}")) == (404, "searchjob.jobid.invalid")


def test_fields_are_there_by_themselves_where_the_job_asks_for_it(viewer, alerts):
    _, manual = done(viewer, "* | count by severity")
    assert manual["recordCount"] == 1  # a custom field, which no message has
    _, status = done(viewer, "* | count by severity", autoParsingMode="intelligent")
    assert status["recordCount"] > 1


def test_a_range_may_be_one_of_receipt_times(viewer, alerts):
    now = int(time.time() * 1000)
    lately = {"from": now - 600_000, "to": now + 60_000}
    _, status = done(viewer, "_sourceCategory=Labs/* | count", **lately, byReceiptTime=True)
    assert status["messageCount"] >= len(alerts)


def test_second_version_is_the_same_jobs(viewer):
    made = viewer.post("/api/v2/search/jobs", json=wanted("error", maxRawRecords="5")).json()
    assert made["link"]["href"].endswith(f"/api/v2/search/jobs/{made['id']}")
    assert viewer.get(f"{JOBS}/{made['id']}").status_code == 200
    assert viewer.delete(f"/api/v2/search/jobs/{made['id']}").json()["jobId"] == made["id"]


def test_query_check_places_problems_and_names_fields(viewer):
    check = "/api/dohyo/v1/query/check"
    good = viewer.post(check, json={"query": COUNT}).json()
    assert good["problems"] == [] and good["aggregate"] is True
    assert [field["name"] for field in good["fields"]] == ["severity", "_count"]
    bad = viewer.post(check, json={"query": '* | json "severity" |\n count by severty'}).json()
    assert bad["aggregate"] is None and bad["fields"] == []
    problem = bad["problems"][0]
    assert (problem["severity"], problem["line"], problem["column"]) == ("error", 2, 11)
    assert own(viewer.post(check, json={})) == (400, "no-query")


def test_table_gives_values_and_the_histogram_oldest_first(viewer, alerts):
    ident, _ = done(viewer, COUNT)
    path = f"/api/dohyo/v1/search/jobs/{ident}/table"
    table = viewer.get(path).json()
    assert table["aggregate"] is True and table["total"] == len(table["rows"])
    assert sum(row[1] for row in table["rows"]) == len(alerts)
    starts = [bucket["start_ms"] for bucket in table["histogram"]]
    assert starts == sorted(starts)
    assert viewer.get(f"{path}?offset=1&limit=1").json()["rows"] == table["rows"][1:2]
    assert own(viewer.get(f"{path}?offset=x")) == (400, "service.offset.invalid")
    assert own(viewer.get("/api/dohyo/v1/search/jobs/77/table")) == (404, "search-job-unknown")


def test_messages_over_time_are_parted_by_a_field(viewer, alerts):
    query = f'_sourceCategory={CATEGORY} | json "severity" nodrop'
    ident, _ = done(viewer, query)
    table = viewer.get(f"/api/dohyo/v1/search/jobs/{ident}/table").json()
    path = f"/api/dohyo/v1/search/jobs/{ident}/histogram"
    parts = viewer.get(f"{path}?by=severity").json()["parts"]
    counts = {part["value"]: sum(part["counts"]) for part in parts}
    counted, _ = done(viewer, COUNT)
    rows = viewer.get(f"/api/dohyo/v1/search/jobs/{counted}/table").json()["rows"]
    expected = {severity or "none": count for severity, count in rows}
    assert counts == expected
    assert [sum(one) for one in zip(*(part["counts"] for part in parts), strict=True)] == [
        bucket["count"] for bucket in table["histogram"]
    ]
    assert viewer.get(f"{path}?by=nothing_such").json()["parts"][0]["value"] == "none"
    assert own(viewer.get(f"{path}?by=")) == (400, "histogram-field")


def test_the_newest_messages_of_a_long_search_are_there_first(server, viewer, alerts, monkeypatch):
    monkeypatch.setattr(searches, "MANY_MESSAGES", len(alerts))
    monkeypatch.setattr(searches, "FIRST_MESSAGES", 2)
    answers, now = server.services.searches, int(time.time() * 1000)
    query = f"_sourceCategory={CATEGORY} | fields _messagetime"
    day = RunContext(now, now - DAY_MS, now)
    times = [row[0] for row in answers.result(answers.compiled(query, day), day).rows]
    run = RunContext(now, times[-1], times[0] + 1)  # some seconds, so that a bucket is one
    made = answers.compiled(query, run)
    buckets = answers.histogram(made, run)
    first, whole = answers.first_messages(made, run, buckets), answers.result(made, run)
    assert 2 <= len(first.rows) < len(whole.rows)
    assert list(first.rows) == list(whole.rows)[: len(first.rows)]
    sorts = answers.compiled(f"_sourceCategory={CATEGORY} | sort by _messageid", run)
    assert answers.first_messages(sorts, run, buckets) is None


def test_the_newest_part_of_a_long_search_is_grouped_first(server, viewer, alerts, monkeypatch):
    monkeypatch.setattr(searches, "MANY_GROUPED", len(alerts))
    monkeypatch.setattr(searches, "FIRST_PART", len(alerts))
    answers, now = server.services.searches, int(time.time() * 1000)
    run = RunContext(now, now - DAY_MS, now)
    newest = answers.compiled(f"_sourceCategory={CATEGORY} | fields _messagetime", run)
    times = [row[0] for row in answers.result(newest, run).rows]
    run = RunContext(now, times[-1], times[0] + 1)
    made = answers.compiled(COUNT, run)
    buckets = answers.histogram(made, run)
    part, since_ms = answers.first_records(made, run, buckets)
    whole = dict(answers.result(made, run).rows)
    assert sum(count for _, count in part.rows) == sum(one >= since_ms for one in times) < sum(whole.values())
    assert all(count <= whole[severity] for severity, count in part.rows)
    compared = answers.compiled(f"{COUNT} | compare timeshift 1d", run)
    assert answers.first_records(compared, run, buckets) is None
    ident, _ = done(viewer, COUNT)
    assert viewer.get(f"/api/dohyo/v1/search/jobs/{ident}/table").json()["partial_since_ms"] is None


def test_a_value_of_json_asked_for_in_the_scope_is_told_how_to_ask(viewer, alerts):
    ident, _ = done(viewer, f"_sourceCategory={CATEGORY} severity=high")
    found = viewer.get(f"/api/dohyo/v1/search/jobs/{ident}/table").json()
    assert found["total"] == 0 and '| json "severity" | where severity = "high"' in found["warnings"][0]


def test_estimated_usage_counts_the_bytes_of_the_range_and_checks_the_query(analyst, alerts):
    asked = {
        "queryString": "_sourceCategory=nothing | count",
        "timeRange": {
            "type": "BeginBoundedTimeRange",
            "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1d"},
            "to": None,
        },
        "timezone": "UTC",
    }
    path = "/api/v1/logSearches/estimatedUsage"
    answer = analyst.post(path, json=asked).json()
    size = answer.pop("estimatedUsageDetails")["dataScannedInBytes"]
    assert answer == asked
    assert size >= sum(len(text.encode()) for text in alerts)
    tiers = analyst.post(f"{path}ByTier", json=asked).json()["estimatedUsageDetails"]
    assert tiers == [{"tier": "Continuous", "dataScannedInBytes": size}]
    views = analyst.post(f"{path}ByView", json=asked).json()["estimatedUsageDetails"]
    assert sum(view["usageDetails"][0]["dataScannedInBytes"] for view in views) == size
    wrong = analyst.post(path, json={**asked, "queryString": "* | cuont"})
    assert (wrong.status_code, wrong.json()["errors"][0]["meta"]) == (400, {"line": 1, "column": 5})


def test_a_search_reads_and_fills_the_lookup_tables_of_its_caller_only(analyst, viewer, alerts):
    home = analyst.get("/api/v2/content/folders/personal").json()["id"]
    table = {
        "name": "Seen", "description": "", "primaryKeys": ["severity"], "parentFolderId": home,
        "fields": [{"fieldName": n, "fieldType": "string"} for n in ("severity", "seen")],
    }  # fmt: skip
    made = analyst.post("/api/v1/lookupTables", json=table).json()["id"]
    path = analyst.get(f"/api/v2/content/{made}/path").json()["path"]
    query = (
        f'{COUNT} | where !isNull(severity) | "yes" as seen | fields severity, seen | save path://"{path}"'
    )
    _, saved = done(analyst, query)
    assert saved["pendingErrors"] == []
    _, read = done(analyst, f'cat path://"{path}" | where seen = "yes"')
    assert read["recordCount"] == saved["recordCount"] > 1
    _, foreign = done(viewer, f'cat path://"{path}"')
    assert foreign["recordCount"] == 0
    _, refused = done(viewer, query)
    assert refused["pendingErrors"] != []
