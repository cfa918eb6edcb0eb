"""Lines put together to messages: one each, by a boundary expression, or by inferred boundaries.

Blank lines are dropped. A message longer than the limit is cut into parts, each numbered, so that no line
and no message without an end can fill the memory. The same lines from the start of a message on give the
same messages again, however they are handed over: in one call or in many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from dohyo.base.stamps import UTC, find_stamp
from dohyo.collect.re2 import matches_whole

MOST_MESSAGE_BYTES = 1024 * 1024
_STAMP_WITHIN = 48  # letters before a stamp that begins a message, such as an address and a user
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_JSON_LETTERS = re.compile(r"[\s{}\[\]:,\d+\-.eEtrufalsn]*", re.ASCII)
# Lines of stack traces that are not indented, and the ends of what was opened above.
_GOES_ON = re.compile(
    r"\s|Caused by: |\.\.\. \d+ more|at [\w$.<>]+\(|[)}\]]+[;,]?\s*\Z|Traceback \(", re.ASCII
)


class Line(NamedTuple):
    """A line without its end; `at` is where it stands in its source, `continues` the rest of a cut line."""

    text: str
    at: int
    continues: bool = False


class Message(NamedTuple):
    """A message and where its first line stands; `part` counts from 1 where it was cut, else it is 0."""

    text: str
    at: int
    part: int = 0


class EachLine:
    """Every line is a message."""

    memory = ""

    def starts(self, lines: Sequence[str]) -> Iterator[bool]:
        return iter([True] * len(lines))


class ByExpression:
    """A message starts with a line that the expression (RE2) matches from its first to its last letter."""

    memory = ""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def starts(self, lines: Sequence[str]) -> Iterator[bool]:
        return iter(matches_whole(self._pattern, lines))


class Inferred:
    """Boundaries as people see them.

    A message starts at a line with a time near its start, and at one with `{` or `[` that begins a JSON
    value, which is one message to its end. Once a line had a time, lines without one go on the message
    before, except after a JSON value. Until then every line starts one that is not indented and no line of a
    stack trace.

    `memory` is all that must be kept to go on later at the start of a message.
    """

    def __init__(self, memory: str = "") -> None:
        self._had_time = "t" in memory
        self._after_json = "j" in memory
        self._depth = 0

    @property
    def memory(self) -> str:
        return "t" * self._had_time + "j" * self._after_json

    def starts(self, lines: Sequence[str]) -> Iterator[bool]:
        return map(self._is_start, lines)

    def _is_start(self, line: str) -> bool:
        if self._depth:
            depth = json_depth(line, self._depth)
            if depth is not None:
                self._depth, self._after_json = depth, not depth
                return False
            self._depth = 0  # no JSON value after all, or one without its end
        if line[0] in "{[" and (depth := json_depth(line, 0)) is not None:
            self._depth, self._after_json = depth, not depth
            return True
        after_json, self._after_json = self._after_json, False
        if has_time_at_start(line):
            self._had_time = True
            return True
        return after_json or not (self._had_time or _GOES_ON.match(line))


Boundaries = EachLine | ByExpression | Inferred


class Assembler:
    """Puts the lines of one source together. Of a message it holds at most the limit and one line."""

    def __init__(self, boundaries: Boundaries, most_bytes: int = MOST_MESSAGE_BYTES) -> None:
        self._boundaries = boundaries
        self._most_bytes = most_bytes
        self._open: list[str] = []
        self._open_bytes = 0
        self._at = 0
        self._part = 0
        self._memory = boundaries.memory

    def add(self, lines: Sequence[Line]) -> list[Message]:
        """The messages that are complete with these lines. The last one stays open."""
        done: list[Message] = []
        wanted = [line for line in lines if line.continues or (line.text and not line.text.isspace())]
        whole = [line.text for line in wanted if not line.continues]
        before, starts = self._boundaries.memory, self._boundaries.starts(whole)
        for line in wanted:
            if line.continues:
                self._append(line.text, "", done)
                continue
            if next(starts) or not self._is_open():
                done += self.finish()
                self._at, self._memory = line.at, before
            self._append(line.text, "\n", done)
            before = self._boundaries.memory
        return done

    def finish(self) -> list[Message]:
        """The open message, which is complete now."""
        done = []
        if self._open:
            done.append(self._message())
        self._part = 0
        return done

    def position(self, otherwise: int) -> tuple[int, str]:
        """Where the open message starts, else `otherwise`; and the memory to go on from there."""
        return (self._at, self._memory) if self._is_open() else (otherwise, self._boundaries.memory)

    def _is_open(self) -> bool:
        return bool(self._open or self._part)

    def _append(self, text: str, joint: str, done: list[Message]) -> None:
        size_bytes = _size_bytes(text)
        if self._open and self._open_bytes + len(joint) + size_bytes > self._most_bytes:
            self._cut(done)
        if size_bytes > self._most_bytes:
            *full, text = _pieces(text, self._most_bytes)
            for piece in full:
                self._open = [piece]
                self._cut(done)
            size_bytes = _size_bytes(text)
        if self._open:
            self._open.append(joint)
            size_bytes += len(joint)
        self._open.append(text)
        self._open_bytes += size_bytes

    def _cut(self, done: list[Message]) -> None:
        self._part = self._part or 1
        done.append(self._message())
        self._part += 1

    def _message(self) -> Message:
        message = Message("".join(self._open), self._at, self._part)
        self._open, self._open_bytes = [], 0
        return message


def lines_of(text: str) -> list[Line]:
    """The lines of a text that is there as a whole, numbered from 0."""
    return [Line(line.removesuffix("\r"), at) for at, line in enumerate(text.split("\n"))]


def cut_message(text: str, most_bytes: int = MOST_MESSAGE_BYTES) -> list[Message]:
    """A message that is there as a whole, cut where it is too long."""
    if _size_bytes(text) <= most_bytes:
        return [Message(text, 0)]
    return [Message(piece, 0, number) for number, piece in enumerate(_pieces(text, most_bytes), 1)]


def json_depth(line: str, before: int) -> int | None:
    """How many brackets of a JSON value are open behind the line, `before` of them above it.

    None where the line cannot stand in a JSON value, or goes on behind its end. Of one over the limit only
    its ends are looked at.

    >>> json_depth('{"a": [', 0), json_depth("] }", 2), json_depth("[error] x", 0)
    (2, 0, None)
    """
    if len(line) > MOST_MESSAGE_BYTES:  # it is cut anyway; reading it as a whole takes too much memory
        return None if before or line[-1] not in "}]" else 0
    if not before and line[-1] in "}]":
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError:
            pass
        else:
            return 0
    rest = _STRING.sub("", line)
    if not _JSON_LETTERS.fullmatch(rest):
        return None
    depth = before
    for letter in rest.rstrip():
        if not depth and letter not in "{[":
            return None
        depth += (letter in "{[") - (letter in "}]")
    return depth


def has_time_at_start(line: str) -> bool:
    """Whether a time stands near the start of the line, as where a message begins."""
    if line[0].isspace():
        return False
    stamp = find_stamp(line[: 2 * _STAMP_WITHIN], UTC, 0)
    return stamp is not None and stamp.start < _STAMP_WITHIN


def _size_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _pieces(text: str, most_bytes: int) -> list[str]:
    """The text in pieces of at most so many bytes, no letter cut."""
    coded = text.encode()
    pieces, at = [], 0
    while at < len(coded):
        end = min(at + most_bytes, len(coded))
        while end < len(coded) and coded[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(coded[at:end].decode())
        at = end
    return pieces
