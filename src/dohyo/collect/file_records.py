"""A file as records, whatever form it has: each with its own letters; what cannot be used, by its place.

Forms, told by the beginning of the file: objects of JSON (one a line, or over many lines, one after another),
a JSON array of objects, a saved answer of Microsoft Graph, else lines of text. Any of them may be gzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Literal, NamedTuple

from dohyo.base.problem import Problem, ProblemError
from dohyo.collect.json_objects import (
    QUOTED_LETTERS,
    Broken,
    Found,
    answer_or_record,
    broken_at,
    objects_in,
    objects_of_array,
    open_text,
    whole_object,
)
from dohyo.search.lines import record_time

HEAD_BYTES = 64 * 1024
MOST_RECORD_BYTES = 4 * 1024 * 1024
MOST_DOCUMENT_BYTES = 128 * 1024 * 1024
UNPACK_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)
GZIP = b"\x1f\x8b"
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
Form = Literal["objects", "array", "lines"]


class Record(NamedTuple):
    """One message: its text as it stands in the file, and its time where it tells one."""

    text: str
    time_ms: int | None


class Contents(NamedTuple):
    """What a first look tells: a hash of the contents (unpacked), their form, whether the file is packed."""

    digest: str
    form: Form
    packed: bool


def look_at(path: Path) -> Contents:
    """Reads the file once. ProblemError where it is no file, cannot be read or is in UTF-16."""
    if not path.is_file():
        raise ProblemError([Problem("file-unreadable", f"{path}: there is no such file")])
    whole, head = hashlib.blake2b(digest_size=32), b""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
        file.seek(0)
        try:
            unpacked = _unpacked(file, packed)
            while piece := unpacked.read1(1024 * 1024):
                whole.update(piece)
                head += piece[: HEAD_BYTES - len(head)]
        except UNPACK_ERRORS:
            # What can be unpacked is imported all the same, and the break is told there.
            whole.update(b"broken")
    if head.startswith(UTF_16_MARKS):
        hint = "convert it to UTF-8, such as with iconv -f UTF-16 -t UTF-8"
        raise ProblemError([Problem("file-encoding", f"{path}: the file is UTF-16 text", hints=(hint,))])
    return Contents(whole.hexdigest(), form_of(head.removeprefix(UTF_8_MARK)), packed)


def _unpacked(file: BufferedReader, packed: bool) -> BufferedReader | gzip.GzipFile:
    return gzip.GzipFile(fileobj=file) if packed else file


def form_of(head: bytes) -> Form:
    """A text that only looks like JSON in its first letter, such as `[Wed Oct 11 ...]`, is lines."""
    start = head.lstrip()
    inner = start[1:].lstrip()[:1]
    if start.startswith(b"[") and inner in (b"{", b"]", b""):
        return "array"
    if start.startswith(b"{") and inner in (b'"', b"}", b""):
        return "objects"
    lines = [line for line in head.splitlines()[:100] if line.strip()]
    objects = [line for line in lines if whole_object(line.decode("utf-8", "replace")) is not None]
    return "objects" if 2 * len(objects) > len(lines) else "lines"


def records_of(file: BufferedReader, contents: Contents) -> Iterator[Record | Broken]:
    """Every record of the file in order, every break in it. `file` stands at its beginning."""
    unpacked = _unpacked(file, contents.packed)
    if contents.form == "array":
        yield from map(_record, _array(unpacked))
    elif contents.form == "lines":
        for line in _decoded(_lines(unpacked)):
            if isinstance(line, Broken):
                yield line
            elif line.text.strip():
                text = line.text.rstrip("\r\n")
                yield _checked(Record(text, record_time(None, text)), line.number)
    else:
        for line_or_found in ObjectLines().read(_decoded(_lines(unpacked))):
            yield _record(line_or_found)


def _record(found: Found | Broken) -> Record | Broken:
    if isinstance(found, Broken):
        return found
    return _checked(Record(found.text, record_time(found.value, found.text)), None)


def _checked(record: Record, line: int | None) -> Record | Broken:
    if len(record.text) * 4 > MOST_RECORD_BYTES and len(record.text.encode()) > MOST_RECORD_BYTES:
        reason = f"the record is larger than {MOST_RECORD_BYTES // 1024**2} MiB"
        return Broken(line, None, reason, record.text[:QUOTED_LETTERS])
    return record


class _Line(NamedTuple):
    number: int
    text: str


def _lines(file: BufferedReader | gzip.GzipFile) -> Iterator[tuple[int, bytes] | Broken]:
    """Lines with their ends, numbered from 1. One that is larger than a document may be is left out."""
    number = 1
    try:
        while line := file.readline(MOST_DOCUMENT_BYTES + 1):
            if number == 1:
                line = line.removeprefix(UTF_8_MARK)
            if len(line) > MOST_DOCUMENT_BYTES:
                yield Broken(
                    number, None, _too_large("line"), line[:QUOTED_LETTERS].decode("utf-8", "replace")
                )
                while line and not line.endswith(b"\n"):
                    line = file.readline(MOST_DOCUMENT_BYTES)
            else:
                yield number, line
            number += 1
    except UNPACK_ERRORS as error:
        yield Broken(number, None, f"the rest cannot be unpacked: {error}", "")


def _too_large(what: str) -> str:
    return (
        f"the {what} is larger than {MOST_DOCUMENT_BYTES // 1024**2} MiB; one record a line has no such limit"
    )


def _decoded(lines: Iterable[tuple[int, bytes] | Broken]) -> Iterator[_Line | Broken]:
    for line in lines:
        if isinstance(line, Broken):
            yield line
            continue
        number, content = line
        try:
            yield _Line(number, content.decode())
        except UnicodeDecodeError as error:
            column = len(content[: error.start].decode("utf-8", "replace")) + 1
            quote = content[: 4 * QUOTED_LETTERS].decode("utf-8", "replace").strip()[:QUOTED_LETTERS]
            yield Broken(number, column, "no UTF-8 text", quote)


def _array(file: BufferedReader | gzip.GzipFile) -> Iterator[Found | Broken]:
    """The whole array, read at once."""
    lines: list[str] = []
    size = 0
    for line in _decoded(_lines(file)):
        if isinstance(line, Broken):
            yield line
            continue
        size += len(line.text)
        if size > MOST_DOCUMENT_BYTES:
            yield Broken(line.number, None, _too_large("array"), "")
            return
        lines.append(line.text)
    yield from objects_of_array("".join(lines))


class ObjectLines:
    """Objects out of lines: one a line, or one over many lines.

    Lines are held while an object is open. An object of which the first line holds more than `{` was meant to
    be one line: the next line that is a whole object ends it. Any other one that does not come to an end
    gives way to the next line that begins an object in the first column.
    """

    def __init__(self) -> None:
        self._held: list[_Line] = []
        self._depth = 0
        self._size = 0

    def read(self, lines: Iterable[_Line | Broken]) -> Iterator[Found | Broken]:
        for line in lines:
            if isinstance(line, Broken):
                yield from self._given_up()
                yield line
            else:
                yield from self._line(line)
        yield from self._given_up()

    def _line(self, line: _Line) -> Iterator[Found | Broken]:
        stripped = line.text.strip()
        value = None
        if stripped.startswith("{") and not (self._held and self._spreads()):
            value = whole_object(stripped)
        if value is not None and not (self._held and line.text[0] != "{"):
            yield from self._given_up()
            yield from answer_or_record(Found(value, stripped))
        elif not self._held and stripped and not stripped.startswith("{"):
            yield broken_at(line.text, line.text.index(stripped), "a record begins with {", line.number)
        elif stripped or self._held:
            yield from self._hold(line)

    def _spreads(self) -> bool:
        """Whether the held object was begun as one over many lines."""
        return self._held[0].text.strip() == "{"

    def _hold(self, line: _Line) -> Iterator[Found | Broken]:
        self._held.append(line)
        left = open_text(line.text)
        self._depth += left.depth
        self._size += len(line.text)
        if self._size > MOST_DOCUMENT_BYTES:
            number = self._held[0].number
            self._forget()
            yield Broken(number, None, _too_large("object"), "{")
        elif self._depth <= 0 or (left.has_open_string and not self._spreads()):
            yield from self._closed()

    def _closed(self) -> Iterator[Found | Broken]:
        """The held lines are complete, or broken for good."""
        held = self._forget()
        found = list(objects_in(_joined(held), held[0].number))
        if isinstance(found[-1], Broken):
            yield from self._again(held, found)
        else:
            yield from found

    def _given_up(self) -> Iterator[Found | Broken]:
        """The held lines have no end."""
        if self._held:
            held = self._forget()
            yield from self._again(held, list(objects_in(_joined(held), held[0].number)))

    def _again(self, held: list[_Line], found: list[Found | Broken]) -> Iterator[Found | Broken]:
        """What was found in the broken lines, then the lines after it from the next object on."""
        yield from found
        last = found[-1]
        passed = held[0].number if isinstance(last, Broken) else held[-1].number
        rest = [line for line in held if line.number > passed]
        begin = next((at for at, line in enumerate(rest) if _begins(line.text)), len(rest))
        for line in rest[begin:]:
            yield from self._line(line)

    def _forget(self) -> list[_Line]:
        held, self._held, self._depth, self._size = self._held, [], 0, 0
        return held


def _joined(lines: list[_Line]) -> str:
    return "".join(line.text for line in lines).rstrip()


def _begins(text: str) -> bool:
    return text.startswith("{") and (text.strip() == "{" or whole_object(text.strip()) is not None)
