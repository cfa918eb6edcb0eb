"""Parameters of published queries without a value: given a plausible one, so that the rest is checked.

Dashboards write `{{name}}`. Older apps write `$$name` for a scope, or `_sourceCategory=$$name`. Templates
have `${name}` outside of texts, catalogues `=<name>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dohyo.base.problem import Problem, Span

_PARAMETER = re.compile(
    r"\{\{\s*(?P<named>[^{}]+?)\s*\}\}|\$\$(?P<scope>\w+)|\$\{(?P<template>[\w.-]+)\}"
    r"|(?<==)\s*<(?P<catalogue>[A-Za-z][\w -]*)>"
)
_SCOPE = re.compile(r"\$\$(\w+)")
_HIDDEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
# What stands before a parameter says which kind of value it takes.
_VALUES = (
    (re.compile(r"\bmatches\s*\(?\s*/[^/|\s]*$", re.IGNORECASE), ".*"),
    (re.compile(r"\btimeslice\s*(by\s|\()?\s*$|\|\s*$", re.IGNORECASE), "1h"),
    (re.compile(r"\btimeshift\s+-?$", re.IGNORECASE), "1d"),
    (re.compile(r"\b(limit|top|window\s*=|threshold\s*=|consecutive\s*=|topk\s*\()\s*$", re.IGNORECASE), "5"),
    (re.compile(r"(\d|[<>]=?|[-+/])\s*$|\|[^|]*\s\*\s*$|\bsubstring\s*\([^|]*,\s*$", re.IGNORECASE), "1"),
    (re.compile(r"\bformatDate\s*\([^|]*,[^|]*,\s*\"$", re.IGNORECASE), "UTC"),
    (re.compile(r"\|\s*(sort|order)\s+(by\s+)?[-+]?\s*$", re.IGNORECASE), "_count"),
    (re.compile(r"\|[^|\"]*\b(by|row|column)\s+([\w.%]+\s*,\s*)*$", re.IGNORECASE), "_sourceCategory"),
    (re.compile(r"\|\s*(where|if)\b[^|]*(=|\(|,)\s*$", re.IGNORECASE), '"*"'),
)
_ZONE = re.compile(r"time_?zone|(^|_)tz(_|$)", re.IGNORECASE)
ANY = "*"
_OTHERS = (
    "1",
    "_sourceCategory",
    '"*"',
    "h",
    "1h",
    "avg",
    "true",
    "+",
    '"a*" as b',
    'path://"/Library/a"',
    ".*",
)
"""What else is tried where the first guess cannot stand."""


@dataclass
class _Filled:
    """A parameter at a place of the text, with what it may stand for, the one value where one was given.

    `tried`: how many of the values did not fit.
    """

    name: str
    values: Sequence[str]
    tried: int = 0

    @property
    def value(self) -> str:
        return self.values[self.tried if self.tried < len(self.values) else 0]


def with_plausible(
    text: str,
    given: Mapping[str, str] | None = None,
    problems: Callable[[str], Sequence[Problem]] = lambda text: (),
) -> tuple[str, list[str]]:
    """The text with every parameter filled, and the names of those that `given` has no value for.

    `problems` tells what is wrong with a text, so that another value is tried where one cannot stand.

    >>> with_plausible("_source={{s}} | timeslice {{t}}", {"s": "a"})
    ('_source=a | timeslice 1h', ['t'])
    """
    parts = _parts(text, given or {})
    made = [part for part in parts if isinstance(part, _Filled) and len(part.values) > 1]
    for _ in range(len(made) * len(_OTHERS) if made else 0):
        wrong = next(iter(problems(_joined(parts))), None)
        blamed = _blamed(parts, wrong)
        if blamed is None:
            break
        blamed.tried += 1
    return _joined(parts), list(dict.fromkeys(part.name for part in made))


def unfilled_scopes(scope: str) -> list[tuple[str, Span]]:
    """Each `$$name` outside quotes and comments of a scope, with its place."""
    hidden = _HIDDEN.sub(lambda match: " " * len(match[0]), scope)
    return [(found[1], Span(*found.span())) for found in _SCOPE.finditer(hidden)]


def _joined(parts: Sequence[str | _Filled]) -> str:
    return "".join(part if isinstance(part, str) else part.value for part in parts)


def _parts(text: str, given: Mapping[str, str]) -> list[str | _Filled]:
    parts: list[str | _Filled] = []
    at = 0
    for match in _PARAMETER.finditer(text):
        name = match[match.lastgroup or 0]
        if match["template"] and text.count('"', 0, match.start()) % 2:  # a group that a replacement names
            continue
        before = text[: match.start()]
        values = [str(given[name])] if name in given else [_first_guess(match, before), *_OTHERS]
        parts += [text[at : match.start()], _Filled(name, values)]
        at = match.end()
    return [*parts, text[at:]]


def _first_guess(match: re.Match[str], before: str) -> str:
    name = match[match.lastgroup or 0]
    if match["scope"]:
        return ANY if before.rstrip().endswith("=") else f"_sourceCategory={ANY}"
    if match["catalogue"] and "|" in before:
        return '"*"'
    return "UTC" if _ZONE.search(name) else next((v for pattern, v in _VALUES if pattern.search(before)), ANY)


def _blamed(parts: Sequence[str | _Filled], wrong: Problem | None) -> _Filled | None:
    """The last guess that stands at the problem's place, if there are values left to try."""
    if wrong is None or wrong.span is None:
        return None
    start, found = 0, None
    for part in parts:
        end = start + len(part if isinstance(part, str) else part.value)
        if isinstance(part, _Filled) and start <= wrong.span.end and wrong.span.start <= end + 1:
            found = part if part.tried < len(part.values) else found
        start = end
    return found
