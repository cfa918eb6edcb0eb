"""Texts that a pattern matches: anchors, wildcards, regular expressions."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from dohyo.functions.regex import RegexRefused, backtracking

# The tree of a regular expression has no public name.
_parse: Any = re._parser.parse  # type: ignore[attr-defined]
_WIDE = 90
"""A class of so many printable characters takes nearly any text."""


def text_of_wildcard(pattern: str) -> str:
    """A text that a `*` pattern fits."""
    return pattern.replace("*", "").replace("?", "q") or "x"


def text_of_anchor(pattern: str, values: Sequence[str]) -> str:
    parts = pattern.split("*")
    filled = [*values, *[""] * len(parts)]
    return "".join(part + (filled[i] if i < len(parts) - 1 else "") for i, part in enumerate(parts))


def text_of_regex(
    pattern: str, dice: random.Random, wanted: Callable[[str], str | None] = lambda name: None
) -> str:
    """A text that the pattern matches. `wanted` gives texts that named groups should have, where they fit."""
    try:
        made, names = backtracking(pattern)
    except RegexRefused:
        return "x"
    return _RegexWriter(names, dice, wanted).texts(_parse(made))


class _RegexWriter:
    """`pending`: a text that the next part which takes nearly anything should be."""

    def __init__(
        self, names: Sequence[str | None], dice: random.Random, wanted: Callable[[str], str | None]
    ) -> None:
        self.names, self.dice, self.wanted = names, dice, wanted
        self.pending: str | None = None

    def texts(self, items: Any) -> str:
        return "".join(self.text(str(kind), value) for kind, value in items)

    def text(self, kind: str, value: Any) -> str:
        if kind == "LITERAL":
            return chr(value)
        if kind == "NOT_LITERAL":
            return "x" if value != ord("x") else "y"
        if kind == "ANY":
            return "a"
        if kind == "IN":
            return self.one_of(value)
        if kind == "BRANCH":
            return self.texts(self.dice.choice(value[1]))
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self.repeated(kind, *value)
        if kind == "SUBPATTERN":
            return self.group(value[0], value[3])
        if kind == "ATOMIC_GROUP":
            return self.texts(value)
        if kind == "ASSERT":
            return self.texts(value[1]) if value[0] > 0 else ""
        return ""  # places and negative look-around take no text

    def repeated(self, kind: str, low: int, high: Any, inner: Any) -> str:
        if self.pending is not None and int(high) > 100 and self.takes(inner, self.pending):
            taken, self.pending = self.pending, None
            return taken
        count = low if kind == "MIN_REPEAT" and low else min(max(low, 1), int(high))
        return "".join(self.texts(inner) for _ in range(count))

    def takes(self, inner: Any, text: str) -> bool:
        """Whether a repetition of one character takes the text."""
        kind, value = inner[0] if len(inner) == 1 else ("", None)
        if str(kind) == "SUBPATTERN":
            return self.takes(value[3], text)
        if str(kind) == "NOT_LITERAL":
            return chr(value) not in text
        if str(kind) == "ANY":
            return "\n" not in text
        wide = str(kind) == "IN" and (len(text) < 12 or sum(_has(value, c) for c in range(32, 127)) >= _WIDE)
        return wide and all(_has(value, ord(char)) for char in text)

    def group(self, number: int | None, inner: Any) -> str:
        name = self.names[number - 1] if number and number <= len(self.names) else None
        if name and (text := self.wanted(name)):
            before, self.pending = self.pending, text
            made = self.texts(inner)
            self.pending = before
            return made
        return self.texts(inner)

    def one_of(self, items: Sequence[Any]) -> str:
        """A plain character of a class."""
        inside = [chr(code) for code in range(32, 127) if _has(items, code)]
        plain = [char for char in inside if char.isalnum()] or inside
        return self.dice.choice(plain) if plain else " "


def _has(items: Sequence[Any], code: int) -> bool:
    negated, found = False, False
    for kind, value in items:
        name = str(kind)
        negated |= name == "NEGATE"
        found |= (name == "LITERAL" and value == code) or (name == "RANGE" and value[0] <= code <= value[1])
    return found != negated
