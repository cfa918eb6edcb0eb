"""Faults to play: what happens to the n-th request for alerts, counted from 1."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["status", "cut", "malformed", "slow", "expire-tokens"]


@dataclass(frozen=True)
class Fault:
    """`status`: that HTTP status, with Retry-After if given. `cut`: the answer breaks off half-way.

    `malformed`: it is no JSON. `slow`: it comes `delay_s` later. `expire-tokens`: every token given out ends.
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
