"""The collection pages in a browser: sources, files, fields, extraction rules, partitions, volume."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import settled, violations
from playwright.sync_api import Page, expect
from run import Everything

PAGES = ["", "/fields", "/rules", "/partitions", "/volume?from=-30d"]


@pytest.fixture
def collector(dohyo: Everything) -> Iterator[int]:
    """A collector of the test's own."""
    body = {"collector": {"collectorType": "Hosted", "name": "Test files"}}
    made = dohyo.dohyo.call("POST", "/api/v1/collectors", body).json()["collector"]["id"]
    yield made
    dohyo.dohyo.call("DELETE", f"/api/v1/collectors/{made}", None)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_collection_is_accessible(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"/collection{path}")
    if path.startswith("/volume"):
        settled(page)
    else:
        page.locator("main table, main .state").first.wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_pages_are_reached_by_the_second_bar(page: Page) -> None:
    page.goto("/collection")
    bar = page.get_by_role("navigation", name="Collection")
    for name in ("Fields", "Extraction rules", "Partitions", "Volume", "Collectors and sources"):
        bar.get_by_role("link", name=name).click()
        expect(bar.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")


def test_the_polls_of_a_source_are_listed_with_their_accounts(page: Page) -> None:
    page.goto("/collection")
    page.get_by_role("button", name="Graph Security").click()
    expect(page.get_by_role("heading", name="Last poll")).to_be_visible()
    page.get_by_role("button", name="All polls").click()
    drawer = page.get_by_role("dialog", name="Polls of Graph Security")
    drawer.get_by_role("row").nth(1).wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Last poll")).to_be_visible()


def test_an_http_source_is_made_and_takes_a_file_from_the_page(
    page: Page, theme: str, collector: int, tmp_path: Path
) -> None:
    page.goto(f"/collection?do=source&collector={collector}")
    page.get_by_label("Type").select_option("HTTP")
    page.get_by_label("Source name").fill("Files")
    page.get_by_label("Source category").fill(f"files/{theme}")
    page.get_by_role("button", name="Add source").last.click()
    drawer = page.get_by_role("dialog", name="Files")
    expect(drawer.get_by_text("/receiver/v1/http/").first).to_be_visible()
    drawer.get_by_role("tab", name="curl").focus()
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_role("tab", name="Python")).to_be_focused()
    expect(drawer.get_by_text("pip install sumo-logger")).to_be_visible()
    for name, content, told in (
        ("empty.log", b"", "empty.log is empty"),
        ("program.log", b"\x7fELF\x00\x01", "program.log is no text"),
    ):
        (tmp_path / name).write_bytes(content)
        drawer.get_by_label("File to send").set_input_files(tmp_path / name)
        expect(drawer.get_by_role("alert")).to_contain_text(told)
        expect(drawer.get_by_role("alert")).to_contain_text("Nothing of it is stored.")
    file = tmp_path / "lines.log"
    file.write_text("".join(f"line {number} of the file\n" for number in range(1000)))
    drawer.get_by_label("File to send").set_input_files(file)
    expect(drawer.get_by_text("lines.log is stored")).to_be_visible()
    assert violations(page) == []
    drawer.get_by_label("File to send").set_input_files(file)
    expect(drawer.get_by_text("lines.log is stored")).to_be_visible()
    page.goto(f"/search?q=_sourceCategory%3Dfiles%2F{theme}+%7C+count&from=-15m")
    expect(page.get_by_role("cell", name="1,000")).to_be_visible()


def test_an_extraction_rule_is_tried_made_rested_and_deleted_by_keyboard(page: Page) -> None:
    page.goto("/collection/rules")
    page.get_by_role("button", name="Add rule").first.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Add extraction rule")
    drawer.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Severity of alerts")
    page.keyboard.press("Tab")
    page.keyboard.type("_sourceCategory=Labs/*")
    page.keyboard.press("Tab")
    page.keyboard.type('json "severity", "status"')
    drawer.get_by_role("button", name="Try on stored messages").press("Enter")
    expect(drawer.get_by_role("columnheader", name="status")).to_be_visible()
    assert violations(page) == []
    drawer.get_by_role("button", name="Add rule", exact=True).press("Enter")
    row = page.get_by_role("row", name=re.compile("Severity of alerts"))
    expect(row.get_by_text("Enabled")).to_be_visible()
    row.get_by_role("button", name="Actions").press("Enter")
    page.get_by_role("menuitem", name="Disable").press("Enter")
    expect(row.get_by_text("Disabled")).to_be_visible()
    row.get_by_role("button", name="Actions").press("Enter")
    page.get_by_role("menuitem", name="Delete").press("Enter")
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(page.get_by_text("No extraction rule yet")).to_be_visible()


def test_a_partition_is_checked_made_and_decommissioned(page: Page, theme: str) -> None:
    name = f"lab_{theme}"
    page.goto("/collection/partitions?do=add")
    drawer = page.get_by_role("dialog", name="Add partition")
    drawer.get_by_role("textbox", name="Name").fill("_wrong")
    drawer.get_by_role("button", name="Add partition", exact=True).click()
    expect(drawer.get_by_text("a letter first")).to_be_visible()
    assert violations(page) == []
    drawer.get_by_role("textbox", name="Name").fill(name)
    drawer.get_by_label("Routing expression").fill("_sourceCategory=nothing/*")
    drawer.get_by_label("Retention in days").fill("90")
    drawer.get_by_role("button", name="Add partition", exact=True).click()
    row = page.get_by_role("row", name=re.compile(name))
    expect(row.get_by_text("90 days")).to_be_visible()
    row.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Decommission").click()
    page.get_by_role("button", name="Decommission", exact=True).click()
    expect(row.get_by_text("Decommissioned")).to_be_visible()


def test_a_field_is_added_disabled_and_removed(page: Page) -> None:
    page.goto("/collection/fields")
    page.get_by_role("button", name="Add field").first.click()
    page.get_by_role("textbox", name="Name").fill("team")
    page.get_by_role("button", name="Add field").last.click()
    row = page.get_by_role("row", name=re.compile("^team"))
    row.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Disable").click()
    expect(row.get_by_text("Disabled")).to_be_visible()
    row.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(row).to_have_count(0)
