"""What a source's task writes down: its health, how far it got, the account of each pass, what it stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.collect.source import Account, Health, Row, Stored
from dohyo.metadata.collection import CollectedRecord, PollAccount, SourceStatus

KEPT_ACCOUNTS = 5_000


class Keys(NamedTuple):
    """The 63-bit keys of a row: of the thing, of its version, of its content."""

    record: int
    version: int
    content: int


def keys_of(row: Row) -> Keys:
    return Keys(_key(row.record), _key(f"{row.record} {row.version}"), _key(row.content))


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


class Journal:
    """One source's durable notes."""

    def __init__(
        self,
        metadata: sessionmaker[Session],
        source_id: int,
        tell: Callable[[Health], None] = lambda health: None,
    ) -> None:
        """`tell` is given every change of health."""
        self._metadata = metadata
        self._source_id = source_id
        self._tell = tell
        self._health: Health | None = None

    def cursor(self) -> dict[str, Any] | None:
        with self._metadata() as session:
            status = session.get(SourceStatus, self._source_id)
            return status.cursor if status else None

    def note_health(self, health: Health) -> None:
        """Writes a change of health; the same again writes nothing."""
        if health == self._health:
            return
        values: dict[str, Any] = {
            "state": health.state,
            "error_type": health.error_type,
            "message": health.message,
            "next_try_ms": health.next_try_ms,
        }
        if self._health is None or health.state != self._health.state:
            values["since_ms"] = now_ms()
        self._update(values)
        self._health = health
        self._tell(health)

    def note_pass(self, cursor: dict[str, Any] | None, account: Account | None) -> None:
        """Saves how far the source got, with the account of the pass that got it there."""
        with self._metadata.begin() as session:
            if cursor is not None:
                session.execute(self._status().values(cursor=cursor))
            if account is not None:
                noted = PollAccount(source_id=self._source_id, **asdict(account))
                session.add(noted)
                session.flush()
                _forget_old_accounts(session, noted)

    def note_arrived(self, account: Account) -> None:
        """Saves the account of what others sent, or of what was read as it grew, in some time."""
        self.note_pass(None, account)
        if account.new:
            self._update({"last_data_ms": account.finished_ms})

    def note_stored(self, rows: Sequence[Row], stored: int) -> Stored:
        """Tells new records from new versions and repeats, after the store took `stored` of the rows."""
        with self._metadata.begin() as session:
            known = self._known(session, rows)
            fresh = {keys: row for row in rows if (keys := keys_of(row)) not in known}
            if fresh:
                session.execute(insert(CollectedRecord), [self._record(keys) for keys in fresh])
            if stored:
                session.execute(self._status().values(last_data_ms=now_ms()))
        records = {keys.record for keys in known}
        versions = {keys.version for keys in known}
        # After a kill the store may hold rows that are not noted here; they are repeats.
        new = min(len({keys.record for keys in fresh} - records), stored)
        other = min(sum(keys.version in versions for keys in fresh), stored - new)
        return Stored(new, stored - new, len(rows) - stored, other)

    def _known(self, session: Session, rows: Iterable[Row]) -> set[Keys]:
        wanted = select(
            CollectedRecord.record_key, CollectedRecord.version_key, CollectedRecord.content_key
        ).where(
            CollectedRecord.source_id == self._source_id,
            CollectedRecord.record_key.in_({keys_of(row).record for row in rows}),
        )
        return {Keys(*found) for found in session.execute(wanted)}

    def _record(self, keys: Keys) -> dict[str, int]:
        return {
            "source_id": self._source_id,
            "record_key": keys.record,
            "version_key": keys.version,
            "content_key": keys.content,
        }

    def _status(self) -> Any:
        return update(SourceStatus).where(SourceStatus.source_id == self._source_id)

    def _update(self, values: dict[str, Any]) -> None:
        with self._metadata.begin() as session:
            session.execute(self._status().values(**values))


def _forget_old_accounts(session: Session, newest: PollAccount) -> None:
    if newest.id % 100 == 0:
        kept = (
            select(PollAccount.id)
            .where(PollAccount.source_id == newest.source_id)
            .order_by(PollAccount.id.desc())
            .limit(KEPT_ACCOUNTS)
        )
        oldest = session.scalars(kept).all()[-1]
        session.execute(
            delete(PollAccount).where(PollAccount.source_id == newest.source_id, PollAccount.id < oldest)
        )
