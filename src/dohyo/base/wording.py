"""What is wrong with a value, in the words of people instead of those of the library that checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS = {
    "string": "a text is needed",
    "int": "a whole number is needed",
    "float": "a number is needed",
    "bool": "true or false is needed",
    "list": "a list is needed",
    "dict": "an object is needed",
    "model": "an object is needed",
    "mapping": "an object is needed",
}
"""By the first word of the error's type, such as `int_parsing`."""
BOUNDS = {
    "greater_than_equal": ("at least {}", "ge"),
    "greater_than": ("more than {}", "gt"),
    "less_than_equal": ("at most {}", "le"),
    "less_than": ("less than {}", "lt"),
    "string_too_short": ("at least {} characters", "min_length"),
    "string_too_long": ("at most {} characters", "max_length"),
    "too_short": ("at least {} entries", "min_length"),
    "too_long": ("at most {} entries", "max_length"),
}


def words_of(detail: Mapping[str, Any]) -> str:
    """The words for one entry of pydantic's `ValidationError.errors()`.

    >>> words_of({"type": "too_long", "msg": "...", "ctx": {"max_length": 500}})
    'at most 500 entries'
    """
    kind, given = str(detail["type"]), detail.get("ctx") or {}
    if kind == "missing":
        return "a value is needed"
    if kind == "extra_forbidden":
        return "no such key"
    if kind == "literal_error":
        return f"{given['expected']} is needed"
    if kind in BOUNDS:
        words, name = BOUNDS[kind]
        number = given.get(name)
        return words.format(f"{number:,}" if isinstance(number, int | float) else number)
    plain = KINDS.get(kind.partition("_")[0])
    if plain and kind != "string_pattern_mismatch":
        return plain
    return str(detail["msg"]).removeprefix("Value error, ")
