"""How much one access key may ask for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dohyo.api.errors import ApiRefused

MOST_KEYS = 10_000


@dataclass
class _Use:
    """`left` requests may come at once at the moment `at_s`; `running` have no answer yet."""

    left: float
    at_s: float
    running: int = 0


class KeyRates:
    """Counts requests by key. A key that was quiet may send two seconds' worth at once. 0 is no limit."""

    def __init__(self, per_s: int, at_once: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._at_once, self._clock_s = per_s, at_once, clock_s
        self._lock = threading.Lock()
        self._uses: OrderedDict[str, _Use] = OrderedDict()

    def begin(self, key_id: str) -> None:
        """Counts a request; refused with 429 and the seconds to wait where it is one too many."""
        with self._lock:
            now, most = self._clock_s(), 2.0 * self._per_s
            use = self._uses.pop(key_id, None) or _Use(most, now)
            self._uses[key_id] = use
            while len(self._uses) > MOST_KEYS:
                self._uses.popitem(last=False)
            use.left = min(most, use.left + (now - use.at_s) * self._per_s)
            use.at_s = now
            if self._at_once and use.running >= self._at_once:
                raise _too_many(f"more than {self._at_once} requests of one key at the same time")
            if self._per_s and use.left < 1:
                raise _too_many(f"more than {self._per_s} requests a second with one key")
            use.left -= 1
            use.running += 1

    def end(self, key_id: str) -> None:
        with self._lock:
            if use := self._uses.get(key_id):
                use.running = max(0, use.running - 1)


def _too_many(message: str) -> ApiRefused:
    return ApiRefused(429, "rate.limit.exceeded", message, headers={"Retry-After": "1"})
