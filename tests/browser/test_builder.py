"""Building dashboards in a browser, by mouse and by keyboard: panels, places, variables, exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from dohyo_api import APP_NAME
from pages import Watched, violations
from playwright.sync_api import Page, expect

CATEGORY = "Labs/MicrosoftGraphSecurity"
BY_SEVERITY = f'_sourceCategory={CATEGORY} | json "severity" as severity | count by severity'
PANELS = [
    ("total", "All alerts", f"_sourceCategory={CATEGORY} | count", '{"general":{"type":"svp"}}'),
    ("severity", "By severity", BY_SEVERITY, '{"general":{"type":"pie"}}'),
]


def definition(title: str, folder: str) -> dict:
    queries = [[{"queryString": query, "queryType": "Logs", "queryKey": "A"}] for _, _, query, _ in PANELS]
    return {
        "title": title,
        "folderId": folder,
        "theme": "Light",
        "timeRange": {
            "type": "BeginBoundedTimeRange",
            "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-30d"},
            "to": None,
        },
        "panels": [
            {
                "panelType": "SumoSearchPanel",
                "key": key,
                "title": name,
                "visualSettings": settings,
                "queries": asked,
            }
            for (key, name, _, settings), asked in zip(PANELS, queries, strict=True)
        ],
        "layout": {
            "layoutType": "Grid",
            "layoutStructures": [
                {"key": key, "structure": json.dumps({"x": x, "y": 0, "width": 8, "height": 6})}
                for x, (key, *_) in zip((0, 8), PANELS, strict=True)
            ],
        },
        "variables": [],
    }


@pytest.fixture
def board(page: Page, theme: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The id of a dashboard of one's own with two panels, gone after the test."""
    headers = {"X-Dohyo": "1"}
    page.goto("/")
    personal = page.request.get("/api/v2/content/folders/personal").json()["id"]
    title = f"Built {request.node.name}"
    made = page.request.post("/api/v2/dashboards", data=definition(title, personal), headers=headers).json()
    yield made["id"]
    page.request.delete(f"/api/v2/dashboards/{made['id']}", headers=headers)


def stored(page: Page, board: str) -> dict:
    return page.request.get(f"/api/v2/dashboards/{board}").json()


def place(page: Page, name: str) -> list[int]:
    item = page.locator("[data-place]").filter(has=page.get_by_role("button", name=f"Move or resize {name}"))
    return [int(part) for part in (item.get_attribute("data-place") or "").split(",")]


def grip(page: Page, name: str):
    return page.get_by_role("button", name=f"Move or resize {name}")


def saved(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text=re.compile("^Saved"))).to_be_visible()


def test_a_dashboard_is_made_from_nothing(page: Page, theme: str) -> None:
    page.goto("/dashboards")
    page.get_by_role("button", name="New dashboard").click()
    page.get_by_role("button", name="Add panel").click()
    expect(page.get_by_role("heading", name=re.compile("^Edit"))).to_be_visible()
    page.get_by_label("Title", exact=True).fill("Severities")
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(BY_SEVERITY)
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.get_by_role("radiogroup", name="Chart type").get_by_role("radio", name="Pie").check()
    expect(page.locator("[data-count]").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Keep").click()
    saved(page)
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_label("Title", exact=True).fill(f"Mine {theme}")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    saved(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name=f"Mine {theme}")).to_be_visible()
    expect(page.locator("[data-count]").first).to_be_visible()
    assert violations(page) == []
    page.reload()
    expect(page.get_by_role("heading", name="Severities")).to_be_visible()
    page.get_by_role("button", name="More actions of this dashboard").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Dashboards")).to_be_visible()
    expect(page.get_by_role("link", name=f"Mine {theme}")).to_have_count(0)


def test_a_deleted_dashboard_is_brought_back(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}")
    page.get_by_role("button", name="More actions of this dashboard").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="By severity")).to_be_visible()
    expect(page.get_by_role("heading", name="All alerts")).to_be_visible()
    again = page.url.rsplit("/", 1)[1]
    assert again != board and stored(page, again)["title"].startswith("Built")
    page.request.delete(f"/api/v2/dashboards/{again}", headers={"X-Dohyo": "1"})


def test_panels_are_moved_and_resized_by_mouse(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}?edit=1")
    before = place(page, "All alerts")
    assert before == [0, 0, 8, 6]
    box = grip(page, "All alerts").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 150, steps=4)
    page.mouse.move(box["x"] + 1000, box["y"] + 5, steps=8)
    page.mouse.up()
    saved(page)
    assert place(page, "All alerts")[0] == 16
    item = page.locator("[data-place]").filter(has=grip(page, "By severity"))
    edge = item.bounding_box()
    page.mouse.move(edge["x"] + edge["width"] - 4, edge["y"] + edge["height"] - 4)
    page.mouse.down()
    page.mouse.move(edge["x"] + edge["width"] + 20, edge["y"] + edge["height"] + 110, steps=5)
    page.mouse.up()
    expect(item).to_have_attribute("data-place", re.compile(r",9$"))
    saved(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert place(page, "All alerts") == before
    page.keyboard.press("Control+Shift+z")
    assert place(page, "All alerts")[0] == 16


def test_panels_are_moved_resized_copied_and_removed_by_keyboard(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}")
    page.locator("[data-panel=severity] [data-count]").first.wait_for()
    page.keyboard.press("e")
    page.locator("[data-place] [data-panel=severity] [data-count]").first.wait_for()
    grip(page, "By severity").focus()
    page.keyboard.press("Space")
    expect(grip(page, "By severity")).to_have_attribute("aria-pressed", "true")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("Space")
    saved(page)
    assert place(page, "By severity") == [10, 0, 7, 7]
    assert violations(page) == []
    page.locator("[data-panel=severity]").focus()
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name=re.compile("By severity"))).to_have_count(2)
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("By severity"))).to_have_count(1)
    saved(page)
    page.get_by_role("button", name="Done").focus()
    page.keyboard.press("Enter")
    places = {
        one["key"]: json.loads(one["structure"]) for one in stored(page, board)["layout"]["layoutStructures"]
    }
    assert (places["severity"]["x"], places["severity"]["width"]) == (10, 7)


