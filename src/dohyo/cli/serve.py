"""`dohyo serve`: the server, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dohyo.base.listening import listening
from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.options import DEFAULT_PORT, DataDir
from dohyo.cli.sign_in_link import first_administrator, sign_in_link

BACKLOG = 2048
# Requests that still run when the server is told to end have this long.
FINISH_S = 3


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    data: DataDir,
    port: Annotated[int, typer.Option(help="Port; 0 for any free one.", min=0, max=65535)] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
) -> None:
    """Run the server on a data directory: pages, API, collection."""
    from dohyo.store.owner import own

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # From here on a signal ends the blocks below in order, also while they are still being entered.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    listener = _listener(data, host, port)
    address = _address(host, listener.getsockname()[1])
    with listener, own(data, address) as owner:
        _run(data, listener, address, owner.token)


def _end(number: int, frame: Any) -> None:
    sys.exit(0)


def _listener(data: Path, host: str, port: int) -> socket.socket:
    """A socket that listens. ProblemError where it cannot; a server on the same directory is named first."""
    from dohyo.store.owner import own

    try:
        return listening(host, port, backlog=BACKLOG)
    except OSError as error:
        with own(data, None):
            pass
        message = f"port {port} of {host} cannot be used: {os.strerror(error.errno or 0)}"
        hint = "choose another one with --port"
        raise ProblemError([Problem("port-unusable", message, hints=(hint,))]) from None


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def _run(data: Path, listener: socket.socket, address: str, local_token: str) -> None:
    import uvicorn

    from dohyo.api.app import create_app
    from dohyo.api.services import opened
    from dohyo.api.settings import Settings

    with opened(data, Settings.from_environment(), local_token) as services:
        typer.echo(f"Dohyo listens on {address}")
        typer.echo(f"Data directory: {data.absolute()}")
        new_user = first_administrator(services.metadata)
        if new_user is not None:
            typer.echo(
                f"Sign in (once, within an hour): {sign_in_link(services.metadata, new_user, address)}"
            )
        else:
            typer.echo(f"A new link to sign in: dohyo sign-in-link --data {data.absolute()}")
        config = uvicorn.Config(
            create_app(services),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=FINISH_S,
        )
        uvicorn.Server(config).run(sockets=[listener])
