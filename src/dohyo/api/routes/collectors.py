"""Collectors in the published shapes (v1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from dohyo.api.authentication import CollectorManager, CollectorReader
from dohyo.api.bodies import JsonObject, Number, inner, whole_param
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts
from dohyo.collect.shapes import collector_json, etag_of
from dohyo.metadata.collection import Collector

router = APIRouter(prefix="/api/v1/collectors", tags=["collectors"])
PAGE = 1000
# Every collector here is a hosted one that is alive; installed ones do not exist.
FILTERS = {"hosted": True, "alive": True, "installed": False, "dead": False}


@router.get("")
def list_collectors(
    principal: CollectorReader,
    parts: Parts,
    filter: str | None = None,
    limit: str | None = None,
    offset: str | None = None,
) -> Response:
    """All collectors by number."""
    wanted = (filter or "hosted").lower()
    if wanted not in FILTERS:
        known = f"known are {', '.join(FILTERS)}"
        raise ApiRefused(400, "collectors.filter.invalid", f'no filter is named "{filter}"', known)
    found = parts.registry.list_collectors() if FILTERS[wanted] else []
    return json_answer({"collectors": [collector_json(one) for one in page_of(found, limit, offset)]})


@router.get("/offline")
def list_offline(principal: CollectorReader) -> Response:
    """Installed collectors that were not seen lately: none."""
    return json_answer({"collectors": []})


@router.delete("/offline")
def delete_offline(principal: CollectorManager) -> Response:
    """Removes installed collectors that were not seen lately: none."""
    return PlainTextResponse("The delete task has been initiated")


@router.get("/upgrades/targets")
def list_builds(principal: CollectorReader) -> Response:
    """Versions of installed collectors: none."""
    return json_answer({"targets": []})


@router.get("/name/{name}")
def find_collector(name: str, request: Request, principal: CollectorReader, parts: Parts) -> Response:
    """The collector of this name."""
    return _shown(parts.registry.find_collector(name), request)


@router.get("/{collector_id}")
def get_collector(
    collector_id: Number, request: Request, principal: CollectorReader, parts: Parts
) -> Response:
    """The collector with its ETag; 304 where the client has it already."""
    return _shown(parts.registry.get_collector(collector_id), request)


@router.post("", status_code=201)
def create_collector(
    body: JsonObject, request: Request, principal: CollectorManager, parts: Parts
) -> Response:
    """A hosted collector from `{"collector": {...}}`."""
    made = parts.registry.create_collector(inner(body, "collector"))
    return _shown(made, request, 201)


@router.put("/{collector_id}")
def replace_collector(
    collector_id: Number, body: JsonObject, request: Request, principal: CollectorManager, parts: Parts
) -> Response:
    """Sets every changeable field; needs the ETag in If-Match."""
    if_match = request.headers.get("if-match")
    changed = parts.registry.replace_collector(collector_id, inner(body, "collector"), if_match)
    parts.supervisor.changed()
    return _shown(changed, request)


@router.delete("/{collector_id}")
def delete_collector(collector_id: Number, principal: CollectorManager, parts: Parts) -> Response:
    """Removes the collector with its sources; what they collected stays."""
    parts.registry.delete_collector(collector_id)
    parts.supervisor.changed()
    return Response()


def page_of(items: list[Any], limit: str | None, offset: str | None) -> list[Any]:
    start = whole_param(offset, "offset", 0)
    return items[start : start + whole_param(limit, "limit", PAGE, least=1)]


def _shown(collector: Collector, request: Request, status: int = 200) -> Response:
    headers = {"ETag": etag_of(collector)}
    if status == 201:
        headers["Location"] = f"{request.url.scheme}://{request.url.netloc}/api/v1/collectors/{collector.id}"
    if request.method == "GET" and request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return json_answer({"collector": collector_json(collector)}, status, headers)
