"""Folders of the content library in the published shapes (v2)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.principal import Principal
from dohyo.api.async_jobs import status_json
from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonBody, JsonObject, truth_param
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts, Services
from dohyo.content import tree
from dohyo.content.refusals import wrong
from dohyo.content.rights import Caller
from dohyo.content.shapes import folder_json, item_json

router = APIRouter(prefix="/api/v2/content/folders", tags=["content"])
SHARED = {"adminRecommended": tree.ADMIN_RECOMMENDED, "installedApps": tree.INSTALLED_APPS}


def shown_folder(folder_id: str, caller: Caller, parts: Services) -> dict[str, Any]:
    folder = parts.library.get(folder_id, caller)
    if folder.item_type != "Folder":
        raise wrong(f'"{folder.name}" is no folder')
    return folder_json(folder, parts.library.children(folder.id, caller), caller)


@router.get("/personal")
def personal(principal: Reader, parts: Parts) -> Response:
    """The caller's own folder."""
    caller = Caller.of(principal)
    return json_answer(shown_folder(parts.library.personal(caller).id, caller, parts))


@router.get("/{name}/{job_id}/status")
def shared_status(name: str, job_id: str, principal: Reader, parts: Parts) -> Response:
    """How far the reading of a shared folder is."""
    return json_answer(status_json(parts.async_jobs.job(name, job_id, principal.user_id)))


@router.get("/{name}/{job_id}/result")
def shared_result(name: str, job_id: str, principal: Reader, parts: Parts) -> Response:
    """What the shared folder holds."""
    return json_answer(parts.async_jobs.result(name, job_id, principal.user_id))


@router.get("/{folder_id}")
def get_folder(folder_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """A folder with what is directly in it; for `global`, `adminRecommended` and `installedApps` a job."""
    caller = caller_of(principal, request)
    if folder_id == "global":
        return _job("global", lambda: _global(caller, parts), principal, parts)
    if shared := SHARED.get(folder_id):
        return _job(folder_id, lambda: shown_folder(shared, caller, parts), principal, parts)
    return json_answer(shown_folder(folder_id, caller, parts))


def _job(kind: str, read: Any, principal: Principal, parts: Services) -> Response:
    job = parts.async_jobs.start(kind, kind, principal.user_id, lambda: (None, read()))
    return json_answer({"id": job.id})


def _global(caller: Caller, parts: Services) -> dict[str, Any]:
    return {"data": [item_json(item, caller) for item in parts.library.global_items(caller)]}


@router.post("")
def create_folder(body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """A folder `{"name", "description", "parentId"}`."""
    caller = caller_of(principal, request)
    parent, name = _text(body, "parentId"), _text(body, "name")
    made = parts.library.create_folder(parent, name, str(body.get("description") or ""), caller)
    return json_answer(shown_folder(made.id, caller, parts))


@router.put("/{folder_id}")
def rename_folder(
    folder_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts
) -> Response:
    """Sets name and description."""
    caller = caller_of(principal, request)
    description = body.get("description")
    said = None if description is None else str(description)
    changed = parts.library.rename(folder_id, _text(body, "name"), said, caller)
    return json_answer(shown_folder(changed.id, caller, parts))


@router.post("/{folder_id}/import")
def import_content(
    folder_id: str,
    body: JsonBody,
    request: Request,
    principal: Author,
    parts: Parts,
    overwrite: str | None = None,
) -> Response:
    """Starts to add the items of a published definition to the folder."""
    caller, replaces = caller_of(principal, request), truth_param(overwrite, "overwrite")

    def work() -> tuple[str, Any]:
        imported = parts.library.import_into(folder_id, body, caller, overwrite=replaces)
        return f"id:{imported.item_id}", imported.as_json()

    return json_answer({"id": parts.async_jobs.start("import", folder_id, principal.user_id, work).id})


@router.get("/{folder_id}/import/{job_id}/status")
def import_status(folder_id: str, job_id: str, principal: Author, parts: Parts) -> Response:
    """How far the import is; at its end the message carries the new item's id."""
    return json_answer(status_json(parts.async_jobs.job("import", job_id, principal.user_id)))


@router.get("/{folder_id}/import/{job_id}/result")
def import_result(folder_id: str, job_id: str, principal: Author, parts: Parts) -> Response:
    """Which items were added and which were left out, with the reason."""
    return json_answer(parts.async_jobs.result("import", job_id, principal.user_id))


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApiRefused(400, "content1:missing_field", f"{name}: a text is needed")
    return value
