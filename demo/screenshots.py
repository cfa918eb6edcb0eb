"""Takes the pictures of the README: starts the demo, signs in, visits the pages in light and dark."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from check import wait_for_collection
from dohyo_api import CATEGORY
from playwright.sync_api import Browser, Page, expect, sync_playwright
from processes import DemoError, free_port
from rich.console import Console
from run import Everything, everything

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ALERTS = 5000
DESKTOP, PHONE = (1440, 900), (390, 844)
QUERY = f"""_sourceCategory={CATEGORY}
| json "id", "severity", "title", "status" as alert_id, severity, title, status nodrop
| where status != "resolved"   // still open"""


def ready(page: Page) -> None:
    """Returns once no panel waits, the map is drawn and the fonts are there."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=30_000)
    expect(page.locator(".world path:not([d])")).to_have_count(0)
    page.evaluate("document.fonts.ready")


def shots(running: Everything) -> list[tuple[str, str, tuple[int, int]]]:
    """Name, address and window size of every picture."""
    boards = running.dohyo.dashboards()
    overview = f"/dashboards/{boards['Overview']}?from=-30d"
    return [
        ("overview", overview, DESKTOP),
        ("overview-full", overview, (1440, 2140)),
        ("security", f"/dashboards/{boards['Security']}?from=-30d", (1440, 1240)),
        ("search", f"/search?q={quote(QUERY)}&from=-30d", DESKTOP),
        ("home", "/", DESKTOP),
        ("phone", overview, PHONE),
    ]


def take(browser: Browser, running: Everything, folder: Path) -> None:
    link = running.server.sign_in_link()
    if not link:
        raise DemoError("The server printed no sign-in link.")
    session = browser.new_context()
    page = session.new_page()
    page.goto(link)
    page.get_by_role("heading", name="Home").wait_for()
    cookies = session.storage_state()
    for theme in ("light", "dark"):
        for name, address, (width, height) in shots(running):
            context = browser.new_context(
                base_url=running.server.address,
                storage_state=cookies,
                color_scheme="dark" if theme == "dark" else "light",
                viewport={"width": width, "height": height},
                has_touch=width < 500,
                timezone_id="UTC",
            )
            page = context.new_page()
            page.goto(address)
            ready(page)
            page.screenshot(path=folder / f"{name}-{theme}.png")
            context.close()
            print(folder / f"{name}-{theme}.png")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dohyo-screenshots-") as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with everything(Path(data), free_port(), ALERTS, "1s") as running:
            wait_for_collection(running.dohyo, running.stand_in, Console())
            take(browser, running, folder)
        browser.close()


if __name__ == "__main__":
    main()
