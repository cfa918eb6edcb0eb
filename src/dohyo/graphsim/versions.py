"""The log of every alert version that left in a complete answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class VersionsLog:
    """Appends each version once, one line each, as the text served; without `path` it only counts."""

    def __init__(self, path: Path | None) -> None:
        self.served: set[str] = set()
        if path is not None and path.exists():
            with path.open(encoding="utf-8") as lines:
                self.served = {line.rstrip("\n") for line in lines}
        self._file = None if path is None else path.open("a", encoding="utf-8")

    def __len__(self) -> int:
        return len(self.served)

    def add(self, texts: Iterable[str]) -> None:
        fresh = [text for text in texts if text not in self.served]
        self.served.update(fresh)
        if self._file is not None and fresh:
            self._file.write("".join(text + "\n" for text in fresh))
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
