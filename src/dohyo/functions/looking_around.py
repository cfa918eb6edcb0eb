"""Patterns with look-around or back-references, which the engine cannot run, and every match of those that
match where there is nothing, which it does not find as Java does.

They are rewritten where that is possible, else searched by Python in a process of its own, which is ended
when it takes too long.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.functions.regex import RegexRefused, backtracking, compiled

LONGEST_S = 5
_PART = re.compile(
    r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?(?:=|!|<=|<!|>)|.", re.DOTALL
)
_WORKER = """
import json, re, sys
asked = json.load(sys.stdin)
pattern = re.compile(asked["pattern"])
def groups(text):
    if text is None:
        return []
    made, at = [], 0
    while at <= len(text) and (found := pattern.search(text, at)):
        made.append(found.groups(""))
        if not asked["many"]:
            break
        at = found.end() + (found.end() == found.start())
    return made
json.dump([groups(text) for text in asked["texts"]], sys.stdout)
"""


def needs_backtracking(pattern: str) -> bool:
    """Whether only Python can run the pattern; one that is not well-formed does not."""
    if _runs(pattern):
        return False
    try:
        backtracking(pattern)
    except RegexRefused:
        return False
    return True


def _pieces(pattern: str) -> list[tuple[str, int]]:
    """The pattern in pieces that no bracket cuts, each with how many groups are open after it."""
    depth = 0
    found = []
    for match in _PART.finditer(pattern):
        depth += match[0].startswith("(") - (match[0] == ")")
        found.append((match[0], depth))
    return found


def consuming_end(pattern: str) -> str | None:
    r"""The pattern with a look-ahead at its very end made an ordinary group: it matches in the same places,
    and its groups have the same texts. None where the engine cannot run that either.

    >>> consuming_end(r"(a+?)(?=b|$)")
    '(a+?)(?:b|$)'
    """
    pieces = _pieces(pattern)
    starts = [i for i, (text, depth) in enumerate(pieces) if text == "(?=" and depth == 1]
    if not starts or any(depth == 0 for _, depth in pieces[starts[-1] : -1]) or pieces[-1] != (")", 0):
        return None
    made = "".join("(?:" if i == starts[-1] else text for i, (text, _) in enumerate(pieces))
    return made if _runs(made) else None


def weaker(pattern: str) -> str | None:
    """A pattern for the engine that matches wherever this one does, and maybe elsewhere; None if there is
    none.

    >>> weaker("Cache(?! Type) *[0-9]+")
    'Cache *[0-9]+'
    >>> weaker("(?!x)[*+]y++")
    '[*+]y+'
    """
    kept: list[str] = []
    skipped_at: int | None = None
    for text, depth in _pieces(pattern):
        if skipped_at is not None:
            skipped_at = None if text == ")" and depth < skipped_at else skipped_at
        elif text in ("(?=", "(?!", "(?<=", "(?<!"):
            skipped_at = depth
        elif text == "+" and kept and kept[-1] in ("*", "+", "?", "}"):  # possessive
            continue
        else:
            kept.append("(?:" if text == "(?>" else text)
    made = "".join(kept)
    return made if _runs(made) else None


def _runs(pattern: str) -> bool:
    try:
        compiled(pattern)
    except RegexRefused:
        return False
    return True


def groups_found(
    pattern: str, texts: Sequence[str | None], many: bool, span: Span | None
) -> list[list[list[str]]]:
    """For each text its matches, the first one unless `many`, as texts of the groups. ProblemError
    `regex-slow`.
    """
    hint = "write it without look-around and back-references; the engine runs such patterns fast"
    return _searched(backtracking(pattern)[0], texts, many, span, hint)


def groups_in_time(
    pattern: str, texts: Sequence[str | None], span: Span | None = None
) -> list[list[list[str]]]:
    """For each text the groups of all its matches, of a pattern that the engine runs too. ProblemError
    `regex-slow`.
    """
    hint = "say more plainly what is meant, without repetition in repetition"
    return _searched(compiled(pattern).pattern, texts, True, span, hint)


def _searched(
    pattern: str, texts: Sequence[str | None], many: bool, span: Span | None, hint: str
) -> list[list[list[str]]]:
    asked = json.dumps({"pattern": pattern, "many": many, "texts": texts})
    command = [sys.executable, "-I", "-S", "-c", _WORKER]
    try:
        done = subprocess.run(
            command, input=asked, capture_output=True, text=True, timeout=LONGEST_S, check=True
        )
    except subprocess.TimeoutExpired:
        message = f"the regular expression took more than {LONGEST_S} s over {len(texts):,} rows"
        raise ProblemError([Problem("regex-slow", message, span, (hint,))]) from None
    found: list[list[list[str]]] = json.loads(done.stdout)
    return found
