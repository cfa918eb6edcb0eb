"""The vendor's Python SDK, unchanged, against the server: every method of what is built."""

from __future__ import annotations

import json

import pytest

from dohyo.access.keys import create_key

from .test_upload_clients import in_python  # noqa: F401


@pytest.fixture(scope="module")
def sdk_answers(server, alerts, in_python):  # noqa: F811
    """What `clients/sumologic_sdk.py` got from each call, by name."""
    key = create_key(server.services.metadata, "administrator")
    return json.loads(in_python("sumologic_sdk.py", f"{server.address}/api", key.id, key.secret))


def test_sdk_searches(sdk_answers, alerts):
    assert sdk_answers["search_job"]["state"] == "DONE GATHERING RESULTS"
    read = [alert for alert in alerts if '"severity"' in alert]
    assert sdk_answers["search_job"]["messageCount"] == len(read)
    counts = [int(row["map"]["_count"]) for row in sdk_answers["search_job_records"]["records"]]
    assert sum(counts) == len(read)
    assert len(sdk_answers["search_job_messages"]["messages"]) == len(alerts)


def test_sdk_changes_collectors_and_sources_by_etag(sdk_answers):
    assert sdk_answers["update_collector"]["description"] == "by the SDK"
    assert sdk_answers["update_source"]["category"] == "by/sdk"
    assert sdk_answers["delete_collector"] == "gone"
    assert sdk_answers["get_available_builds"] == []


def test_sdk_carries_content_around_unchanged(sdk_answers):
    exported = sdk_answers["get_export_content_result"]
    assert exported == sdk_answers["imported"]
    assert sdk_answers["check_copy_status"]["status"] == "Success"
    assert sdk_answers["get_content_path"].endswith("/SDK here/Errors")
    assert sdk_answers["move_content"].endswith("/SDK there/Errors")
    assert sdk_answers["get_content_item_by_path"] == "SDK here"
    assert sdk_answers["folder_not_exist"] is True
    assert sdk_answers["check_delete_status"]["status"] == "Success"
    assert "SDK here" in sdk_answers["get_global_folder"]


def test_sdk_fills_lookup_tables(sdk_answers):
    assert sdk_answers["check_lookup_status"]["status"] == "Success"
    assert sdk_answers["edit_lookup_table"] == {"description": "changed", "ttl": 50}
    assert sdk_answers["lookup"] == [["one", "1"], ["three", "3"]]


def test_sdk_copies_an_app_into_a_folder(sdk_answers):
    assert sdk_answers["check_app_install_status"]["status"] == "Success"
    assert sorted(sdk_answers["app_folder"]) == [
        "Azure Security - Microsoft Defender for Cloud Apps - Overview",
        "Azure Security - Microsoft Defender for Cloud Apps - Security",
    ]


def test_sdk_sees_what_is_not_built_as_such(sdk_answers):
    assert sdk_answers["refused"] == {
        "search_metrics": 501,
        "sync_folder": 501,
        "get_explorer_views": 501,
        "get_root_folder": 501,
        "dashboards": 404,
    }
