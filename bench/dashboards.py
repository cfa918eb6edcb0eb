"""Times every panel over made-up alerts in a running server, beside DuckDB over the same file.

The server answers over HTTP. Each run asks for a range that differs by a millisecond, so no answer comes from
memory; the first run is not counted, the best of the others is. Unequal answers fail the benchmark.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from duckdb_panels import Panels
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "demo"))

from check import differing  # noqa: E402
from dohyo_api import CATEGORY, Dohyo  # noqa: E402
from expected import Expected  # noqa: E402
from places import place_finder  # noqa: E402
from processes import DOHYO, create_key, free_port, server, wait_until  # noqa: E402

PANEL_LIMIT_MS, OVERVIEW_LIMIT_MS = 300, 1500
DAYS = 30
UNORDERED = {"geo-location-of-alerts", "embargoed-locations"}
console = Console(width=120)


def made_up_alerts(folder: Path, count: int) -> Path:
    """A file of alerts, one in nine from Cloud Apps."""
    file = folder / "alerts.ndjson"
    words = ["--alerts", str(count), "--out", str(file), "--cloud-apps-share", "1/9"]
    subprocess.run(
        [sys.executable, "-m", "dohyo.graphsim.generate", *words], check=True, stdout=subprocess.DEVNULL
    )
    return file


def timed(run: Callable[[], object], runs: int) -> float:
    """Milliseconds of the fastest of `runs` runs, after one that does not count."""
    run()
    took = []
    for _ in range(runs):
        begun = time.perf_counter()
        run()
        took.append((time.perf_counter() - begun) * 1000)
    return min(took)


class Server:
    """The dashboards of a running server."""

    def __init__(self, dohyo: Dohyo, to_ms: int) -> None:
        self._dohyo, self._to_ms, self._asked = dohyo, to_ms, 0
        self.ids = dohyo.dashboards()

    def run(self, dashboard: str, panels: list[str] | None = None):  # type: ignore[no-untyped-def]
        """Answers by panel, over a range that was not asked for before. All alerts lie well within it."""
        self._asked += 1
        start = self._to_ms - DAYS * 86_400_000
        body = {
            "range": {"from": start - self._asked, "to": self._to_ms},
            "timeZone": "UTC",
            "panels": panels,
        }
        return self._dohyo.call("POST", f"/api/dohyo/v1/dashboards/{self.ids[dashboard]}/runs", body)


def compare(dohyo: Dohyo, file: Path, to_ms: int, runs: int) -> bool:
    """Prints the table; whether every answer is equal."""
    asked = Server(dohyo, to_ms)
    from_ms = to_ms - DAYS * 86_400_000
    table = Table("dashboard", "panel", "Dohyo ms", "DuckDB ms", "DuckDB / Dohyo", "rows", "equal?")
    equal, slowest = True, 0.0
    for dashboard, answers in Panels(file, from_ms, to_ms, place_finder()).all().items():
        got = dohyo.run_dashboard(asked.ids[dashboard], from_ms, to_ms)
        for key, answer in answers.items():
            found = differing(Expected(answer(), key not in UNORDERED), got[key])
            equal = equal and not found
            ours = timed(lambda d=dashboard, k=key: asked.run(d, [k]), runs)
            theirs = timed(answer, 1)
            slowest = max(slowest, ours)
            verdict = "[red]no" if found else "[green]yes"
            figures = (f"{ours:.0f}", f"{theirs:.0f}", f"{theirs / ours:.1f}", str(len(got[key].rows)))
            table.add_row(dashboard, key, *figures, verdict)
            for line in found:
                console.print(f"{dashboard}, {key}: {line}", markup=False, soft_wrap=True)
    whole = timed(lambda: asked.run("Overview"), runs)
    console.print(table)
    console.print(f"slowest panel {slowest:.0f} ms (limit {PANEL_LIMIT_MS}),", end=" ")
    console.print(f"whole Overview {whole:.0f} ms (limit {OVERVIEW_LIMIT_MS}); best of {runs}, warm")
    return equal


def main() -> int:
    reader = argparse.ArgumentParser(prog="bench/dashboards", description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--short", action="store_true", help="20,000 alerts, one run of each")
    chosen = reader.parse_args()
    count, runs = (20_000, 1) if chosen.short else (200_000, 5)
    with tempfile.TemporaryDirectory(prefix="dohyo-bench-") as folder:
        data, file = Path(folder) / "data", made_up_alerts(Path(folder), count)
        to_ms = int(time.time() * 1000) + 1
        console.print(f"{count:,} alerts, {file.stat().st_size / 1e6:.0f} MB, {os.cpu_count()} cores")
        key = create_key(data)
        with server(data, free_port(), Path("")) as running:
            dohyo = Dohyo(running.address, key)
            wait_until("Starting the server", dohyo.is_up)
            dohyo.install_app()
            begun = time.perf_counter()
            command = [DOHYO, "import", str(file), "--category", CATEGORY, "--data", str(data)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            took = time.perf_counter() - begun
            console.print(f"imported in {took:.1f} s, {count / took:,.0f} alerts/s")
            return 0 if compare(dohyo, file, to_ms, runs) else 1


if __name__ == "__main__":
    sys.exit(main())
