"""The time that an operator outside SQL may take over its rows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from dohyo.base.problem import Problem, ProblemError

MOST_S = 5.0
_EVERY = 256
T = TypeVar("T")


def in_time(items: Iterable[T], operator: str, most_s: float = MOST_S) -> Iterator[T]:
    """The items; ProblemError `too-slow` where their user takes longer than that for all of them."""
    end = time.monotonic() + most_s
    for number, item in enumerate(items):
        if number % _EVERY == 0 and time.monotonic() > end:
            message = f"{operator} took longer than {most_s:g} seconds and was stopped"
            hint = "take a shorter time range, or more keywords before the first |"
            raise ProblemError([Problem("too-slow", message, hints=(hint,))])
        yield item
