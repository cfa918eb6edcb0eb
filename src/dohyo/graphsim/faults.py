"""Faults to play: what happens to the n-th request for alerts, counted from 1."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    "status", "cut", "malformed", "slow", "expire-tokens", "reset", "redirect", "wrong-encoding", "bomb",
    "partial", "foreign-link", "same-link", "no-list", "empty", "clock", "retry-date",
]  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """`status`: that HTTP status, with Retry-After if given. `cut`: the answer breaks off half-way.

    `malformed`: it is no JSON. `slow`: it comes `delay_s` later. `expire-tokens`: every token given out ends.
    `reset`: the connection ends without an answer. `redirect`: 302 to another host. `wrong-encoding`: said to
    be gzip and is not. `bomb`: 300 MB of blanks as gzip. `partial`: 206 with Warning, the first half of the
    page only. `foreign-link`: the next page lies on another host. `same-link`: the page is its own next page.
    `no-list`: JSON without `value`. `empty`: no body. `clock`: Date is `delay_s` ahead. `retry-date`: 503
    with Retry-After as a date `delay_s` from now.
    """

    kind: Kind
    status: int = 503
    retry_after_s: int | None = None
    delay_s: float = 1.0


class FaultScript:
    """Faults by request number; each is played once. Requests are counted whether or not one is due."""

    def __init__(self, faults: dict[int, Fault] | None = None) -> None:
        self.faults = dict(faults or {})
        self.requests = 0

    def next(self) -> Fault | None:
        self.requests += 1
        return self.faults.pop(self.requests, None)

    def add_after(self, offset: int, fault: Fault) -> None:
        """Plays the fault at the `offset`-th request from now (1 = the next one)."""
        self.faults[self.requests + offset] = fault

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "faults": {str(n): asdict(fault) for n, fault in self.faults.items()},
        }
