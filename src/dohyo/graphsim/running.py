"""Runs the stand-in over TLS: in the background for a test, or in the foreground for a command."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
import uvicorn

from dohyo.base.listening import listening
from dohyo.graphsim.server import create_app
from dohyo.graphsim.tenant import Settings, Tenant

HOST = "127.0.0.1"


@dataclass(frozen=True)
class StandIn:
    """A stand-in that listens: Graph's root, which is the sign-in authority too; a file for SSL_CERT_FILE."""

    root: str
    ca_file: Path
    tenant: Tenant


def prepared(tenant: Tenant, folder: Path, port: int = 0) -> tuple[StandIn, uvicorn.Server, socket.socket]:
    """A server bound to 127.0.0.1 with a certificate of an authority made now; port 0 takes a free one."""
    listener = listening(HOST, port)
    authority = trustme.CA(organization_name="Graph stand-in")
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    config = uvicorn.Config(
        create_app(tenant), log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    config.load()
    config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "localhost").configure_cert(config.ssl)
    stand_in = StandIn(f"https://{HOST}:{listener.getsockname()[1]}", ca_file, tenant)
    return stand_in, uvicorn.Server(config), listener


@contextmanager
def running(settings: Settings, folder: Path, port: int = 0) -> Iterator[StandIn]:
    """A stand-in in a thread of this process, for tests; stopped at the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    stand_in, server, listener = prepared(Tenant(settings, folder), folder, port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield stand_in
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
