"""kill -9 of the server while it takes uploads and follows files: what was acknowledged is there once."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
from tests.crash.test_kill_collection import ended, print_row, stored_texts

from dohyo.access.secrets import SecretBox
from dohyo.collect.local_files import FOLDERS_VARIABLE
from dohyo.collect.registry import Registry
from dohyo.metadata.db import open_metadata

KILLS = int(os.environ.get("DOHYO_KILLS", "5"))  # script/kills sets 100
CLIENTS = 3


class Clients:
    """Each sends batches one after the other and repeats each, under its key, until it is acknowledged.

    The first has no keys: a batch that was not acknowledged it gives up, and sends another one.
    """

    def __init__(self, token: str) -> None:
        self.address = ""
        self.acknowledged: Counter[str] = Counter()
        self._path = f"/receiver/v1/http/{token}"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, client: int) -> None:
        batch = 0
        while not self._stop.is_set():
            texts = [f"2026-11-24T10:00:00Z client {client} batch {batch} n={n}" for n in range(20)]
            key = f"{client} {batch}" if client else None
            while not (is_taken := self._is_taken(key, "\n".join(texts))) and key:
                time.sleep(0.02)
            if is_taken:
                with self._lock:
                    self.acknowledged.update(texts)
            else:
                time.sleep(0.02)
            batch += 1

    def _is_taken(self, key: str | None, body: str) -> bool:
        try:
            address, headers = self.address + self._path, {"Idempotency-Key": key} if key else {}
            answer = httpx.post(address, content=body, headers=headers, timeout=20, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code == 200


def started_server(folder: Path) -> tuple[subprocess.Popen, str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [Path(sys.executable).parent / "dohyo", "serve", "--data", folder, "--port", str(port)]
    with (folder.parent / "server.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT), f"http://127.0.0.1:{port}"


def made_sources(folder: Path, logs: Path) -> str:
    """An HTTP source and one of files; the token of the first."""
    registry = Registry(open_metadata(folder), SecretBox(folder))
    collector = registry.create_collector({"name": "Labs"})
    http = registry.create_source(collector.id, {"sourceType": "HTTP", "name": "http"})
    files = {"sourceType": "LocalFile", "name": "files", "pathExpression": f"{logs}/a.log*"}
    registry.create_source(collector.id, files)
    return registry.source_json(http)["token"]


def test_server_killed_again_and_again_keeps_what_it_acknowledged_once(tmp_path, monkeypatch):
    chance = random.Random(7)
    folder, logs = tmp_path / "data", tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setenv(FOLDERS_VARIABLE, str(logs))
    token = made_sources(folder, logs)
    lines: list[str] = []

    def write(count: int) -> None:
        with (logs / "a.log").open("a") as file:
            for _ in range(count):
                lines.append(f"2026-11-24T10:00:00Z line {len(lines)}\n more of it")
                file.write(lines[-1] + "\n")

    with Clients(token) as clients:
        for round_number in range(KILLS):
            server, clients.address = started_server(folder)
            with ended(server):
                before = clients.acknowledged.total()
                until = time.monotonic() + 60
                while clients.acknowledged.total() == before:
                    assert server.poll() is None and time.monotonic() < until
                    time.sleep(0.01)
                write(50)
                time.sleep(chance.uniform(0, 1))
                write(50)
                server.send_signal(signal.SIGKILL)
            if chance.random() < 0.5:
                os.rename(logs / "a.log", logs / f"a.log.{round_number}")
        server, clients.address = started_server(folder)
        with ended(server):
            clients.__exit__()
            time.sleep(8)  # a message of a file is complete when nothing came for five seconds
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    assert len(lines) == 100 * KILLS
    stored, written = stored_texts(folder), Counter(lines)
    of_files = Counter({text: count for text, count in stored.items() if " line " in text})
    given_up = Counter(text for text in stored if " client 0 " in text) - clients.acknowledged
    print_row("HTTP", KILLS, clients.acknowledged, stored - of_files - given_up)
    print_row("files", KILLS, written, of_files)
    assert stored == clients.acknowledged + written + given_up, "given up or not: nothing is there twice"
