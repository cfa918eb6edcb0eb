"""Who a request comes from, as the routes see it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dohyo.access.roles import Role, capabilities_of
from dohyo.access.scopes import narrowed
from dohyo.access.users import shown_name
from dohyo.metadata.accounts import AccessKey, User


@dataclass(frozen=True, slots=True)
class Principal:
    """A user who proved who he is, by a session, a key or a sign-in. `key_id` is set when a key was used."""

    user_id: str
    email: str
    name: str
    role: Role
    key_id: str | None = None
    cors_headers: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    @property
    def capabilities(self) -> frozenset[str]:
        """Those of the role, as far as the scopes of the key keep them."""
        return narrowed(capabilities_of(self.role), self.scopes)

    def may(self, capability: str) -> bool:
        """Whether role and key allow it; names are those of `roles.LEAST_ROLE`."""
        return capability in self.capabilities


def principal_of(user: User, key: AccessKey | None = None) -> Principal:
    by_key = (key.id, tuple(key.cors_headers), tuple(key.scopes)) if key else ()
    return Principal(user.id, user.email, shown_name(user), user.role, *by_key)  # type: ignore[arg-type]


def digest_of(secret: str) -> str:
    """SHA-256 in hex. Enough for secrets of 43 and more random characters, and every request asks for it."""
    return hashlib.sha256(secret.encode()).hexdigest()
