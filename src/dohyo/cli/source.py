"""`dohyo source`: tries the settings of a source before anything is saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from dohyo.base.problem import Problem, ProblemError

commands = typer.Typer(help="Sources.", no_args_is_help=True)
MOST_BYTES = 1024 * 1024


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="source")


@commands.command()
def test(
    file: Annotated[
        Path, typer.Argument(help="JSON of a Microsoft Graph Security source, as the API takes it.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Sign in and read the newest alerts with these settings; say precisely what is wrong. Saves nothing."""
    from dohyo.collect.connection_checks import check_graph
    from dohyo.collect.graph_settings import GraphSecuritySettings
    from dohyo.collect.refusals import wrong_fields

    try:
        settings = GraphSecuritySettings(**settings_in(file))
    except ValidationError as error:
        raise wrong_fields(error, GraphSecuritySettings, "config.") from error
    checks = check_graph(settings)
    if as_json:
        typer.echo(json.dumps({"checks": [check.as_json() for check in checks]}))
    else:
        for check in checks:
            typer.echo(f"{check.state:<8}{check.name}: {check.detail}")
            if check.hint:
                typer.echo(f"{'':<8}{f'{check.setting}: ' if check.setting else ''}{check.hint}")
    if any(check.state == "error" for check in checks):
        raise typer.Exit(1)


def settings_in(file: Path) -> dict[str, Any]:
    """The settings of a source in the whole request, in its inner object, or by themselves."""
    with file.open("rb") as opened:
        text = opened.read(MOST_BYTES)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemError([Problem("source-file", f"{file.name} is no JSON: {error}")]) from error
    for key in ("source", "config"):
        found = found.get(key, found) if isinstance(found, dict) else found
    if not isinstance(found, dict):
        raise ProblemError([Problem("source-file", f"{file.name} holds no settings of a source")])
    return {key: value for key, value in found.items() if value is not None}
