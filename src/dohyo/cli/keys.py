"""`dohyo key`: access keys for clients of the API. Works before the first start and beside a server."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from dohyo.access import keys
from dohyo.access.problems import AccessRefused
from dohyo.access.roles import Role
from dohyo.access.users import find_user, list_users
from dohyo.base.clock import utc_of_ms
from dohyo.cli.options import DataDir

commands = typer.Typer(help="Access keys for clients of the API.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="key")


@commands.command()
def create(
    data: DataDir,
    role: Annotated[Role, typer.Option(help="What the key may do, unless it is a user's.")] = "administrator",
    user: Annotated[
        str | None, typer.Option(metavar="E-MAIL", help="Whose rights the key has; else the role's.")
    ] = None,
    label: Annotated[str, typer.Option(help="A name to know it by.")] = "command line",
    scope: Annotated[
        list[str], typer.Option(help="Narrows the key, such as runLogSearch; may be given several times.")
    ] = [],  # noqa: B006
) -> None:
    """Make a key and print `ID KEY`; the key is shown only now."""
    from dohyo.metadata.db import open_metadata

    metadata = open_metadata(data)
    owner = find_user(metadata, user) if user else None
    if user and owner is None:
        raise AccessRefused("user-unknown", f"no user has the e-mail {user}")
    made = keys.create_key(metadata, role, user_id=owner.id if owner else None, label=label, scopes=scope)
    typer.echo(f"{made.id} {made.secret}")


@commands.command("list")
def list_keys(data: DataDir) -> None:
    """Show all keys, without their secrets."""
    from dohyo.metadata.db import open_metadata

    metadata = open_metadata(data)
    emails = {user.id: user.email for user in list_users(metadata, service_accounts=True)}
    table = Table(Column("id", no_wrap=True), "label", "user", "made", "last used", "on", show_edge=False)
    for key in keys.list_keys(metadata):
        on = "no" if key.disabled else "yes"
        times = (_day(key.created_ms), _day(key.last_used_ms))
        table.add_row(key.id, key.label, emails.get(key.user_id, ""), *times, on)
    Console(markup=False).print(table)


@commands.command()
def delete(data: DataDir, key_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Delete a key; whoever uses it is refused from now on."""
    from dohyo.metadata.db import open_metadata

    keys.delete_key(open_metadata(data), key_id)
    typer.echo(f"{key_id} is deleted.")


def _day(moment_ms: int | None) -> str:
    return "" if moment_ms is None else utc_of_ms(moment_ms).strftime("%Y-%m-%d %H:%M")
