"""Sources of a collector in the published shapes (v1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.principal import Principal
from dohyo.api.authentication import CollectorManager, CollectorReader
from dohyo.api.bodies import JsonBody, JsonObject, Number, inner, truth_param
from dohyo.api.errors import json_answer
from dohyo.api.routes.collectors import page_of
from dohyo.api.services import Parts, Services
from dohyo.collect.shapes import etag_of
from dohyo.metadata.collection import Source

router = APIRouter(prefix="/api/v1/collectors/{collector_id}/sources", tags=["sources"])
EXPORT = {"api.version": "v1"}


@router.get("")
def list_sources(
    collector_id: Number,
    principal: CollectorReader,
    parts: Parts,
    request: Request,
    download: str | None = None,
    limit: str | None = None,
    offset: str | None = None,
) -> Response:
    """All sources of the collector; `download` gives what can be posted again."""
    export = truth_param(download, "download")
    found = page_of(parts.registry.list_sources(collector_id), limit, offset)
    sources = [_source_json(one, parts, request, principal, export) for one in found]
    return json_answer({**(EXPORT if export else {}), "sources": sources})


@router.get("/{source_id}")
def get_source(
    collector_id: Number,
    source_id: Number,
    request: Request,
    principal: CollectorReader,
    parts: Parts,
    download: str | None = None,
) -> Response:
    """The source with its ETag; 304 where the client has it already."""
    source = parts.registry.get_source(collector_id, source_id)
    return _shown(source, parts, request, principal, export=truth_param(download, "download"))


@router.post("", status_code=201)
def create_source(
    collector_id: Number, body: JsonObject, request: Request, principal: CollectorManager, parts: Parts
) -> Response:
    """A source from `{"source": {...}}`; it starts at once."""
    made = parts.registry.create_source(collector_id, inner(body, "source"))
    parts.supervisor.changed()
    return _shown(made, parts, request, principal, 201)


@router.put("/{source_id}")
def replace_source(
    collector_id: Number,
    source_id: Number,
    body: JsonObject,
    request: Request,
    principal: CollectorManager,
    parts: Parts,
) -> Response:
    """Sets every changeable field; needs the ETag in If-Match. The source starts again with them."""
    wanted = inner(body, "source")
    if_match = request.headers.get("if-match")
    changed = parts.registry.replace_source(collector_id, source_id, wanted, if_match)
    parts.supervisor.changed()
    return _shown(changed, parts, request, principal)


@router.delete("/{source_id}")
def delete_source(
    collector_id: Number, source_id: Number, principal: CollectorManager, parts: Parts
) -> Response:
    """Asks the source to stop; it is there, Stopping, until it has."""
    parts.registry.delete_source(collector_id, source_id)
    parts.supervisor.changed()
    return Response()


@router.post("/{source_id}/action/restart")
def restart_source(
    collector_id: Number, source_id: Number, body: JsonBody, principal: CollectorManager, parts: Parts
) -> Response:
    """Ends the source's run and starts the next one where it got to."""
    parts.supervisor.restart(parts.registry.get_source(collector_id, source_id).id)
    return json_answer({})


def _source_json(
    source: Source, parts: Services, request: Request, principal: Principal, export: bool
) -> dict[str, Any]:
    """The address of an HTTP source is a secret: who may not manage collectors does not see it."""
    root, manages = str(request.base_url), principal.may("manageCollectors")
    return parts.registry.source_json(source, download=export, root=root, with_address=manages)


def _shown(
    source: Source,
    parts: Services,
    request: Request,
    principal: Principal,
    status: int = 200,
    *,
    export: bool = False,
) -> Response:
    etag = etag_of(source)
    if request.method == "GET" and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    shown = {"source": _source_json(source, parts, request, principal, export)}
    return json_answer({**(EXPORT if export else {}), **shown}, status, {"ETag": etag})
