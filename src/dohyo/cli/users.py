"""`dohyo user`: people who sign in. Works before the first start and beside a server."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dohyo.access import users
from dohyo.access.problems import AccessRefused
from dohyo.access.roles import Role
from dohyo.cli.options import DataDir

commands = typer.Typer(help="People who sign in.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="E-MAIL")]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="user")


@commands.command()
def create(
    data: DataDir,
    email: Email,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = "viewer",
    first_name: Annotated[str, typer.Option()] = "",
    last_name: Annotated[str, typer.Option()] = "",
    password: Annotated[bool, typer.Option("--password", help="Ask for a password now.")] = False,
) -> None:
    """Make a user. Without a password `dohyo sign-in-link --email` gives a link that signs in once."""
    from dohyo.metadata.db import open_metadata

    secret = _asked_password() if password else None
    made = users.create_user(
        open_metadata(data), email, role, password=secret, first_name=first_name, last_name=last_name
    )
    typer.echo(f"{made.email} is a new {made.role}.")


@commands.command("list")
def list_users(data: DataDir) -> None:
    """Show all users."""
    from dohyo.metadata.db import open_metadata

    table = Table("e-mail", "role", "name", "password", "active", show_edge=False)
    for user in users.list_users(open_metadata(data)):
        has_password, active = ("yes" if on else "no" for on in (user.password_hash, user.is_active))
        name = f"{user.first_name} {user.last_name}".strip()
        table.add_row(user.email, user.role, name, has_password, active)
    Console(markup=False).print(table)


@commands.command()
def password(data: DataDir, email: Email) -> None:
    """Set a user's password (asked for, or the first line of standard input) and end all his sessions."""
    from dohyo.metadata.db import open_metadata

    metadata = open_metadata(data)
    user = users.find_user(metadata, email)
    if user is None:
        raise AccessRefused("user-unknown", f"no user has the e-mail {email}")
    users.set_password(metadata, user.id, _asked_password())
    typer.echo(f"{user.email} has a new password.")


def _asked_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
