"""Apps in a browser: the catalog, an app's page, installing, changing versions, uninstalling."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dohyo_api import APP_NAME, CATEGORY, ended
from pages import Watched, settled, violations
from playwright.sync_api import Browser, Page, expect
from processes import wait_until
from run import Everything

from dohyo.apps.authoring import adopt, pack

PARTNER = Path(__file__).parents[1] / "apps/partner"
CLOUD_APPS, ENDPOINT = "Microsoft Defender for Cloud Apps", "Microsoft Defender for Endpoint"
FULL_NAME = f"Azure Security - {ENDPOINT}"


def app_of(dohyo: Everything, name: str) -> dict[str, object]:
    return next(app for app in dohyo.dohyo.get("/api/dohyo/v1/apps")["apps"] if app["name"] == name)


def finished(page: Page) -> None:
    """Waits for the end of the work that the page shows step by step, and that nothing failed."""
    expect(page.get_by_role("link", name="Done")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.fixture
def without_endpoint(dohyo: Everything) -> Iterator[str]:
    """Address of the page of an app that is not installed, before and after the test."""

    def uninstall() -> None:
        app = app_of(dohyo, FULL_NAME)
        if app["installed"]:
            path = f"/api/v2/apps/{app['uuid']}/uninstall"
            job = dohyo.dohyo.call("POST", path, {}).json()["jobId"]
            status = f"/api/v2/apps/uninstall/{job}/status"
            wait_until("Uninstalling", lambda: ended(dohyo.dohyo.get(status)))

    uninstall()
    yield f"/apps/{app_of(dohyo, FULL_NAME)['uuid']}"
    uninstall()


def test_the_catalog_tells_what_is_installed_and_what_has_a_newer_version(page: Page) -> None:
    page.goto("/apps")
    expect(page.get_by_role("heading", name="Installed 1")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(f"^{CLOUD_APPS}.*Upgrade to 1.1.0"))).to_be_visible()
    expect(page.get_by_role("link", name="Upgrade from 1.0.0")).to_be_visible()
    assert violations(page) == []


def test_the_catalog_is_searched_and_filtered_and_keeps_that_in_the_address(page: Page) -> None:
    page.goto("/apps")
    page.get_by_role("link", name=re.compile(f"^{ENDPOINT}")).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("identity")
    expect(page.get_by_text("1 app", exact=True)).to_be_attached()
    assert "q=identity" in page.url
    page.get_by_role("searchbox").fill("nothing has this name")
    expect(page.get_by_text("No app matches")).to_be_visible()
    page.get_by_role("button", name="Show all apps").click()
    everything = page.get_by_role("button", name=re.compile("^All apps")).locator(".num").inner_text()
    page.get_by_role("button", name=re.compile("^Installed")).click()
    expect(page.get_by_text("1 app", exact=True)).to_be_attached()
    page.reload()
    expect(page.get_by_text("1 app", exact=True)).to_be_attached()
    assert int(everything) > 1


def test_the_page_of_an_app_shows_what_it_holds_before_it_is_installed(
    page: Page, without_endpoint: str
) -> None:
    page.goto(without_endpoint)
    expect(page.get_by_role("heading", name=ENDPOINT, level=1)).to_be_visible()
    assert violations(page) == []
    page.get_by_role("tab", name=re.compile("What.s Included")).click()
    for dashboard in ("Overview", "Security"):
        preview = (
            page.get_by_role("tabpanel").locator("li").filter(has=page.get_by_text(dashboard, exact=True))
        )
        expect(preview.locator("[data-panel]").first).to_be_visible()
    expect(page.get_by_role("region", name="Lookup tables and fields")).to_contain_text("Embargoed Countries")
    assert violations(page) == []
    page.get_by_role("tab", name="Samples").click()
    expect(page.get_by_role("region", name="Sample log")).to_contain_text('"serviceSource"')
    expect(page.get_by_role("link", name="Open in Log Search").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("tab", name=re.compile("Versions")).click()
    expect(page.get_by_role("tabpanel")).to_contain_text("1.0.0")


def test_an_app_is_installed_over_an_existing_source_and_uninstalled(
    dohyo: Everything, page: Page, without_endpoint: str
) -> None:
    page.goto(without_endpoint)
    page.get_by_role("link", name="Install app").click()
    expect(page.get_by_role("radio", name=re.compile("Use an existing source"))).to_be_checked()
    expect(page.get_by_text("Healthy")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Field value")).to_have_value(CATEGORY)
    assert violations(page) == []
    page.get_by_role("button", name="Next").click()
    changes = page.get_by_role("list", name="Changes")
    expect(changes.get_by_role("listitem").filter(has_text="Dashboard")).to_have_count(2)
    expect(changes).to_contain_text(f"_sourceCategory={CATEGORY}")
    assert violations(page) == []
    page.get_by_role("button", name="Install 1.0.0").click()
    finished(page)
    assert violations(page) == []
    page.get_by_role("link", name="Open Overview").click()
    settled(page)
    expect(page.locator("[data-panel][aria-label='Total Alerts'] [data-value]")).to_be_visible()

    page.goto(without_endpoint)
    expect(page.get_by_role("region", name="This installation")).to_contain_text(CATEGORY)
    page.get_by_role("region", name="This installation").get_by_role("link", name="Uninstall").click()
    expect(page.get_by_role("list", name="Changes")).to_contain_text("Overview")
    page.get_by_role("button", name="Uninstall").click()
    finished(page)
    assert app_of(dohyo, FULL_NAME)["installed"] is None


@pytest.mark.parametrize("theme", ["light"])
def test_an_app_is_installed_by_keyboard_alone_with_any_field_as_its_scope(
    dohyo: Everything, page: Page, without_endpoint: str, theme: str
) -> None:
    page.goto(f"{without_endpoint}/install")
    page.get_by_role("radio", name=re.compile("Use an existing source")).wait_for()
    press_on(page, "Next")
    page.get_by_label("Field name").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("_source")
    page.keyboard.press("Tab")
    page.get_by_label("Field value").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Graph Security")
    page.keyboard.press("Escape")
    press_on(page, "Next")
    page.get_by_role("list", name="Changes").wait_for()
    press_on(page, "Install")
    finished(page)
    page.goto(without_endpoint)
    here = page.get_by_role("region", name="This installation")
    expect(here).to_contain_text("_source= Graph Security")
    expect(here).to_contain_text(re.compile(r"Messages, 7 days[1-9]"))
    page.get_by_role("link", name="Open dashboards").click()
    settled(page)
    total = page.locator("[data-panel][aria-label='Total Alerts'] [data-value]")
    expect(total).not_to_have_attribute("data-value", "0")


def press_on(page: Page, name: str) -> None:
    """Goes with Tab to the button that begins with the name and presses Enter."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.evaluate("e => e.tagName") == "BUTTON" and focused.inner_text().startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach a button {name}")


