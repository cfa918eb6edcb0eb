"""Locks between processes: a file that one process holds, with its process id inside."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


def held(path: Path) -> IO[str] | None:
    """The file, locked until it is closed or the process ends; None where another process holds it."""
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def holder(path: Path) -> int | None:
    """Process id of who holds the file, or None."""
    try:
        with path.open(encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except OSError:
        written = path.read_text(encoding="ascii").strip()
        return int(written) if written.isdecimal() else None
