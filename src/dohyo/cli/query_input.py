"""What `dohyo query` reads: files and standard input, of any form and packing, as an engine over them."""

from __future__ import annotations

import lzma
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa
import typer

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.query_zstd import zstd_is_whole
from dohyo.collect.file_records import HEAD_BYTES, UTF_8_MARK, UTF_16_MARKS, form_of, look_at, records_of
from dohyo.collect.json_objects import Broken, whole_object
from dohyo.search.lines import LineMessage, lines_to_messages

if TYPE_CHECKING:
    from dohyo.search.files import FileEvents

XZ = "xz"  # pyarrow does not know it
# First bytes of a packed file, the end of a name that the engine knows it by, and what pyarrow calls it.
PACKINGS = {
    b"\x1f\x8b": (".gz", "gzip"),
    b"\x28\xb5\x2f\xfd": (".zst", "zstd"),
    b"BZh": (".bz2", "bz2"),
    b"\xfd7zXZ": (".xz", XZ),
    b"\x04\x22\x4d\x18": (".lz4", "lz4"),
}
BY_ENGINE = ("gzip", "zstd")
PACKED_NAMES = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz", ".lzma", ".lz4", ".br", ".snappy")
"""Ends of names after which the engine unpacks, whatever is in the file."""
ARCHIVE = b"PK\x03\x04"
MOST_BROKEN_TOLD = 10
TELL_EVERY_S = 0.3


@contextmanager
def file_events(files: Sequence[Path], category: str) -> Iterator[FileEvents]:
    """An engine over the files, or over standard input where there are none."""
    from dohyo.search.files import FileEvents

    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="dohyo-query-")))
        given = list(files) or [_spooled(sys.stdin.buffer, folder / "stdin")]
        sorted_out = [_sorted_out(file, folder / str(number)) for number, file in enumerate(given)]
        lines = [file for file, is_lines in sorted_out if is_lines]
        others = [file for file, is_lines in sorted_out if not is_lines]
        now = now_ms()
        events = FileEvents(lines, others, lambda file: _messages(file, now), category, now)
        ending.callback(events.close)
        yield events


@contextmanager
def reading(files: Sequence[Path], events: FileEvents) -> Iterator[None]:
    """Tells on the terminal how far the files are read, while the block runs."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    size = sum(file.stat().st_size for file in files if file.is_file())
    is_over = threading.Event()
    with Console(stderr=True).status(f"Reading {size / 2**20:,.0f} MB" if size else "Reading") as status:

        def tell() -> None:
            while not is_over.wait(TELL_EVERY_S):
                rows, read = events.read_so_far()
                of = f" of {size / 2**20:,.0f}" if size >= read else ""
                status.update(f"Reading: {read / 2**20:,.0f}{of} MB, {rows:,} lines")

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            is_over.set()
            teller.join()


def _spooled(source: BinaryIO, target: Path) -> Path:
    """Standard input as a file, since the engine may have to read it more than once."""
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, 1024 * 1024)
    return target


def _sorted_out(file: Path, spare: Path) -> tuple[Path, bool]:
    """The file, under a name that tells its packing, and whether each line of it is a message."""
    try:
        with file.open("rb") as opened:
            start = opened.read(6)
        packing = _packing(start)
        head = _head(file, packing[1] if packing else None)
    except _UNREADABLE as error:
        raise _unreadable(file, error) from None
    if start.startswith(ARCHIVE):
        message = f"{file}: the file is an archive of files"
        raise ProblemError([Problem("file-packed", message, hints=("unpack it first, such as with unzip",))])
    if head.startswith(UTF_16_MARKS):
        hint = "convert it to UTF-8, such as with iconv -f UTF-16 -t UTF-8"
        raise ProblemError([Problem("file-encoding", f"{file}: the file is UTF-16 text", hints=(hint,))])
    if packing and packing[1] == "zstd" and not zstd_is_whole(file):
        message = f"{file}: the file is cut off: what it packs does not end"  # the engine would not say it
        raise ProblemError([Problem("file-unreadable", message, hints=("zstd -t tells",))])
    is_lines = _is_lines(head.removeprefix(UTF_8_MARK))
    if packing and (packing[1] not in BY_ENGINE or (not is_lines and packing[1] != "gzip")):
        return _unpacked(file, packing[1], spare), is_lines
    if is_lines and (file.suffix != packing[0] if packing else file.suffix.lower() in PACKED_NAMES):
        named = spare.with_suffix(packing[0]) if packing else spare
        named.symlink_to(file.resolve())
        return named, True
    return file, is_lines


def _unpacked(file: Path, packing: str, target: Path) -> Path:
    """What neither the engine nor the reader of records unpacks by itself."""
    try:
        with _opened(file, packing) as unpacked:
            return _spooled(unpacked, target)
    except _UNREADABLE as error:
        raise _unreadable(file, error) from None


_UNREADABLE = (OSError, EOFError, lzma.LZMAError, pa.ArrowInvalid)


def _unreadable(file: Path, error: Exception) -> ProblemError:
    reason = getattr(error, "strerror", None) or str(error)
    return ProblemError([Problem("file-unreadable", f"{file}: {reason}")])


def _opened(file: Path, packing: str | None) -> BinaryIO:
    opener = lzma.open if packing == XZ else partial(pa.input_stream, compression=packing)
    return cast(BinaryIO, opener(str(file)))


def _packing(start: bytes) -> tuple[str, str] | None:
    return next((found for magic, found in PACKINGS.items() if start.startswith(magic)), None)


def _head(file: Path, packing: str | None) -> bytes:
    with _opened(file, packing) as opened:
        return bytes(opened.read(HEAD_BYTES))


def _is_lines(head: bytes) -> bool:
    if form_of(head) == "lines":
        return True
    first, newline, _ = head.lstrip().partition(b"\n")
    is_object = whole_object(first.decode("utf-8", "replace").strip()) is not None
    # A line that is longer than the look taken is no object over many lines.
    return form_of(head) == "objects" and (is_object or (not newline and len(head) >= HEAD_BYTES))


def _messages(file: Path, otherwise_ms: int) -> Iterator[LineMessage]:
    """Messages of a file that the engine does not read by itself; what is broken is told and left out."""
    try:
        contents = look_at(file)
        if contents.form == "lines" or (not contents.packed and _is_lines(_head(file, None))):
            with file.open(encoding="utf-8", errors="replace", newline="\n") as opened:
                yield from lines_to_messages(opened, otherwise_ms)
            return
        with file.open("rb") as binary:
            broken = 0
            for number, record in enumerate(records_of(binary, contents), 1):
                if isinstance(record, Broken):
                    broken += 1
                    if broken <= MOST_BROKEN_TOLD:
                        typer.echo(f"warning: {file}:{record.line or 1}: {record.reason}", err=True)
                    continue
                time_ms = otherwise_ms if record.time_ms is None else record.time_ms
                yield LineMessage(number, record.text, time_ms)
            if broken > MOST_BROKEN_TOLD:
                typer.echo(f"warning: {file}: {broken:,} records are broken and left out", err=True)
    except OSError as error:
        raise ProblemError([Problem("file-unreadable", f"{file}: {error.strerror}")]) from None
