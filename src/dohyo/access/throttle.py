"""Slows down whoever tries passwords: per account and per address, in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from dohyo.access.problems import SignInThrottled
from dohyo.base.clock import now_ms

FREE_TRIES = 5
LONGEST_WAIT_S = 15 * 60
FORGOTTEN_AFTER_MS = 60 * 60 * 1000
MOST_NAMES = 10_000


class Throttle:
    """Counts wrong passwords by name; after five, each one doubles the wait, up to a quarter of an hour.

    A right password clears the count of its name; an hour of quiet does so too.
    """

    def __init__(self, clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, int]] = (
            OrderedDict()
        )  # name -> wrong tries, time of the last

    def check(self, *names: str) -> None:
        """Raises `SignInThrottled` while one of the names has to wait."""
        with self._lock:
            wait_ms = max((self._wait_ms(name) for name in names), default=0)
        if wait_ms > 0:
            raise SignInThrottled(retry_after_s=-(-wait_ms // 1000))

    def wrong(self, *names: str) -> None:
        """Notes a wrong password for each name."""
        now = self._clock()
        with self._lock:
            for name in names:
                tries, last = self._wrong.pop(name, (0, now))
                self._wrong[name] = (tries + 1 if now - last < FORGOTTEN_AFTER_MS else 1, now)
            while len(self._wrong) > MOST_NAMES:
                self._wrong.popitem(last=False)

    def right(self, *names: str) -> None:
        """Forgets the wrong passwords of each name."""
        with self._lock:
            for name in names:
                self._wrong.pop(name, None)

    def _wait_ms(self, name: str) -> int:
        tries, last = self._wrong.get(name, (0, 0))
        if tries < FREE_TRIES:
            return 0
        wait_s = min(2 ** (tries - FREE_TRIES + 1), LONGEST_WAIT_S)
        return last + wait_s * 1000 - self._clock()
