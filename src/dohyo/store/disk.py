"""Whether the disk under a data directory takes what is written: space, read-only, failing fsync."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path
from threading import Lock

from dohyo.base.problem import Problem

RESERVE_BYTES = 256 * 1024 * 1024
"""Kept free: for searches, merges and the metadata, which have to go on when messages are taken no more."""
LOOK_AGAIN_S = 1.0
_PROBE = ".written-to-see"
_KINDS = {errno.EROFS: "disk-read-only", errno.ENOSPC: "disk-full", errno.EDQUOT: "disk-full"}


class Disk:
    """The disk of one folder. Safe from many threads; looks at most once a second."""

    def __init__(self, folder: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._lock = Lock()
        self._looked_s = -LOOK_AGAIN_S
        self._trouble: Problem | None = None
        self._suspect = False

    def trouble(self) -> Problem | None:
        """Why nothing is taken now, None where all is well: `disk-full`, `disk-read-only`, `disk-failing`."""
        with self._lock:
            if time.monotonic() - self._looked_s >= LOOK_AGAIN_S:
                self._trouble = self._space() or (self._probe() if self._suspect else None)
                self._suspect = self._trouble is not None
                self._looked_s = time.monotonic()
            return self._trouble

    def suspect(self) -> None:
        """A write failed: from now on the disk is tried by a small file until it takes one."""
        with self._lock:
            self._suspect = True
            self._looked_s = -LOOK_AGAIN_S

    def _space(self) -> Problem | None:
        try:
            free_bytes = shutil.disk_usage(self._folder).free
        except OSError as error:
            return self._failing(error)
        if free_bytes >= self._reserve_bytes:
            return None
        message = (
            f"the disk of {self._folder} has {free_bytes / 1e6:,.0f} MB left, less than the "
            f"{self._reserve_bytes / 1e6:,.0f} MB that are kept free; no message is taken until there is room"
        )
        hint = "free space, or shorten the retention of partitions; collection goes on by itself"
        return Problem("disk-full", message, hints=(hint,))

    def _probe(self) -> Problem | None:
        path = self._folder / _PROBE
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            try:
                os.write(descriptor, b"\0" * 4096)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            path.unlink()
        except OSError as error:
            return self._failing(error)
        return None

    def _failing(self, error: OSError) -> Problem:
        words = (error.strerror or str(error)).lower()
        kind = _KINDS.get(error.errno or 0, "disk-failing")
        hint = "mend it; collection goes on by itself as soon as the disk takes a file"
        return Problem(kind, f"the disk of {self._folder} takes nothing: {words}", hints=(hint,))
