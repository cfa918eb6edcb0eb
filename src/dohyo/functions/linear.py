"""Regular expressions over rows in memory by RE2, which takes time in proportion to the text whatever the
pattern; Python's `re` may never end. Arrow carries it as compiled code and runs it over many texts at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

_TOKEN = re.compile(
    r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?P?<(?P<name>\w+)>|\(\?|(?P<open>\()|.",
    re.DOTALL,
)


def _compute() -> Any:
    """Arrow's functions, whose import takes as long as that of all of Arrow."""
    import pyarrow.compute

    return pyarrow.compute


def all_named(pattern: str) -> tuple[str, int]:
    """The pattern with a name for every capture group, and how many there are.

    >>> all_named("(a)(?:b)(?<c>d)")
    ('(?P<g0>a)(?:b)(?P<g1>d)', 2)
    """
    count = 0
    pieces = []
    for token in _TOKEN.finditer(pattern):
        if token["open"] or token["name"]:
            pieces.append(f"(?P<g{count}>")
            count += 1
        else:
            pieces.append(token[0])
    return "".join(pieces), count


def is_in(pattern: str, text: str) -> bool:
    """Whether the pattern matches somewhere in the text.

    >>> is_in("(a+)+$", "a" * 50 + "!")
    False
    """
    found: bool = _compute().match_substring_regex(text, all_named(pattern)[0]).as_py()
    return found


def replaced(pattern: str, text: str, replacement: str) -> str:
    r"""Every match replaced; `\1` in the replacement is the first group.

    >>> replaced("(a)b", "abab", r"<\1>")
    '<a><a>'
    """
    made: str = _compute().replace_substring_regex(text, all_named(pattern)[0], replacement).as_py()
    return made


def first_groups(pattern: str, texts: Sequence[str | None]) -> list[tuple[str, ...] | None]:
    """Of each text the groups of the first match, a group that takes no part as the empty text; None where
    nothing matches.

    >>> first_groups("(a)(b)?", ["xab", "xa", "x", None])
    [('a', 'b'), ('a', ''), None, None]
    """
    named, count = all_named(pattern)
    array = pa.array(texts, pa.large_string())
    if not count:
        matched = _compute().match_substring_regex(array, named).to_pylist()
        return [() if has_match else None for has_match in matched]
    found = _compute().extract_regex(array, named).to_pylist()
    return [None if groups is None else tuple(groups.values()) for groups in found]
