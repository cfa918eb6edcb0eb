"""The table of custom fields: which names messages may carry.

A name seen for the first time is added while there is room; beyond that it is dropped from the message and
counted, so that no sender can fill the system with names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.collect.log_settings import MOST_NAME_LETTERS
from dohyo.collect.refusals import Refused
from dohyo.metadata.receiving import CustomField, DroppedField

MOST_FIELDS = 400
MOST_DROPPED = 1_000
READ_AGAIN_S = 5.0
# Names of what every message has; nobody may set them.
BUILT_IN = frozenset(
    {"_messagetime", "_receipttime", "_searchabletime", "_messageid", "_messagecount", "_blockid", "_size"}
    | {"_collector", "_collectorid", "_source", "_sourceid", "_sourcecategory", "_sourcehost", "_sourcename"}
    | {"_view", "_index", "_raw", "_format", "_part"}
)


class FieldTable:
    """The fields of one metadata database. Safe from many threads at once."""

    def __init__(
        self,
        metadata: sessionmaker[Session],
        most: int = MOST_FIELDS,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metadata = metadata
        self._most = most
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}
        self._dropped: set[str] = set()
        self._read_at_s: float | None = None

    def kept(self, fields: Mapping[str, str]) -> tuple[dict[str, str], int]:
        """The fields that may be stored, and how many were dropped. New names are added to the table."""
        named = {name.lower(): value for name, value in fields.items()}
        allowed = {name for name in named if self._may_be_set(name)}
        with self._lock:
            self._refresh()
            new = sorted(name for name in allowed if name not in self._known)
            self._add(new[: max(0, self._most - len(self._known))])
            self._refresh()
            kept = {name: value for name, value in named.items() if name in allowed and self._known.get(name)}
            self._note_dropped([name for name in named if name not in kept])
        return kept, len(fields) - len(kept)

    @staticmethod
    def _may_be_set(name: str) -> bool:
        return 0 < len(name) <= MOST_NAME_LETTERS and name not in BUILT_IN

    def _refresh(self) -> None:
        """Another process may have changed the table."""
        now_s = self._monotonic_s()
        if self._read_at_s is not None and now_s - self._read_at_s < READ_AGAIN_S:
            return
        with self._metadata() as session:
            found = session.execute(select(CustomField.name, CustomField.enabled))
            self._known = {name: enabled for name, enabled in found}
        self._read_at_s = now_s

    def _add(self, names: list[str]) -> None:
        """In one transaction, since a request may bring hundreds. Another process may have added some too."""
        if not names:
            return
        rows = [
            {"id": hex_id(), "name": name, "data_type": "String", "enabled": True, "created_ms": now_ms()}
            for name in names
        ]
        with self._metadata.begin() as session:
            session.execute(insert(CustomField).prefix_with("OR IGNORE"), rows)
        self._read_at_s = None

    def _note_dropped(self, names: list[str]) -> None:
        """Keeps the first names that were left out, for people to see."""
        room = MOST_DROPPED - len(self._dropped)
        new = [name[:MOST_NAME_LETTERS] for name in names if name not in self._dropped][: max(0, room)]
        if new:
            rows = [{"name": name, "seen_ms": now_ms()} for name in new]
            with self._metadata.begin() as session:
                session.execute(insert(DroppedField).prefix_with("OR IGNORE"), rows)
        self._dropped.update(new)

    # For people

    def all(self) -> list[CustomField]:
        """By name."""
        with self._metadata() as session:
            return list(session.scalars(select(CustomField).order_by(CustomField.name)))

    def dropped(self) -> list[str]:
        """Names that messages brought and that are not kept now."""
        kept = {one.name for one in self.all() if one.enabled}
        with self._metadata() as session:
            names = session.scalars(select(DroppedField.name).order_by(DroppedField.name))
            return [name for name in names if name not in kept]

    def get(self, field_id: str) -> CustomField:
        """Refused 404 where there is none."""
        with self._metadata() as session:
            return _found(session, field_id)

    def create(self, name: str) -> CustomField:
        """Refused 400 for a name that cannot be, or is there, or where there is no more room."""
        wanted = name.strip().lower()
        if not self._may_be_set(wanted):
            message = f"{name[:100]} is built in, or has more than {MOST_NAME_LETTERS} letters"
            raise Refused(400, "field:name", message)
        known = self.all()
        if any(one.name == wanted for one in known):
            raise Refused(400, "field:name_taken", f"the field {wanted} exists already")
        if len(known) >= self._most:
            raise Refused(400, "field:too_many", f"there are {self._most} fields already, which is the most")
        with self._metadata.begin() as session:
            made = CustomField(
                id=hex_id(), name=wanted, data_type="String", enabled=True, created_ms=now_ms()
            )
            session.add(made)
        return made

    def enable(self, field_id: str, on: bool) -> None:
        with self._metadata.begin() as session:
            _found(session, field_id).enabled = on

    def delete(self, field_id: str) -> None:
        with self._metadata.begin() as session:
            session.delete(_found(session, field_id))


def _found(session: Session, field_id: str) -> CustomField:
    field = session.get(CustomField, field_id.strip().upper().zfill(16))
    if field is None:
        raise Refused(404, "field:not_found", f"there is no field {field_id}")
    return field
