"""Users in the published shapes (v1). Everybody has exactly one role."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.access import users
from dohyo.access.roles import Role
from dohyo.api.authentication import UserManager
from dohyo.api.bodies import JsonObject, truth, truth_param
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.paging import token_page
from dohyo.api.routes.roles import role_id, role_of
from dohyo.api.services import Parts
from dohyo.content.shapes import timestamp
from dohyo.metadata.accounts import User

router = APIRouter(prefix="/api/v1/users", tags=["users"])
SORTED_BY = {
    "firstName": lambda user: user.first_name.lower(),
    "lastName": lambda user: user.last_name.lower(),
    "email": lambda user: user.email,
}


@router.get("")
def list_users(
    principal: UserManager,
    parts: Parts,
    limit: str | None = None,
    token: str | None = None,
    sortBy: str = "email",
    email: str | None = None,
    includeServiceAccounts: str | None = None,
) -> Response:
    """Users, or the one with this e-mail."""
    services = truth_param(includeServiceAccounts, "includeServiceAccounts")
    found = users.list_users(parts.metadata, service_accounts=services)
    if email is not None:
        found = [user for user in found if user.email == email.strip().lower()]
    key = SORTED_BY.get(sortBy.removeprefix("-"))
    if key is None:
        raise ApiRefused(400, "user:sort_by", f"sortBy must be one of {', '.join(SORTED_BY)}")
    found.sort(key=key, reverse=sortBy.startswith("-"))
    page, after = token_page(found, limit, token, parts.secrets, usual=100, most=1000)
    return json_answer({"data": [_user_json(user) for user in page], "next": after})


@router.post("")
def create_user(body: JsonObject, principal: UserManager, parts: Parts) -> Response:
    """A user without a password: a one-time link signs in (`dohyo sign-in-link`)."""
    made = users.create_user(
        parts.metadata,
        str(body.get("email") or ""),
        _role(body),
        first_name=str(body.get("firstName") or ""),
        last_name=str(body.get("lastName") or ""),
    )
    return json_answer(_user_json(made))


@router.get("/{user_id}")
def get_user(user_id: str, principal: UserManager, parts: Parts) -> Response:
    """One user."""
    return json_answer(_user_json(_known(user_id, parts)))


@router.put("/{user_id}")
def change_user(user_id: str, body: JsonObject, principal: UserManager, parts: Parts) -> Response:
    """Sets names, role and whether the user may sign in; the e-mail stays."""
    user = _known(user_id, parts)
    try:
        is_active = truth(body.get("isActive"), user.is_active)
    except ValueError as error:
        raise ApiRefused(400, "user:is_active", f"isActive: {error}") from None
    changes = {
        "first_name": str(body.get("firstName") or user.first_name),
        "last_name": str(body["lastName"] or "") if "lastName" in body else user.last_name,
        "role": _role(body) if body.get("roleIds") else user.role,
        "is_active": is_active,
    }
    return json_answer(_user_json(users.change_user(parts.metadata, user.id, **changes)))


@router.delete("/{user_id}", status_code=204)
def delete_user(user_id: str, principal: UserManager, parts: Parts) -> Response:
    """Removes the user with sessions and keys."""
    users.delete_user(parts.metadata, _known(user_id, parts).id)
    return Response(status_code=204)


def _known(user_id: str, parts: Parts) -> User:
    user = users.get_user(parts.metadata, user_id.strip().upper().zfill(16))
    if user is None:
        raise ApiRefused(404, "user:not_found", f"no user has the id {user_id}")
    return user


def _role(body: dict[str, Any]) -> Role:
    """The one role of `roleIds`; of several the one that allows most."""
    idents = body.get("roleIds")
    given = idents if isinstance(idents, list) else []
    found = [role_of(str(ident)) for ident in given]
    if not found or None in found:
        raise ApiRefused(400, "user:role_ids", "roleIds: ids of known roles are needed")
    return max((role for role in found if role), key=role_id)


def _user_json(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "roleIds": [role_id(user.role)],
        "isActive": user.is_active,
        "isLocked": False,
        "isMfaEnabled": False,
        "lastLoginTimestamp": None if user.last_sign_in_ms is None else timestamp(user.last_sign_in_ms),
        "createdAt": timestamp(user.created_ms),
        "createdBy": user.id,
        "modifiedAt": timestamp(user.modified_ms),
        "modifiedBy": user.id,
    }
