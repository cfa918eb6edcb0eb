"""The limit of requests an application may send in a minute."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable


class Throttle:
    """Counts the requests of each application over the last minute."""

    def __init__(self, per_minute: int = 150, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    def wait_s(self, application: str) -> int:
        """0 if the request may pass (it is counted), else whole seconds until the next one may."""
        now = self._clock()
        seen = self._seen[application]
        while seen and seen[0] <= now - 60:
            seen.popleft()
        if len(seen) >= self.per_minute:
            return max(1, math.ceil(seen[0] + 60 - now))
        seen.append(now)
        return 0