@pytest.mark.parametrize("theme", ["light"])
def test_a_new_collector_and_source_come_with_the_app_and_wrong_settings_keep_what_was_typed(
    dohyo: Everything, page: Page, without_endpoint: str, theme: str
) -> None:
    name = "Collector of the wizard"
    for collector in dohyo.dohyo.get("/api/v1/collectors")["collectors"]:
        if collector["name"] == name:
            dohyo.dohyo.call("DELETE", f"/api/v1/collectors/{collector['id']}")
    page.goto(f"{without_endpoint}/install")
    page.get_by_text("Create a new Collector").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Collector name")).to_be_focused()
    page.get_by_label("Collector name").fill(name)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Source name").fill("Second tenant")
    page.get_by_label("Source category").fill("test/second-tenant")
    page.get_by_label("Directory (tenant) ID").fill("not an id")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Letters, digits, dots and hyphens only.")).to_be_visible()
    expect(page.get_by_label("Directory (tenant) ID")).to_have_value("not an id")
    assert violations(page) == []
    graph = dohyo.stand_in
    page.get_by_label("Directory (tenant) ID").fill(graph.tenant)
    page.get_by_label("Application (client) ID").fill(graph.application)
    page.get_by_label("Client secret value").fill(graph.secret)
    page.get_by_role("button", name="More settings").click()
    page.get_by_label("Cloud", exact=True).select_option("custom")
    page.get_by_label("Graph address").fill(graph.address)
    page.get_by_label("Sign-in address").fill(graph.address)
    page.get_by_role("button", name="Test connection").click()
    test = page.get_by_role("region", name="Connection test")
    expect(test).to_have_attribute("aria-busy", "false", timeout=30_000)
    expect(test.locator("li.ok").first).to_be_visible()
    expect(test.locator("li.error")).to_have_count(0)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Field value")).to_have_value("test/second-tenant")
    page.get_by_role("button", name="Next").click()
    for added in (name, "Second tenant", "source category test/second-tenant"):
        expect(page.get_by_role("list", name="Changes")).to_contain_text(added)
    page.get_by_role("button", name="Install 1.0.0").click()
    finished(page)
    made = next(c for c in dohyo.dohyo.get("/api/v1/collectors")["collectors"] if c["name"] == name)
    sources = dohyo.dohyo.get(f"/api/v1/collectors/{made['id']}/sources")["sources"]
    assert [source["config"]["category"] for source in sources] == ["test/second-tenant"]
    assert graph.secret not in str(sources)
    dohyo.dohyo.call("DELETE", f"/api/v1/collectors/{made['id']}")


