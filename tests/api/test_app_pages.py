"""What the app pages ask: cards, details, plans, orders of the wizard, jobs, previews."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dohyo.apps.archive import zip_of_files
from dohyo.apps.authoring import adopt
from dohyo.apps.package import package_at

from .conftest import CATEGORY, ended, own

APPS = "/api/dohyo/v1/apps"
PARTNER = Path(__file__).parent.parent / "apps/partner"
CLOUD_APPS = "6f4d1e0a-3c5b-4f6e-9a27-5b1d8c0e7f31"
SETTINGS = {
    "name": "Graph",
    "tenant_id": "t",
    "application_id": "a",
    "secret_key": "not shown",
    "category": "new/graph",
}


@pytest.fixture
def page(viewer, installed) -> dict:
    return viewer.get(f"{APPS}/{CLOUD_APPS}").json()


def test_the_catalog_tells_what_is_installed(viewer, installed):
    cards = {card["uuid"]: card for card in viewer.get(APPS).json()["apps"]}
    card = cards[CLOUD_APPS]
    assert card["installed"]["path"] == installed["path"]
    assert card["installed"]["instanceId"] == installed["id"]
    assert card["includes"] == {"dashboard": 2, "search": 2, "lookup": 1, "hotFields": 1}
    assert card["needs"] == ["Microsoft Graph Security API"] and card["jobId"] is None
    assert card["icon"].startswith("data:image/svg+xml;base64,")
    assert (card["upgrade"] is None) == (card["latestVersion"] == card["installed"]["version"])


def test_the_page_of_an_app_leads_to_its_installed_items(viewer, page):
    of_kind = {kind: [r for r in page["resources"] if r["kind"] == kind] for kind in ("dashboard", "search")}
    titles = [viewer.get(f"/api/v2/dashboards/{r['id']}").json()["title"] for r in of_kind["dashboard"]]
    assert titles == [r["name"] for r in of_kind["dashboard"]]
    assert {r["detail"].partition(",")[2] for r in of_kind["dashboard"]} == {" last 24 hours", " last 7 days"}
    assert all(query["query"].startswith(f"_sourceCategory={CATEGORY}") for query in page["sampleQueries"])
    assert page["parameters"] == [
        {
            "label": "Logs data source",
            "keyVar": "scope_key",
            "valueVar": "default_scope_value",
            "field": "_sourceCategory",
            "value": CATEGORY,
            "usedBy": [],
        }
    ]
    assert page["versions"][-1]["version"] == "1.0.0" and "Overview" in page["versions"][-1]["changes"]
    assert page["sampleLog"].startswith("{")


def test_a_plan_says_what_goes_and_what_stays(viewer, page):
    plan = viewer.post(f"{APPS}/{CLOUD_APPS}/plan", json={"action": "uninstall"}).json()
    assert {change["change"] for change in plan["changes"]} == {"removed"}
    assert {change["kind"] for change in plan["changes"]} == {"dashboard", "search", "lookup", "hotFields"}
    assert plan["from"] == page["version"] and plan["to"] is None
    assert plan["keeps"] == ["Collectors and sources", "Collected messages", "Copies made by users"]
    same = {"action": "upgrade", "version": page["version"]}
    changes = viewer.post(f"{APPS}/{CLOUD_APPS}/plan", json=same).json()["changes"]
    assert {change["change"] for change in changes} == {"kept"}
    assert own(viewer.post(f"{APPS}/{CLOUD_APPS}/plan", json={"action": "x"})) == (400, "apps:action")


def test_a_preview_is_the_dashboard_with_the_answers_of_its_own_sample(viewer, page):
    found = viewer.get(f"{APPS}/{CLOUD_APPS}/previews/overview?version=1.0.0").json()
    keys = {panel["key"] for panel in found["dashboard"]["panels"]}
    lines = {line["panel"]: line for line in found["lines"]}
    assert lines.keys() <= keys and lines["total-alerts"]["rows"] == [[5]]
    over_time = lines["alerts-over-time"]["fields"]
    assert [field["type"] for field in over_time] == ["time", "long", "long", "long", "long"]
    assert own(viewer.get(f"{APPS}/{CLOUD_APPS}/previews/none")) == (404, "apps:no_preview")


def test_only_who_manages_apps_starts_jobs(analyst, page):
    assert own(analyst.post(f"{APPS}/{CLOUD_APPS}/uninstall", json={}))[0] == 403


def test_settings_of_a_source_are_refused_before_a_job_begins(administrator, installed):
    wrong = {**SETTINGS, "polling_interval": 0}
    source = {"schemaType": "Microsoft Graph Security API", "config": wrong}
    order = {"collection": {"way": "new-collector", "collector": {"name": "n"}, "source": source}}
    status, code = own(administrator.post(f"{APPS}/{CLOUD_APPS}/install", json=order))
    assert (status, code) == (400, "collectors.validation.fields.invalid")


def test_the_wizard_makes_collector_and_source_and_uninstalling_keeps_them(administrator, installed):
    removed = administrator.post(f"{APPS}/{CLOUD_APPS}/uninstall", json={}).json()["jobId"]
    job = ended(lambda: administrator.get(f"{APPS}/jobs/{removed}").json())
    assert job["status"] == "Success" and {step["state"] for step in job["steps"]} == {"done"}
    name = f"Wizard {time.monotonic_ns()}"
    source = {"schemaType": "Microsoft Graph Security API", "config": {**SETTINGS, "cloud": "china"}}
    collection = {"way": "new-collector", "collector": {"name": name}, "source": source}
    started = administrator.post(
        f"{APPS}/{CLOUD_APPS}/install", json={"version": "1.0.0", "collection": collection}
    )
    job = ended(lambda: administrator.get(f"{APPS}/jobs/{started.json()['jobId']}").json())
    assert job["status"] == "Success" and len(job["dashboards"]) == 2
    assert [step["name"] for step in job["steps"]] == [
        "Dashboards",
        "Saved searches",
        "Lookup tables",
        "Hot fields",
    ]
    collectors = administrator.get("/api/dohyo/v1/collection").json()["collectors"]
    made = next(one for one in collectors if one["name"] == name)
    assert [s["category"] for s in made["sources"]] == ["new/graph"]
    page = administrator.get(f"{APPS}/{CLOUD_APPS}").json()
    assert page["parameters"][0]["value"] == "new/graph"
    administrator.delete(f"/api/v1/collectors/{made['id']}")
    back = {"parameters": {"scope_key": "_sourceCategory", "default_scope_value": CATEGORY}}
    again = administrator.post(f"{APPS}/{CLOUD_APPS}/upgrade", json={"version": "1.0.0", **back}).json()[
        "jobId"
    ]
    assert ended(lambda: administrator.get(f"{APPS}/jobs/{again}").json())["status"] == "Success"


@pytest.fixture
def archive(tmp_path) -> bytes:
    """A published app with sample events, as an archive of version 2.3.0."""
    return zip_of_files(package_at(adopt(PARTNER, None, "2.3.0", tmp_path / "made")).files)


ZIP = {"Content-Type": "application/zip"}


def test_an_archive_is_added_installed_like_any_app_and_taken_out_again(administrator, viewer, archive):
    assert viewer.post(APPS, content=archive, headers=ZIP).status_code == 403
    added = administrator.post(APPS, content=archive, headers=ZIP).json()
    assert (added["name"], added["version"]) == ("Partner Web", "2.3.0")
    uuid = added["uuid"]
    assert administrator.post(APPS, content=archive, headers=ZIP).json() == added, "again changes nothing"
    details = viewer.get(f"{APPS}/{uuid}").json()
    assert [(one["version"], one["added"]) for one in details["versions"]] == [("2.3.0", True)]
    preview = viewer.get(f"{APPS}/{uuid}/previews/partner-web-overview").json()
    assert preview["lines"][0]["rows"] == [[3]]
    order = {"parameters": {"scope_key": "_sourceCategory", "default_scope_value": "Web/x"}}
    job = administrator.post(f"/api/v2/apps/{uuid}/install", json=order).json()["jobId"]
    assert (
        ended(lambda: administrator.get(f"/api/v2/apps/install/{job}/status").json())["status"] == "Success"
    )
    version = f"{APPS}/{uuid}/versions/2.3.0"
    assert own(administrator.delete(version)) == (409, "apps:in_use")
    job = administrator.post(f"/api/v2/apps/{uuid}/uninstall").json()["jobId"]
    assert (
        ended(lambda: administrator.get(f"/api/v2/apps/uninstall/{job}/status").json())["status"] == "Success"
    )
    assert administrator.delete(version).status_code == 204
    assert own(viewer.get(f"{APPS}/{uuid}")) == (404, "apps:app_not_found")


def test_a_bad_archive_is_refused_whole_and_own_versions_stay(administrator, archive):
    before = administrator.get(APPS).json()
    changed = archive[: len(archive) // 2]
    assert own(administrator.post(APPS, content=changed, headers=ZIP)) == (400, "package-archive")
    assert own(administrator.post(APPS, content=b"", headers=ZIP)) == (400, "package-archive")
    assert own(administrator.post(APPS, json={})) == (415, "contenttype.invalid")
    assert administrator.get(APPS).json() == before
    assert own(administrator.delete(f"{APPS}/{CLOUD_APPS}/versions/1.0.0"))[1] in (
        "apps:in_use",
        "apps:bundled",
    )
    assert own(administrator.delete(f"{APPS}/{CLOUD_APPS}/versions/9.9.9")) == (404, "apps:version_not_found")
