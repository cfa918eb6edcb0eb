"""The library in a browser: folders, saved searches, lookup tables, by mouse and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from pages import violations
from playwright.sync_api import Page, expect

QUERY = '_sourceCategory=Labs/MicrosoftGraphSecurity | json "severity" as severity | count by severity'
ROWS = "severity,meaning,weight\nhigh,Look at once,3\nmedium,Look today,2\nlow,Look this week,1\n"


def menu(page: Page, item: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions: {item}").click()
    page.get_by_role("menuitem", name=action).click()


def new(page: Page, what: str) -> None:
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name=what).click()


@pytest.fixture
def folder(page: Page, theme: str, request: pytest.FixtureRequest) -> str:
    """A folder of one's own, gone after the test; the page shows it."""
    name = re.sub(r"\W+", " ", f"F {request.node.name}").strip()
    page.goto("/library")
    new(page, "Folder")
    page.get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Make folder").click()
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_text("This folder is empty")).to_be_visible()
    request.addfinalizer(lambda: remove(page, name))
    return name


def remove(page: Page, name: str) -> None:
    page.goto("/library")
    menu(page, name, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


def test_a_lookup_table_is_made_of_a_file_and_used_by_a_query(
    page: Page, folder: str, tmp_path: Path
) -> None:
    file = tmp_path / "meanings.csv"
    file.write_text(ROWS)
    new(page, "Lookup table")
    page.get_by_label("CSV file").set_input_files(file)
    expect(page.get_by_label("Name of column 3")).to_have_value("weight")
    expect(page.get_by_label("Name", exact=True)).to_have_value("meanings")
    page.get_by_label("Type of column 3").select_option("int")
    page.get_by_role("button", name="Make table").click()
    expect(page.get_by_text("A description is needed: what the rows say.")).to_be_visible()
    page.get_by_label("Description").fill("What each severity asks for.")
    assert violations(page) == []
    page.get_by_label("Description").press("Enter")
    expect(page.get_by_text("weight int")).to_be_visible()
    expect(page.get_by_text("Look this week")).to_be_visible()
    assert violations(page) == []
    file.write_text("severity,meaning,weight\nhigh,Look at once,3\n")
    page.get_by_label("CSV file").set_input_files(file)
    expect(page.get_by_text("The 3 rows of the table go")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Replace", exact=True).click()
    expect(page.get_by_text("Look this week")).to_have_count(0)
    place = f"/Library/Users/administrator@localhost/{folder}/meanings"
    query = f'{QUERY} | lookup meaning from path://"{place}" on severity = severity'
    page.goto(f"/search?q={quote(query)}&from=-30d")
    expect(page.get_by_role("cell", name="Look at once")).to_be_visible()


def test_a_saved_search_is_opened_renamed_moved_and_brought_back(page: Page, folder: str) -> None:
    page.goto(f"/search?q={quote(QUERY)}&from=-30d")
    expect(page.get_by_role("columnheader", name="severity")).to_be_visible()
    page.get_by_role("button", name="Save as").click()
    page.get_by_label("Name", exact=True).fill("Severities")
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Save")).click()
    page.goto("/library")
    menu(page, "Severities", "Rename")
    page.get_by_label("Name", exact=True).fill(f"Of {folder}")
    page.keyboard.press("Enter")
    menu(page, f"Of {folder}", "Move to folder")
    page.get_by_role("dialog").get_by_text(folder, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Move here").click()
    expect(page.get_by_role("link", name=f"Of {folder}")).to_have_count(0)
    page.get_by_role("link", name=folder, exact=True).first.click()
    menu(page, f"Of {folder}", "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This folder is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name=f"Of {folder}").click()
    expect(page.get_by_role("columnheader", name="severity")).to_be_visible()


def test_the_library_works_by_keyboard_and_on_a_phone(page: Page, folder: str) -> None:
    button = page.get_by_role("button", name="New", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Inner")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Inner")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("nothing of the kind")
    expect(page.get_by_text(re.compile("Nothing here is named"))).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("link", name="Inner")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
