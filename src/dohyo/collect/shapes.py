"""Collectors and sources in their published JSON shapes, and their ETags."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from dohyo.base.clock import now_ms
from dohyo.collect.source_types import SourceType, type_of
from dohyo.metadata.collection import Collector, Source

MASK = "********"
ONLY_IF_SET = ("defaultDateFormat", "contentType", "thirdPartyRef")


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


def source_json(
    source: Source, state: str, *, secrets: Collection[str], download: bool = False
) -> dict[str, Any]:
    """The source in its type's shape; `secrets`, the stored ones, read `********`.

    `download` leaves out what only we give.
    """
    source_type = type_of(source)
    shown = (
        _universal(source, source_type, state, secrets)
        if source_type.is_universal
        else _classic(source, source_type)
    )
    if download:
        for key in ("id", "alive", "state"):
            shown.pop(key, None)
    return shown


def _universal(
    source: Source, source_type: SourceType, state: str, secrets: Collection[str]
) -> dict[str, Any]:
    """A cloud-to-cloud source, whose settings are in `config`."""
    config = dict(source.config) | {key: MASK for key in sorted(source_type.secrets & set(secrets))}
    return {
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
        "filters": config.get("filters") or [],
        "cutoffTimestamp": 0,
        "encoding": "UTF-8",
        "fields": config.get("fields") or {},
        "alive": True,
        "sourceType": source.source_type,
        "schemaRef": {"type": source.schema_type, "version": source.schema_version},
        "state": {"state": state},
        "config": config,
    }


def _classic(source: Source, source_type: SourceType) -> dict[str, Any]:
    """A source whose settings stand in the object itself; what was not set has its default."""
    defaults = {
        key: field.get_default(call_default_factory=True, validated_data={})
        for key, field in source_type.settings.model_fields.items()
        if not field.is_required() and key not in source_type.secrets
    }
    unset = [key for key in ONLY_IF_SET if key not in source.config]
    shown = defaults | dict(source.config) | {key: MASK for key in sorted(source_type.secrets)}
    for key in unset:
        shown.pop(key, None)
    return {"id": source.id, **shown, "alive": True, "sourceType": source.source_type}