def test_a_variable_narrows_panels_and_is_kept(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}?edit=1")
    page.get_by_role("button", name="Variables").click()
    page.get_by_role("button", name="Add variable").click()
    page.get_by_label("Name").fill("severity")
    page.get_by_label("Values come from").select_option("Logs search")
    page.get_by_label("Query").fill(BY_SEVERITY)
    page.get_by_label("Field", exact=True).fill("severity")
    page.get_by_role("button", name="Show values").click()
    expect(page.get_by_text(re.compile(r"values: .*high"))).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Keep").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More actions: By severity").click()
    page.get_by_role("menuitem", name="Edit panel").click()
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(' | where severity matches "{{severity}}"')
    page.get_by_role("button", name="Keep").click()
    saved(page)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="severity All").click()
    page.get_by_role("dialog").get_by_role("button", name="high", exact=True).click()
    expect(page.locator("[data-panel=severity] [data-count]")).to_have_count(1)
    assert "var.severity=high" in page.url


def test_versions_are_brought_back(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}?edit=1")
    page.get_by_role("button", name="More actions: By severity").click()
    page.get_by_role("menuitem", name="Remove").click()
    saved(page)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="More actions of this dashboard").click()
    page.get_by_role("menuitem", name="Versions").click()
    assert violations(page) == []
    page.get_by_role("button", name="Bring back").first.click()
    expect(page.get_by_role("heading", name="By severity")).to_be_visible()


def test_a_wrong_query_is_told_at_its_place(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}?edit=1")
    page.get_by_role("button", name="More actions: By severity").click()
    page.get_by_role("menuitem", name="Edit panel").click()
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" | sort by severty")
    expect(page.get_by_text(re.compile("No field named .*severty")).first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Done")).to_be_visible()


def test_exports_have_the_board_its_numbers_and_its_picture(page: Page, board: str, tmp_path: Path) -> None:
    page.goto(f"/dashboards/{board}")
    page.locator("[data-panel=severity] [data-count]").first.wait_for()

    def downloaded(where: str, item: str) -> bytes:
        page.get_by_role("button", name=where).click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=item).click()
        download.value.save_as(tmp_path / "file")
        return (tmp_path / "file").read_bytes()

    whole = json.loads(downloaded("More actions of this dashboard", "Export as Sumo JSON"))
    assert whole["type"] == "DashboardV2SyncDefinition" and len(whole["panels"]) == 2
    rows = downloaded("More actions: By severity", "Export CSV").decode("utf-8-sig").splitlines()
    assert rows[0].replace('"', "") == "severity,_count" and len(rows) >= 4
    for where in ("More actions of this dashboard", "More actions: By severity"):
        picture = downloaded(where, "Export PNG")
        assert picture.startswith(b"\x89PNG") and len(picture) > 5_000


def test_the_printed_page_has_every_panel_and_nothing_else(watched: Watched, board: str) -> None:
    page = watched.page
    page.goto(f"/dashboards/{board}")
    page.locator("[data-panel=severity] [data-count]").first.wait_for()
    page.emulate_media(media="print")
    for name in ("All alerts", "By severity"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_hidden()
    assert len(page.pdf()) > 10_000


def test_a_linked_dashboard_gets_the_range(page: Page, board: str) -> None:
    page.goto(f"/dashboards/{board}?edit=1")
    page.get_by_role("button", name="More actions: By severity").click()
    page.get_by_role("menuitem", name="Edit panel").click()
    target = f"{APP_NAME} - Overview"
    page.get_by_label("Dashboard to link").select_option(target)
    page.get_by_role("button", name="Add", exact=True).last.click()
    assert violations(page) == []
    page.get_by_role("button", name="Keep").click()
    saved(page)
    page.get_by_role("button", name="Done").click()
    page.goto(f"/dashboards/{board}?from=-7d")
    page.locator("[data-panel=severity] [data-count]").first.click()
    page.get_by_role("link", name=re.compile("Overview")).first.click()
    expect(page.get_by_role("heading", name=re.compile("Overview"), level=1)).to_be_visible()
    asked = parse_qs(urlsplit(page.url).query)
    assert int(asked["to"][0]) - int(asked["from"][0]) == 7 * 86_400_000


def test_a_phone_reads_and_does_not_edit(watched: Watched, board: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/dashboards/{board}")
    expect(page.get_by_role("heading", name="By severity")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
