"""Who owns a data directory: one process at a time, found by others through `server.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dohyo.base.ids import random_text
from dohyo.base.problem import Problem, ProblemError
from dohyo.store import lock

FILE, LOCK = "server.json", "server.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that has the directory open. `address` is None where it serves nothing; `token` lets the
    same user's commands in.
    """

    pid: int
    address: str | None
    token: str


@contextmanager
def own(data_dir: Path, address: str | None) -> Iterator[Owner]:
    """Holds the directory while the block runs. ProblemError `data-in-use` names the process that has it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = lock.held(data_dir / LOCK)
    if held is None:
        raise ProblemError([_in_use(data_dir)])
    with held:
        owner = Owner(os.getpid(), address, random_text(43))
        _write(data_dir / FILE, json.dumps(asdict(owner)))
        try:
            yield owner
        finally:
            (data_dir / FILE).unlink(missing_ok=True)


def running(data_dir: Path) -> Owner | None:
    """The process that owns the directory now; None where nobody does, whatever a killed one left behind."""
    if lock.holder(data_dir / LOCK) is None:
        return None
    try:
        return Owner(**json.loads((data_dir / FILE).read_text()))
    except (OSError, ValueError, TypeError):  # it is starting or ending
        return None


def _in_use(data_dir: Path) -> Problem:
    owner, pid = running(data_dir), lock.holder(data_dir / LOCK)
    who = f"process {pid}" if pid else "another process"
    where = f", which serves {owner.address}" if owner and owner.address else ""
    hint = "stop that one first, or name another directory with --data"
    return Problem("data-in-use", f"the data directory {data_dir} is in use by {who}{where}", hints=(hint,))


def _write(path: Path, text: str) -> None:
    """Whole and readable only by the owner, from its first moment on."""
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    made.replace(path)
