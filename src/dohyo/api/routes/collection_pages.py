"""What the collection page asks besides the published collectors and sources."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import Response

from dohyo.api.authentication import CollectorManager, CollectorReader
from dohyo.api.bodies import JsonBody, JsonObject, Number, whole_param
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts, Services
from dohyo.api.volumes import Volume, volumes
from dohyo.base.clock import now_ms
from dohyo.collect.connection_checks import check_graph
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.overview import recent_polls, source_overview
from dohyo.collect.refusals import wrong_fields
from dohyo.collect.shapes import MASK, collector_json
from dohyo.collect.source_types import SOURCE_TYPES, SourceType
from dohyo.metadata.collection import PollAccount, Source, SourceStatus
from dohyo.metadata.receiving import CustomField

router = APIRouter(prefix="/api/dohyo/v1", tags=["pages"])
MOST_POLLS = 1000
# Settings that say where a sign-in goes.
PLACE = ("cloud", "azure_gov", "graph_root", "authority")
TITLES = {
    "Microsoft Graph Security API": "Microsoft Graph Security",
    "HTTP": "HTTP Logs",
    "LocalFile": "Local File",
}


@router.get("/collection")
def collection(principal: CollectorReader, parts: Parts) -> Response:
    """Collectors with their sources: state, health, last poll, messages of the last hour and day."""
    known = volumes(parts.store, now_ms())
    shown = {row["id"]: row for row in source_overview(parts.metadata)}
    sources = _sources(parts)
    collectors = []
    for one in parts.registry.list_collectors():
        volume = [known.get((one.name, s.name), Volume()) for s in sources.get(one.id, [])]
        rows = [_more(shown[s.id], s, v) for s, v in zip(sources.get(one.id, []), volume, strict=True)]
        collectors.append({**collector_json(one), "sources": [row | _status(row, parts) for row in rows]})
    return json_answer({"collectors": collectors})


def _sources(parts: Services) -> dict[int, list[Source]]:
    return {c.id: parts.registry.list_sources(c.id) for c in parts.registry.list_collectors()}


def _more(row: dict[str, Any], source: Source, volume: Volume) -> dict[str, Any]:
    """`lastData_ms` is also that of messages which were sent here and not fetched."""
    kind = source.schema_type or source.source_type
    last = max((ms for ms in (row["lastData_ms"], volume.newest_ms) if ms is not None), default=None)
    more = {"type": kind, "paused": source.paused, "hour": volume.hour, "day": volume.day}
    return row | more | {"lastData_ms": last}


def _status(row: dict[str, Any], parts: Services) -> dict[str, Any]:
    with parts.metadata() as session:
        status = session.get(SourceStatus, row["id"])
    last = next(iter(recent_polls(parts.metadata, row["id"], 1, whole=True)), None)
    return {
        "since_ms": status.since_ms if status else None,
        "lastPoll": row["lastPoll"] and last and {**row["lastPoll"], **poll_json(last)},
    }


@router.get("/fields")
def fields(principal: CollectorReader, parts: Parts) -> Response:
    """Fields that messages have carried so far; a disabled one is left out of new messages."""
    with parts.metadata() as session:
        found = session.scalars(select(CustomField).order_by(CustomField.name)).all()
    return json_answer({"fields": [{"name": one.name, "enabled": one.enabled} for one in found]})


@router.get("/sources/{source_id}/polls")
def polls(source_id: Number, principal: CollectorReader, parts: Parts, limit: str | None = None) -> Response:
    """The accounts of the last polls, newest first."""
    most = whole_param(limit, "limit", 72, least=1, most=MOST_POLLS)
    return json_answer({"polls": [poll_json(one) for one in recent_polls(parts.metadata, source_id, most)]})


def poll_json(poll: PollAccount) -> dict[str, Any]:
    return {
        "started_ms": poll.started_ms,
        "at_ms": poll.finished_ms,
        "window_from_ms": poll.window_from_ms,
        "window_to_ms": poll.window_to_ms,
        "pages": poll.pages,
        "fetched": poll.fetched,
        "new": poll.new,
        "updated": poll.updated,
        "repeated": poll.repeated,
        "refused": poll.refused,
        "lag_s": None if poll.lag_ms is None else poll.lag_ms / 1000,
        "complete": poll.complete,
        "message": poll.message,
    }


@router.post("/sources/{source_id}/renew-url")
def renew_url(
    source_id: Number, request: Request, body: JsonBody, principal: CollectorManager, parts: Parts
) -> Response:
    """Gives an HTTP source another upload address; the old one is refused from then on."""
    renewed = parts.registry.renew_url(_source(source_id, parts).collector_id, source_id)
    parts.supervisor.changed()
    parts.receiver.changed()
    return json_answer({"url": parts.registry.source_json(renewed, root=str(request.base_url))["url"]})


@router.post("/sources/{source_id}/{action}")
def pause(
    source_id: Number, action: str, body: JsonBody, principal: CollectorManager, parts: Parts
) -> Response:
    """Pauses or resumes a source; how far it got is kept."""
    if action not in ("pause", "resume"):
        raise ApiRefused(404, "notfound", "there is nothing at this address")
    source = _source(source_id, parts)
    parts.registry.pause_source(source.collector_id, source_id, action == "pause")
    parts.supervisor.changed()
    parts.receiver.changed()
    return json_answer({})


def _source(source_id: int, parts: Services) -> Source:
    with parts.metadata() as session:
        source = session.get(Source, source_id)
    if source is None:
        raise ApiRefused(404, "source-unknown", f"there is no source {source_id}")
    return source


# Types of sources


@router.get("/source-types")
def source_types(principal: CollectorReader) -> Response:
    """The types that can be set up, each with the JSON schema of its settings."""
    return json_answer({"sourceTypes": [_type_json(one) for one in SOURCE_TYPES.values()]})


def _type_json(kind: SourceType) -> dict[str, Any]:
    schema = kind.settings.model_json_schema()
    return {
        "name": kind.name,
        "title": TITLES.get(kind.name, kind.name),
        "sourceType": "Universal" if kind.is_universal else kind.name,
        "secrets": sorted(kind.secrets),
        "testable": kind.settings is GraphSecuritySettings,
        "schema": _whole(
            {"properties": schema["properties"], "required": schema.get("required", [])},
            schema.get("$defs", {}),
        ),
    }


def _whole(part: Any, named: dict[str, Any]) -> Any:
    """A schema with what it refers to in its place; no setting holds things of its own kind."""
    if isinstance(part, list):
        return [_whole(one, named) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _whole(named[part["$ref"].rpartition("/")[2]], named)
    return {key: _whole(one, named) for key, one in part.items()}


@router.post("/source-types/test")
def try_connection(body: JsonObject, principal: CollectorManager, parts: Parts) -> Response:
    """Tries the settings `config` of a `type` on its service; a masked secret is that of `sourceId`."""
    kind, config = SOURCE_TYPES.get(str(body.get("type"))), body.get("config")
    if kind is None or kind.settings is not GraphSecuritySettings or not isinstance(config, dict):
        raise ApiRefused(404, "source-type-untestable", "this type of source cannot be tried out")
    try:
        settings = GraphSecuritySettings(**_unmasked(config, body.get("sourceId"), kind, parts))
    except ValidationError as error:
        raise wrong_fields(error, kind.settings, "config.") from error
    return json_answer({"checks": [check.as_json() for check in check_graph(settings)]})


def _unmasked(config: dict[str, Any], source_id: Any, kind: SourceType, parts: Services) -> dict[str, Any]:
    """The settings with stored values in place of masks and of secrets that were not typed again.

    A stored secret goes only where it goes anyway: with another sign-in address it has to be typed.
    """
    given = {key: value for key, value in config.items() if value is not None}
    found = parts.registry.settings_of(source_id) if isinstance(source_id, int) else None
    if found is None:
        return given
    stored = found[1]
    same = all(given.get(key, getattr(stored, key)) == getattr(stored, key) for key in PLACE)
    for key in kind.masked:
        if given.get(key, MASK) == MASK:
            given.pop(key, None)
            if same or key not in kind.secrets:
                given[key] = getattr(stored, key)
    return given
