"""Writes made-up alerts to a file, one JSON object a line."""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from dohyo.graphsim.alerts import Plan, alert_text, every_alert, versions_of
from dohyo.graphsim.stamps import ticks


def write_alerts(plan: Plan, out: TextIO, history: bool = False) -> int:
    """Writes the plan's alerts, with `history` all their versions; returns the number of lines."""
    lines = 0
    for alert in every_version(plan) if history else every_alert(plan):
        out.write(alert_text(alert) + "\n")
        lines += 1
    return lines


def every_version(plan: Plan) -> Iterator[dict]:
    for number in range(plan.count):
        yield from versions_of(plan, number)


def options() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="python -m dohyo.graphsim.generate", description=__doc__)
    reader.add_argument("--alerts", type=int, default=5000, help="how many alerts (%(default)s)")
    reader.add_argument("--out", type=Path, required=True, help="file to write; gzip if its name ends in .gz")
    reader.add_argument("--days", type=int, default=30, help="raised in the days before --now (%(default)s)")
    reader.add_argument("--now", help="ISO 8601 instant with Z (the present)")
    reader.add_argument("--seed", type=int, default=1, help="the same seed and instant give the same file")
    reader.add_argument(
        "--cloud-apps-share",
        type=share,
        default=0.45,
        help="part from Defender for Cloud Apps, as 0.45 or 1/9",
    )
    reader.add_argument("--history", action="store_true", help="also the earlier versions of updated alerts")
    return reader


def share(text: str) -> float:
    """A part of the whole, written as a decimal or as a fraction.

    >>> share("1/4")
    0.25
    """
    above, _, below = text.partition("/")
    part = float(above) / float(below or 1)
    if not 0 <= part <= 1:
        raise ValueError("a share lies between 0 and 1")
    return part


def main() -> None:
    chosen = options().parse_args()
    now_ms = ticks(chosen.now) // 10_000 if chosen.now else int(time.time() * 1000)
    plan = Plan(chosen.seed, chosen.alerts, now_ms, chosen.days, chosen.cloud_apps_share)
    if chosen.out.suffix == ".gz":
        with gzip.open(chosen.out, "wt", encoding="utf-8", compresslevel=1) as out:
            lines = write_alerts(plan, out, chosen.history)
    else:
        with chosen.out.open("w", encoding="utf-8") as out:
            lines = write_alerts(plan, out, chosen.history)
    print(f"{lines} alerts in {chosen.out}")


if __name__ == "__main__":
    main()
