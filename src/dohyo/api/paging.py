"""Lists in pages with an opaque token (`{"data", "next"}`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from dohyo.access.problems import AccessRefused
from dohyo.access.secrets import SecretBox
from dohyo.api.bodies import whole_param
from dohyo.api.errors import ApiRefused
from dohyo.base.clock import now_ms

T = TypeVar("T")
TOKEN_LASTS_MS = 24 * 3600 * 1000


def token_page(
    items: Sequence[T], limit: str | None, token: str | None, secrets: SecretBox, *, usual: int, most: int
) -> tuple[list[T], str | None]:
    """One page and the token of the next, None after the last. An empty token means the first page."""
    size = whole_param(limit, "limit", usual, least=1, most=most)
    start = _position(token, secrets) if token else 0
    end = start + size
    return list(items[start:end]), secrets.encrypt(f"{now_ms()} {end}") if end < len(items) else None


def _position(token: str, secrets: SecretBox) -> int:
    try:
        made_ms, _, position = secrets.decrypt(token).partition(" ")
        if now_ms() - int(made_ms) <= TOKEN_LASTS_MS:
            return int(position)
    except (AccessRefused, ValueError):
        pass
    raise ApiRefused(400, "token_invalid", "the token of the page is unknown or older than a day")
