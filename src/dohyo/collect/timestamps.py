"""The time of a message, by the rules of its source.

Formats of the source are tried first, in their order, then the furthest-left stamp in the message counts. A
message without one, or with one that cannot be, has the time of its receipt; why is said in `how`, which is
stored as the field `_format`, and counted by its caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from dohyo.base.problem import ProblemError
from dohyo.base.stamps import DAY_MS, MONTHS, ZONE_HOURS, digits_to_ms, find_stamp, moment_ms, offset_of
from dohyo.collect.re2 import check_pattern, first_group
from dohyo.functions.dates import pattern_parts
from dohyo.plan.json_path import found_at, many, read_path
from dohyo.store.event import EARLIEST_MS, LATEST_MS

# Why a message has the time of its receipt, in words for people.
REASONS = {
    "none": "date parsing is off",
    "fail": "no readable time in the message",
    "ac2": "the time lies outside what is plausible",
}
_LETTERS = {
    **{"H": r"(?P<H>\d{1,2})", "h": r"(?P<H>\d{1,2})", "m": r"(?P<m>\d{1,2})", "s": r"(?P<s>\d{1,2})"},
    **{"S": r"(?P<S>\d{1,9})", "d": r"(?P<d>\d{1,2})", "a": r"(?P<a>[AaPp])[Mm]", "E": r"[A-Za-z]+"},
    "z": rf"(?P<name>{'|'.join(ZONE_HOURS)})",
    **{letter: r"(?:[Zz]|(?P<sign>[+-])(?P<zh>\d\d):?(?P<zm>\d\d)?)" for letter in "ZX"},
}
_EPOCH = re.compile(r"(?<![\d.])(?:\d{10}\.\d{1,9}|\d{13}|\d{10})(?!\d)", re.ASCII)
_LONG_EPOCH = re.compile(r"(?:\d{10}\.\d{1,9}|\d{19}|\d{16}|\d{13}|\d{10})", re.ASCII)
_OFF = "t:none,o:-1,l:0,p:none"
_FAIL = "t:fail,o:-1,l:0,p:none"


class MessageTime(NamedTuple):
    """Epoch milliseconds; `how` is `t:<type>,o:<offset>,l:<length>,p:<pattern>`."""

    ms: int
    how: str

    @property
    def reason(self) -> str | None:
        """The key of REASONS that applies."""
        kind = self.how[2 : self.how.index(",")]
        return kind if kind in REASONS else None


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How a source's times are read. `past_ms` and `future_ms` bound what is plausible; None: any time is."""

    zone: tzinfo
    detect: bool = True
    force_zone: bool = False
    formats: tuple[TimeFormat, ...] = ()
    past_ms: int | None = 365 * DAY_MS
    future_ms: int | None = 2 * DAY_MS


class TimeFormat:
    """A format that a person gave, with or without a locator of the stamp.

    Format: Java's letters yyyy yy MMM MM dd a HH hh mm ss SSS zzz ZZZZ, text in single quotes, or `epoch`.
    Locator: an RE2 expression with one group around the stamp, or a JSON path that begins with `$`.
    ValueError says what is wrong.
    """

    def __init__(self, pattern: str, locator: str | None = None) -> None:
        self.pattern, self.locator = pattern, locator or None
        self._expression = (_LONG_EPOCH if locator else _EPOCH) if pattern == "epoch" else _read(pattern)
        if locator and locator.startswith("$"):
            _check_path(locator)
        elif locator:
            check_pattern(locator, groups=1)

    def times(
        self, texts: Sequence[str], rules: TimeRules, now_ms: int
    ) -> Iterator[tuple[int, int, int] | None]:
        """Milliseconds, place and length of each text's stamp; None where it has none of this format."""
        for part in self._located(texts):
            if part is None:
                yield None
                continue
            start, located = part
            match = self._expression.search(located)
            ms = None if match is None else self._moment(match, rules, now_ms)
            yield None if match is None or ms is None else (ms, start + match.start(), len(match[0]))

    def _located(self, texts: Sequence[str]) -> Sequence[tuple[int, str] | None]:
        if self.locator is None:
            return [(0, text) for text in texts]
        if not self.locator.startswith("$"):
            return first_group(self.locator, texts)
        values = [found_at(text, self.locator)[1] for text in texts]
        # Where the value stands in the message is not known.
        return [None if value is None else (0, value) for value in values]

    def _moment(self, match: re.Match[str], rules: TimeRules, now_ms: int) -> int | None:
        if self.pattern == "epoch":
            return digits_to_ms(match[0])
        parts = match.groupdict()
        says_zone = any(letter in self.pattern for letter in "zZX")
        offset: tzinfo | None = rules.zone
        if says_zone and not rules.force_zone:
            offset = offset_of(parts.get("sign"), parts.get("zh"), parts.get("zm"), parts.get("name"))
        return None if offset is None else moment_ms(parts, offset, now_ms)


