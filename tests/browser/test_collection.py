"""The collection pages in a browser: sources, files, fields, extraction rules, partitions, volume."""

from __future__ import annotations

import json
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


def test_a_source_is_filled_in_from_json_with_rules_and_given_back_as_json(
    page: Page, dohyo: Everything, theme: str, collector: int
) -> None:
    rules = [{"filterType": "Exclude", "name": "debug", "regexp": ".*DEBUG.*"}]
    source = {"sourceType": "HTTP", "name": "Ruled", "category": f"ruled/{theme}", "filters": rules}
    source |= {"timeZone": "Europe/Berlin", "cutoffTimestamp": 5}
    page.goto(f"/collection?do=source&collector={collector}")
    page.get_by_role("button", name="Fill in from JSON").click()
    page.get_by_label("Source as JSON").fill("[")
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_text("This is no JSON")).to_be_visible()
    page.get_by_label("Source as JSON").fill(json.dumps({"api.version": "v1", "source": source}))
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_label("Source name")).to_have_value("Ruled")
    page.get_by_role("button", name="More settings").click()
    rule = page.get_by_role("group", name="1. rule")
    expect(rule.get_by_label("Expression")).to_have_value(".*DEBUG.*")
    page.get_by_role("button", name="Add rule").click()
    second = page.get_by_role("group", name="2. rule")
    second.get_by_label("What it does").select_option("Mask")
    page.get_by_role("button", name="Add source").last.click()
    expect(page.get_by_text("2. rule: Expression is needed")).to_be_visible()
    assert violations(page) == []
    second.get_by_label("Put in its place").fill("***")
    second.get_by_label("Expression").fill(r"key=(\w+)")
    page.get_by_role("button", name="Add source").last.click()
    drawer = page.get_by_role("dialog", name="Ruled")
    with page.expect_download() as download:
        drawer.get_by_role("link", name="Download as JSON").click()
    given = json.loads(download.value.path().read_text())["source"]
    assert given["filters"] == [
        *rules,
        {"filterType": "Mask", "name": "Rule 2", "regexp": r"key=(\w+)", "mask": "***"},
    ]
    assert (given["timeZone"], given["cutoffTimestamp"]) == ("Europe/Berlin", 5)


def test_a_test_of_the_connection_marks_the_setting_and_the_products_are_chosen(
    page: Page, dohyo: Everything
) -> None:
    page.goto("/collection")
    page.get_by_role("button", name="Graph Security").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Client secret value").fill("wrong")
    page.get_by_role("button", name="Test connection").click()
    test = page.get_by_role("region", name="Connection test")
    expect(test.get_by_text("AADSTS7000215")).to_be_visible()
    expect(test.get_by_text("Use the value of the client secret, not its ID.")).to_be_visible()
    expect(page.get_by_label("Client secret value")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Client secret value").fill("")
    page.get_by_role("button", name="More settings").click()
    page.get_by_label("Defender for Cloud Apps").check()
    page.get_by_label("Sign in with").select_option("workload_identity")
    page.get_by_label("File of the workload’s token").fill("/nowhere/token")
    page.get_by_role("button", name="Test again").click()
    expect(test.get_by_text("The file has to be on the server")).to_be_visible()
    expect(page.get_by_label("File of the workload’s token")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    page.get_by_label("Sign in with").select_option("secret")
    page.get_by_role("button", name="Save source").click()
    expect(page.get_by_role("heading", name="Last poll")).to_be_visible()
    sources = dohyo.dohyo.call("GET", "/api/dohyo/v1/collection", None).json()["collectors"][0]["sources"]
    [one] = [source for source in sources if source["name"] == "Graph Security"]
    path = f"/api/v1/collectors/{one['collectorId']}/sources/{one['id']}"
    answer = dohyo.dohyo.call("GET", path, None)
    stored = answer.json()["source"]
    assert stored["config"]["service_sources"] == ["microsoftDefenderForCloudApps"]
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("button", name="More settings").click()
    page.get_by_label("Defender for Cloud Apps").uncheck()
    page.get_by_role("button", name="Save source").click()
    expect(page.get_by_role("heading", name="Last poll")).to_be_visible()
    assert "service_sources" not in dohyo.dohyo.call("GET", path, None).json()["source"]["config"]


def test_what_a_source_offers_is_in_reach_on_a_small_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/collection")
    page.get_by_role("button", name="Graph Security").click()
    drawer = page.get_by_role("dialog", name="Graph Security")
    for name in ("Edit", "Poll now", "Pause", "Delete"):
        expect(drawer.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    drawer.get_by_role("link", name="Health events").click()
    expect(page.get_by_role("tab", name="Messages")).to_be_visible()
    assert "sumologic_system_events" in page.url


def test_volume_counts_by_the_time_of_receipt_as_the_list_of_sources_does(
    page: Page, dohyo: Everything
) -> None:
    def received() -> int:
        found = dohyo.dohyo.call("GET", "/api/dohyo/v1/collection", None).json()["collectors"]
        return next(s["day"] for one in found for s in one["sources"] if s["name"] == "Graph Security")

    before = received()
    page.goto("/collection/volume?from=-24h")
    settled(page)
    row = page.get_by_role("region", name="By source", exact=True).get_by_role("row", name="Graph Security")
    count = int(row.get_by_role("cell").nth(2).inner_text().replace(",", ""))
    assert before <= count <= received()


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
