"""Locks between processes: a file that one process holds, with its process id inside."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

_PATIENCE_S = 0.3
"""Who asks whether a file is held holds it for a moment; nobody is refused for that."""


def held(path: Path) -> IO[str] | None:
    """The file, locked until it is closed or the process ends; None where another process holds it."""
    file = path.open("a+", encoding="ascii")
    until = time.monotonic() + _PATIENCE_S
    while not _locked(file, fcntl.LOCK_EX):
        if time.monotonic() > until:
            file.close()
            return None
        time.sleep(0.02)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def holder(path: Path) -> int | None:
    """Process id of who holds the file, or None."""
    try:
        with path.open(encoding="ascii") as file:
            if _locked(file, fcntl.LOCK_SH):
                return None
            written = file.read().strip()
            return int(written) if written.isdecimal() else None
    except FileNotFoundError:
        return None


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
