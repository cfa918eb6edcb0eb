"""Access keys in the published shapes (v1)."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.access import keys
from dohyo.access.principal import Principal
from dohyo.access.scopes import SCOPES
from dohyo.access.users import get_user
from dohyo.api.authentication import KeyMaker, KeyManager, allowed
from dohyo.api.bodies import JsonBody, JsonObject, truth
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.paging import token_page
from dohyo.api.services import Parts, Services
from dohyo.content.shapes import timestamp
from dohyo.metadata.accounts import AccessKey

router = APIRouter(prefix="/api/v1/accessKeys", tags=["access keys"])
MOST_ORIGINS = 20


@router.get("")
def list_keys(
    principal: KeyManager, parts: Parts, limit: str | None = None, token: str | None = None
) -> Response:
    """Keys of all users, oldest first."""
    found = keys.list_keys(parts.metadata)
    page, after = token_page(found, limit, token, parts.secrets, usual=100, most=1000)
    return json_answer({"data": [_public(key, parts) for key in page], "next": after})


@router.get("/personal")
def personal_keys(principal: KeyMaker, parts: Parts) -> Response:
    """The caller's own keys."""
    found = keys.list_keys(parts.metadata, principal.user_id)
    return json_answer({"data": [_public(key, parts) for key in found]})


@router.get("/scopes")
def list_scopes(principal: KeyMaker) -> Response:
    """Scopes that a key can be narrowed to."""
    return json_answer({"data": [_scope_json(name) for name in SCOPES]})


@router.post("")
def create_key(body: JsonObject, principal: KeyMaker, parts: Parts) -> Response:
    """A key with the caller's rights, or with those of them that `scopes` keep; the only answer that shows
    its secret.
    """
    made = keys.create_key(
        parts.metadata,
        user_id=principal.user_id,
        label=str(body.get("label") or ""),
        cors_headers=_origins(body),
        scopes=_scopes(body, principal),
    )
    return json_answer({**_public(made.key, parts), "key": made.secret})


@router.put("/{key_id}")
def change_key(key_id: str, body: JsonObject, principal: KeyMaker, parts: Parts) -> Response:
    """Switches the key off or on and sets the origins it may be used from."""
    key = _own_key(key_id, principal, parts)
    try:
        disabled = truth(body.get("disabled"), key.disabled)
    except ValueError as error:
        raise ApiRefused(400, "access_key:disabled", f"disabled: {error}") from None
    origins = _origins(body) if "corsHeaders" in body else list(key.cors_headers)
    scopes = _scopes(body, principal) if "scopes" in body else list(key.scopes)
    changed = keys.change_key(parts.metadata, key_id, disabled=disabled, cors_headers=origins, scopes=scopes)
    return json_answer(_public(changed, parts))


@router.put("/{key_id}/rotate")
def rotate_key(key_id: str, body: JsonBody, principal: KeyMaker, parts: Parts) -> Response:
    """Gives the key a new secret; the old one stops at once."""
    _own_key(key_id, principal, parts)
    made = keys.rotate_key(parts.metadata, key_id)
    return json_answer({**_public(made.key, parts), "key": made.secret})


@router.delete("/{key_id}", status_code=204)
def delete_key(key_id: str, principal: KeyMaker, parts: Parts) -> Response:
    """Removes the key."""
    _own_key(key_id, principal, parts)
    keys.delete_key(parts.metadata, key_id)
    return Response(status_code=204)


def _own_key(key_id: str, principal: Principal, parts: Services) -> AccessKey:
    """The key, if it is the caller's or he may manage those of others."""
    found = next((key for key in keys.list_keys(parts.metadata) if key.id == key_id), None)
    if found is None:
        raise ApiRefused(404, "access_key:not_found", f"no access key has the id {key_id}")
    if found.user_id != principal.user_id:
        allowed(principal, "manageAccessKeys")
    if principal.scopes and (not found.scopes or set(found.scopes) - set(principal.scopes)):
        raise ApiRefused(403, "forbidden", "a key cannot change one that may do more than itself")
    return found


def _origins(body: dict[str, Any]) -> list[str]:
    given = body.get("corsHeaders") or []
    if not isinstance(given, list) or len(given) > MOST_ORIGINS or not all(isinstance(o, str) for o in given):
        raise ApiRefused(400, "access_key:cors_headers", f"corsHeaders: at most {MOST_ORIGINS} origins")
    return given


def _scopes(body: dict[str, Any], principal: Principal) -> list[str]:
    """The scopes asked for. A narrowed key makes keys with its own scopes only."""
    given = body.get("scopes") or list(principal.scopes)
    if not isinstance(given, list) or not all(isinstance(scope, str) for scope in given):
        raise ApiRefused(400, "access_key:scopes", "scopes: a list of names is needed")
    if principal.scopes and (more := sorted(set(given) - set(principal.scopes))):
        raise ApiRefused(403, "forbidden", f"a key without the scope {more[0]} cannot give it to another")
    return given


def _scope_json(name: str) -> dict[str, Any]:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("V2"))
    group = {"id": "dohyo", "label": "Dohyo", "parentId": None}
    return {
        "id": name,
        "label": words[0].upper() + words[1:].lower(),
        "type": "Scope",
        "dependsOn": [],
        "group": group,
    }


def _public(key: AccessKey, parts: Services) -> dict[str, Any]:
    """The key without its secret."""
    owner = get_user(parts.metadata, key.user_id)
    service_account = key.user_id if owner and owner.is_service_account else None
    return {
        "id": key.id,
        "label": key.label,
        "corsHeaders": list(key.cors_headers),
        "disabled": key.disabled,
        "createdAt": timestamp(key.created_ms),
        "createdBy": key.user_id,
        "modifiedAt": timestamp(key.modified_ms),
        "modifiedBy": key.user_id,
        "lastUsed": None if key.last_used_ms is None else timestamp(key.last_used_ms),
        "serviceAccountId": service_account,
        "scopes": list(key.scopes),
        "effectiveScopes": list(key.scopes),
    }
