"""Signing in and out, and who is signed in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

import dohyo
from dohyo.access.principal import Principal
from dohyo.access.sign_in import (
    SESSION_LASTS_MS,
    SignedIn,
    change_password,
    sign_in,
    sign_in_by_token,
    sign_out,
)
from dohyo.access.users import get_user
from dohyo.api.authentication import COOKIE, Anybody
from dohyo.api.bodies import JsonObject, JsonTypedObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts, Services

router = APIRouter(prefix="/api/dohyo/v1/session", tags=["session"])


@router.get("")
def who(principal: Anybody, parts: Parts) -> dict[str, Any]:
    """The signed-in user, whether he has a password, the version and the server's time zone."""
    user = get_user(parts.metadata, principal.user_id)
    return {
        "user": user_json(principal),
        "hasPassword": bool(user and user.password_hash),
        "version": dohyo.__version__,
        "timezone": "UTC",
    }


@router.post("")
def enter(body: JsonTypedObject, request: Request, parts: Parts) -> Response:
    """Signs in by `{"email", "password"}` or `{"token"}` of a one-time link; the session is a cookie."""
    return _entered(_signed_in(body, request, parts), request)


@router.put("/password")
def change_own_password(body: JsonObject, principal: Anybody, request: Request, parts: Parts) -> Response:
    """Sets one's own password, `{"current", "password"}`; every other session ends."""
    if principal.key_id is not None:
        raise ApiRefused(
            403, "forbidden", "a password is changed by the signed-in user, not by an access key"
        )
    current, password = body.get("current", ""), body.get("password")
    if not (isinstance(current, str) and isinstance(password, str)):
        raise ApiRefused(400, "password-form", "password, and current where there is one, are texts")
    changed = change_password(parts.metadata, principal.user_id, current, password, parts.throttle)
    return _entered(changed, request)


def _entered(signed_in: SignedIn, request: Request) -> Response:
    answer = json_answer({"user": user_json(signed_in.principal)})
    answer.set_cookie(
        COOKIE,
        signed_in.token,
        max_age=SESSION_LASTS_MS // 1000,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def _signed_in(body: dict[str, Any], request: Request, parts: Services) -> SignedIn:
    token, email, password = body.get("token"), body.get("email"), body.get("password")
    if isinstance(token, str):
        return sign_in_by_token(parts.metadata, token)
    if not (isinstance(email, str) and isinstance(password, str)):
        raise ApiRefused(400, "sign-in-form", "an e-mail and a password are needed, or a token")
    address = request.client.host if request.client else None
    return sign_in(parts.metadata, email, password, parts.throttle, address=address)


@router.delete("")
def leave(principal: Anybody, request: Request, parts: Parts) -> Response:
    """Ends the session of the cookie."""
    if token := request.cookies.get(COOKIE):
        sign_out(parts.metadata, token)
    answer = json_answer({})
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def user_json(principal: Principal) -> dict[str, Any]:
    return {
        "id": principal.user_id,
        "email": principal.email,
        "name": principal.name,
        "role": principal.role,
        "capabilities": sorted(principal.capabilities),
    }
