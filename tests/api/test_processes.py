"""`dohyo serve` as a process of its own, and the commands beside it and without it."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

DOHYO = str(Path(sys.executable).with_name("dohyo"))
APP = "Azure Security - Microsoft Defender for Cloud Apps"
SAMPLE = Path(__file__).parents[1] / "unit/pretty-alert.json"


def dohyo(*words: object, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DOHYO, *map(str, words)], capture_output=True, text=True, timeout=timeout_s, check=False
    )


@dataclass
class Process:
    data: Path
    address: str
    process: subprocess.Popen
    log: Path

    def client(self) -> httpx.Client:
        ident, key = dohyo("key", "create", "--data", self.data).stdout.split()[-2:]
        return httpx.Client(base_url=self.address, auth=(ident, key), timeout=30, trust_env=False)


@contextlib.contextmanager
def serving(data: Path) -> Iterator[Process]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [DOHYO, "serve", "--data", data, "--port", str(port)], stdout=output, stderr=subprocess.STDOUT
        )
    running = Process(data, f"http://127.0.0.1:{port}", process, log)
    try:
        wait_until_it_answers(running)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until_it_answers(running: Process) -> None:
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{running.address}/api/health", trust_env=False).json() == {"status": "ok"}:
                return
        assert running.process.poll() is None and time.monotonic() < until, running.log.read_text()
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with serving(tmp_path_factory.mktemp("process") / "data") as running:
        yield running


def raw_texts(client: httpx.Client, category: str) -> list[str]:
    body = {"query": f'_sourceCategory="{category}"', "from": 0, "to": int(time.time() * 1000) + 60_000}
    job = client.post("/api/v1/search/jobs", json=body).json()["id"]
    while not client.get(f"/api/v1/search/jobs/{job}").json()["state"].startswith("DONE"):
        time.sleep(0.02)
    page = client.get(f"/api/v1/search/jobs/{job}/messages?offset=0&limit=1000").json()
    return sorted(row["map"]["_raw"] for row in page["messages"])


def test_first_start_prints_a_link_that_signs_in_once(server):
    link = re.search(r"https?://\S+/sign-in\?token=(\S+)", server.log.read_text())
    assert link and link[0].startswith(server.address)
    with httpx.Client(base_url=server.address, trust_env=False) as page:
        answer = page.post("/api/dohyo/v1/session", json={"token": link[1]})
        assert answer.json()["user"]["role"] == "administrator"
        assert page.post("/api/dohyo/v1/session", json={"token": link[1]}).status_code == 401
    again = dohyo("sign-in-link", "--data", server.data).stdout
    assert again.startswith(f"{server.address}/sign-in?token=")


def test_second_server_on_the_directory_is_refused_naming_the_first(server):
    port = server.address.rpartition(":")[2]
    for words in (("--port", "0"), ("--port", port)):
        refused = dohyo("serve", "--data", server.data, *words)
        assert refused.returncode == 1 and f"process {server.process.pid}" in refused.stderr
        assert "Traceback" not in refused.stderr and refused.stdout == ""


def test_port_in_use_is_one_sentence(server, tmp_path):
    port = server.address.rpartition(":")[2]
    refused = dohyo("serve", "--data", tmp_path / "other", "--port", port)
    assert refused.returncode == 1 and f"port {port} of 127.0.0.1 cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_import_beside_the_server_stores_once(server, tmp_path):
    lines = [json.dumps({"n": n, "createdDateTime": "2026-01-01T00:00:00Z"}) for n in range(3000)]
    file = tmp_path / "lines.ndjson.gz"
    file.write_bytes(gzip.compress("\n".join([*lines, lines[0]]).encode()))
    words = ("import", file, "--category", "Beside", "--data", server.data)
    first = dohyo(*words)
    assert (first.returncode, first.stdout) == (0, "3,001 read, 3,001 stored, 0 repeated, 0 refused\n")
    assert dohyo(*words).stdout == "3,001 read, 0 stored, 3,001 repeated, 0 refused\n"
    with server.client() as client:
        assert client.get("/api/dohyo/v1/home").json()["alerts"]["messages"] >= 3001


def test_import_refuses_broken_lines_by_their_place_and_stores_the_rest(server, tmp_path):
    file = tmp_path / "broken.ndjson"
    file.write_text('{"n": 1}\n{"n" 2}\n{"n": 3}\n')
    done = dohyo("import", file, "--category", "Broken", "--data", server.data)
    assert done.returncode == 1 and f"{file}:2:6: no JSON" in done.stderr
    assert done.stdout.splitlines() == [
        "3 read, 2 stored, 0 repeated, 1 refused",
        "2 had no readable time; the time of receipt was taken",
    ]
    with server.client() as client:
        assert raw_texts(client, "Broken") == ['{"n": 1}', '{"n": 3}']
    missing = dohyo("import", tmp_path / "missing", "--category", "x", "--data", server.data)
    assert missing.returncode == 2 and "no such file" in missing.stderr


def test_printed_sample_alert_keeps_every_letter(server):
    done = dohyo("import", SAMPLE, "--category", "Sample", "--data", server.data)
    assert done.returncode == 0 and "1 had no readable time" in done.stdout
    with server.client() as client:
        assert raw_texts(client, "Sample") == [SAMPLE.read_text().strip()]


def test_app_is_installed_beside_the_server(server):
    words = ("--data", server.data, "--set", "default_scope_value=Sample")
    done = dohyo("app", "install", APP, *words)
    assert done.returncode == 0 and "/Library/Installed Apps/" in done.stdout
    with server.client() as client:
        assert [app["name"] for app in client.get("/api/dohyo/v1/home").json()["apps"]] == [APP]
        boards = client.get("/api/dohyo/v1/dashboards").json()["dashboards"]
        overview = next(board["id"] for board in boards if board["title"].endswith("Overview"))
        body = {"range": {"from": "-1h"}, "panels": ["total-alerts"]}
        lines = client.post(f"/api/dohyo/v1/dashboards/{overview}/runs", json=body).text.splitlines()
        assert json.loads(lines[1])["rows"] == [[1]]
    assert dohyo("app", "upgrade", APP, "--version", "9.9.9", "--data", server.data).returncode == 1
    assert dohyo("app", "uninstall", APP, "--data", server.data).returncode == 0


def test_import_and_apps_without_a_server_use_the_store_themselves(tmp_path):
    data = tmp_path / "data"
    done = dohyo("import", SAMPLE, "--category", "Alone", "--data", data)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "1 read, 1 stored, 0 repeated, 0 refused")
    assert dohyo("app", "install", APP, "--data", data, "--set", "default_scope_value=Alone").returncode == 0
    with serving(data) as server, server.client() as client:
        assert raw_texts(client, "Alone") == [SAMPLE.read_text().strip()]
        assert len(client.get("/api/dohyo/v1/home").json()["apps"]) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_server_in_order_within_seconds(tmp_path, number):
    with serving(tmp_path / "data") as server:
        with server.client() as client:
            client.get("/api/dohyo/v1/home")  # a connection that stays open
            begun = time.monotonic()
            os.kill(server.process.pid, number)
            assert server.process.wait(20) == 0
            assert time.monotonic() - begun < 10
        assert "Traceback" not in server.log.read_text()
        assert not (server.data / "server.json").exists()
        assert dohyo("serve", "--data", server.data, "--port", "99999").returncode == 2


def test_tests_of_a_package_pass_or_name_the_difference(tmp_path):
    folder = tmp_path / "mine"
    assert dohyo("app", "new", "My app", "--folder", folder).returncode == 0
    assert dohyo("app", "test", folder).returncode == 0
    expected = folder / "tests/expected.yaml"
    assert "_count: 3" in expected.read_text()
    expected.write_text(expected.read_text().replace("_count: 3", "_count: 77"))
    wrong = dohyo("app", "test", folder)
    assert wrong.returncode == 1 and "77" in wrong.stderr
