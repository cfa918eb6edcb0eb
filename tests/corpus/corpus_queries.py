"""The published queries, with their parameters filled in.

`queries.jsonl` holds texts from public repositories under the Apache License 2.0 (`LICENSE.md`): test
material, not part of the product.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CATEGORY = "Labs/Published"
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
# What stands before a parameter says which kind of value it takes, where no default is published.
_VALUES = (
    (r"\btimeslice\s*(by\s|\()?\s*$|\|\s*$", "1h"),
    (r"\btimeshift\s+-?$", "1d"),
    (r"\b(limit|top|window\s*=|threshold\s*=|consecutive\s*=|topk\s*\()\s*$", "5"),
    (r"(\d|[<>]=?|[-+/])\s*$", "1"),
)


@dataclass(frozen=True)
class Published:
    """`text`: the query as it is run here."""

    id: str
    text: str


def published() -> list[Published]:
    lines = (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    return [Published(one["id"], filled(one)) for one in map(json.loads, lines)]


def filled(query: Mapping[str, Any]) -> str:
    """The text with parameters replaced by their published defaults, else by plausible values."""
    text = query["query"]
    defaults = query["param_defaults"]

    def value(match: re.Match[str]) -> str:
        if match[1] in defaults:
            return str(defaults[match[1]])
        before = text[: match.start()]
        return next((value for pattern, value in _VALUES if re.search(pattern, before, re.IGNORECASE)), "*")

    filled_in = _VARIABLE.sub(value, text)
    filled_in = re.sub(r"(?<==)\s*\$\$\w+|<[A-Z_]+_CATEGORY>", CATEGORY, filled_in)
    filled_in = re.sub(r"\$\$\w+", f"_sourceCategory={CATEGORY}", filled_in)
    if query["is_fragment"] and not filled_in.lstrip().startswith("|"):
        filled_in = f"* | {filled_in}"
    return filled_in
