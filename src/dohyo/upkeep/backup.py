"""Backups of a data directory: a snapshot beside the running store, copied with checksums; the way back.

The metadata are taken before the messages, so a cursor in a backup is never ahead of what is stored: after a
restore a source reads a little again, which changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from dohyo import __version__
from dohyo.base.ids import hex_id
from dohyo.base.problem import Problem, ProblemError
from dohyo.metadata.db import FILE_NAME, metadata_url
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.owner import running

MANIFEST = "backup.json"
FORMAT = 1
SNAPSHOTS = "snapshots"
_OWN = {"events", SNAPSHOTS, FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", f"{FILE_NAME}-journal"}
_OF_A_PROCESS = {"server.json", "server.lock", "events.lock", ".written-to-see"}
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Backup:
    """What a backup has: files by their paths with size and SHA-256, links by theirs with where they lead."""

    version: str
    made: str
    messages: int
    files: dict[str, tuple[int, str]]
    links: dict[str, str]

    @property
    def size_bytes(self) -> int:
        return sum(size for size, _ in self.files.values())


def take_snapshot(data_dir: Path, store: EmbeddedStore) -> tuple[Path, int]:
    """A folder in the data directory that has everything as it is now, and how many messages that is.

    Takes moments and hardly any space: parts of the store are linked. ProblemError `backup-database` where
    the metadata are not in the data directory.
    """
    if make_url(metadata_url(data_dir)).get_backend_name() != "sqlite":
        hint = "back it up with pg_dump first, then run this command without DOHYO_METADATA_URL"
        raise ProblemError(
            [Problem("backup-database", "the metadata are in a PostgreSQL database", hints=(hint,))]
        )
    folder = data_dir / SNAPSHOTS / hex_id()
    folder.mkdir(mode=0o700, parents=True)
    try:
        with (
            sqlite3.connect(f"file:{data_dir / FILE_NAME}?mode=ro", uri=True) as source,
            sqlite3.connect(folder / FILE_NAME) as target,
        ):
            source.backup(target)
        source.close()
        target.close()
        for path in data_dir.iterdir():
            if path.name not in _OWN | _OF_A_PROCESS:
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, folder / path.name)
        messages = store.snapshot(folder / "events")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, messages


def write_backup(
    snapshot: Path, messages: int, target: Path, told: Callable[[int], None] = lambda size: None
) -> Backup:
    """Copies a snapshot into a new folder; `told` gets the bytes of each piece. The list of files is written
    last, so a backup that has it is whole.
    """
    if target.exists() and any(target.iterdir()):
        hint = "name a folder that is empty or not there"
        raise ProblemError([Problem("backup-place", f"{target} is not empty", hints=(hint,))])
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    files: dict[str, tuple[int, str]] = {}
    links: dict[str, str] = {}
    for path in _everything(snapshot):
        name = str(path.relative_to(snapshot))
        (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_symlink():
            links[name] = os.readlink(path)
        elif path.is_dir():
            (target / name).mkdir(exist_ok=True)
        else:
            files[name] = _copied(path, target / name, told)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    backup = Backup(__version__, made, messages, files, links)
    shown = {"format": FORMAT, "version": __version__, "made": made, "messages": messages}
    text = json.dumps(shown | {"files": files, "links": links}, indent=1)
    with (target / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return backup


def read_backup(folder: Path) -> Backup:
    """What the backup says it has. ProblemError `backup-unreadable`."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise _unreadable(f"{folder} was written by a newer Dohyo ({found['version']})")
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in found["files"].items()}
        links = {str(name): str(to) for name, to in found["links"].items()}
        backup = Backup(found["version"], found["made"], int(found["messages"]), files, links)
    except OSError:
        raise _unreadable(
            f"{folder} has no {MANIFEST}: it is no backup, or one that was not finished"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unreadable(f"{folder / MANIFEST} cannot be read") from None
    outside = [n for n in (*files, *links) if Path(n).is_absolute() or ".." in Path(n).parts]
    outside += [
        n for n, to in links.items() if Path(os.path.normpath(Path(n).parent / to)).parts[:1] == ("..",)
    ]
    if outside or any(Path(to).is_absolute() for to in links.values()):
        raise _unreadable(f"{folder / MANIFEST} names files outside of the backup")
    return backup


def wrong_files(
    folder: Path, backup: Backup, told: Callable[[int], None] = lambda size: None
) -> Iterator[str]:
    """Files that are missing or not as they were written, by their paths."""
    for name, (size, digest) in backup.files.items():
        path = folder / name
        if (
            not path.is_file()
            or path.is_symlink()
            or path.stat().st_size != size
            or _digest(path, told) != digest
        ):
            yield name


def restore(
    folder: Path,
    data_dir: Path,
    *,
    replace: bool = False,
    told: Callable[[int], None] = lambda size: None,
) -> tuple[Backup, Path | None]:
    """Makes a data directory of a backup: checked before and after, put into its place as a whole.

    What was there is moved aside with `replace`; its new place is given back. ProblemError `data-in-use`,
    `restore-place`, `backup-unreadable`, `backup-damaged`.
    """
    backup = read_backup(folder)
    if damaged := list(wrong_files(folder, backup, told)):
        message = f"{len(damaged):,} files of the backup are missing or damaged, first {damaged[0]}"
        raise ProblemError([Problem("backup-damaged", message, hints=("nothing was changed",))])
    if running(data_dir) is not None:
        message = f"a server runs on {data_dir}"
        raise ProblemError([Problem("data-in-use", message, hints=("stop it first",))])
    filled = data_dir.exists() and any(data_dir.iterdir())
    if filled and not replace:
        hint = "name another directory with --data, or move what is there aside with --replace"
        raise ProblemError([Problem("restore-place", f"{data_dir} is not empty", hints=(hint,))])
    draft = data_dir.parent / f".{data_dir.name}.restoring"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    _filled(draft, folder, backup, told)
    _checked(draft, backup)
    aside = None
    if filled:
        aside = data_dir.with_name(f"{data_dir.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        data_dir.rename(aside)
    elif data_dir.exists():
        data_dir.rmdir()
    draft.rename(data_dir)
    return backup, aside


def _filled(draft: Path, folder: Path, backup: Backup, told: Callable[[int], None]) -> None:
    for path in _everything(folder):
        if path.is_dir() and not path.is_symlink():
            (draft / path.relative_to(folder)).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in backup.files:
        (draft / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copied(folder / name, draft / name, told)
    for name, to in backup.links.items():
        (draft / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (draft / name).symlink_to(to)


def _checked(draft: Path, backup: Backup) -> None:
    """The store opens and has its messages, the metadata are whole."""
    connection = sqlite3.connect(draft / FILE_NAME)
    sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    store = EmbeddedStore.open(draft)
    try:
        messages = store.count()
    finally:
        store.close()
    if sound != "ok" or messages != backup.messages:
        shutil.rmtree(draft, ignore_errors=True)
        message = f"the restored store has {messages:,} of {backup.messages:,} messages; metadata: {sound}"
        raise ProblemError([Problem("backup-damaged", message, hints=("nothing was changed",))])


def _everything(folder: Path) -> Iterator[Path]:
    """All below, folders before what is in them; links are not followed."""
    for path in sorted(folder.iterdir()):
        if path.name == MANIFEST and path.parent == folder:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _everything(path)


def _copied(source: Path, target: Path, told: Callable[[int], None]) -> tuple[int, str]:
    """Size and SHA-256 of the copy, which is on disk."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, target.open("wb") as written:
        while piece := read.read(_PIECE_BYTES):
            written.write(piece)
            digest.update(piece)
            size += len(piece)
            told(len(piece))
        written.flush()
        os.fsync(written.fileno())
    target.chmod(source.stat().st_mode & 0o777)
    return size, digest.hexdigest()


def _digest(path: Path, told: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            told(len(piece))
    return digest.hexdigest()


def _unreadable(message: str) -> ProblemError:
    return ProblemError([Problem("backup-unreadable", message)])
