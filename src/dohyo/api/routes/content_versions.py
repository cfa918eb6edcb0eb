"""Earlier versions of dashboards and other items, for our pages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.users import list_users, shown_name
from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonBody, Number
from dohyo.api.errors import json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts
from dohyo.metadata.content import ContentVersion

router = APIRouter(prefix="/api/dohyo/v1/content", tags=["pages"])


@router.get("/{item_id}/versions")
def list_versions(item_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """Versions before the present one, newest first."""
    caller = caller_of(principal, request)
    people = {user.id: shown_name(user) for user in list_users(parts.metadata, service_accounts=True)}
    found = parts.library.versions(item_id, caller)
    return json_answer({"versions": [_version_json(one, people) for one in found]})


@router.get("/{item_id}/versions/{version}")
def get_version(item_id: str, version: Number, request: Request, principal: Reader, parts: Parts) -> Response:
    """One version with its definition."""
    found = parts.library.version(item_id, version, caller_of(principal, request))
    return json_answer({"version": found.version, "definition": found.document})


@router.post("/{item_id}/versions/{version}/restore")
def restore(
    item_id: str, version: Number, body: JsonBody, request: Request, principal: Author, parts: Parts
) -> Response:
    """Brings the version back; the present one is kept as a version."""
    changed = parts.library.restore(item_id, version, caller_of(principal, request))
    return json_answer({"version": changed.version})


def _version_json(version: ContentVersion, people: dict[str, str]) -> dict[str, Any]:
    return {
        "version": version.version,
        "name": version.name,
        "modified_ms": version.modified_ms,
        "by": people.get(version.modified_by, ""),
    }
