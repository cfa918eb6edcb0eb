"""Patterns of log messages, after the paper on Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing
Approach with Fixed Depth Tree", ICWS 2017).

A message is cut into words. Its place in a tree of fixed depth is given by how many words it has and by the
first one; there it joins the pattern that it is most like, and words in which they differ become `*`.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

ANY = "*"
_FIRST_WORDS = 1
_MOST_CHILDREN = 100
_LEAST_LIKE = 0.4
_BETWEEN = re.compile(r"""([\s,;:=|"'()\[\]{}<>]+)""")


class Pattern:
    """Words that its messages share, `*` where they differ, and what stands between them in the first one."""

    __slots__ = ("between", "words")

    def __init__(self, words: list[str], between: list[str]) -> None:
        self.words = words
        self.between = between

    def text(self) -> str:
        pairs = zip_longest(self.words, self.between, fillvalue="")
        return "".join(part for pair in pairs for part in pair).strip()

    def likeness(self, words: list[str]) -> float:
        """The share of the words that are the same."""
        return sum(map(operator.eq, self.words, words)) / len(words)

    def take_in(self, words: list[str]) -> None:
        self.words = [one if one == other else ANY for one, other in zip(self.words, words, strict=True)]


def patterns(texts: Iterable[str]) -> list[Pattern]:
    """The pattern of each text. The result depends on the order of the texts and on nothing else.

    >>> [found.text() for found in patterns(["user ann came in", "user bob came in", "disk full"])]
    ['user * came in', 'user * came in', 'disk full']
    """
    leaves: defaultdict[tuple[object, ...], list[Pattern]] = defaultdict(list)
    children: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    found = []
    for text in texts:
        parts = _BETWEEN.split(text)
        words = parts[::2]
        leaf = leaves[_path(words, children)]
        best = max(leaf, key=lambda one: one.likeness(words), default=None)
        if best is not None and best.likeness(words) >= _LEAST_LIKE:
            best.take_in(words)
        else:
            best = Pattern(words, parts[1::2])
            leaf.append(best)
        found.append(best)
    return found


def _path(words: list[str], children: dict[tuple[object, ...], set[str]]) -> tuple[object, ...]:
    """Number of words, then the first ones; where a node has too many children, a new word goes under `*`."""
    path: tuple[object, ...] = (len(words),)
    for word in words[:_FIRST_WORDS]:
        known = children[path]
        if word not in known and len(known) >= _MOST_CHILDREN:
            word = ANY
        known.add(word)
        path = (*path, word)
    return path
