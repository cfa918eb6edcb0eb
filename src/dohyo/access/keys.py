"""Access keys: an id anybody may see and a secret shown once, for clients of the API."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from dohyo.access.principal import Principal, digest_of, principal_of
from dohyo.access.problems import AccessRefused
from dohyo.access.roles import Role
from dohyo.access.scopes import checked_scopes
from dohyo.access.sign_in import NOTE_USE_EVERY_MS
from dohyo.access.users import Metadata, ensure_user
from dohyo.base.clock import now_ms
from dohyo.base.ids import random_text
from dohyo.metadata.accounts import AccessKey

SECRET_LENGTH = 64


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only moment its secret can be read."""

    id: str
    secret: str
    key: AccessKey


def create_key(
    metadata: Metadata,
    role: Role = "administrator",
    *,
    user_id: str | None = None,
    label: str = "key",
    cors_headers: list[str] | None = None,
    scopes: Iterable[str] = (),
) -> NewKey:
    """A key with the rights of `user_id`, or, without one, of a service account of that role; with scopes
    only those that they keep.
    """
    if user_id is None:
        user_id = ensure_user(metadata, f"{role}.keys@dohyo.invalid", role, service_account=True).id
    if not 1 <= len(label) <= 128:
        raise AccessRefused("key-label", "a label has 1 to 128 characters")
    secret = random_text(SECRET_LENGTH)
    now = now_ms()
    key = AccessKey(
        id="su" + random_text(12),
        secret_hash=digest_of(secret),
        user_id=user_id,
        label=label,
        disabled=False,
        cors_headers=list(cors_headers or []),
        scopes=checked_scopes(scopes),
        created_ms=now,
        modified_ms=now,
    )
    with metadata.begin() as session:
        session.add(key)
    return NewKey(key.id, secret, key)


def authenticate_key(metadata: Metadata, key_id: str, secret: str) -> Principal | None:
    """Who the key belongs to; None where it is unknown, wrong, disabled or its owner is off."""
    with metadata() as session:
        key = session.get(AccessKey, key_id)
        stored = key.secret_hash if key else digest_of("")
        right = hmac.compare_digest(stored, digest_of(secret))
        if key is None or not right or key.disabled or not key.user.is_active:
            return None
        now = now_ms()
        if (key.last_used_ms or 0) < now - NOTE_USE_EVERY_MS:
            # Not through the object: the key may be deleted by another request at this moment.
            session.execute(update(AccessKey).where(AccessKey.id == key_id).values(last_used_ms=now))
            session.commit()
        return principal_of(key.user, key)


def list_keys(metadata: Metadata, user_id: str | None = None) -> list[AccessKey]:
    """All keys, or those of one user, oldest first."""
    wanted = select(AccessKey).order_by(AccessKey.created_ms, AccessKey.id)
    if user_id is not None:
        wanted = wanted.where(AccessKey.user_id == user_id)
    with metadata() as session:
        return list(session.scalars(wanted))


def change_key(
    metadata: Metadata, key_id: str, *, disabled: bool, cors_headers: list[str], scopes: Iterable[str]
) -> AccessKey:
    """Switches a key off or on, sets the origins it may be used from and its scopes. Refused: `key-unknown`,
    `key-scope`.
    """
    wanted = checked_scopes(scopes)
    with metadata.begin() as session:
        key = _key(session, key_id)
        key.disabled, key.cors_headers, key.scopes = disabled, list(cors_headers), wanted
        key.modified_ms = now_ms()
    return key


def rotate_key(metadata: Metadata, key_id: str) -> NewKey:
    """Gives the key a new secret; the old one stops at once. Refused: `key-unknown`."""
    secret = random_text(SECRET_LENGTH)
    with metadata.begin() as session:
        key = _key(session, key_id)
        key.secret_hash, key.modified_ms = digest_of(secret), now_ms()
    return NewKey(key.id, secret, key)


def delete_key(metadata: Metadata, key_id: str) -> None:
    """Removes a key. Refused: `key-unknown`."""
    with metadata.begin() as session:
        _key(session, key_id)
        session.execute(delete(AccessKey).where(AccessKey.id == key_id))


def _key(session: Session, key_id: str) -> AccessKey:
    key = session.get(AccessKey, key_id)
    if key is None:
        raise AccessRefused("key-unknown", f"no access key has the id {key_id}")
    return key
