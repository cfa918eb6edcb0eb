"""One file that grows: its bytes as lines, its lines as messages, and the place to go on from.

A file is known by device and inode, whatever its name becomes, and by a random generation that is new when it
was emptied or another file got its inode. With the place in it that is the key of each message, so reading on
from an older place stores nothing twice.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dohyo.collect.log_settings import LogSettings, known_encoding
from dohyo.collect.multiline import MOST_MESSAGE_BYTES, Assembler, Line, Message

READ_BYTES = 1024 * 1024
HEAD_BYTES = 256


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file is stored. `head` is the hash of its first `head_bytes`.

    `memory` is what the inferred boundaries need to go on; `break_at` is where a message was ended because
    nothing more came, so that it ends there again.
    """

    path: str
    generation: str
    offset: int = 0
    memory: str = ""
    break_at: int | None = None
    head: str = ""
    head_bytes: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def new_place(path: str) -> Place:
    """The start of a file that was never read."""
    return Place(path, secrets.token_hex(8))


class Tail:
    """A file that is open. Close it when it is done."""

    generation: str
    _assembler: Assembler
    _read_to: int
    _line_at: int  # where what is kept of the last line begins
    _rest: bytes
    _continues: bool  # whether that goes on a line of which pieces were given
    _break_at: int | None
    _known_head: str
    _head_bytes: int

    def __init__(self, path: Path, place: Place, settings: LogSettings) -> None:
        """OSError where it cannot be read."""
        self._settings = settings
        self._encoding = known_encoding(settings.encoding) or "utf-8"
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self.path = str(path)
        self._go_to(place)
        is_another = bool(place.head_bytes) and self._head(place.head_bytes) != place.head
        if is_another or place.offset > self.size_bytes():
            self.begin_again()

    def close(self) -> None:
        os.close(self._fd)

    @property
    def identity(self) -> str:
        found = os.fstat(self._fd)
        return f"{found.st_dev}:{found.st_ino}"

    def size_bytes(self) -> int:
        return os.fstat(self._fd).st_size

    @property
    def read_to(self) -> int:
        """The next byte to read."""
        return self._read_to

    def is_at_end(self) -> bool:
        return self._read_to >= self.size_bytes()

    def is_deleted(self) -> bool:
        return os.fstat(self._fd).st_nlink == 0

    def key(self) -> str:
        """What is put before a message's place to know it among all of the source."""
        return f"{self.identity}:{self.generation}"

    def was_emptied(self) -> bool:
        """Whether it is shorter than what was read, or begins with something else."""
        return self.size_bytes() < self._read_to or self._head(self._head_bytes) != self._known_head

    def begin_again(self) -> None:
        """As a new file: what is in it now was never read."""
        self._go_to(new_place(self.path))

    def read(self) -> list[Message]:
        """The messages that are complete with the next bytes; at most a mebibyte is read."""
        most = READ_BYTES if self._break_at is None else min(READ_BYTES, self._break_at - self._read_to)
        piece = os.pread(self._fd, most, self._read_to)
        self._read_to += len(piece)
        if self._head_bytes < HEAD_BYTES:
            self._head_bytes = min(HEAD_BYTES, self._read_to)
            self._known_head = self._head(self._head_bytes)
        messages = self._assembler.add(self._lines(piece))
        if self._read_to == self._break_at:
            messages += self.end()
        return messages

    def has_open(self) -> bool:
        """Whether a message or a line waits for its end."""
        return bool(self._rest) or self._assembler.position(self._read_to)[0] != self._read_to

    def end(self) -> list[Message]:
        """The open message, ended here."""
        last = [self._line(self._rest)] if self._rest else []
        self._rest, self._continues, self._break_at = b"", False, None
        self._line_at = self._read_to
        return self._assembler.add(last) + self._assembler.finish()

    def place(self, *, breaks: bool = False) -> Place:
        """Where to go on when all messages given so far are stored; with `breaks` the open one ends here."""
        offset, memory = self._assembler.position(self._line_at)
        break_at = self._read_to if breaks else self._break_at
        head, size = self._known_head, self._head_bytes
        return Place(self.path, self.generation, offset, memory, break_at, head, size)

    def _go_to(self, place: Place) -> None:
        self.generation = place.generation
        self._read_to = self._line_at = place.offset
        self._break_at = place.break_at
        self._rest, self._continues = b"", False
        self._assembler = Assembler(self._settings.boundaries(place.memory))
        self._known_head, self._head_bytes = place.head, place.head_bytes

    def _head(self, size: int) -> str:
        return hashlib.blake2b(os.pread(self._fd, size, 0), digest_size=16).hexdigest() if size else ""

    def _lines(self, piece: bytes) -> Sequence[Line]:
        """Lines with their places; one without an end in pieces of the limit."""
        lines = []
        *whole, rest = (self._rest + piece).split(b"\n")
        for line in whole:
            lines += self._pieces(line)
            lines.append(self._line(self._rest))
            self._line_at += len(self._rest) + 1
            self._rest, self._continues = b"", False
        lines += self._pieces(rest)
        return lines

    def _pieces(self, line: bytes) -> list[Line]:
        """What of a line is over the limit; the rest of it is kept."""
        lines = []
        self._rest = line
        while len(self._rest) > MOST_MESSAGE_BYTES:
            end = MOST_MESSAGE_BYTES
            while end > MOST_MESSAGE_BYTES - 4 and self._rest[end] & 0xC0 == 0x80:  # inside a letter
                end -= 1
            piece, self._rest = self._rest[:end], self._rest[end:]
            lines.append(Line(piece.decode(self._encoding, "replace"), self._line_at, self._continues))
            self._line_at += len(piece)
            self._continues = True
        return lines

    def _line(self, coded: bytes) -> Line:
        text = coded.decode(self._encoding, "replace").removesuffix("\r")
        return Line(text, self._line_at, self._continues)
