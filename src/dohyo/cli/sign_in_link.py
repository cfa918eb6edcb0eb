"""`dohyo sign-in-link`, and the link that the first start prints."""

from __future__ import annotations

from typing import Annotated

import typer

from dohyo.access.problems import AccessRefused
from dohyo.access.sign_in import create_sign_in_token, may_sign_in
from dohyo.access.users import Metadata, ensure_user, find_user, list_users
from dohyo.cli.options import DEFAULT_PORT, DataDir
from dohyo.metadata.accounts import User

FIRST_EMAIL = "administrator@localhost"


def register(app: typer.Typer) -> None:
    app.command("sign-in-link")(show_sign_in_link)


def show_sign_in_link(
    data: DataDir,
    email: Annotated[str | None, typer.Option(help="Whom it signs in; else the first administrator.")] = None,
) -> None:
    """Print a link that signs in once, within an hour. Works before the first start and beside a server."""
    from dohyo.metadata.db import open_metadata
    from dohyo.store.owner import running

    metadata = open_metadata(data)
    user = _user(metadata, email)
    owner = running(data)
    address = (owner.address if owner else "") or f"http://127.0.0.1:{DEFAULT_PORT}"
    typer.echo(sign_in_link(metadata, user, address))


def _user(metadata: Metadata, email: str | None) -> User:
    if email is None:
        found = _administrators(metadata)
        return found[0] if found else ensure_user(metadata, FIRST_EMAIL, "administrator")
    user = find_user(metadata, email)
    if user is None or not may_sign_in(user):
        raise AccessRefused("user-unknown", f"no user who may sign in has the e-mail {email}")
    return user


def first_administrator(metadata: Metadata) -> User | None:
    """The administrator to print a link for: made where there is none; None once one has signed in."""
    found = _administrators(metadata)
    if any(user.last_sign_in_ms for user in found):
        return None
    return found[0] if found else ensure_user(metadata, FIRST_EMAIL, "administrator")


def _administrators(metadata: Metadata) -> list[User]:
    """Active ones, the longest known first."""
    found = [user for user in list_users(metadata) if user.role == "administrator" and user.is_active]
    return sorted(found, key=lambda user: user.created_ms)


def sign_in_link(metadata: Metadata, user: User, address: str) -> str:
    """An address with a token that signs the user in once."""
    return f"{address}/sign-in?token={create_sign_in_token(metadata, user.id)}"
