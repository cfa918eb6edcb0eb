"""LocalFile sources: files of this machine, followed as they grow, are renamed, emptied and replaced.

Rows are durable before the place behind them is saved, and a file's generation is saved before its first
row; so a kill at any moment loses nothing, and what is read again has the same keys.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import socket
import stat
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from dohyo.collect.file_tail import Place, Tail, new_place
from dohyo.collect.log_events import Item, LogEvents, Origin, Tally
from dohyo.collect.log_settings import LogSettings, known_encoding
from dohyo.collect.multiline import Message
from dohyo.collect.run import SourceRun
from dohyo.collect.source import Health
from dohyo.store.event import Event

FOLDERS_VARIABLE, FOLDERS = "DOHYO_LOG_FOLDERS", "/var/log"
MOST_FILES = 500
ROUND_BYTES = 4 * 1024 * 1024
POLL_S = 1.0
LOOK_EVERY_MS = 5_000
IDLE_MS = 5_000  # a message that gets no more lines for so long is complete
ACCOUNT_EVERY_MS = 60_000
STORE_TIMEOUT_S = 300
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")
_WILD = re.compile(r"[*?\[]")


class LocalFileSettings(LogSettings):
    """A LocalFile source. Files lie in the folders that the server's administrator names in
    `DOHYO_LOG_FOLDERS`, `/var/log` by default, links followed.
    """

    pathExpression: Annotated[str, Field(min_length=1, max_length=4096)]
    denylist: list[str] = Field(default=[], max_length=100)

    @field_validator("pathExpression")
    @classmethod
    def _in_a_folder(cls, expression: str) -> str:
        fixed = _WILD.split(expression)[0]
        folder = fixed if fixed == expression else os.path.dirname(fixed)
        if not is_allowed(Path(folder)):
            names = ", ".join(str(one) for one in log_folders())
            raise ValueError(f"files are read below {names}; {FOLDERS_VARIABLE} of the server names others")
        return expression

    @field_validator("encoding")
    @classmethod
    def _has_line_ends(cls, encoding: str) -> str:
        if (known_encoding(encoding) or "").startswith(("utf-16", "utf-32")):
            raise ValueError(f"files in {encoding} cannot be followed; UTF-8 and 8-bit encodings can")
        return encoding


def log_folders() -> list[Path]:
    """Where sources may read."""
    named = os.environ.get(FOLDERS_VARIABLE) or FOLDERS
    return [Path(one).resolve() for one in named.split(os.pathsep) if one]


def is_allowed(path: Path) -> bool:
    """Whether the path, links followed, lies in a folder that sources may read."""
    real = path.resolve()
    return path.is_absolute() and any(real.is_relative_to(folder) for folder in log_folders())


def run_local_files(run: SourceRun) -> None:
    """Follows the files until told to stop."""
    files = LocalFiles(run)
    try:
        files.follow()
    finally:
        files.close()


class LocalFiles:
    """The files of one source."""

    def __init__(self, run: SourceRun) -> None:
        self._run = run
        self._settings: LocalFileSettings = run.settings
        self._events = LogEvents(run.source, run.settings, run.fields)
        self._host = socket.gethostname()
        saved = (run.journal.cursor() or {}).get("files", {})
        self._places = {identity: Place(**place) for identity, place in saved.items()}
        self._tails: dict[str, Tail] = {}
        self._order: deque[str] = deque()
        self._grew_ms: dict[str, int] = {}
        self._found: set[str] = set()
        self._tally = Tally(run.clock())

    def follow(self) -> None:
        self._look(first=True)
        looked_ms = self._run.clock()
        while not self._run.stop.is_set():
            if self._run.clock() - looked_ms >= LOOK_EVERY_MS:
                self._look()
                looked_ms = self._run.clock()
            is_busy = self._read_round()
            self._leave_done()
            self._tell()
            if not is_busy:
                self._run.stop.wait(POLL_S)
        self._tell(now=True)

    def close(self) -> None:
        for tail in self._tails.values():
            tail.close()

    # Which files

    def _look(self, *, first: bool = False) -> None:
        """Opens what is new; the first time also what was being read when its name changed."""
        troubles: list[str] = []
        self._found = set()
        for path in self._matching():
            self._open(path, troubles)
        if first:
            self._open_moved(troubles)
        self._save()
        self._run.journal.note_health(self._health(troubles))

    def _open_moved(self, troubles: list[str]) -> None:
        """Opens what has another name now, to read its end; forgets what is gone."""
        for identity in self._places.keys() - self._found:
            moved = _with_identity(Path(self._places[identity].path).parent, identity)
            if moved is None:
                del self._places[identity]
            else:
                self._open(moved, troubles)
                self._found.discard(identity)

    def _matching(self) -> Iterator[Path]:
        for name in glob.iglob(self._settings.pathExpression, recursive=True):
            if not any(fnmatch.fnmatch(name, pattern) for pattern in self._settings.denylist):
                yield Path(name)

    def _open(self, path: Path, troubles: list[str]) -> None:
        try:
            if not is_allowed(path):
                troubles.append(f"{path} leads out of the folders that may be read")
                return
            status = path.stat()
            identity = f"{status.st_dev}:{status.st_ino}"
            if not stat.S_ISREG(status.st_mode):
                return
            self._found.add(identity)
            if identity in self._tails:
                self._tails[identity].path = str(path)
                return
            known = self._places.get(identity)
            if known is None and status.st_mtime * 1000 < self._settings.cutoff_ms(self._run.clock()):
                return
            if len(self._tails) >= MOST_FILES:
                troubles.append(f"{path} and more: at most {MOST_FILES} files are followed")
                return
            with path.open("rb") as file:
                if file.read(6).startswith(PACKED):
                    troubles.append(f"{path} is packed")
                    return
            self._tails[identity] = tail = Tail(path, known or new_place(str(path)), self._settings)
        except FileNotFoundError:  # it was renamed in between, and is found under its new name
            return
        except OSError as error:
            troubles.append(f"{path}: {error.strerror}")
            return
        self._order.append(identity)
        self._places[identity] = tail.place()
        self._grew_ms[identity] = self._run.clock()

    def _health(self, troubles: list[str]) -> Health:
        if not self._tails and not troubles:
            return Health("Collecting", f"no file matches {self._settings.pathExpression} now")
        if not troubles:
            return Health("Collecting")
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        return Health("Collecting", f"not read: {troubles[0]}{more}", "ThirdPartyConfig")

    def _leave_done(self) -> None:
        """Closes files that are gone or have another name, when all of them is read."""
        now = self._run.clock()
        for identity, tail in list(self._tails.items()):
            is_gone = identity not in self._found or tail.is_deleted()
            if is_gone and now - self._grew_ms[identity] >= IDLE_MS and not tail.has_open():
                if tail.is_deleted():
                    del self._places[identity]
                tail.close()
                del self._tails[identity], self._grew_ms[identity]
                self._order.remove(identity)
                self._forget_some()
                self._save()

    def _forget_some(self) -> None:
        """Places of files that left stay, as they may come back under a name that matches; the oldest go."""
        left = [identity for identity in self._places if identity not in self._tails]
        for identity in left[: max(0, len(left) - MOST_FILES)]:
            del self._places[identity]

    # What is in them

    def _read_round(self) -> bool:
        """Stores what the files hold now, up to some megabytes; whether there was anything."""
        events: list[Event] = []
        places: dict[str, Place] = {}
        grew: list[str] = []
        size_bytes = 0
        for _ in range(len(self._order)):
            identity = self._order[0]
            self._order.rotate(-1)
            tail = self._tails[identity]
            if tail.was_emptied():
                self._replace(identity, tail)
            before = tail.read_to
            events += self._made(tail, tail.read())
            places[identity] = tail.place()
            if tail.read_to != before:
                grew.append(identity)
                size_bytes += tail.read_to - before
            if size_bytes >= ROUND_BYTES:
                break
        self._store(events, places)
        self._grew_ms |= dict.fromkeys(grew, self._run.clock())
        return self._end_idle() or bool(grew)

    def _end_idle(self) -> bool:
        """Ends messages that get no more lines. That they end here is saved first: read again, they must."""
        now = self._run.clock()
        idle = [
            (name, tail)
            for name, tail in self._tails.items()
            if tail.has_open() and now - self._grew_ms[name] >= IDLE_MS and tail.is_at_end()
        ]
        if not idle:
            return False
        self._save({name: tail.place(breaks=True) for name, tail in idle})
        events = [event for _, tail in idle for event in self._made(tail, tail.end())]
        self._store(events, {name: tail.place() for name, tail in idle})
        return True

    def _replace(self, identity: str, tail: Tail) -> None:
        """Stores what was open of a file that was emptied; then it is a new one."""
        self._store(self._made(tail, tail.end()), {})
        tail.begin_again()
        self._save({identity: tail.place()})

    def _made(self, tail: Tail, messages: list[Message]) -> list[Event]:
        if not messages:
            return []
        origin = Origin(name=tail.path, peer=self._host)
        items = [Item(message, origin) for message in messages]
        events, tally = self._events.events(items, tail.key(), self._run.clock())
        self._tally.add(tally)
        return events

    def _store(self, events: list[Event], places: dict[str, Place]) -> None:
        if events:
            self._tally.add_stored(self._run.writer.submit(events).result(STORE_TIMEOUT_S))
        if any(self._places.get(name) != place for name, place in places.items()):
            self._save(places)

    def _save(self, places: dict[str, Place] | None = None) -> None:
        self._places |= places or {}
        files = {name: place.as_json() for name, place in self._places.items()}
        self._run.journal.note_pass({"files": files}, None)

    def _tell(self, *, now: bool = False) -> None:
        """The account of what was read, once a minute."""
        at = self._run.clock()
        if not now and at - self._tally.since_ms < ACCOUNT_EVERY_MS:
            return
        tally, self._tally = self._tally, Tally(at)
        if tally.received or tally.notes:
            self._run.journal.note_arrived(tally.account(at))


def _with_identity(folder: Path, identity: str) -> Path | None:
    """The file of the folder with this device and inode."""
    try:
        for entry in os.scandir(folder):
            status = entry.stat(follow_symlinks=False)
            if f"{status.st_dev}:{status.st_ino}" == identity:
                return Path(entry.path)
    except OSError:
        return None
    return None
