"""Durable HTTP ingest of alerts of 3 KB by 8 clients, beside PostgreSQL COPY into jsonb and DuckDB appends.

A batch counts when its sender has the answer, which comes after fsync. Clients and server share the machine's
cores. PostgreSQL takes the same batches by 8 clients, a COPY each, committed with fsync; DuckDB by one
writer, an insert each.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "demo"))

from dashboards import made_up_alerts  # noqa: E402
from dohyo_api import CATEGORY, Dohyo  # noqa: E402
from processes import create_key, free_port, server, wait_until  # noqa: E402

CLIENTS, BATCH = 8, 200
QUIET_S = 20
console = Console(width=120)


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def folder_bytes(folder: Path) -> int:
    found = 0
    for place, _, names in os.walk(folder):  # passes over folders that a merge takes away meanwhile
        for name in names:
            with suppress(FileNotFoundError):
                found += (Path(place) / name).stat().st_size
    return found


def shared_out(batches: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [batches[client::CLIENTS] for client in range(CLIENTS)]


def send(address: str, path: str, batches: Sequence[bytes], failed: list[str]) -> None:
    connection = http.client.HTTPConnection(address)
    for body in batches:
        while True:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            words = answer.read()
            if answer.status == 200:
                break
            if answer.status != 429:
                failed.append(f"{answer.status} {words[:200]!r}")
                return
            time.sleep(0.05)


def dohyo(batches: Sequence[bytes], folder: Path, hot: bool) -> tuple[float, int, int]:
    """Seconds, the most memory the server had, bytes of the store after its merges."""
    data = folder / f"dohyo-{hot}"
    key = create_key(data)
    with server(data, free_port(), Path("")) as running:
        api = Dohyo(running.address, key)
        wait_until("Starting the server", api.is_up)
        if hot:
            api.install_app()
        collector = {"collector": {"collectorType": "Hosted", "name": "bench"}}
        ident = api.call("POST", "/api/v1/collectors", collector).json()["collector"]["id"]
        source = {
            "sourceType": "HTTP",
            "name": "bench",
            "category": CATEGORY,
            "multilineProcessingEnabled": False,
        }
        made = api.call("POST", f"/api/v1/collectors/{ident}/sources", {"source": source}).json()["source"]
        address = running.address.removeprefix("http://")
        path = "/" + made["url"].split("/", 3)[3]
        failed: list[str] = []
        threads = [
            threading.Thread(target=send, args=(address, path, part, failed)) for part in shared_out(batches)
        ]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - begun
        if failed:
            raise SystemExit(f"an upload was refused: {failed[0]}")
        time.sleep(QUIET_S if len(batches) > 100 else 2)
        return took, resident_bytes(running.process.pid), folder_bytes(data / "events")


def postgresql(batches: Sequence[bytes], folder: Path) -> tuple[float, int] | None:
    """Seconds and bytes of the table; None where there is no PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        return None
    programs, place = found[-1].parent, folder / "postgresql"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    folder.chmod(0o755)
    as_user = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    )
    data, port = place / "data", str(free_port())
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-A", "trust", "-U", "bench"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = f"-p {port} -k {place} -c listen_addresses="
    control = [*as_user, programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run(
        [*control, "-o", options, "-l", place / "log", "start"], check=True, stdout=subprocess.DEVNULL
    )
    psql = [programs / "psql", "-q", "-h", place, "-p", port, "-U", "bench", "postgres"]
    try:
        subprocess.run(
            [*psql, "-c", "create table events(at timestamptz default now(), alert jsonb)"], check=True
        )
        scripts = []
        for number, part in enumerate(shared_out(batches)):
            script = place / f"{number}.sql"
            with script.open("wb") as file:
                for body in part:
                    rows = body.replace(b"\\", b"\\\\")
                    file.write(b"copy events(alert) from stdin;\n" + rows + b"\n\\.\n")
            scripts.append(script)
        begun = time.perf_counter()
        clients = [subprocess.Popen([*psql, "-v", "ON_ERROR_STOP=1", "-f", script]) for script in scripts]
        if any(client.wait() for client in clients):
            raise SystemExit("PostgreSQL refused a batch")
        took = time.perf_counter() - begun
        size = subprocess.run(
            [*psql, "-At", "-c", "select pg_total_relation_size('events')"],
            check=True,
            capture_output=True,
            text=True,
        )
        return took, int(size.stdout)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL)


def duck(batches: Sequence[bytes], folder: Path) -> tuple[float, int]:
    file = folder / "duck.db"
    connection = duckdb.connect(str(file))
    connection.execute("create table events(arrived timestamp default now(), alert json)")
    begun = time.perf_counter()
    for body in batches:
        rows = pa.table({"alert": body.decode().split("\n")})  # noqa: F841  (DuckDB reads it by its name)
        connection.execute("insert into events(alert) select alert from rows")
    connection.execute("checkpoint")
    took = time.perf_counter() - begun
    connection.close()
    return took, file.stat().st_size


def main() -> int:
    reader = argparse.ArgumentParser(prog="bench/ingest", description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--short", action="store_true", help="8,000 alerts")
    count = 8_000 if reader.parse_args().short else 160_000
    folder = Path(tempfile.mkdtemp(prefix="dohyo-bench-"))
    try:
        lines = made_up_alerts(folder, count).read_bytes().splitlines()
        batches = [b"\n".join(lines[at : at + BATCH]) for at in range(0, len(lines), BATCH)]
        raw = sum(map(len, batches))
        console.print(
            f"{len(lines):,} alerts, {raw / 1e6:.0f} MB ({raw / len(lines):.0f} bytes each), "
            f"{BATCH} a request, {CLIENTS} clients, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        shown = Table("", "seconds", "alerts/s", "MB/s", "memory MB", "stored / raw")

        def row(name: str, took: float, memory: int | None, size: int) -> None:
            rate = len(lines) / took
            memory_text = f"{memory / 1e6:,.0f}" if memory else ""
            shown.add_row(
                name,
                f"{took:.1f}",
                f"{rate:,.0f}",
                f"{raw / took / 1e6:.1f}",
                memory_text,
                f"{size / raw:.2f}",
            )

        row("Dohyo, no hot fields", *dohyo(batches, folder, False))
        row("Dohyo, the app's hot fields", *dohyo(batches, folder, True))
        peer = postgresql(batches, folder)
        if peer:
            row("PostgreSQL COPY, jsonb", peer[0], None, peer[1])
        took, size = duck(batches, folder)
        row("DuckDB inserts, json", took, None, size)
        console.print(shown)
        if not peer:
            console.print("PostgreSQL is not installed here.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
