"""The app catalog in the older published shapes (v1): an install is a copy in a folder, the caller's own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.api.async_jobs import status_json
from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts
from dohyo.apps.classic import classic_app_json, folder_draft, inputs_of

router = APIRouter(prefix="/api/v1/apps", tags=["apps"])
KIND = "classic-install"


@router.get("")
def list_apps(principal: Reader, parts: Parts) -> Response:
    """The catalog, each app in its newest version."""
    return json_answer({"apps": [classic_app_json(app) for app in parts.catalog.apps()]})


@router.get("/install/{job_id}/status")
def install_status(job_id: str, principal: Author, parts: Parts) -> Response:
    """How far the copy is; at its end the message carries the folder's id."""
    return json_answer(status_json(parts.async_jobs.job(KIND, job_id, principal.user_id)))


@router.get("/{uuid}")
def get_app(uuid: str, principal: Reader, parts: Parts) -> Response:
    """One app in its newest version."""
    return json_answer(classic_app_json(parts.catalog.app(uuid)))


@router.post("/{uuid}/install")
def install(uuid: str, body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """Starts to copy the app's content into a new folder `name` below `destinationFolderId`."""
    caller, package = caller_of(principal, request), parts.catalog.app(uuid).latest
    name, description = _text(body, "name"), _text(body, "description")
    folder_id = _text(body, "destinationFolderId")
    given = body.get("dataSourceValues") or {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise ApiRefused(400, "apps:parameters", "dataSourceValues: an object of texts is needed")
    draft = folder_draft(package, name, description, inputs_of(package, given))

    def work() -> tuple[str, Any]:
        return f"id:{parts.library.create(folder_id, draft, caller).id}", None

    return json_answer({"id": parts.async_jobs.start(KIND, uuid, principal.user_id, work).id})


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApiRefused(400, "apps:missing_field", f"{name}: a text is needed")
    return value
