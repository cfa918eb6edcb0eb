"""The tenant's alerts as the service holds them: each in its newest version, newest alert first."""

from __future__ import annotations

import bisect
import json
from collections.abc import Sequence
from typing import NamedTuple

from dohyo.graphsim.alerts import alert_text
from dohyo.graphsim.evidence import Json
from dohyo.graphsim.filters import MEMBERS, Test
from dohyo.graphsim.stamps import ticks


class Entry(NamedTuple):
    """One alert: its JSON text as served, and what filters see of it."""

    id: str
    text: str
    visible: dict[str, str | int | None]

    def alert(self) -> Json:
        return json.loads(self.text)


class AlertBook:
    """Alerts by id and in the order of the list; a list asked for again is only made anew after a change."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._order: list[tuple[int, str]] = []
        self._found: dict[str, list[Entry]] = {}

    def __len__(self) -> int:
        return len(self.entries)

    def put(self, alert: Json, text: str | None = None) -> Entry:
        """Adds the alert, or puts it in place of its former version."""
        visible: dict[str, str | int | None] = {name: alert[name] for name in (*MEMBERS, "assignedTo")}
        visible |= {name: ticks(alert[name]) for name in ("createdDateTime", "lastUpdateDateTime")}
        entry = Entry(alert["id"], text or alert_text(alert), visible)
        if entry.id not in self.entries:
            bisect.insort(self._order, (-ticks(alert["createdDateTime"]), entry.id))
        self.entries[entry.id] = entry
        self._found.clear()
        return entry

    def listed(self, key: str, test: Test | None) -> Sequence[Entry]:
        """Alerts that pass the test, newest first; `key` is the text the test was read from."""
        if key not in self._found:
            entries = (self.entries[ident] for _, ident in self._order)
            self._found[key] = [entry for entry in entries if test is None or test(entry.visible)]
        return self._found[key]

    def newest(self, count: int) -> list[Entry]:
        return [self.entries[ident] for _, ident in self._order[:count]]
