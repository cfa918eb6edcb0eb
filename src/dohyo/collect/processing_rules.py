"""Processing rules: which messages of a source are left out, and what in them is masked or hashed.

They are the published `filters` of a source. Whatever a rule takes away is never stored. Order: exclude,
include, hash, mask. Exclude wins over include; with several include rules one that matches is enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from dohyo.collect.re2 import check_pattern, matches_whole, replace_groups

HashAlgorithm = Literal["MD5", "SHA-256"]
MOST_RULES = 100


class Filter(BaseModel):
    """One rule. Include and Exclude match the whole message; Hash and Mask change groups of every match."""

    filterType: Literal["Exclude", "Include", "Hash", "Mask", "Forward"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    regexp: Annotated[str, Field(min_length=1)]
    mask: Annotated[str, Field(max_length=1024)] | None = None

    @field_validator("filterType")
    @classmethod
    def _is_built(cls, kind: str) -> str:
        if kind == "Forward":
            raise ValueError(
                "messages cannot be forwarded from here; Exclude, Include, Hash and Mask are known"
            )
        return kind

    @model_validator(mode="after")
    def _works(self) -> Filter:
        changes = self.filterType in ("Hash", "Mask")
        check_pattern(self.regexp, groups=1 if changes else None)
        if self.filterType == "Mask" and self.mask is None:
            raise ValueError("a Mask rule needs the mask, the text that is put in place of the group")
        return self


class ProcessingRules:
    """The rules of one source, applied to batches of messages."""

    def __init__(self, filters: Sequence[Filter], algorithm: HashAlgorithm) -> None:
        self._exclude = [one.regexp for one in filters if one.filterType == "Exclude"]
        self._include = [one.regexp for one in filters if one.filterType == "Include"]
        self._hash = [one.regexp for one in filters if one.filterType == "Hash"]
        self._mask = [(one.regexp, one.mask or "") for one in filters if one.filterType == "Mask"]
        self._algorithm = algorithm

    def keeps(self, messages: Sequence[str]) -> list[bool]:
        """Which messages are stored."""
        kept = [True] * len(messages)
        if self._include:
            matched = [matches_whole(pattern, messages) for pattern in self._include]
            kept = [any(of_one) for of_one in zip(*matched, strict=True)]
        for pattern in self._exclude:
            matches = matches_whole(pattern, messages)
            kept = [before and not match for before, match in zip(kept, matches, strict=True)]
        return kept

    def rewritten(self, messages: Sequence[str]) -> list[str]:
        """The messages as they are stored."""
        texts = list(messages)
        for pattern in self._hash:
            texts = replace_groups(pattern, texts, self._digest)
        for pattern, mask in self._mask:
            texts = replace_groups(pattern, texts, lambda _, mask=mask: mask)  # type: ignore[misc]
        return texts

    def _digest(self, text: str) -> str:
        if self._algorithm == "SHA-256":
            return hashlib.sha256(text.encode()).hexdigest()
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
