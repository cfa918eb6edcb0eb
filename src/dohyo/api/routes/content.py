"""Items of the content library of any type, in the published shapes (v2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.principal import Principal
from dohyo.api.async_jobs import status_json
from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonBody
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts, Services
from dohyo.content.shapes import item_json, place_json

router = APIRouter(prefix="/api/v2/content", tags=["content"])


@router.get("/path")
def at_path(request: Request, principal: Reader, parts: Parts, path: str = "") -> Response:
    """The item at `/Library/...`."""
    if not path:
        raise ApiRefused(400, "content1:missing_field", "path: a path is needed")
    caller = caller_of(principal, request)
    return json_answer(item_json(parts.library.at_path(path, caller), caller))


@router.get("/{item_id}/path")
def path_of(item_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """Where the item is."""
    return json_answer(place_json(parts.library.place(item_id, caller_of(principal, request))))


@router.post("/{item_id}/export")
def export(item_id: str, body: JsonBody, request: Request, principal: Reader, parts: Parts) -> Response:
    """Starts to make the published definition of the item and all below it."""
    caller = caller_of(principal, request)
    parts.library.get(item_id, caller)
    return _started(
        "export", item_id, lambda: (None, parts.library.export(item_id, caller)), principal, parts
    )


@router.get("/{item_id}/export/{job_id}/result")
def export_result(item_id: str, job_id: str, principal: Reader, parts: Parts) -> Response:
    """The definition; it can be imported unchanged."""
    return json_answer(parts.async_jobs.result("export", job_id, principal.user_id))


@router.delete("/{item_id}/delete")
def delete(item_id: str, body: JsonBody, request: Request, principal: Author, parts: Parts) -> Response:
    """Starts to remove the item and all below it."""
    caller = caller_of(principal, request)
    parts.library.get(item_id, caller)

    def work() -> tuple[None, None]:
        parts.library.delete(item_id, caller)
        return None, None

    return _started("delete", item_id, work, principal, parts)


@router.post("/{item_id}/copy")
def copy(
    item_id: str,
    body: JsonBody,
    request: Request,
    principal: Author,
    parts: Parts,
    destinationFolder: str = "",
) -> Response:
    """Starts to copy the item and all below it; at the end the status message carries the copy's id."""
    caller = caller_of(principal, request)
    parts.library.get(item_id, caller)
    _needed(destinationFolder, "destinationFolder")

    def work() -> tuple[str, None]:
        return f"id:{parts.library.copy(item_id, destinationFolder, caller).id}", None

    return _started("copy", item_id, work, principal, parts)


@router.get("/{item_id}/{kind}/{job_id}/status")
def job_status(item_id: str, kind: str, job_id: str, principal: Reader, parts: Parts) -> Response:
    """How far an export, copy or removal is."""
    return json_answer(status_json(parts.async_jobs.job(kind, job_id, principal.user_id)))


@router.post("/{item_id}/move")
def move(
    item_id: str,
    body: JsonBody,
    request: Request,
    principal: Author,
    parts: Parts,
    destinationFolderId: str = "",
) -> Response:
    """Moves the item at once."""
    _needed(destinationFolderId, "destinationFolderId")
    parts.library.move(item_id, destinationFolderId, caller_of(principal, request))
    return Response()


def _needed(value: str, name: str) -> None:
    if not value:
        raise ApiRefused(400, "content1:missing_field", f"{name}: the id of a folder is needed")


def _started(
    kind: str,
    item_id: str,
    work: Callable[[], tuple[str | None, Any]],
    principal: Principal,
    parts: Services,
) -> Response:
    return json_answer({"id": parts.async_jobs.start(kind, item_id, principal.user_id, work).id})
