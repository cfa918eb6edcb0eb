"""A value from outside as one word of a query, whatever is in it."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w*?./:@+-]+")
_SHAPING = re.compile(r"""[|"'`()\[\]{}\\\n]|(?:^|\s)/[/*]""")
"""What ends a step, a string or a group, or begins a comment."""


def as_word(value: str) -> str:
    r"""The value as it is where it is one plain word, else in quotes.

    >>> as_word("Labs/Graph*"), as_word('a | count by "b"')
    ('Labs/Graph*', '"a | count by \\"b\\""')
    """
    return value if _PLAIN.fullmatch(value) else f'"{escaped(value)}"'


def as_part(value: str) -> str:
    r"""The value as it is where it is only words and signs between them, else in quotes.

    >>> as_part("_source=a OR _source=b"), as_part("a | limit 1")
    ('_source=a OR _source=b', '"a | limit 1"')
    """
    return f'"{escaped(value)}"' if _SHAPING.search(value) else value


def escaped(value: str) -> str:
    """The value as it stands inside quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
