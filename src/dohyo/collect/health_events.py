"""Health events: when a source becomes unhealthy, unhealthy for another cause, or healthy again.

They are messages of the partition `sumologic_system_events`, in the published shape.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms, utc_of_ms
from dohyo.collect.overview import health_of
from dohyo.collect.run import Writer
from dohyo.collect.source import Health
from dohyo.metadata.collection import Source, SourceStatus
from dohyo.store.event import Event, row_key

LOG = logging.getLogger(__name__)
INDEX = "sumologic_system_events"
SUBSYSTEM = "Collection"
ACCOUNT = "0000000000000000"  # a server is one account
SEVERITIES = {"error": "Error", "warning": "Warning"}
TOLD_STATES = ("Collecting", "Error")  # others are steps on the way


class HealthEvents:
    """Tells the changes of one source's health; for the tasks that run it, one after the other."""

    def __init__(self, metadata: sessionmaker[Session], writer: Writer, source_id: int) -> None:
        self._metadata, self._writer, self._source_id = metadata, writer, source_id
        with metadata() as session:
            status = session.get(SourceStatus, source_id)
        self._told = _verdict(status) if status else ("healthy", "")

    def note(self, health: Health) -> None:
        """Writes an event where the verdict or its cause changed. A failing store is no further trouble."""
        if health.state not in TOLD_STATES:
            return
        verdict = _verdict(health)
        if verdict == self._told:
            return
        before, self._told = self._told, verdict
        try:
            with self._metadata() as session:
                source = session.get(Source, self._source_id)
            if source is not None:
                self._writer.submit([_event(source, health, verdict, before)])
        except Exception:
            LOG.exception("a health event of source %s could not be written", self._source_id)


def _verdict(health: Health | SourceStatus) -> tuple[str, str]:
    return health_of(health), health.error_type or ""


def _event(source: Source, health: Health, verdict: tuple[str, str], before: tuple[str, str]) -> Event:
    now = now_ms()
    is_healthy = verdict[0] == "healthy"
    level, cause = before if is_healthy else verdict
    body = {
        "status": "Healthy" if is_healthy else "UnHealthy",
        "details": {
            "trackerId": f"{cause}-{source.id}",
            "name": f"{cause}Error",
            "description": "collecting again" if is_healthy else health.message or "",
        },
        "eventType": "Health-Change",
        "severityLevel": SEVERITIES[level],
        "accountId": ACCOUNT,
        "eventId": str(uuid.uuid4()),
        "eventName": f"{cause}Error",
        "eventTime": iso(now),
        "eventFormatVersion": "1.0",
        "subsystem": SUBSYSTEM,
        "resourceIdentity": identity(source) | {"type": "SourceResource"},
    }
    return Event(
        messagetime_ms=now,
        receipttime_ms=now,
        messageid=row_key("health", str(body["eventId"])),
        sourcecategory=SUBSYSTEM,
        collector="",
        source="",
        sourcehost="no_sourceHost",
        sourcename=str(body["eventName"]),
        fields={},
        raw=json.dumps(body),
        view=INDEX,
    )


def unresolved(
    metadata: sessionmaker[Session], of: set[tuple[str, str]] | None = None
) -> list[dict[str, Any]]:
    """What is wrong now, as the API tells it, by source; `of`: only these resources (type, id)."""
    with metadata() as session:
        found = session.query(Source, SourceStatus).join(SourceStatus, SourceStatus.source_id == Source.id)
        return [
            _unresolved(source, status)
            for source, status in found.order_by(Source.id)
            if health_of(status) != "healthy"
            and (of is None or of & {("Source", str(source.id)), ("Collector", str(source.collector_id))})
        ]


def _unresolved(source: Source, status: SourceStatus) -> dict[str, Any]:
    level, cause = _verdict(status)
    tracker = f"{cause}-{source.id}"
    return {
        "eventId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{tracker}-{status.since_ms}")),
        "eventName": f"{cause}Error",
        "details": {"trackerId": tracker, "error": f"{cause}Error", "description": status.message or ""},
        "resourceIdentity": identity(source) | {"type": "Source"},
        "eventTime": iso(status.since_ms),
        "subsystem": SUBSYSTEM,
        "severityLevel": SEVERITIES[level],
    }


def identity(source: Source) -> dict[str, str]:
    return {
        "collectorId": str(source.collector_id),
        "collectorName": source.collector.name,
        "id": str(source.id),
        "name": source.name,
    }


def iso(moment_ms: int) -> str:
    return utc_of_ms(moment_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
