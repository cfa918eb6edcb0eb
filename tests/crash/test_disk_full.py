"""A disk that is full or read-only under a running server: nothing acknowledged is lost, searches go on."""

import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from tests.crash.test_kill_collection import stored_texts
from tests.crash.test_kill_uploads import made_sources, started_server

from dohyo.collect.local_files import FOLDERS_VARIABLE

SIZE_MB = 96


@pytest.fixture
def small_disk(tmp_path: Path):
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", place], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a disk of its own needs the right to mount one: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=False)


def fill(disk: Path) -> None:
    (disk / "filler").write_bytes(b"")
    with (disk / "filler").open("ab", buffering=0) as file:
        try:
            while file.write(b"\0" * 65_536):
                pass
        except OSError:
            return


def read_only(disk: Path) -> None:
    subprocess.run(["mount", "--bind", disk, disk], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", disk], check=True)


TROUBLES = {
    "full": (fill, lambda disk: (disk / "filler").unlink(), "no space left"),
    "read-only": (read_only, lambda disk: subprocess.run(["umount", disk], check=True), "read-only"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_ingest_stops_and_goes_on_without_loss(small_disk, trouble, monkeypatch):
    begin, mend, word = TROUBLES[trouble]
    monkeypatch.setenv("DOHYO_RESERVE_BYTES", "0")  # the last byte may go, so that writes fail for real
    folder = small_disk / "data"
    folder.mkdir()
    (logs := small_disk / "logs").mkdir()
    monkeypatch.setenv(FOLDERS_VARIABLE, str(logs))
    token = made_sources(folder, logs)
    server, address = started_server(folder)
    client = httpx.Client(base_url=address, timeout=20, trust_env=False)
    acknowledged: list[str] = []

    def send(number: int) -> httpx.Response:
        text = f"2026-11-24T10:00:00Z number {number} {os.urandom(200_000).hex()}"
        answer = client.post(f"/receiver/v1/http/{token}", content=text)
        if answer.status_code == 200:
            acknowledged.append(text)
        return answer

    try:
        until = time.monotonic() + 60
        while True:
            try:
                assert client.get("/api/health").status_code == 200
                break
            except httpx.HTTPError:
                assert time.monotonic() < until
                time.sleep(0.1)
        assert send(1).status_code == 200
        begin(small_disk)
        refused = send(2)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert word in refused.text.lower()
        assert client.get("/api/health").status_code == 200
        mend(small_disk)
        while send(3).status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.2)
    finally:
        client.close()
        server.terminate()
        server.wait(30)
    assert stored_texts(folder) == Counter(acknowledged)
