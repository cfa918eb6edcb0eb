"""`dohyo`: every module of this folder that has a `register(app)` brings its commands.

A command whose module has its name is found without importing the other modules, so that it starts fast.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

import dohyo
import dohyo.cli
from dohyo.base.problem import ProblemError

FAILED = 1
PIPE_CLOSED = 141
"""What a shell makes of a process that the signal of a closed pipe ended."""


class Commands(TyperGroup):
    """Brings commands when they are asked for; shows a problem as sentences instead of a stack trace."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            name = cmd_name.replace("-", "_")
            self._bring(name if name in _modules() else None)
        if cmd_name not in self.commands:
            self._bring(None)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        self._bring(None)
        return sorted(self.commands)

    def _bring(self, only: str | None) -> None:
        """The commands of this module, or of all."""
        brought = typer.Typer()
        for module in [only] if only else _modules():
            register = getattr(import_module(f"dohyo.cli.{module}"), "register", None)
            if register is not None:
                register(brought)
        if brought.registered_commands or brought.registered_groups:
            brought.callback()(lambda: None)  # else a single command would stand alone
            self.commands.update(get_group(brought).commands)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ProblemError as error:
            for problem in error.problems:
                typer.echo(problem.shown(error.text), err=True)
        except BrokenPipeError:  # whoever read has enough, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from None
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            typer.echo(f"error: {place}{error.strerror or error}", err=True)
        raise typer.Exit(FAILED)


def _modules() -> list[str]:
    return sorted(module.name for module in iter_modules(dohyo.cli.__path__) if module.name != "main")


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
