"""`script/demo --check`: compares what every panel answers with what it must answer."""

from __future__ import annotations

import html
import json
import re
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
from dohyo_api import Dohyo, PanelAnswer
from expected import Alerts, Expected, panels, read_versions
from places import place_finder
from processes import DemoError, StandIn, wait_until
from rich.console import Console
from rich.table import Table

DAYS_MS = 30 * 86_400_000
SHOWN_DIFFERENCES = 3
LINK = re.compile(r'<a href="([^"<>]*)" target="_blank">(.*)</a>', re.S)


def wait_for_collection(dohyo: Dohyo, stand_in: StandIn, console: Console) -> None:
    """Returns once the stand-in has nothing left to serve and a pass after that brought nothing new.

    Alerts keep arriving until the first pass has begun, so that it meets updates; then they stop.
    """
    control = httpx.Client(base_url=stand_in.address, verify=trusting(stand_in.ca_file), trust_env=False)
    wait_until("The first page of alerts", lambda: last_poll(dohyo) or figures(control)["versions_served"])
    wait_until("The first arrival", lambda: figures(control)["arrived"])
    control.post("/stand-in/arrivals", json={"on": False})
    wait_until("Collecting all alerts", lambda: last_poll(dohyo) and not figures(control)["unserved"], 600)
    # The account seen now may be of a pass before the last page; the next one is not.
    poll = last_poll(dohyo)
    while True:
        poll = wait_until("A further pass", lambda before=poll: later_poll(dohyo, before))
        if not poll["new"] + poll["updated"]:
            break
    served = figures(control)
    console.print(f"  {served['alerts']:,} alerts in {served['versions_served']:,} versions were served")


def trusting(ca_file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file))


def figures(control: httpx.Client) -> dict[str, Any]:
    return control.get("/stand-in/status").json()


def last_poll(dohyo: Dohyo) -> dict[str, Any]:
    """The account of the last pass, empty before the first; DemoError if the source is in trouble."""
    state = dohyo.source_state()
    if state["health"] == "error":
        raise DemoError(f"The source cannot collect: {state['message']}")
    return state.get("lastPoll") or {}


def later_poll(dohyo: Dohyo, before: dict[str, Any]) -> dict[str, Any] | None:
    poll = last_poll(dohyo)
    return poll if poll.get("at_ms") != before.get("at_ms") else None


def compare_panels(dohyo: Dohyo, versions_file: Path, console: Console) -> bool:
    """Runs both dashboards for the last 30 days and prints the table; True if every panel is equal."""
    to_ms = int(time.time() * 1000)
    from_ms = to_ms - DAYS_MS
    alerts = Alerts(read_versions(versions_file), from_ms, to_ms)
    table = Table("dashboard", "panel", "rows expected", "rows got", "equal?")
    differences: list[str] = []
    dashboards = dohyo.dashboards()
    for dashboard, answers in panels(place_finder()).items():
        got = dohyo.run_dashboard(dashboards[dashboard], from_ms, to_ms)
        for key in sorted({*answers, *got}, key=list({**answers, **got}).index):
            wanted = answers[key](alerts) if key in answers else Expected([])
            answer = got.get(key, PanelAnswer([], "the dashboard has no such panel"))
            found = differing(wanted, answer) if key in answers else ["nothing is expected of this panel"]
            differences += [f"{dashboard}, {key}: {line}" for line in found]
            verdict = "[red]no" if found else "[green]yes"
            table.add_row(dashboard, key, str(len(wanted.rows)), str(len(answer.rows)), verdict)
    console.print(table)
    for line in differences:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return not differences


def differing(wanted: Expected, answer: PanelAnswer) -> list[str]:
    """What is wrong with an answer, for people; empty if nothing is."""
    if answer.problem:
        return [answer.problem]
    if answer.cut:
        return ["the answer is cut off"]
    expected, got = [plain(row) for row in wanted.rows], [plain(row) for row in answer.rows]
    if not wanted.ordered:
        expected, got = sorted(expected, key=as_text), sorted(got, key=as_text)
    if expected == got:
        return []
    lines = [] if len(expected) == len(got) else [f"{len(expected)} rows expected, {len(got)} got"]
    for number, (one, other) in enumerate(zip(expected, got, strict=False), start=1):
        if one != other and len(lines) < SHOWN_DIFFERENCES:
            lines.append(f"row {number}\n  expected {as_text(one)}\n  got      {as_text(other)}")
    return lines


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row with numbers and links in one form, whichever way they are written."""
    return {name: plain_value(value) for name, value in row.items()}


def plain_value(value: Any) -> Any:
    if isinstance(value, str) and (match := LINK.fullmatch(value)):
        return {"text": html.unescape(match[2]), "href": html.unescape(match[1])}
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 5)
    return value


def as_text(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False)
