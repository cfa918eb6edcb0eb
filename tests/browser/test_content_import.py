"""The import dialog: what works is told before anything is stored, and what is asked for is asked."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from pages import Watched, settled, violations

SCRIPT = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>"
RANGE = {
    "type": "BeginBoundedTimeRange",
    "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-30d"},
    "to": None,
}


def panel(key: str, query: str, **more) -> dict:
    asked = {"queryString": query, "queryType": "Logs", "queryKey": "A"}
    look = {"general": {"mode": "distribution", "type": "table"}}
    return {
        "key": key, "title": f"{key} {SCRIPT}", "panelType": "SumoSearchPanel", "queries": [asked],
        "visualSettings": json.dumps(look), **more,
    }  # fmt: skip


def app(name: str) -> dict:
    board = {
        "type": "DashboardV2SyncDefinition",
        "name": f"Board {SCRIPT}",
        "title": f"Board {SCRIPT}",
        "timeRange": RANGE,
        "glow": [1.0, 2**70],
        "panels": [
            panel("good", "$$logsrc | count by severity"),
            panel("bad", "$$logsrc | cuont"),
            panel("metrics", "", queries=[{"queryString": "m", "queryType": "Metrics", "queryKey": "A"}]),
            {
                "key": "t",
                "panelType": "TextPanel",
                "title": "T",
                "text": f"# Read\n{SCRIPT}\n[x](javascript:hit=1)",
            },
        ],
    }
    return {"type": "FolderSyncDefinition", "name": name, "description": "", "children": [board]}


@pytest.mark.parametrize("width", [1440, 390])
def test_an_app_is_told_of_asked_for_and_imported(watched: Watched, tmp_path, theme: str, width: int):
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    name = f"Imported {theme} {width}"
    file = tmp_path / "app.json"
    file.write_text(json.dumps(app(name)))
    page.goto("/library")
    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File with the definition").set_input_files(
        {"name": "broken.json", "mimeType": "application/json", "buffer": b"{"}
    )
    dialog.get_by_text("broken.json is no JSON").wait_for()
    dialog.get_by_label("File with the definition").set_input_files(file)
    dialog.get_by_text("Nothing is stored yet.").wait_for()
    assert "2 not supported" in dialog.inner_text()
    assert "cuont is no operator" in dialog.inner_text() and "reads metrics" in dialog.inner_text()
    assert "keys that are kept and do nothing here: glow" in dialog.inner_text()
    assert violations(page) == []
    store = dialog.get_by_role("button", name="Import", exact=True)
    assert store.is_disabled()
    dialog.get_by_label("Scope for logsrc").fill('_sourceCategory=x | delete "')
    store.click()
    dialog.get_by_text("without | and comments").wait_for()
    dialog.get_by_label("Scope for logsrc").fill("_sourceCategory=Labs/MicrosoftGraphSecurity")
    store.click()
    page.get_by_text(f"{name} is imported").first.wait_for()
    # The same again is refused, with the way out.
    page.get_by_role("button", name="Import", exact=True).click()
    dialog.get_by_label("File with the definition").set_input_files(file)
    dialog.get_by_label("Scope for logsrc").fill("_sourceCategory=Labs/MicrosoftGraphSecurity")
    store.click()
    dialog.get_by_text("Replace it, or rename it first").wait_for()
    found = page.request.get("/api/dohyo/v1/dashboards").json()["dashboards"]
    (board,) = [one for one in found if one["path"].endswith(name)]
    page.goto(f"/dashboards/{board['id']}")
    settled(page)
    assert page.evaluate("window.hit") is None
    assert page.get_by_text(SCRIPT).first.is_visible()
    if width == 1440:
        # What is exported is written as it was.
        page.get_by_role("button", name="More actions of this dashboard").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Export as Sumo JSON").click()
        download.value.save_as(tmp_path / "out.json")
        said = json.dumps(app(name)["children"][0]).replace(
            "$$logsrc", "_sourceCategory=Labs/MicrosoftGraphSecurity"
        )
        assert json.dumps(json.loads((tmp_path / "out.json").read_text())) == said
    watched.complaints = [one for one in watched.complaints if "400" not in one]  # the refused calls above


def test_a_partners_package_is_imported_from_its_archive(watched: Watched, tmp_path, theme: str):
    page = watched.page
    file = tmp_path / "partner.zip"
    package = Path(__file__).parents[1] / "apps" / "partner"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(package.rglob("*")):
            archive.write(path, path.relative_to(package))
    page.goto("/library")
    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File with the definition").set_input_files(file)
    dialog.get_by_text("sumologic_connection hook").wait_for()
    dialog.get_by_label("Scope for Logsdatasource").fill("_sourceCategory=Web/x")
    dialog.get_by_label("Replace items of the same name").check()
    dialog.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Partner Web is imported").first.wait_for()


LOOKS = [
    {"general": 5},
    {"general": {"type": 7, "mode": []}},
    {"general": {"type": "column"}, "overrides": [None, 5, {"series": "x", "properties": 3}], "series": []},
    {"general": {"type": "pie"}, "axes": [], "legend": 7, "series": {"a": None}, "overrides": {"a": 1}},
    {"general": {"type": "svp"}, "svp": {"thresholds": {"a": 1}, "sparkline": 1, "gauge": {"min": "a"}}},
    {"general": {"type": "honeycomb"}, "honeyComb": {"thresholds": 5}},
    {"general": {"type": "table", "paginationPageSize": "x"}, "thresholdsSettings": {"conditionalRules": 1}},
    [],
]


def test_odd_settings_break_no_panel(watched: Watched, theme: str):
    page = watched.page
    query = "_sourceCategory=Labs/* | count by _sourceCategory"
    panels = [panel(f"k{n}", query, visualSettings=json.dumps(look)) for n, look in enumerate(LOOKS)]
    board = {**app("")["children"][0], "name": f"Odd {theme}", "title": f"Odd {theme}", "panels": panels}
    board["panels"][0]["coloringRules"] = [{"scope": "["}, {"scope": ".*", "colorThresholds": 5}]
    home = page.request.get("/api/v2/content/folders/personal").json()["id"]
    headers = {"X-Dohyo": "1"}
    path = f"/api/v2/content/folders/{home}/import"
    assert page.request.post(path, data=board, headers=headers).ok
    page.goto("/library")
    found = page.request.get("/api/dohyo/v1/dashboards").json()["dashboards"]
    (ident,) = [one["id"] for one in found if one["title"] == f"Odd {theme}"]
    page.goto(f"/dashboards/{ident}")
    settled(page)
    for number in range(len(LOOKS)):
        assert page.locator(f"[data-panel=k{number}]").get_by_text("cannot be drawn").count() == 0
    assert page.locator("[data-panel]").count() == len(LOOKS)
