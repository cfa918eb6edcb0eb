"""The three built-in roles in the published shapes (v1 and v2)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.access.roles import ROLES, Role, capabilities_of
from dohyo.access.users import change_user, list_users
from dohyo.api.authentication import UserManager
from dohyo.api.bodies import JsonBody
from dohyo.api.errors import ApiRefused
from dohyo.api.paging import token_page
from dohyo.api.services import Parts, Services

router = APIRouter(tags=["roles"])
V1, V2 = "/api/v1/roles", "/api/v2/roles"
BEGINNING = "1970-01-01T00:00:00.000Z"
NOBODY = "0" * 16
DESCRIPTIONS = {
    "viewer": "Sees dashboards and runs searches.",
    "analyst": "Besides, makes content of one's own.",
    "administrator": "May do everything.",
}


def role_id(role: str) -> str:
    """Built-in roles have the same ids on every server."""
    return f"{ROLES.index(role) + 1:016X}"  # type: ignore[arg-type]


def role_of(ident: str) -> Role | None:
    return next((role for role in ROLES if role_id(role) == ident.strip().upper().zfill(16)), None)


def list_roles(
    principal: UserManager,
    parts: Parts,
    limit: str | None = None,
    token: str | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """The roles, or the one of this name."""
    found = [role for role in ROLES if name is None or role.capitalize() == name]
    page, after = token_page(found, limit, token, parts.secrets, usual=100, most=1000)
    return {"data": [_role_json(role, parts) for role in page], "next": after}


def get_role(ident: str, principal: UserManager, parts: Parts) -> dict[str, Any]:
    """One role with its capabilities and users."""
    return _role_json(_known(ident), parts)


def change_roles(principal: UserManager, body: JsonBody) -> Response:
    """Roles of one's own are not built yet."""
    raise ApiRefused(501, "not_implemented_yet", "roles besides the built-in ones are not implemented yet")


def add_user(
    ident: str, user_id: str, body: JsonBody, principal: UserManager, parts: Parts
) -> dict[str, Any]:
    """Gives the user this role; everybody has one."""
    role = _known(ident)
    change_user(parts.metadata, user_id.strip().upper(), role=role)
    return _role_json(role, parts)


def _known(ident: str) -> Role:
    role = role_of(ident)
    if role is None:
        raise ApiRefused(404, "role:not_found", f"no role has the id {ident}")
    return role


def _role_json(role: Role, parts: Services) -> dict[str, Any]:
    """Keys of both versions: a filter that is empty leaves nothing out."""
    users = [user.id for user in list_users(parts.metadata) if user.role == role]
    return {
        "id": role_id(role),
        "name": role.capitalize(),
        "description": DESCRIPTIONS[role],
        "filterPredicate": "",
        "logAnalyticsFilter": "",
        "auditDataFilter": "",
        "securityDataFilter": "",
        "selectionType": "All",
        "selectedViews": [],
        "users": users,
        "capabilities": sorted(capabilities_of(role)),
        "autofillDependencies": True,
        "systemDefined": True,
        "createdAt": BEGINNING,
        "createdBy": NOBODY,
        "modifiedAt": BEGINNING,
        "modifiedBy": NOBODY,
    }


for _path in (V1, V2):
    router.add_api_route(_path, list_roles, methods=["GET"])
    router.add_api_route(_path, change_roles, methods=["POST"])
    router.add_api_route(_path + "/{ident}", get_role, methods=["GET"])
    router.add_api_route(_path + "/{ident}", change_roles, methods=["PUT"])
    router.add_api_route(_path + "/{ident}", change_roles, methods=["DELETE"])
    router.add_api_route(_path + "/{ident}/users/{user_id}", add_user, methods=["PUT"])
