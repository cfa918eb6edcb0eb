"""Whether a zstd file ends where it should, told from the headers of its blocks (RFC 8878)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_FRAME, _SKIPPABLE = 0xFD2FB528, 0x184D2A50
_SIZE_BYTES, _DICTIONARY_BYTES = (0, 2, 4, 8), (0, 1, 2, 4)
_SAME_BYTE = 1
"""Type of a block that is one byte, said once."""


def zstd_is_whole(file: Path) -> bool:
    """False where the file ends within a frame. What is in the blocks is not read."""
    with file.open("rb") as opened:
        end = os.fstat(opened.fileno()).st_size
        while opened.tell() < end:
            if end - opened.tell() < 4:
                return False
            magic = _number(opened, 4)
            if magic & ~0xF == _SKIPPABLE:
                opened.seek(_number(opened, 4), os.SEEK_CUR)
            elif magic == _FRAME:
                _pass_frame(opened)
            else:
                return True  # not ours to judge
        return opened.tell() == end


def _pass_frame(opened: BinaryIO) -> None:
    described = _number(opened, 1)
    is_single, has_checksum = described & 0x20, described & 0x04
    size_bytes = _SIZE_BYTES[described >> 6] or (1 if is_single else 0)
    opened.seek((0 if is_single else 1) + _DICTIONARY_BYTES[described & 3] + size_bytes, os.SEEK_CUR)
    is_last = 0
    while not is_last:
        header = opened.read(3)
        if len(header) < 3:
            opened.seek(1, os.SEEK_CUR)  # past the end
            return
        block = int.from_bytes(header, "little")
        is_last, kind, size = block & 1, block >> 1 & 3, block >> 3
        opened.seek(1 if kind == _SAME_BYTE else size, os.SEEK_CUR)
    opened.seek(4 if has_checksum else 0, os.SEEK_CUR)


def _number(opened: BinaryIO, size: int) -> int:
    return int.from_bytes(opened.read(size), "little")
