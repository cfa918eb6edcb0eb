"""The two processes of the demo, the stand-in for Microsoft Graph and the Dohyo server, and how they end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"
DOHYO = str(Path(sys.executable).with_name("dohyo"))
SIGN_IN_LINK = re.compile(r"https?://\S+/sign-in\?token=\S+")
START_TIMEOUT_S = 60


class DemoError(Exception):
    """Something the demo needs did not work; the text says what, for people."""


@dataclass(frozen=True)
class StandIn:
    """A running stand-in for Microsoft Graph; what a source needs to collect from it."""

    address: str
    tenant: str
    application: str
    secret: str
    ca_file: Path
    versions_file: Path


@dataclass
class Server:
    """A running Dohyo server; `output` are the lines it printed so far."""

    address: str
    process: subprocess.Popen[str]
    output: list[str]

    def sign_in_link(self) -> str | None:
        found = [match[0] for line in self.output if (match := SIGN_IN_LINK.search(line))]
        return found[-1] if found else None


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def is_used(port: int) -> bool:
    """Whether something answers at the port already."""
    with socket.socket() as asking:
        return asking.connect_ex((HOST, port)) == 0


def port_of(folder: Path) -> int:
    """The port that the stand-in of this folder had before, so that sources made by hand find it again; a
    free one where there was none or something else has it now.
    """
    kept = folder / "port"
    port = int(kept.read_text()) if kept.is_file() else 0
    if not port or is_used(port):
        port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(port))
    return port


@contextmanager
def stand_in(folder: Path, alerts: int, arrivals: str) -> Iterator[StandIn]:
    """Starts the stand-in with its files in `folder` and ends it with the block."""
    # The real limit of 150 requests a minute would make the first pass over 30 days take minutes.
    words = ["--alerts", str(alerts), "--days", "30", "--arrivals", arrivals, "--requests-per-minute", "3000"]
    command = [sys.executable, "-m", "dohyo.graphsim", "--dir", str(folder), "--port", str(port_of(folder))]
    with ended_after(started([*command, *words], dict(os.environ))) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("{"):
            raise DemoError(f"The stand-in for Microsoft Graph did not start: {line or 'see above'}")
        ready = json.loads(line)
        yield StandIn(
            ready["address"],
            ready["tenant"],
            ready["application"],
            Path(ready["secret_file"]).read_text(),
            Path(ready["ca_file"]),
            Path(ready["versions_file"]),
        )


@contextmanager
def server(data: Path, port: int, ca_file: Path) -> Iterator[Server]:
    """Starts `dohyo serve`, which trusts the stand-in's certificates, and ends it with the block."""
    command = [DOHYO, "serve", "--data", str(data), "--port", str(port)]
    with ended_after(started(command, {**os.environ, "SSL_CERT_FILE": str(ca_file)})) as process:
        running = Server(f"http://{HOST}:{port}", process, [])
        reader = threading.Thread(target=collect_lines, args=(process, running.output), daemon=True)
        reader.start()
        yield running


def collect_lines(process: subprocess.Popen[str], output: list[str]) -> None:
    """Keeps what the process prints, so that it never waits for a reader."""
    for line in process.stdout or ():
        output.append(line.rstrip("\n"))


def create_key(data: Path) -> tuple[str, str]:
    """An administrator's access id and key, made by the command line."""
    command = [DOHYO, "key", "create", "--data", str(data), "--role", "administrator"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode != 0 or len(words) < 2:
        raise DemoError(f"No access key could be made: {done.stderr.strip() or done.stdout.strip()}")
    return words[-2], words[-1]


def started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    # A session of its own: Ctrl-C reaches only the demo, which then ends its children in order.
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    )


@contextmanager
def ended_after(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Ends the process with the block: politely first, by force if it does not go."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(what: str, ready: Callable[[], T], timeout_s: float = START_TIMEOUT_S) -> T:
    """The first true answer of `ready()`; DemoError naming `what` after the timeout."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        answer = ready()
        if answer:
            return answer
        time.sleep(0.2)
    raise DemoError(f"{what} took longer than {timeout_s:.0f} s.")
