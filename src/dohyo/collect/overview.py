"""All sources as people see them: state, health, the last poll."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from dohyo.collect.source import Health
from dohyo.metadata.collection import PollAccount, Source, SourceStatus


def source_overview(metadata: sessionmaker[Session]) -> list[dict[str, Any]]:
    """One object a source, by number. `lastPoll` is the last whole one. Times are epoch milliseconds."""
    newest = select(func.max(PollAccount.id)).where(PollAccount.complete).group_by(PollAccount.source_id)
    with metadata() as session:
        last = session.scalars(select(PollAccount).where(PollAccount.id.in_(newest)))
        polls = {poll.source_id: poll for poll in last}
        statuses = {status.source_id: status for status in session.scalars(select(SourceStatus))}
        sources = list(session.scalars(select(Source).order_by(Source.id)))
    return [_shown(source, statuses.get(source.id), polls.get(source.id)) for source in sources]


def recent_polls(
    metadata: sessionmaker[Session], source_id: int, limit: int = 100, *, whole: bool = False
) -> list[PollAccount]:
    """The accounts of a source's last passes, newest first. `whole`: of those that came to their end."""
    wanted = select(PollAccount).where(PollAccount.source_id == source_id)
    if whole:
        wanted = wanted.where(PollAccount.complete)
    with metadata() as session:
        return list(session.scalars(wanted.order_by(PollAccount.id.desc()).limit(limit)))


def health_of(status: SourceStatus | Health | None) -> str:
    """`error`: cannot collect. `warning`: something is wrong, it goes on by itself. Else `healthy`."""
    if status is None or (status.state != "Error" and not status.error_type):
        return "healthy"
    return "error" if status.state == "Error" else "warning"


def _shown(source: Source, status: SourceStatus | None, poll: PollAccount | None) -> dict[str, Any]:
    return {
        "id": source.id,
        "collectorId": source.collector_id,
        "collector": source.collector.name,
        "name": source.name,
        "category": source.config.get("category") or source.collector.category or "",
        "state": "Stopping" if source.stopping else status.state if status else "Pending",
        "health": health_of(status),
        "message": status.message if status else None,
        "errorType": status.error_type if status else None,
        "nextTry_ms": status.next_try_ms if status else None,
        "lastData_ms": status.last_data_ms if status else None,
        "lastPoll": None if poll is None else _poll_json(poll),
    }


def _poll_json(poll: PollAccount) -> dict[str, Any]:
    return {
        "fetched": poll.fetched,
        "new": poll.new,
        "updated": poll.updated,
        "repeated": poll.repeated,
        "refused": poll.refused,
        "lag_s": None if poll.lag_ms is None else poll.lag_ms / 1000,
        "at_ms": poll.finished_ms,
        "message": poll.message,
    }
