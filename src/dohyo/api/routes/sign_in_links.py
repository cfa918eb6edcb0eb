"""One-time links that an administrator gives to somebody who has no password, or has lost it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from dohyo.access.sign_in import SIGN_IN_TOKEN_LASTS_MS, create_sign_in_token, may_sign_in
from dohyo.access.users import get_user
from dohyo.api.authentication import UserManager
from dohyo.api.errors import ApiRefused
from dohyo.api.services import Parts

router = APIRouter(prefix="/api/dohyo/v1/users", tags=["users"])


@router.post("/{user_id}/sign-in-link")
def make_link(user_id: str, principal: UserManager, parts: Parts) -> dict[str, Any]:
    """`{"path", "lastsMs"}`: whoever opens the path on this server first is signed in as the user."""
    user = get_user(parts.metadata, user_id.strip().upper())
    if user is None or not may_sign_in(user):
        raise ApiRefused(404, "user-unknown", f"no user who may sign in has the id {user_id}")
    token = create_sign_in_token(parts.metadata, user.id)
    return {"path": f"/sign-in?token={token}", "lastsMs": SIGN_IN_TOKEN_LASTS_MS}
