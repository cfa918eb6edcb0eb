"""`dohyo`: every module of this folder that has a `register(app)` brings its commands."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import dohyo
import dohyo.cli
from dohyo.base.problem import ProblemError

FAILED = 1


class Commands(TyperGroup):
    """Shows a problem as sentences instead of a stack trace."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ProblemError as error:
            for problem in error.problems:
                typer.echo(problem.shown(error.text), err=True)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            typer.echo(f"error: {place}{error.strerror or error}", err=True)
        raise typer.Exit(FAILED)


app = typer.Typer(
    name="dohyo",
    help="Keep, search and show security logs on this machine.",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=lambda on: _version(on)),
    ] = False,
) -> None:
    pass


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(dohyo.__version__)
        raise typer.Exit


for _module in sorted(iter_modules(dohyo.cli.__path__), key=lambda module: module.name):
    if _module.name == "main":
        continue
    _register = getattr(import_module(f"dohyo.cli.{_module.name}"), "register", None)
    if _register is not None:
        _register(app)
