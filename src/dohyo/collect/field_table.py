"""The table of custom fields: which names messages may carry.

A name seen for the first time is added while there is room; beyond that it is dropped from the message and
counted, so that no sender can fill the system with names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.collect.log_settings import MOST_NAME_LETTERS
from dohyo.metadata.receiving import CustomField

MOST_FIELDS = 400
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
        for name in names:
            try:
                with self._metadata.begin() as session:
                    session.add(CustomField(id=hex_id(), name=name, created_ms=now_ms()))
            except IntegrityError:  # another process added it, maybe disabled
                self._read_at_s = None
                continue
            self._known[name] = True
