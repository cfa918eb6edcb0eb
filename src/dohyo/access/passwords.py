"""Passwords: argon2 hashes, checked by few threads at a time."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dohyo.access.problems import AccessRefused
from dohyo.base.ids import random_text

SHORTEST = 12
LONGEST = 1024
HASHER = PasswordHasher()
# One check takes 64 MiB; a crowd of sign-ins must not take the machine's memory.
AT_ONCE = BoundedSemaphore(2)


def password_to_hash(password: str) -> str:
    """The text to store for a password of 12 to 1,024 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccessRefused("password-length", f"a password has {SHORTEST} to {LONGEST} characters")
    with AT_ONCE:
        return HASHER.hash(password)


def password_matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; takes as long when there is none, which so stays unknown."""
    with AT_ONCE:
        try:
            HASHER.verify(stored or _nobodys_hash(), password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(random_text(43))
