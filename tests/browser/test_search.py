"""The search page in a browser, by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from pages import violations
from playwright.sync_api import Page, expect

CATEGORY = "Labs/MicrosoftGraphSecurity"
FIELDS = f'_sourceCategory={CATEGORY}\n| json "severity", "title" as severity, title nodrop'
SLICES = (
    f"{FIELDS}\n| timeslice 1d\n| count by _timeslice, severity\n| transpose row _timeslice column severity"
)


def search(page: Page, query: str, **more: str) -> None:
    rest = "".join(f"&{name}={quote(value)}" for name, value in more.items())
    page.goto(f"/search?q={quote(query)}&from=-30d{rest}")
    expect(page.locator("[data-total]")).to_be_visible()


def asked(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def total(page: Page) -> int:
    return int(page.locator("[data-total]").get_attribute("data-total") or -1)


def test_only_the_messages_in_sight_are_in_the_page_and_the_next_are_asked_for(page: Page) -> None:
    search(page, f"_sourceCategory={CATEGORY}")
    listed = page.get_by_role("region", name="Messages, table")
    expect(page.get_by_role("button", name="Open message 1", exact=True)).to_be_visible()
    expect(page.get_by_text(f"100 of {total(page):,} messages read")).to_be_visible()
    assert page.locator("[data-open]").count() < 60
    for _ in range(3):
        listed.evaluate("list => list.scrollTo(0, list.scrollHeight)")
        page.wait_for_timeout(200)
    expect(page.get_by_text(f"100 of {total(page):,} messages read")).to_have_count(0)


def test_a_key_of_a_message_narrows_the_search(page: Page) -> None:
    search(page, FIELDS)
    everything = total(page)
    page.get_by_role("button", name="Open message 1", exact=True).click()
    page.get_by_role("button", name="Key severity", exact=True).click()
    expect(page.get_by_role("menuitem", name="Only severity =")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("[data-total]")).not_to_have_attribute("data-total", str(everything))
    assert "| where severity = " in asked(page, "q")
    page.go_back()
    expect(page.locator("[data-total]")).to_have_attribute("data-total", str(everything))


def test_a_key_becomes_a_column_and_a_column_is_hidden_again(page: Page) -> None:
    search(page, FIELDS)
    page.get_by_role("button", name="Open message 1", exact=True).click()
    page.get_by_role("button", name="Key serviceSource", exact=True).click()
    page.get_by_role("menuitem", name="Show as a column").click()
    heads = page.locator("th", has_text="serviceSource")
    expect(heads).to_be_visible()
    page.get_by_role("button", name="Hide serviceSource as a column").click()
    expect(heads).to_have_count(0)
    assert asked(page, "columns") == "severity,title"


def test_messages_are_opened_and_walked_by_keys(page: Page) -> None:
    search(page, FIELDS)
    first = page.get_by_role("button", name="Open message 1", exact=True)
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Open message 2", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close message 2", exact=True)).to_be_focused()
    page.get_by_role("button", name="Surrounding messages").press("Enter")
    page.get_by_role("menuitem", name="Within 5 minutes").press("Enter")
    expect(page.locator("[data-total]")).to_be_visible()
    assert "_collector=" in asked(page, "q")
    assert int(asked(page, "to")) - int(asked(page, "from")) == 10 * 60_000


def test_bars_are_coloured_by_a_field(page: Page) -> None:
    search(page, FIELDS)
    expect(page.locator(".legend i").first).to_be_visible()
    page.get_by_role("button", name="colour of the bars").click()
    page.get_by_role("menuitemradio", name="One colour").click()
    expect(page.locator(".legend i")).to_have_count(0)
    assert asked(page, "colour") == "nothing"


def test_records_are_drawn_as_a_chart_and_put_on_a_dashboard(page: Page, theme: str) -> None:
    search(page, SLICES)
    page.get_by_role("radio", name="Column", exact=True).click()
    expect(page.locator("[data-chart=column] svg").first).to_be_visible()
    assert asked(page, "chart") == "column"
    page.get_by_role("button", name="Chart settings").click()
    expect(page.get_by_role("region", name="Chart settings")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Add to dashboard").click()
    page.get_by_label("Title of the panel").fill("Severities a day")
    page.get_by_label("Title of the new dashboard").fill(f"From a search, {theme}")
    page.get_by_role("button", name="Add panel").click()
    page.get_by_role("button", name="Open dashboard").click()
    expect(page.locator("[data-panel]").get_by_text("Severities a day")).to_be_visible()


def test_messages_behind_records_and_their_patterns(page: Page) -> None:
    search(page, SLICES)
    page.get_by_role("tab", name="Messages").click()
    expect(page.get_by_role("button", name="Open message 1", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Patterns").click()
    expect(page.get_by_role("columnheader", name="signature", exact=True)).to_be_visible()
    assert violations(page) == []


def test_queries_stand_side_by_side_with_their_results(page: Page) -> None:
    search(page, FIELDS)
    page.get_by_role("button", name="New query").click()
    expect(page.get_by_label("Query", exact=True)).to_be_focused()
    page.keyboard.type("* | count")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("columnheader", name="_count")).to_be_visible()
    page.reload()
    open_queries = page.get_by_role("navigation", name="Open queries")
    expect(page.get_by_role("columnheader", name="_count")).to_be_visible()
    expect(open_queries.get_by_role("button", name="Close")).to_have_count(2)
    open_queries.get_by_role("button").first.click()
    expect(page.get_by_role("columnheader", name="title")).to_be_visible()
    open_queries.get_by_role("button", name="* | count").first.focus()
    page.keyboard.press("Delete")
    expect(open_queries.get_by_role("button", name="* | count")).to_have_count(1)
    assert violations(page) == []


@pytest.mark.parametrize(
    ("typed", "taken"), [("* | whe", "where"), ("* | count by _sourcec", "_sourcecategory")]
)
def test_a_word_is_completed(page: Page, typed: str, taken: str) -> None:
    page.goto("/search?from=-30d")
    expect(page.get_by_label("Query", exact=True)).to_be_focused()
    page.keyboard.type(typed, delay=20)
    expect(page.locator(".cm-tooltip-autocomplete [aria-selected]")).to_contain_text(taken)
    page.wait_for_timeout(
        100
    )  # a list that has just opened takes no key, so that nobody takes what he has not seen
    page.keyboard.press("Tab")
    expect(page.get_by_label("Query", exact=True)).to_contain_text(taken)


def test_values_of_metadata_are_completed(page: Page) -> None:
    page.goto("/search?from=-30d")
    expect(page.get_by_label("Query", exact=True)).to_be_focused()
    page.keyboard.type("_sourceCategory=Lab", delay=20)
    expect(page.locator(".cm-tooltip-autocomplete [aria-selected]")).to_contain_text(CATEGORY)
    page.keyboard.press("Escape")
    expect(page.locator(".cm-tooltip-autocomplete")).to_have_count(0)


def test_a_query_is_laid_out_explained_and_taken_from_the_history(page: Page) -> None:
    search(page, FIELDS.replace("\n", " ") + " | count by severity")
    page.keyboard.press("/")
    page.keyboard.press("Shift+Alt+F")
    expect(page.locator(".cm-line")).to_have_count(3)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Explain: plan and SQL").click()
    expect(page.get_by_role("dialog", name="How the query is run")).to_contain_text("SELECT")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="History").click()
    page.get_by_role("menuitem", name="count by severity").first.click()
    expect(page.get_by_label("Query", exact=True)).to_contain_text("count by severity")


def test_operators_stand_beside_the_query(page: Page) -> None:
    search(page, f"_sourceCategory={CATEGORY}")
    page.get_by_role("button", name="Operators", exact=True).click()
    page.get_by_label("Find an operator or a function").fill("timeslice")
    entry = page.locator("summary", has_text="timeslice").first
    entry.press("Enter")
    expect(page.get_by_role("button", name="Use this example").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Use this example").first.click()
    expect(page.get_by_label("Query", exact=True)).to_contain_text("| timeslice")


def test_the_search_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, FIELDS)
    expect(page.get_by_role("button", name="Open message 1", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


@pytest.mark.parametrize(
    ("form", "name"), [("JSON, one object a line", "ndjson"), ("CSV, with a header", "csv")]
)
def test_all_messages_are_exported_not_only_those_read(page: Page, form: str, name: str) -> None:
    search(page, f"_sourceCategory={CATEGORY} | fields _messagetime")
    everything = total(page)
    expect(page.get_by_text(f"100 of {everything:,} messages read")).to_be_visible()
    page.get_by_role("button", name="Export", exact=True).click()
    assert violations(page) == []
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name=form).click()
    lines = Path(saved.value.path()).read_text().splitlines()
    assert saved.value.suggested_filename == f"messages.{name}"
    assert len(lines) == everything + (name == "csv")


def test_a_search_that_finds_nothing_tells_what_may_have_been_meant(page: Page) -> None:
    search(page, f"_sourceCategory={CATEGORY} severity=high")
    assert total(page) == 0
    expect(page.get_by_text('| json "severity" | where severity = "high"')).to_be_visible()
    # The range is that long already.
    expect(page.get_by_text("Nothing found in this time range")).to_be_visible()
    expect(page.get_by_role("button", name="Search last 30 days")).to_have_count(0)
    assert violations(page) == []


def test_many_queries_side_by_side_can_be_closed_by_pointer(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for number in range(4):
        search(page, f"_sourceCategory={CATEGORY} nothing{number}")
    expect(page.get_by_role("button", name="Close")).not_to_have_count(0)
    expect(page.locator("[aria-current=page]").last).to_be_in_viewport()
    assert violations(page) == []
