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

from dohyo.lang.parameters import with_plausible

HERE = Path(__file__).parent
CATEGORY = "Labs/Published"


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
    text = re.sub(r"(?<==)\s*\$\$\w+|<[A-Z_]+_CATEGORY>", CATEGORY, query["query"])
    text = re.sub(r"\$\$\w+", f"_sourceCategory={CATEGORY}", text)
    text, _ = with_plausible(text, query["param_defaults"])
    return text if not query["is_fragment"] or text.lstrip().startswith("|") else f"* | {text}"
