"""Ids and secrets made at random."""

from __future__ import annotations

import secrets
import string

LETTERS_AND_DIGITS = string.ascii_letters + string.digits


def hex_id() -> str:
    """16 upper-case hex digits, the published form of most ids."""
    return secrets.token_hex(8).upper()


def random_text(length: int) -> str:
    """Letters and digits from the system's random source; at 43 and more nobody guesses it."""
    return "".join(secrets.choice(LETTERS_AND_DIGITS) for _ in range(length))
