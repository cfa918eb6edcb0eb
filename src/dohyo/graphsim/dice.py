"""Seeded choices, and the ways Graph writes ids and times."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
FRACTION_DIGITS = (7,) * 8 + (3,) * 4 + (0, 1, 2, 4, 5, 6)


class Dice:
    """Choices that repeat for the same seed, several times faster than the methods of `random.Random`."""

    __slots__ = ("bits", "roll")

    def __init__(self, seed: int) -> None:
        source = Random(seed)
        self.roll = source.random
        self.bits = source.getrandbits

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.roll() * len(options))]

    def pick_early(self, options: Sequence[T]) -> T:
        """One of the options, the first ones far more often (a few users and addresses raise most alerts)."""
        return options[int(self.roll() ** 2.5 * len(options))]

    def chance(self, probability: float) -> bool:
        return self.roll() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.roll() * (high - low + 1))

    def digits(self, count: int) -> str:
        """`count` lower-case hex digits."""
        return f"{self.bits(4 * count):0{count}x}"

    def guid(self) -> str:
        text = self.digits(32)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def shuffled(self, options: Sequence[T]) -> list[T]:
        return sorted(options, key=lambda _: self.roll())

    def stamp(self, ms: int) -> str:
        """An instant as Graph writes it: UTC, `Z`, a fraction of 0 to 7 digits."""
        digits = self.pick(FRACTION_DIGITS)
        fraction = f"{ms % 1000:03d}{self.bits(13):04d}"[:digits]
        whole = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}".format(*time.gmtime(ms // 1000))
        return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
