"""Limits of the HTTP interface, each with its environment variable."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from dohyo.base.problem import Problem, ProblemError
from dohyo.store.disk import RESERVE_BYTES


@dataclass(frozen=True)
class Settings:
    """What an administrator may change by `DOHYO_` and the name in capitals, such as `DOHYO_MAX_BODY_BYTES`.

    - `max_body_bytes`: largest request body.
    - `key_requests_per_s`, `key_requests_at_once`: what one access key may ask for; 0 for no limit. The
      original system allows 4 and 10; here a machine serves its own people.
    - `pause_full_searches`: 1 leaves a search without grouping that reached the most messages in the state
      FORCE PAUSED, as the original does; scripts that wait for its end then wait for ever.
    - `reserve_bytes`: space on the disk that is kept free; with less, no message is taken.
    """

    max_body_bytes: int = 10 * 1024 * 1024
    key_requests_per_s: int = 100
    key_requests_at_once: int = 50
    pause_full_searches: int = 0
    reserve_bytes: int = RESERVE_BYTES

    @classmethod
    def from_environment(cls) -> Settings:
        """ProblemError `setting` for a value that is no whole number from 0."""
        found = {}
        for field in fields(cls):
            name = f"DOHYO_{field.name.upper()}"
            text = os.environ.get(name)
            if text is None:
                continue
            if not text.isdecimal():
                raise ProblemError([Problem("setting", f'{name} is "{text}", which is no whole number')])
            found[field.name] = int(text)
        return cls(**found)
