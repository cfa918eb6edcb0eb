"""The two dashboards in a browser: their figures, filters, ranges, the map, both themes."""

from __future__ import annotations

import re

from pages import Watched, answers, counts, is_run, open_dashboard, settled, value, violations
from playwright.sync_api import Page, expect
from run import Everything

WATCH_FOR_BLANKS = """() => {
  const shown = document.querySelector('[data-panel=total-alerts] .content');
  window.blanked = 0;
  const seen = new MutationObserver(() => shown.querySelector('[data-value]') || window.blanked++);
  seen.observe(shown, {childList: true, subtree: true});
}"""
OVERVIEW, SECURITY = "Overview", "Security"


def test_overview_shows_what_the_api_answers(dohyo: Everything, page: Page) -> None:
    found = open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    assert all(line["ok"] for line in found.values())
    assert value(page, "total-alerts") == found["total-alerts"]["rows"][0][0] > 0
    assert value(page, "high-severity-alerts") == found["high-severity-alerts"]["rows"][0][0] > 0
    for panel in ("alerts-by-status", "alerts-by-severity", "alerts-by-detection-source"):
        assert sorted(counts(page, panel)) == sorted(row[1] for row in found[panel]["rows"])
    users = counts(page, "top-10-users-by-alerts")
    assert users == [row[1] for row in found["top-10-users-by-alerts"]["rows"]][: len(users)] != []
    assert page.locator("[data-panel=recent-alerts] tbody tr").count() == 8
    link = page.locator("[data-panel=recent-alerts] tbody a").first
    assert (link.get_attribute("href") or "").startswith("https://")


def test_security_shows_what_the_api_answers(dohyo: Everything, page: Page) -> None:
    found = open_dashboard(page, dohyo.dohyo.dashboards()[SECURITY])
    assert all(line["ok"] for line in found.values())
    countries = found["top-10-countries-malicious"]["rows"]
    assert counts(page, "top-10-countries-malicious") == [row[1] for row in countries]
    devices = page.locator("[data-panel=top-10-attacked-devices] tbody tr")
    assert devices.count() == len(found["top-10-attacked-devices"]["rows"])
    chart = page.locator("[data-panel=alerts-by-severity-over-time] [role=img]")
    expect(chart).to_have_attribute("aria-label", re.compile("in all, most"))


def test_a_filter_goes_to_every_panel_and_to_the_address(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    before = value(page, "total-alerts")
    page.get_by_role("button", name="Severity All").click()
    with page.expect_response(is_run) as run:
        page.get_by_role("dialog").get_by_role("button", name="high", exact=True).click()
    found = answers(run.value)
    settled(page)
    assert "var.severity=high" in page.url
    assert value(page, "total-alerts") == found["total-alerts"]["rows"][0][0] < before
    assert counts(page, "alerts-by-severity") == [row[1] for row in found["alerts-by-severity"]["rows"]]
    with page.expect_response(is_run):
        page.go_back()
    settled(page)
    assert "var.severity" not in page.url
    assert value(page, "total-alerts") == before


def test_a_filter_in_the_address_that_matches_nothing_can_be_removed(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW], "from=-30d&var.severity=nonesuch")
    donut = page.locator("[data-panel=alerts-by-status]")
    expect(donut).to_contain_text("Nothing matches Severity = nonesuch")
    with page.expect_response(is_run):
        donut.get_by_role("button", name="Remove filter").click()
    settled(page)
    assert counts(page, "alerts-by-status")


def test_a_range_is_chosen_by_hand_and_by_address(dohyo: Everything, page: Page) -> None:
    ident = dohyo.dohyo.dashboards()[OVERVIEW]
    open_dashboard(page, ident)
    month = value(page, "total-alerts")
    page.keyboard.press("t")
    with page.expect_response(is_run) as run:
        page.get_by_role("button", name="Last 7 days").click()
    found = answers(run.value)
    settled(page)
    assert "from=-7d" in page.url
    assert value(page, "total-alerts") == found["total-alerts"]["rows"][0][0] < month
    open_dashboard(page, ident, "from=-7d")
    expect(page.get_by_role("button", name="Time range: Last 7 days").first).to_be_visible()


def test_the_map_adds_up_zooms_and_tells_about_a_marker(dohyo: Everything, page: Page) -> None:
    found = open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])["geo-location-of-alerts"]
    names = [field["name"] for field in found["fields"]]
    sum_of_rows = sum(row[names.index("_count")] for row in found["rows"])
    panel = page.locator("[data-panel=geo-location-of-alerts]")
    panel.locator("[data-marker]").first.wait_for()
    assert int(panel.locator("[data-sum]").get_attribute("data-sum") or -1) == sum_of_rows
    markers = panel.locator("[data-marker]")
    assert sum(int(m.get_attribute("data-marker") or 0) for m in markers.all()) == sum_of_rows
    joined = markers.count()
    markers.first.hover()
    expect(panel.locator(".tip")).to_contain_text("_count")
    panel.get_by_role("button", name="Zoom in").click()
    panel.get_by_role("button", name="Whole world").click()
    assert markers.count() == joined


def test_every_panel_shows_as_a_table_and_fills_the_page(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    panel = page.locator("[data-panel=alerts-by-status]")
    panel.focus()
    page.keyboard.press("t")
    expect(panel.get_by_role("columnheader", name="status")).to_be_visible()
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("panel=alerts-by-status"))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("panel="))


def test_a_panel_opens_in_log_search_with_its_query_and_range(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    page.locator("[data-panel=alerts-by-severity]").focus()
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"/search\?q=.*from=-30d"))
    expect(page.locator("section.results [data-total]")).to_be_visible()


def test_a_refresh_keeps_what_is_shown(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    page.evaluate(WATCH_FOR_BLANKS)
    with page.expect_response(is_run):
        page.keyboard.press("r")
    settled(page)
    assert page.evaluate("window.blanked") == 0


def test_a_refresh_that_fails_says_so_and_keeps_what_was_there(dohyo: Everything, watched: Watched) -> None:
    page = watched.page
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    before = value(page, "total-alerts")
    page.route("**/runs", lambda route: route.abort())
    page.get_by_role("button", name="Refresh now").click()
    told = page.get_by_role("status").filter(has_text="Dohyo does not answer.")
    expect(told).to_contain_text("Shown is what was there at")
    assert value(page, "total-alerts") == before
    page.unroute("**/runs")
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_role("status").filter(has_text="updated")).to_be_visible()
    watched.complaints.clear()  # of the browser, about the request that was broken off


def test_the_dashboards_have_no_accessibility_violation(dohyo: Everything, page: Page) -> None:
    for ident in dohyo.dohyo.dashboards().values():
        open_dashboard(page, ident)
        assert violations(page) == []


def test_a_phone_scrolls_in_one_direction_only(dohyo: Everything, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    open_dashboard(page, dohyo.dohyo.dashboards()[OVERVIEW])
    main = page.locator("main")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert violations(page) == []
