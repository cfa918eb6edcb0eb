"""What threat intelligence says of values: the rows of one lookup table that people fill, whatever its
columns are called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import orjson

from dohyo.functions.casts import any_to_text
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import LookupTable, Row

Key = tuple[Scalar, ...]
_NAMES: Mapping[str, Sequence[str]] = {
    "indicator": ("indicator", "threat", "ip", "ip_address", "value"),
    "actors": ("actors", "actor"),
    "confidence": ("confidence", "malicious_confidence", "threatlevel"),
    "fields": ("fields", "raw_threat", "raw"),
    "id": ("id",),
    "imported": ("imported",),
    "kill_chain": ("kill_chain",),
    "source": ("source",),
    "threat_type": ("threat_type",),
    "type": ("type",),
    "updated": ("updated",),
    "valid_from": ("valid_from",),
    "valid_until": ("valid_until",),
}
"""What a threat has, and the columns that may hold it; the first one there counts."""
_LEVELS = ((85, "high"), (50, "medium"), (15, "low"), (0, "unverified"))
_OLD_NAMES = {
    "actor": "actors",
    "threatlevel": "confidence",
    "malicious_confidence": "confidence",
    "raw": "fields",
}


class Threats:
    """The rows about a value, found in any case. `best`: only the newest, of those the most certain; `feed`:
    only those whose source has this name, empty for all.
    """

    def __init__(self, table: LookupTable, best: bool = False, feed: str = "") -> None:
        spelled = {name.lower(): name for name in table.columns}
        columns = {
            name: next((spelled[one] for one in names if one in spelled), None)
            for name, names in _NAMES.items()
        }
        self._best = best
        self._found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in table.rows:
            threat = {name: row.get(column) if column else None for name, column in columns.items()}
            if feed and (any_to_text(threat["source"]) or "").lower() != feed.lower():
                continue
            self._found[(any_to_text(threat["indicator"]) or "").strip().lower()].append(threat)
        for threats in self._found.values():
            threats.sort(key=_rank, reverse=True)
        self._found.pop("", None)

    def answers(
        self, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]
    ) -> dict[Key, tuple[Scalar, ...]]:
        """Values of the best match; column `matches` is all of them, or with `best` one, as JSON lines."""
        found: dict[Key, tuple[Scalar, ...]] = {}
        for key in keys:
            threats = [
                threat
                for value in dict.fromkeys(any_to_text(part) for part in key)
                for threat in self._found.get((value or "").strip().lower(), ())
            ]
            if threats:
                found[key] = tuple(self._column(name.lower(), threats) for name in columns)
        return found

    def _column(self, name: str, threats: list[Row]) -> Scalar:
        if name == "matches":
            shown = sorted(threats, key=_rank, reverse=True)[:1] if self._best else threats
            return "\n".join(_line(threat, len(threats)) for threat in shown)
        best = max(threats, key=_rank)
        value = best.get(_OLD_NAMES.get(name, name))
        return _level(value) if _OLD_NAMES.get(name) == "confidence" else any_to_text(value)


def _line(threat: Row, matches: int) -> str:
    known = threat["confidence"] is not None
    confidence = int(_number(threat["confidence"])) if known else None
    return orjson.dumps({**threat, "confidence": confidence, "num_matches": matches}).decode()


def _rank(threat: Row) -> tuple[float, float]:
    """The newer, then the more certain."""
    return _number(threat["updated"]), _number(threat["confidence"])


def _number(value: Scalar) -> float:
    try:
        return float(value or 0)
    except ValueError:
        levels = {name: float(least) for least, name in _LEVELS}
        return levels.get(str(value).lower(), 0.0)


def _level(confidence: Scalar) -> Scalar:
    """A number as the old operator says it: high, medium, low or unverified."""
    try:
        number = float(any_to_text(confidence) or "")
    except ValueError:
        return any_to_text(confidence)
    return next((name for least, name in _LEVELS if number >= least), "unverified")
