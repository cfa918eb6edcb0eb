"""Syslog on the wire: frames of a stream, and the host that a message names (RFC 3164, 5424, 6587)."""

from __future__ import annotations

import re

from dohyo.collect.multiline import MOST_MESSAGE_BYTES, Line

_COUNT = re.compile(rb"([1-9]\d{0,8}) (?=<)")
_COUNT_BEGUN = re.compile(rb"[1-9]\d{0,8} ?\Z")
_ENDS = re.compile(rb"[\n\0]")
_HOST = re.compile(
    r"<\d{1,3}>(?:[1-9]\d? \S+ (?P<new>\S+) "
    r"|(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<old>[^\s:\[]+) )"
)


def host_of(message: str) -> str | None:
    """The host in a message's header; None where it names none.

    >>> host_of("<34>1 2003-10-11T22:14:15.003Z web-1 su - - - x"), host_of("<34>Oct 11 22:14:15 web-2 su: x")
    ('web-1', 'web-2')
    """
    match = _HOST.match(message)
    host = match and (match["new"] or match["old"])
    return None if not host or host == "-" else host


class Frames:
    """The messages of one connection. Each frame says by its first letter how it ends: digits count its
    bytes, else a line end or a zero byte ends it. A frame longer than the limit comes in pieces.
    """

    def __init__(self, encoding: str, first: int = 0, most_bytes: int = MOST_MESSAGE_BYTES) -> None:
        """`first`: the place of the first message; the others follow."""
        self._encoding, self._most_bytes = encoding, most_bytes
        self._rest = b""
        self._left: int | None = None  # bytes that are missing of a counted frame
        self._continues = False
        self._at = first

    @property
    def is_open(self) -> bool:
        """Whether more of the last line is to come."""
        return self._continues

    def feed(self, received: bytes) -> list[Line]:
        """The lines that are there with these bytes; one that `continues` is more of the one before."""
        self._rest += received
        lines: list[Line] = []
        while self._rest and self._next(lines):
            pass
        return lines

    def end(self) -> list[Line]:
        """What is left when the connection ends."""
        lines: list[Line] = []
        if self._rest:
            self._take(len(self._rest), lines, whole=True)
        return lines

    def _next(self, lines: list[Line]) -> bool:
        """Takes one piece; False where more bytes are needed."""
        if self._left is None and not self._continues:
            count = _COUNT.match(self._rest)
            if count is None and _COUNT_BEGUN.match(self._rest):
                return False
            if count is not None:
                self._left = int(count[1])
                self._rest = self._rest[count.end() :]
        if self._left is not None:
            size = min(self._left, self._most_bytes)
            if len(self._rest) < size:
                return False
            self._left -= size
            self._take(size, lines, whole=self._left == 0)
            self._left = self._left or None
            return True
        end = _ENDS.search(self._rest, 0, self._most_bytes + 1)
        if end is not None:
            self._take(end.start(), lines, whole=True)
            self._rest = self._rest[1:]
            return True
        if len(self._rest) > self._most_bytes:
            self._take(self._most_bytes, lines, whole=False)
            return True
        return False

    def _take(self, size: int, lines: list[Line], *, whole: bool) -> None:
        text = self._rest[:size].decode(self._encoding, "replace")
        self._rest = self._rest[size:]
        if whole:
            text = text.rstrip("\r\n\0")
        lines.append(Line(text, self._at, self._continues))
        self._continues = not whole
        self._at += whole
