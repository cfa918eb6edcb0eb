"""What the browser tests read out of a page, and the accessibility check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, expect

AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SETTLE = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished.catch(() => undefined)))"""
RANGE = "from=-30d"


def is_run(response: Response) -> bool:
    return response.url.endswith("/runs") and response.request.method == "POST"


def answers(response: Response) -> dict[str, Any]:
    """The lines of a dashboard run by panel key.

    Asked again: the browser keeps no copy of an answer that the page read line by line.
    """
    sent = response.request
    headers = {"X-Dohyo": "1", "Content-Type": "application/json"}
    again = response.frame.page.request.post(sent.url, data=sent.post_data, headers=headers)
    lines = [json.loads(line) for line in again.text().splitlines() if line.strip()]
    return {line["panel"]: line for line in lines if "panel" in line}


def open_dashboard(page: Page, ident: str, query: str = RANGE) -> dict[str, Any]:
    """Opens the dashboard and returns the answers it drew, once every panel has drawn them."""
    with page.expect_response(is_run) as run:
        page.goto(f"/dashboards/{ident}?{query}")
    found = answers(run.value)
    settled(page)
    return found


def settled(page: Page) -> None:
    page.locator("[data-panel]").first.wait_for()
    # The pages' own policy forbids the evaluation that waiting for an expression needs.
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=30_000)


def counts(page: Page, panel: str) -> list[int]:
    """The numbers a donut, bar or bar table of the panel shows."""
    shown = page.locator(f"[data-panel={panel}] [data-count]")
    return [int(item.get_attribute("data-count") or -1) for item in shown.all()]


def value(page: Page, panel: str) -> int:
    shown = page.locator(f"[data-panel={panel}] [data-value]")
    return int(shown.get_attribute("data-value") or -1)


def violations(page: Page) -> list[str]:
    """What axe finds, as `rule: first element`."""
    # A colour on its way from one to another is none that anybody reads.
    page.evaluate(SETTLE)
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", RULES)["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


def host(address: str) -> str:
    parts = urlsplit(address)
    return parts.hostname or parts.scheme


class Watched:
    """A page that remembers what went wrong in it and every address it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.refused: list[str] = []
        page.on("response", self._note)
        page.on("request", lambda asked: self.hosts.add(host(asked.url)))

    def _note(self, answer: Response) -> None:
        if answer.status >= 400:
            self.refused.append(f"{answer.status} {answer.request.method} {answer.url}")

    def check(self) -> None:
        assert self.complaints == [], self.refused or self.complaints
        # Exported files are `blob:` addresses of the page itself; they have no host.
        assert self.hosts <= {"127.0.0.1", "blob"}
