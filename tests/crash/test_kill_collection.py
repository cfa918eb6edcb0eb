"""kill -9 of the server while it collects: after the restart each alert version is stored exactly once."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from dohyo.access.secrets import SecretBox
from dohyo.collect.overview import source_overview
from dohyo.collect.registry import Registry
from dohyo.graphsim.running import running
from dohyo.graphsim.tenant import Settings
from dohyo.metadata.db import open_metadata

KILLS = int(os.environ.get("DOHYO_KILLS", "10"))  # script/kills sets 100
# In a process of its own, as one process opens one store.
PRINT_STORED = """
import json, sys
from pathlib import Path
from sqlglot import column, select
from dohyo.store.embedded import EmbeddedStore
store = EmbeddedStore.open(Path(sys.argv[1]))
# Not what the server says of itself, such as the volumes of a run that takes long.
sql = select(column("_raw")).from_("events").where(column("_view").eq(""))
for raw in store.query(sql, timeout_s=60).column(0).to_pylist():
    print(json.dumps(raw))
"""


def started_server(folder: Path, ca_file: Path) -> subprocess.Popen:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [Path(sys.executable).parent / "dohyo", "serve", "--data", folder, "--port", str(port)]
    log = (folder.parent / "server.log").open("ab")
    with log:
        return subprocess.Popen(
            command, env={**os.environ, "SSL_CERT_FILE": str(ca_file)}, stdout=log, stderr=subprocess.STDOUT
        )


def wait_for(condition, server: subprocess.Popen, folder: Path, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        if server.poll() is not None or time.monotonic() > end:
            log = (folder.parent / "server.log").read_text(errors="replace")[-3000:]
            raise AssertionError(f"the server {'ended' if server.poll() is not None else 'hangs'}: {log}")
        time.sleep(0.01)


def set_up_source(folder: Path, graph):
    """Makes the source before the server's first start; gives back the metadata."""
    who = graph.tenant.registration
    metadata = open_metadata(folder)
    registry = Registry(metadata, SecretBox(folder))
    collector = registry.create_collector({"name": "Labs"})
    config = {
        "name": "Graph",
        "category": "Labs/MicrosoftGraphSecurity",
        "tenant_id": who.tenant,
        "application_id": who.application,
        "secret_key": who.secret,
        "cloud": "custom",
        "graph_root": graph.root,
        "authority": graph.root,
        "backfill_days": 40,
        "polling_interval_s": 1,
    }
    schema = {"type": "Microsoft Graph Security API"}
    body = {"sourceType": "Universal", "schemaRef": schema, "config": config}
    registry.create_source(collector.id, body)
    return metadata


def stored_texts(folder: Path) -> Counter:
    done = subprocess.run(
        [sys.executable, "-c", PRINT_STORED, folder], capture_output=True, text=True, check=True, timeout=120
    )
    return Counter(json.loads(line) for line in done.stdout.splitlines())


def print_row(source: str, kills: int, sent: Counter, stored: Counter) -> None:
    """A row of the table that `script/kills` shows."""
    lost, doubled = (sent - stored).total(), (stored - sent).total()
    print(f"\n{source:<8}{kills:>8}{sent.total():>12}{stored.total():>10}{lost:>8}{doubled:>10}", flush=True)


def is_caught_up(metadata, since_ms: int) -> bool:
    shown = source_overview(metadata)[0]
    poll = shown["lastPoll"]
    return bool(poll) and poll["at_ms"] > since_ms and poll["lag_s"] < 5 and not poll["new"] + poll["updated"]


def test_server_killed_while_it_collects_stores_each_version_once(tmp_path):
    chance = random.Random(4)
    folder = tmp_path / "data"
    settings = Settings(alerts=1500, seed=4, arrivals_s=None, requests_per_minute=100_000)
    with running(settings, tmp_path / "graph") as graph:
        metadata = set_up_source(folder, graph)
        for _ in range(KILLS):
            server = started_server(folder, graph.ca_file)
            with ended(server):
                # From before the first request to some pages later, at any moment of a page.
                until = graph.tenant.faults.requests + chance.randint(0, 8)
                wait_for(lambda until=until: graph.tenant.faults.requests >= until, server, folder)
                time.sleep(chance.uniform(0, 0.3))
                server.send_signal(signal.SIGKILL)
            for _ in range(20):
                graph.tenant.raise_alert()
        server = started_server(folder, graph.ca_file)
        with ended(server):
            begun_ms = int(time.time() * 1000)
            wait_for(lambda: is_caught_up(metadata, begun_ms), server, folder)
            server.send_signal(signal.SIGTERM)
            server.wait(30)
        served = Counter((tmp_path / "graph" / "versions.ndjson").read_text().splitlines())
    stored = stored_texts(folder)
    print_row("Graph", KILLS, served, stored)
    assert len(served) == 1500 + 20 * KILLS
    assert stored == served


@contextlib.contextmanager
def ended(server: subprocess.Popen):
    """The server is gone after the block, whatever happens in it."""
    try:
        yield
    finally:
        server.kill()
        server.wait()
