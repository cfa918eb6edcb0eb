"""Collectors and sources in their published JSON shapes, and their ETags."""

from __future__ import annotations

import hashlib
from typing import Any

from dohyo.base.clock import now_ms
from dohyo.collect.source_types import SOURCE_TYPES
from dohyo.metadata.collection import Collector, Source

MASK = "********"


def etag_of(thing: Collector | Source) -> str:
    """32 hex digits in quotes; another one after each change."""
    text = f"{thing.__tablename__} {thing.id} {thing.revision} {thing.created_ms}"
    return f'"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}"'


def collector_json(collector: Collector) -> dict[str, Any]:
    """A hosted collector; `links` are relative and without `/api`."""
    return {
        "id": collector.id,
        "name": collector.name,
        "description": collector.description,
        "category": collector.category,
        "hostName": collector.host_name,
        "timeZone": collector.time_zone,
        "fields": collector.fields,
        "links": [{"rel": "sources", "href": f"/v1/collectors/{collector.id}/sources"}],
        "collectorType": "Hosted",
        "collectorVersion": "",
        "alive": True,
        "ephemeral": False,
        "lastSeenAlive": now_ms(),
        "cutoffTimestamp": 0,
        "sourceSyncMode": "UI",
    }


def source_json(source: Source, state: str, *, download: bool = False) -> dict[str, Any]:
    """A cloud-to-cloud source; secrets read `********`. `download` leaves out what only this system gives."""
    source_type = SOURCE_TYPES[source.schema_type or ""]
    config = dict(source.config) | {key: MASK for key in sorted(source_type.secrets)}
    answer: dict[str, Any] = {
        "id": source.id,
        "name": source.name,
        "description": config.get("description"),
        "category": config.get("category"),
        "hostName": None,
        "timeZone": None,
        "automaticDateParsing": True,
        "multilineProcessingEnabled": True,
        "useAutolineMatching": True,
        "forceTimeZone": False,
        "filters": [],
        "cutoffTimestamp": 0,
        "encoding": "UTF-8",
        "fields": config.get("fields") or {},
        "alive": True,
        "sourceType": source.source_type,
        "schemaRef": {"type": source.schema_type, "version": source.schema_version},
        "state": {"state": state},
        "config": config,
    }
    if download:
        for key in ("id", "alive", "state"):
            del answer[key]
    return answer
