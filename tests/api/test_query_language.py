"""What the query editor asks: words with their help, values, formatting."""

from __future__ import annotations

LANGUAGE = "/api/dohyo/v1/query"


def test_words_come_with_syntax_help_and_a_query_that_runs(viewer):
    found = viewer.get(f"{LANGUAGE}/language").json()
    words = {(one["kind"], one["name"]): one for one in found["words"]}
    parse = words["operator", "parse regex"]
    assert parse["syntax"].startswith("parse regex") and parse["help"].endswith(".")
    assert words["function", "toLowerCase"]["syntax"] == "toLowerCase(text)"
    assert words["operator", "sum"]["help"] != words["operator", "count"]["help"]
    assert "_sourcecategory" in found["fields"]
    for word in found["words"]:
        if word["kind"] == "operator" and word["example"]:
            checked = viewer.post(f"{LANGUAGE}/check", json={"query": word["example"]}).json()
            assert [p for p in checked["problems"] if p["severity"] == "error"] == [], word


def test_values_of_metadata_come_with_their_counts(viewer, alerts):
    found = viewer.get(f"{LANGUAGE}/values", params={"field": "_sourceCategory"}).json()["values"]
    assert {one["value"] for one in found} >= {"Labs/MicrosoftGraphSecurity"}
    assert viewer.get(f"{LANGUAGE}/values", params={"field": "_raw"}).status_code == 400


def test_a_query_is_laid_out_and_what_cannot_be_read_stays(viewer):
    laid = viewer.post(f"{LANGUAGE}/format", json={"query": "error|count  by   a"}).json()["query"]
    assert laid == "error\n| count by a"
    broken = viewer.post(f"{LANGUAGE}/format", json={"query": 'a "b'}).json()["query"]
    assert broken == 'a "b'