@pytest.mark.parametrize("theme", ["light"])
def test_an_app_is_upgraded_and_put_back_to_the_version_before(
    dohyo: Everything, page: Page, theme: str
) -> None:
    uuid = app_of(dohyo, APP_NAME)["uuid"]
    before = dohyo.dohyo.dashboards()
    try:
        page.goto("/apps")
        page.get_by_role("link", name="Upgrade from 1.0.0").click()
        changes = page.get_by_role("list", name="Changes")
        expect(changes).to_contain_text("2 panels added: Top Analysts by Comments, Top Action Plan")
        assert violations(page) == []
        page.get_by_role("button", name="Upgrade to 1.1.0").click()
        finished(page)
        assert app_of(dohyo, APP_NAME)["installed"]["version"] == "1.1.0"  # type: ignore[index]
        assert dohyo.dohyo.dashboards() == before
        page.goto(f"/apps/{uuid}")
        page.get_by_role("button", name="Manage").click()
        page.get_by_role("menuitem", name="Revert to 1.0.0").click()
        expect(changes).to_contain_text("2 panels removed: Top Analysts by Comments, Top Action Plan")
    finally:
        if app_of(dohyo, APP_NAME)["installed"]["version"] != "1.0.0":  # type: ignore[index]
            page.goto(f"/apps/{uuid}/upgrade?version=1.0.0")
            page.get_by_role("button", name="Revert to 1.0.0").click()
            finished(page)
    assert app_of(dohyo, APP_NAME)["installed"]["version"] == "1.0.0"  # type: ignore[index]
    assert dohyo.dohyo.dashboards() == before


def test_an_archive_is_added_to_the_catalog_and_taken_out_again(
    watched: Watched, tmp_path: Path, theme: str
) -> None:
    page = watched.page
    folder = adopt(PARTNER, f"Partner Web {theme}", "2.3.0", tmp_path / "made")
    archive = pack(folder, tmp_path / "partner.zip")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(archive.read_bytes()[:500])
    page.goto("/apps")
    page.get_by_label("Archive of an app").set_input_files(broken)
    expect(page.get_by_role("alert")).to_contain_text("broken.zip is not added.")
    assert len(watched.complaints) == 1 and "400" in watched.complaints.pop()
    page.get_by_label("Archive of an app").set_input_files(archive)
    expect(page.get_by_role("heading", name=f"Partner Web {theme}", level=1)).to_be_visible()
    page.get_by_role("link", name="Install").first.click()
    # No source type of its own: it begins with the scope.
    page.get_by_label("Field value").fill("Web/x")
    expect(page.get_by_text("Nothing matches in the last 7 days.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Next: preview").click()
    expect(page.get_by_text("Partner Web - Overview")).to_be_visible()
    page.go_back()
    page.go_back()
    page.get_by_role("button", name="Take out of the catalog").click()
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Take out").click()
    expect(page.get_by_text("is no longer in the catalog")).to_be_visible()
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(f"^Partner Web {theme}"))).to_have_count(0)


@pytest.mark.parametrize("theme", ["light"])
def test_a_viewer_looks_at_apps_and_is_told_why_that_is_all(
    dohyo: Everything, browser: Browser, without_endpoint: str, theme: str
) -> None:
    dohyo_command, _, *data = dohyo.server.process.args[:4]  # type: ignore[index]
    email = "viewer@example.test"
    subprocess.run([dohyo_command, "user", "create", email, *data], check=True)
    words = [dohyo_command, "sign-in-link", "--email", email, *data]
    link = subprocess.run(words, check=True, capture_output=True, text=True)
    context = browser.new_context(base_url=dohyo.server.address)
    watched = Watched(context.new_page())
    page = watched.page
    page.goto(link.stdout.split()[-1])
    page.get_by_role("heading", name="Home").wait_for()
    page.goto(without_endpoint)
    expect(page.get_by_text("An administrator can install it.")).to_be_visible()
    expect(page.get_by_role("link", name="Install app")).to_have_count(0)
    installed = f"/apps/{app_of(dohyo, APP_NAME)['uuid']}"
    for address in (
        f"{without_endpoint}/install",
        f"{installed}/upgrade?version=1.1.0",
        f"{installed}/uninstall",
    ):
        page.goto(address)
        expect(page.get_by_text("needs another role")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^(Install|Upgrade|Uninstall)"))).to_have_count(0)
        assert violations(page) == []
    watched.check()
    context.close()
