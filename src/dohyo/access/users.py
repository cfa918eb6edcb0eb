"""Users: make, list, change, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.passwords import password_to_hash
from dohyo.access.problems import AccessRefused
from dohyo.access.roles import ROLES, Role
from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.metadata.accounts import User, UserSession

Metadata = sessionmaker[Session]
LOCAL_USER = "command.line@dohyo.invalid"
"""Whoever works on the data directory by the command line."""


def create_user(
    metadata: Metadata,
    email: str,
    role: Role,
    *,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    service_account: bool = False,
) -> User:
    """A new user. Without a password only a one-time link signs in; a service account never signs in.

    Refused: `user-exists`, `user-email`, `user-name`, `role-unknown`, `password-length`.
    """
    user = User(
        id=hex_id(),
        email=_checked_email(email),
        role=_checked_role(role),
        first_name=_checked_name(first_name),
        last_name=_checked_name(last_name),
        password_hash=None if password is None else password_to_hash(password),
        is_active=True,
        is_service_account=service_account,
        created_ms=now_ms(),
        modified_ms=now_ms(),
    )
    with metadata() as session:
        session.add(user)
        try:
            session.commit()
        except IntegrityError as error:
            raise AccessRefused(
                "user-exists", f"a user with the e-mail {user.email} exists already"
            ) from error
    return user


def shown_name(user: User) -> str:
    """What people read of who did something: a name, else the e-mail; service accounts by what uses them."""
    if user.is_service_account:
        return "the command line" if user.email == LOCAL_USER else f"an access key ({user.role})"
    return f"{user.first_name} {user.last_name}".strip() or user.email


def list_users(metadata: Metadata, *, service_accounts: bool = False) -> list[User]:
    """All users by e-mail; service accounts only where asked for."""
    wanted = select(User).order_by(User.email)
    if not service_accounts:
        wanted = wanted.where(User.is_service_account.is_(False))
    with metadata() as session:
        return list(session.scalars(wanted))


def get_user(metadata: Metadata, user_id: str) -> User | None:
    with metadata() as session:
        return session.get(User, user_id)


def find_user(metadata: Metadata, email: str) -> User | None:
    """The user with this e-mail, in any case of letters."""
    with metadata() as session:
        return session.scalar(select(User).where(User.email == email.strip().lower()))


def change_user(metadata: Metadata, user_id: str, **changes: Any) -> User:
    """Changes `first_name`, `last_name`, `role` or `is_active`.

    Refused: `user-unknown`, `role-unknown`, `last-administrator`.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "first_name": _checked_name,
        "last_name": _checked_name,
        "role": _checked_role,
        "is_active": bool,
    }
    with metadata.begin() as session:
        user = _user(session, user_id)
        was_administrator = _administers(user)
        for name, value in changes.items():
            setattr(user, name, checks[name](value))
        user.modified_ms = now_ms()
        if was_administrator and not _administers(user):
            _keep_an_administrator(session)
    return user


def set_password(metadata: Metadata, user_id: str, password: str) -> None:
    """Sets the password and ends every session of the user."""
    hashed = password_to_hash(password)
    with metadata.begin() as session:
        user = _user(session, user_id)
        user.password_hash = hashed
        user.modified_ms = now_ms()
        session.execute(delete(UserSession).where(UserSession.user_id == user_id))


def delete_user(metadata: Metadata, user_id: str) -> None:
    """Removes the user with all sessions and keys. Refused: `user-unknown`, `last-administrator`."""
    with metadata.begin() as session:
        user = _user(session, user_id)
        session.delete(user)
        if _administers(user):
            _keep_an_administrator(session)


def ensure_user(metadata: Metadata, email: str, role: Role, *, service_account: bool = False) -> User:
    """The user with this e-mail, made where there is none; an existing one keeps his role."""
    known = find_user(metadata, email)
    if known is not None:
        return known
    try:
        return create_user(metadata, email, role, service_account=service_account)
    except AccessRefused as refusal:
        known = find_user(metadata, email)  # made by another process in the meantime
        if refusal.code != "user-exists" or known is None:
            raise
        return known


def _user(session: Session, user_id: str) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise AccessRefused("user-unknown", f"no user has the id {user_id}")
    return user


def _keep_an_administrator(session: Session) -> None:
    session.flush()
    administrators = select(func.count()).where(
        User.role == "administrator", User.is_active.is_(True), User.is_service_account.is_(False)
    )
    if not session.scalar(administrators):
        raise AccessRefused("last-administrator", "this is the last active administrator")


def _administers(user: User) -> bool:
    return user.role == "administrator" and user.is_active and not user.is_service_account


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    before, at, after = email.partition("@")
    if not (before and at and after) or len(email) > 255 or any(c.isspace() for c in email):
        raise AccessRefused(
            "user-email", "an e-mail address looks like name@host and has at most 255 characters"
        )
    return email


def _checked_name(name: str) -> str:
    if len(name) > 128:
        raise AccessRefused("user-name", "a name has at most 128 characters")
    return name


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise AccessRefused("role-unknown", f'no role is named "{role}"', f"roles are {', '.join(ROLES)}")
    return role
