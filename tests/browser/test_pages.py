"""Sign-in, home and search in a browser."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from dohyo_api import APP_NAME
from pages import Watched, violations
from playwright.sync_api import Browser, Page, expect
from run import Everything

CATEGORY = "Labs/MicrosoftGraphSecurity"
GOOD = f'_sourceCategory={CATEGORY}\n| json "severity" as severity nodrop\n| count by severity'
BAD = f'_sourceCategory={CATEGORY}\n| json "severity" as severity nodrop\n| count by severty'


def search(page: Page, query: str) -> None:
    page.goto(f"/search?q={quote(query)}&from=-30d")


def test_without_a_session_there_is_only_the_sign_in_page(dohyo: Everything, browser: Browser) -> None:
    context = browser.new_context(base_url=dohyo.server.address)
    page = context.new_page()
    page.goto("/dashboards")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("nobody@example.com")
    context.close()


def test_home_tells_about_sources_and_leads_to_the_dashboards(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("Graph Security", exact=True)).to_be_visible()
    expect(page.get_by_text("Healthy")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("link", name=f"{APP_NAME} - Overview")).to_be_visible()
    assert violations(page) == []


def test_a_counting_query_shows_its_records(page: Page) -> None:
    search(page, GOOD)
    expect(page.get_by_role("columnheader", name="severity")).to_be_visible()
    expect(page.locator("[data-total]")).to_be_visible()
    assert violations(page) == []


def test_a_typed_query_runs_as_typed(page: Page) -> None:
    page.goto("/search?from=-30d")
    expect(page.get_by_label("Query", exact=True)).to_be_focused()
    page.keyboard.type(GOOD)
    expect(page.get_by_label("Query", exact=True)).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("columnheader", name="severity")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["q"] == [GOOD]


def test_messages_open_to_their_json(page: Page) -> None:
    search(page, f"_sourceCategory={CATEGORY}")
    page.get_by_role("button", name="Open message 1", exact=True).click()
    expect(page.locator(".detail").get_by_text('"severity"')).to_be_visible()
    assert violations(page) == []


def test_a_wrong_field_is_underlined_named_and_mended(page: Page) -> None:
    search(page, BAD)
    strip = page.get_by_role("alert")
    expect(strip).to_contain_text("severty")
    expect(strip).to_contain_text("Line 3")
    expect(page.locator(".cm-lintRange-error").first).to_have_text("severty")
    expect(page.get_by_role("button", name="Run")).to_be_disabled()
    assert violations(page) == []


def test_a_chosen_theme_stays(watched: Watched, theme: str) -> None:
    page = watched.page
    page.goto("/dashboards")
    other = "light" if theme == "dark" else "dark"
    page.get_by_role("button", name=f"Switch to {other} theme").click()
    page.reload()
    page.get_by_role("button", name=f"Switch to {theme} theme").wait_for()
    assert page.locator("html").get_attribute("data-theme") == other
