"""Where a Graph source stands: how far each stream is stored, and the pass it is in.

A pass is one reading of a window of `lastUpdateDateTime`, page by page. Its figures always balance:
fetched = new + updated + repeated + refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dohyo.collect.graph_page import Page
from dohyo.collect.source import Account, Get, Stored

DAY_MS = 86_400_000
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pass:
    """One reading of a window, page by page."""

    from_ms: int
    to_ms: int
    started_ms: int
    live: bool  # reaches up to the present
    is_owed: bool = False  # reads again what was answered in part
    readings: int = 1
    pages: int = 0
    fetched: int = 0
    new: int = 0
    updated: int = 0
    repeated: int = 0
    refused: int = 0
    other_content: int = 0
    undated: int = 0
    left_out: int = 0  # of `refused`: by processing rules
    newest_ms: int | None = None
    partial: str | None = None  # the service's words: it could not ask all of its products
    # Finds next links that go round in a circle (Brent): compared with each link, moved at powers of two.
    anchor_url: str | None = None
    anchor_page: int = 1

    def again(self, now_ms: int) -> Pass:
        return Pass(
            self.from_ms, self.to_ms, now_ms, self.live, self.is_owed, self.readings + 1, partial=self.partial
        )

    def with_page(self, page: Page, stored: Stored) -> Pass:
        """With the figures of a page whose rows are stored."""
        moments = (self.newest_ms, page.newest_before(self.to_ms))
        refused = page.refused + stored.left_out
        is_anchor = self.pages + 1 == self.anchor_page
        return replace(
            self,
            pages=self.pages + 1,
            fetched=self.fetched + page.fetched,
            new=self.new + stored.new,
            updated=self.updated + stored.updated,
            repeated=self.repeated + page.fetched - refused - stored.new - stored.updated,
            refused=self.refused + refused,
            left_out=self.left_out + stored.left_out,
            other_content=self.other_content + stored.other_content,
            undated=self.undated + sum(row.messagetime_ms is None for row in page.rows),
            newest_ms=max((moment for moment in moments if moment is not None), default=None),
            partial=page.warning or self.partial,
            anchor_url=page.next_url if is_anchor else self.anchor_url,
            anchor_page=self.anchor_page * 2 if is_anchor else self.anchor_page,
        )

    def account(self, now_ms: int, present_ms: int, broken_off: str | None = None) -> Account:
        """`broken_off`: why it did not come to its end."""
        return Account(
            started_ms=self.started_ms,
            finished_ms=now_ms,
            window_from_ms=self.from_ms,
            window_to_ms=self.to_ms,
            pages=self.pages,
            fetched=self.fetched,
            new=self.new,
            updated=self.updated,
            repeated=self.repeated,
            refused=self.refused,
            lag_ms=max(0, present_ms - self.to_ms),
            complete=broken_off is None,
            message="; ".join([broken_off, *self._notes()] if broken_off else self._notes()) or None,
        )

    def _notes(self) -> list[str]:
        notes = []
        if self.partial:
            notes.append(f"answered in part: {self.partial}")
        if self.other_content:
            notes.append(f"{self.other_content} alerts came with other content under a known update time")
        if self.left_out:
            notes.append(f"{self.left_out} alerts were left out by processing rules")
        if self.refused > self.left_out:
            notes.append(f"{self.refused - self.left_out} entries are no JSON objects")
        if self.undated:
            notes.append(
                f"{self.undated} alerts have no readable createdDateTime and got the time of receipt"
            )
        return notes


@dataclass(frozen=True, slots=True)
class Place:
    """How far one stream is stored; outlives the process. `owed`: windows that were answered in part."""

    floor_ms: int  # nothing before is asked for
    position_ms: int  # every update before is stored
    owed: tuple[Window, ...] = ()

    def owing(self, window: Window) -> Place:
        """With one more window; those that touch become one."""
        merged: list[Window] = []
        for start, end in sorted((*self.owed, window)):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return replace(self, owed=tuple(merged))

    def settled(self, window: Window) -> Place:
        """Without what of the owed windows lies in this one."""
        left = [
            part
            for start, end in self.owed
            for part in ((start, min(end, window[0])), (max(start, window[1]), end))
            if part[0] < part[1]
        ]
        return replace(self, owed=tuple(left))

    def as_json(self) -> dict[str, Any]:
        return {"floor_ms": self.floor_ms, "position_ms": self.position_ms, "owed": [*map(list, self.owed)]}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Place:
        owed = tuple((start, end) for start, end in found.get("owed", ()))
        return cls(found["floor_ms"], found["position_ms"], owed)


@dataclass(frozen=True, slots=True)
class GraphState:
    """Where the source stands. Only `places`, and the figures of `reading`, outlive the process."""

    places: Mapping[str, Place]
    is_new: bool  # no pass ever came to its end
    page_size: int
    page_limit: int  # the largest that the service did not refuse
    stream: str = "alerts"
    signed_in: bool = False
    reading: Pass | None = None
    get: Get | None = None  # asked for, not yet answered well
    page: Page | None = None  # answered, its rows are being stored
    reached_ms: int | None = None  # where the next slice begins, while a window is read in slices
    slice_ms: int = DAY_MS
    clock_ahead_ms: int = 0  # the service's clock against ours
    doubted_ms: int | None = None  # the same, as an answer had it that is asked for again
    looked_back_ms: int | None = None  # when the last day was read once more
    failures: int = 0  # since the last good answer
    breaks: int = 0  # passes given up since the last that came to its end
    renewed: bool = False  # a new token was fetched because of a 401
    sent_ms: tuple[int, ...] = ()  # requests of the last minute
    owed_again_ms: int = 0
    notes: Mapping[str, str] | None = None  # what is wrong while collecting goes on

    @property
    def place(self) -> Place:
        return self.places[self.stream]

    def earlier_ms(self, now_ms: int) -> int:
        """The present by that of the two clocks which is behind: what is before has happened."""
        return now_ms + min(0, self.clock_ahead_ms)

    def later_ms(self, now_ms: int) -> int:
        """The present by the clock which is ahead: nothing is after."""
        return now_ms + max(0, self.clock_ahead_ms)

    def at(self, place: Place) -> GraphState:
        return replace(self, places={**self.places, self.stream: place})

    def noted(self, key: str, words: str | None) -> GraphState:
        kept = {name: text for name, text in (self.notes or {}).items() if name != key}
        return replace(self, notes={**kept, key: words} if words else kept)


def pass_of(told: Mapping[str, Any]) -> Pass:
    """A pass from a cursor, which another version may have written."""
    known = {field.name for field in fields(Pass)}
    return Pass(**{name: value for name, value in told.items() if name in known})


def pass_json(reading: Pass) -> dict[str, Any]:
    """A pass for the cursor, so that its account is given even when the process is killed in it."""
    return {name: value for name, value in asdict(reading).items() if not name.startswith("anchor")}
