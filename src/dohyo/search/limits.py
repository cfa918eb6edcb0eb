"""Limits of a search, in one place; every one has the published number or a reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one search may take.

    - `messages`: most messages kept of a search without grouping; there it is FORCE PAUSED (published:
      100,000).
    - `records`: most groups of a search with grouping (published: 10,000); more are cut with a warning.
    - `local_rows`: most rows that an operator outside SQL may see at once.
    - `lookup_keys`: most different values that a lookup resolves in one search.
    - `timeout_s`, `memory_bytes`: for each statement sent to the engine.
    """

    messages: int = 100_000
    records: int = 10_000
    local_rows: int = 100_000
    lookup_keys: int = 1_000_000
    timeout_s: float = 60.0
    memory_bytes: int = 2_000_000_000


@dataclass(frozen=True)
class JobLimits:
    """Life of search jobs: `live` at once (published: 200), `idle_s` without a poll or read, `total_s` in
    all, `page` rows in one answer (more is accepted and clamped). `pauses`: a search without grouping that
    reached the most messages is FORCE PAUSED; else it is done, with a warning.
    """

    live: int = 200
    idle_s: float = 5 * 60
    total_s: float = 8 * 3600
    page: int = 10_000
    workers: int = 4
    pauses: bool = True