class TimeReader:
    """Reads the times of one source's messages."""

    def __init__(self, rules: TimeRules) -> None:
        self._rules = rules

    def read(self, texts: Sequence[str], receipt_ms: int) -> list[MessageTime]:
        """A time for each message, received at `receipt_ms`."""
        rules = self._rules
        if not rules.detect:
            return [MessageTime(receipt_ms, _OFF)] * len(texts)
        found: list[MessageTime | None] = [None] * len(texts)
        for one in rules.formats:
            open_at = [at for at, time in enumerate(found) if time is None]
            times = one.times([texts[at] for at in open_at], rules, receipt_ms)
            for at, time in zip(open_at, times, strict=True):
                if time is not None:
                    found[at] = self._checked("def", *time, one.pattern, receipt_ms)
        return [
            self._detected(text, receipt_ms) if time is None else time
            for text, time in zip(texts, found, strict=True)
        ]

    def given(self, ms: int, receipt_ms: int) -> MessageTime:
        """A time that came beside the message."""
        return self._checked("def", ms, -1, 0, "epoch", receipt_ms)

    def _detected(self, text: str, receipt_ms: int) -> MessageTime:
        stamp = find_stamp(text, self._rules.zone, receipt_ms, force_zone=self._rules.force_zone)
        if stamp is None:
            return MessageTime(receipt_ms, _FAIL)
        return self._checked("full", stamp.ms, stamp.start, stamp.length, stamp.pattern, receipt_ms)

    def _checked(
        self, kind: str, ms: int, start: int, length: int, pattern: str, receipt_ms: int
    ) -> MessageTime:
        rules = self._rules
        earliest = EARLIEST_MS if rules.past_ms is None else receipt_ms - rules.past_ms
        latest = LATEST_MS if rules.future_ms is None else receipt_ms + rules.future_ms
        if not max(earliest, EARLIEST_MS) <= ms <= min(latest, LATEST_MS):
            kind, ms = "ac2", receipt_ms
        return MessageTime(ms, f"t:{kind},o:{start},l:{length},p:{pattern}")


def _read(pattern: str) -> re.Pattern[str]:
    """The expression of a format. It has no repetition of a repetition, so Python's `re` is safe with it."""
    pieces = []
    for letter, count in pattern_parts(pattern):
        if letter[0] == "'":
            pieces.append(re.escape(letter[1:]))
        elif letter == "y":
            pieces.append(r"(?P<y>\d\d)" if count == 2 else r"(?P<y>\d{4})")
        elif letter in "ML":
            name = rf"(?P<L>(?i:{'|'.join(MONTHS)}))[a-z]*"
            pieces.append(name if count > 2 else r"(?P<M>\d{1,2})")
        elif letter in _LETTERS:
            pieces.append(_LETTERS[letter])
        else:
            raise ValueError(
                f"no part of a time is written {letter * count}; other text stands in quotes: '...'"
            )
    try:
        return re.compile(rf"(?<!\d){''.join(pieces)}(?!\d)", re.ASCII)
    except re.error:
        raise ValueError(f"a part of the time is there twice in {pattern}") from None


def _check_path(path: str) -> None:
    try:
        several = many(read_path(path))
    except ProblemError as error:
        raise ValueError(error.problems[0].message) from None
    if several:
        raise ValueError(f"the path {path} may lead to several values; a time is one")
