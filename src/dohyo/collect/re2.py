"""Regular expressions that people set for a source, run by RE2 over many messages at once.

RE2 takes time in proportion to the text, whatever the expression, and knows no back references; so no
expression and no message can stop a source, as `(a+)+b` does with Python's `re`. It is also what the
published rules are written for. Arrow carries it as compiled code and runs it over a whole batch.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dohyo.functions.linear import all_named

MOST_LETTERS = 16_384
Replacement = Callable[[str], str]
# Around a match while its groups are looked for; no message holds them.
_MARK = secrets.token_hex(8)
_FROM, _TO = f"\ufdd0{_MARK}<", f"\ufdd0{_MARK}>"


def check_pattern(pattern: str, groups: int | None = None) -> None:
    """ValueError, with what is wrong, where RE2 cannot run the pattern, or where it has fewer capture groups.

    >>> check_pattern("(a")
    Traceback (most recent call last):
    ValueError: RE2 cannot run this expression: missing ): (a
    """
    if len(pattern) > MOST_LETTERS:
        raise ValueError(f"an expression has at most {MOST_LETTERS:,} characters")
    try:
        pc.match_substring_regex(pa.array([""]), f"(?:{pattern})")
        if groups:
            pc.extract_regex_span(pa.array([""]), all_named(pattern)[0])
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        words = str(error).removeprefix("Invalid regular expression: ").replace(f"(?:{pattern})", pattern)
        raise ValueError(f"RE2 cannot run this expression: {words}") from None
    if groups and all_named(pattern)[1] < groups:
        raise ValueError("the expression needs a group in parentheses around what is meant")


def matches_whole(pattern: str, texts: Sequence[str]) -> list[bool]:
    """Which texts the pattern matches from their first to their last character.

    >>> matches_whole("a.*", ["abc", "bac", "a"])
    [True, False, True]
    """
    matched: list[bool] = pc.match_substring_regex(_array(texts), f"^(?:{pattern})$").to_pylist()
    return matched


def first_group(pattern: str, texts: Sequence[str]) -> list[tuple[int, str] | None]:
    """Where the first group of the first match stands in each text, and its own text; None without one.

    >>> first_group("b=(.)", ["a=1 b=2", "a=1"])
    [(6, '2'), None]
    """
    named, _ = all_named(pattern)
    spans = pc.extract_regex_span(_array(texts), named).field(0).to_pylist()
    matched = pc.match_substring_regex(_array(texts), named).to_pylist()
    found: list[tuple[int, str] | None] = []
    for text, span, has_match in zip(texts, spans, matched, strict=True):
        if not has_match or span is None or not span[1]:  # no match, or one without this group
            found.append(None)
            continue
        coded = text.encode()
        before = coded[: span[0]].decode()
        found.append((len(before), coded[span[0] : span[0] + span[1]].decode()))
    return found


def replace_groups(pattern: str, texts: Sequence[str], instead: Replacement) -> list[str]:
    """Each text with every group of every match replaced by `instead(its text)`.

    >>> replace_groups("k=(\\\\w)", ["k=a, k=b", "none"], lambda found: "#")
    ['k=#, k=#', 'none']
    """
    changed = list(texts)
    has_match = pc.match_substring_regex(_array(texts), pattern).to_pylist()
    wanted = [at for at, found in enumerate(has_match) if found]
    if not wanted:
        return changed
    marked = pc.replace_substring_regex(_array([texts[at] for at in wanted]), pattern, rf"{_FROM}\0{_TO}")
    parts = [_split(text) for text in marked.to_pylist()]
    matches = [piece for text in parts for piece in text[1::2]]
    replaced = iter(_inside(pattern, matches, instead))
    for at, text in zip(wanted, parts, strict=True):
        text[1::2] = [next(replaced) for _ in text[1::2]]
        changed[at] = "".join(text)
    return changed


def _split(marked: str) -> list[str]:
    """Text outside of matches and matches in turn."""
    pieces = []
    first, *others = marked.split(_FROM)
    pieces.append(first)
    for other in others:
        match, _, after = other.partition(_TO)
        pieces += [match, after]
    return pieces


def _inside(pattern: str, matches: Sequence[str], instead: Replacement) -> list[str]:
    """Matches with their groups replaced.

    One whose groups cannot be told without its surroundings (`\\B` at an edge) is replaced whole, so that
    nothing secret remains.
    """
    named, count = all_named(pattern)
    spans = pc.extract_regex_span(_array(matches), f"^(?:{named})$")
    fields = [spans.field(number).to_pylist() for number in range(count)]
    known = spans.is_valid().to_pylist()
    replaced = []
    for at, match in enumerate(matches):
        if not known[at]:
            replaced.append(instead(match))
            continue
        groups = [field[at] for field in fields if field[at] is not None]
        replaced.append(_with_groups(match.encode(), groups, instead))
    return replaced


def _with_groups(match: bytes, groups: list[list[int]], instead: Replacement) -> str:
    """Inner groups are covered by the outer ones."""
    done, text = 0, ""
    for start, length in sorted(groups, key=lambda span: (span[0], -span[1])):
        if start >= done and length:
            text += match[done:start].decode() + instead(match[start : start + length].decode())
            done = start + length
    return text + match[done:].decode()


def _array(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())
