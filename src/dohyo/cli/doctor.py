"""`dohyo doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from dohyo.cli.options import DEFAULT_PORT, DataDir

MARKS = {"good": ("ok", "green"), "warning": ("warning", "yellow"), "bad": ("bad", "red")}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    data: DataDir,
    port: Annotated[
        int, typer.Option(help="Port that the server is to have.", min=1, max=65535)
    ] = DEFAULT_PORT,
) -> None:
    """Look over a data directory and the server on it: space, keys, metadata, store, sources.

    Ends with 0, or with 1 where something is bad. Works beside a running server.
    """
    from dohyo.upkeep.checks import checked

    bad = 0
    for check in checked(data, port):
        word, colour = MARKS[check.state]
        typer.echo(f"{typer.style(f'{word:>7}', fg=colour)}  {check.name}: {check.detail}")
        if check.advice:
            typer.echo(f"         {check.advice}")
        bad += check.state == "bad"
    raise typer.Exit(1 if bad else 0)
