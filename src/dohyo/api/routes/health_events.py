"""Health events in the published shape: what is wrong now. All of them are searchable in
`_index=sumologic_system_events`.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import CollectorReader
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.paging import token_page
from dohyo.api.services import Parts, Services
from dohyo.collect.health_events import unresolved

router = APIRouter(prefix="/api/v1/healthEvents", tags=["health"])


@router.get("")
def list_health_events(
    principal: CollectorReader, parts: Parts, limit: str | None = None, token: str | None = None
) -> Response:
    """What is wrong with sources now, `limit` at a time; `next` is the token of the rest."""
    return _paged(unresolved(parts.metadata), limit, token, parts)


@router.post("/resources")
def list_health_events_of(
    body: JsonObject,
    principal: CollectorReader,
    parts: Parts,
    limit: str | None = None,
    token: str | None = None,
) -> Response:
    """The same of the collectors and sources in `data`: `{"type": "Source", "id": "1"}`."""
    given = body.get("data")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ApiRefused(400, "healthevents:data", 'data: a list of {"type": ..., "id": ...} is needed')
    wanted = {(str(one.get("type")), str(one.get("id"))) for one in given}
    return _paged(unresolved(parts.metadata, wanted), limit, token, parts)


def _paged(found: list[dict[str, Any]], limit: str | None, token: str | None, parts: Services) -> Response:
    page, after = token_page(found, limit, token, parts.secrets, usual=100, most=1000)
    return json_answer({"data": page, "next": after})
