"""Options of script/demo, by the standard library alone: they are read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

DESCRIPTION = "Starts Dohyo with a stand-in for Microsoft Graph and made-up alerts, or checks every panel."


def options() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="script/demo", description=DESCRIPTION)
    reader.add_argument("--port", type=int, help="port of the server (8484; a free one with --check)")
    reader.add_argument("--data", type=Path, help="data directory (a new one)")
    reader.add_argument("--alerts", type=_count, default=5000, help="how many alerts (%(default)s)")
    reader.add_argument(
        "--check", action="store_true", help="compare every panel with its expected answer, then end"
    )
    return reader


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 0")
    return int(text)


if __name__ == "__main__":
    options().parse_args()
