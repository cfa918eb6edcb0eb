"""A whole Dohyo for the browser: stand-in, server, app, collected alerts; and Chromium to see it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import Watched
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.console import Console

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "demo"))

from check import wait_for_collection  # noqa: E402
from processes import free_port  # noqa: E402
from run import Everything, everything  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ALERTS = 800


@pytest.fixture(scope="session")
def dohyo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    if not (ROOT / "ui/dist/index.html").exists():
        pytest.fail("The pages are not built: run script/prepare first.")
    with everything(tmp_path_factory.mktemp("browser"), free_port(), ALERTS, "1s") as running:
        wait_for_collection(running.dohyo, running.stand_in, Console(quiet=True))
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def signed_in(dohyo: Everything, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cookies of a session begun with the link the server printed; the link works once."""
    link = dohyo.server.sign_in_link()
    assert link, "the server printed no sign-in link"
    kept = tmp_path_factory.mktemp("session") / "cookies.json"
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_role("heading", name="Home").wait_for()
    assert "token" not in page.url
    context.storage_state(path=kept)
    context.close()
    return kept


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def context(dohyo: Everything, browser: Browser, signed_in: Path, theme: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=dohyo.server.address,
        storage_state=signed_in,
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": 1440, "height": 900},
        timezone_id="UTC",
    )
    yield context
    context.close()


@pytest.fixture
def watched(context: BrowserContext) -> Iterator[Watched]:
    """A signed-in page; afterwards it must have had no error and asked nobody but this machine."""
    watched = Watched(context.new_page())
    yield watched
    watched.check()


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page
