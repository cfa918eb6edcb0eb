"""Dohyo with made-up alerts: a stand-in for Microsoft Graph, a server that collects from it, the app.

`script/demo` runs it. With --check it answers by its exit status whether every panel shows what it must.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from check import compare_panels, wait_for_collection
from dohyo_api import CATEGORY, Dohyo
from options import options
from processes import DemoError, Server, StandIn, create_key, free_port, is_used, server, stand_in, wait_until
from rich.console import Console

console = Console()


@dataclass(frozen=True)
class Everything:
    """What runs, and a client of the server."""

    stand_in: StandIn
    server: Server
    dohyo: Dohyo


@contextmanager
def everything(data: Path, port: int, alerts: int, arrivals: str) -> Iterator[Everything]:
    """Starts all parts, sets the source up, installs the app; ends all parts with the block."""
    console.print(f"Starting the stand-in for Microsoft Graph with {alerts:,} alerts")
    with stand_in(data / "stand-in", alerts, arrivals) as graph:
        console.print(f"  listens on {graph.address}")
        key = create_key(data)
        console.print("Starting the server")
        if is_used(port):
            raise DemoError(f"Port {port} is in use; --port names another one.")
        with server(data, port, graph.ca_file) as dohyo_server:
            dohyo = Dohyo(dohyo_server.address, key)
            wait_until("Starting the server", lambda: dohyo.is_up() or gave_up(dohyo_server))
            console.print(f"Setting up the source in category {CATEGORY}")
            dohyo.set_up_source(graph)
            console.print("Installing the app")
            dohyo.install_app()
            yield Everything(graph, dohyo_server, dohyo)


def gave_up(running: Server) -> bool:
    """DemoError with the server's own words if it has ended."""
    if running.process.poll() is not None:
        raise DemoError("The server did not start:\n" + "\n".join(running.output[-20:]))
    return False


def show(data: Path, port: int, alerts: int) -> None:
    """Runs until Ctrl-C."""
    # Seldom enough that the last minutes do not tower over the days before.
    with everything(data, port, alerts, "45s") as running:
        link = running.server.sign_in_link()
        console.print(f"\nDohyo: {running.server.address}")
        if link:
            console.print(f"Sign in (once): {link}", soft_wrap=True)
        else:
            console.print(f"Sign in: .venv/bin/dohyo sign-in-link --data {data}", soft_wrap=True)
        console.print(f"Data:  {data}\nCtrl-C stops everything.\n", soft_wrap=True)
        told = None
        while running.server.process.poll() is None:
            told = tell_progress(running.dohyo, told)
            time.sleep(2)
        raise DemoError("The server has ended:\n" + "\n".join(running.server.output[-20:]))


def tell_progress(dohyo: Dohyo, told: str | None) -> str | None:
    """Prints how collection goes whenever there is something to tell; returns what was told last."""
    try:
        state = dohyo.source_state()
    except httpx.TransportError:  # one answer lost, as on a busy machine; the caller sees a server that ended
        return told
    line = f"{state['state']}: {state['message']}" if state["message"] else state["state"]
    if poll := state.get("lastPoll"):
        line += f", last pass {poll['new']} new, {poll['updated']} updated"
    if line != told:
        console.print(f"  {time.strftime('%H:%M:%S')} {line}", markup=False, highlight=False)
    return line


def check(data: Path, port: int, alerts: int) -> bool:
    """True if every panel of both dashboards answers as expected."""
    begun = time.monotonic()
    with everything(data, port, alerts, "1s") as running:
        console.print("Collecting")
        wait_for_collection(running.dohyo, running.stand_in, console)
        console.print("Running the dashboards")
        equal = compare_panels(running.dohyo, running.stand_in.versions_file, console)
    verdict = "Every panel is equal" if equal else "Some panels differ"
    console.print(f"{verdict}, after {time.monotonic() - begun:.0f} s.")
    return equal


def main() -> int:
    chosen = options().parse_args()
    # An ended demo ends its processes, whichever signal ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    data = chosen.data or Path(tempfile.mkdtemp(prefix="dohyo-demo-"))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = chosen.check and chosen.data is None
    try:
        if chosen.check:
            return 0 if check(data, chosen.port or free_port(), chosen.alerts) else 1
        show(data, chosen.port or 8484, chosen.alerts)
    except KeyboardInterrupt:
        stays = "" if temporary else f" The data stays in {data}"
        console.print(f"\nStopped.{stays}", soft_wrap=True)
        return 130 if chosen.check else 0
    except DemoError as error:
        console.print("[red]The demo failed.[/]", end=" ")
        console.print(str(error), markup=False, soft_wrap=True)
        return 1
    finally:
        if temporary:
            shutil.rmtree(data, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
