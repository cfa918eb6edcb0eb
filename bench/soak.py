"""A long run: uploads at a steady rate and searches beside them. Is memory flat, are parts merged?

Fails where memory or open files grow from the second quarter of the run to the last, where parts of the store
pile up, or where a search over what was there before takes more than twice as long as in an idle server. What
was there before has a category of its own: the times of all alerts lie in the same month, so a search by time
would have more to read with every minute.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "demo"))

from dashboards import made_up_alerts  # noqa: E402
from dohyo_api import CATEGORY, Dohyo  # noqa: E402
from processes import create_key, free_port, server, wait_until  # noqa: E402

ALERTS, BATCH, EVERY_S = 20_000, 100, 5.0
IDLE_SEARCHES = 15
BEFORE = f"{CATEGORY}/before"
QUERY = f'_sourceCategory={BEFORE} | json "severity" as severity | count by severity'
PART = re.compile(r"(\d{6,8}|all)_\d+_\d+_\d+(_\d+)?")
MOST_GROWTH, MOST_SLOWER, MOST_PARTS_MORE = 1.10, 2.0, 1.5
console = Console(width=110)


class Sample(NamedTuple):
    at_s: float
    memory: float
    files: float
    parts: float
    search_s: float
    stored: int


def figures(pid: int, data: Path) -> tuple[int, int, int]:
    """Resident bytes and open files of the server, parts of its store on disk."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0]) * 1024
    parts = [one for one in (data / "events/store").glob("*/*/*") if PART.fullmatch(one.name)]
    return resident, len(os.listdir(f"/proc/{pid}/fd")), len(parts)


def search(api: Dohyo, until_ms: int) -> float:
    """Seconds from asking to the answer over all that was there before."""
    begun = time.perf_counter()
    order = {"query": QUERY, "from": 0, "to": until_ms, "timeZone": "UTC"}
    job = api.call("POST", "/api/v1/search/jobs", order).json()["id"]
    while "DONE" not in (state := api.get(f"/api/v1/search/jobs/{job}"))["state"]:
        time.sleep(0.01)
    if state["pendingErrors"]:
        raise SystemExit(f"the search failed: {state['pendingErrors']}")
    return time.perf_counter() - begun


class Sender(threading.Thread):
    """Sends batches at a rate until it is stopped; waits where it is told to."""

    def __init__(self, address: str, path: str, batches: list[bytes], rate: float, category: str) -> None:
        super().__init__(daemon=True)
        self.address, self.path, self.batches, self.rate = address, path, batches, rate
        self.headers = {"X-Sumo-Category": category}
        self.sent, self.waits, self.failed, self.stop = 0, 0, "", threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address)
        begun = time.monotonic()
        while not self.stop.is_set() and not self.failed:
            body = self.batches[self.sent // BATCH % len(self.batches)]
            connection.request("POST", self.path, body, self.headers)
            answer = connection.getresponse()
            words = answer.read()
            if answer.status == 200:
                self.sent += BATCH
                self.stop.wait(max(0.0, begun + self.sent / self.rate - time.monotonic()))
            elif answer.status in (429, 503):
                self.waits += 1
                self.stop.wait(1)
            else:
                self.failed = f"{answer.status} {words[:200]!r}"


def soaked(folder: Path, minutes: float, rate: float) -> tuple[list[float], list[Sample], Sender]:
    """Searches of the idle server, samples of the run, what was sent."""
    data = folder / "data"
    key = create_key(data)
    lines = made_up_alerts(folder, ALERTS).read_bytes().splitlines()
    batches = [b"\n".join(lines[at : at + BATCH]) for at in range(0, len(lines), BATCH)]
    with server(data, free_port(), Path("")) as running:
        api, pid = Dohyo(running.address, key), running.process.pid
        wait_until("Starting the server", api.is_up)
        collector = {"collector": {"collectorType": "Hosted", "name": "soak"}}
        ident = api.call("POST", "/api/v1/collectors", collector).json()["collector"]["id"]
        source = {"sourceType": "HTTP", "name": "soak", "category": CATEGORY}
        source |= {"multilineProcessingEnabled": False}
        made = api.call("POST", f"/api/v1/collectors/{ident}/sources", {"source": source}).json()["source"]
        address, path = running.address.removeprefix("http://"), "/" + made["url"].split("/", 3)[3]
        first = Sender(address, path, batches, 1e9, BEFORE)
        first.start()
        wait_until("Storing what is searched", lambda: first.sent >= ALERTS or first.failed, 300)
        first.stop.set()
        first.join()
        time.sleep(EVERY_S)  # merges
        until = int(time.time() * 1000)
        idle = [search(api, until) for _ in range(IDLE_SEARCHES)]
        sender, samples = Sender(address, path, batches, rate, CATEGORY), []
        sender.start()
        begun = time.monotonic()
        while (at := time.monotonic() - begun) < minutes * 60 and not sender.failed:
            took = search(api, until)
            samples.append(Sample(at, *figures(pid, data), took, sender.sent))
            if len(samples) % 12 == 0:
                one = samples[-1]
                console.print(
                    f"{at / 60:6.1f} min  {one.memory / 1e6:7,.0f} MB  {one.files:4.0f} files  "
                    f"{one.parts:4.0f} parts  search {one.search_s * 1000:6,.0f} ms  {one.stored:,} sent"
                )
            time.sleep(max(0.0, EVERY_S - took))
        sender.stop.set()
        sender.join()
    return idle, samples, sender


def main() -> int:
    reader = argparse.ArgumentParser(prog="script/soak", description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--minutes", type=float, default=30, help="how long, 30 unless given")
    reader.add_argument("--rate", type=float, default=500, help="alerts of 3 KB a second, 500 unless given")
    asked = reader.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dohyo-soak-"))
    try:
        load = os.getloadavg()[0]
        console.print(
            f"{asked.minutes:g} min, {asked.rate:g} alerts/s, {os.cpu_count()} cores, load {load:.1f}"
        )
        idle, samples, sender = soaked(folder, asked.minutes, asked.rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if sender.failed or len(samples) < 8:
        console.print(f"The run broke off: {sender.failed or 'too short to tell anything'}")
        return 1
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    shown = Table("", "second quarter", "last quarter", "at most", "")
    held = True

    def row(name: str, before: float, after: float, most: float, unit: float = 1, digits: int = 0) -> None:
        nonlocal held
        is_held = after <= most
        held &= is_held
        texts = [f"{value / unit:,.{digits}f}" for value in (before, after, most)]
        shown.add_row(name, *texts, "held" if is_held else "NOT HELD")

    def middle(of: list[Sample], name: str) -> float:
        return statistics.median(getattr(one, name) for one in of)

    memory = middle(early, "memory"), middle(late, "memory")
    row("memory, MB", *memory, memory[0] * MOST_GROWTH, 1e6)
    files = middle(early, "files"), middle(late, "files")
    row("open files", *files, files[0] * MOST_GROWTH)
    parts = middle(early, "parts"), middle(late, "parts")
    row("parts of the store", *parts, parts[0] * MOST_PARTS_MORE)
    usual = statistics.median(idle)
    row("search, ms (idle first)", usual, middle(late, "search_s"), usual * MOST_SLOWER, 1e-3)
    console.print(shown)
    rate = sender.sent / samples[-1].at_s
    console.print(f"{sender.sent:,} alerts sent, {rate:,.0f} a second; told to wait {sender.waits} times")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
