"""Parameters of published queries without a value: filled with a plausible one, so that the rest is checked.

Dashboards write `{{name}}`. Older apps write `$$name` for a scope, or `_sourceCategory=$$name`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMED = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_SCOPE = re.compile(r"\$\$(\w+)")
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


def with_plausible(text: str, given: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """The text with every parameter filled, and the names of those that `given` has no value for.

    >>> with_plausible("_source={{s}} | timeslice {{t}}", {"s": "a"})
    ('_source=a | timeslice 1h', ['t'])
    """
    made: list[str] = []

    def value(match: re.Match[str]) -> str:
        if given and match[1] in given:
            return str(given[match[1]])
        made.append(match[1])
        before = match.string[: match.start()]
        if _ZONE.search(match[1]):
            return "UTC"
        return next((value for pattern, value in _VALUES if pattern.search(before)), ANY)

    def scope(match: re.Match[str]) -> str:
        if given and match[1] in given:
            return str(given[match[1]])
        made.append(match[1])
        return ANY if match.string[: match.start()].rstrip().endswith("=") else f"_sourceCategory={ANY}"

    filled = _SCOPE.sub(scope, _NAMED.sub(value, text))
    return filled, list(dict.fromkeys(made))
