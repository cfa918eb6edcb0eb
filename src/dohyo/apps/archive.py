"""A package's files: read from a folder or a .zip, packed into a .zip. A bad archive is refused whole.

An archive holds `checksums.txt` with the SHA-256 of every other file, so that a changed or cut one is found.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from dohyo.apps.faults import PackageRefused, fault

ARCHIVE = "package-archive"
CHECKSUMS = "checksums.txt"
MOST_FILES = 500
MOST_FILE_BYTES = 8 * 1024 * 1024
MOST_BYTES = 32 * 1024 * 1024
# No leading dots, no separators of other systems, nothing that means a parent or a drive.
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*(/[A-Za-z0-9_][A-Za-z0-9_. -]*){0,7}")
ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for the many ways in which an archive can be broken.
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, ValueError, EOFError, OSError)
PUBLISHED = "published content comes in by Library > Import, or becomes an app by dohyo app new --from"
EPOCH = (1980, 1, 1, 0, 0, 0)

Files = Mapping[str, bytes]


def refused(file: str, message: str, *hints: str) -> PackageRefused:
    return PackageRefused([fault(ARCHIVE, file, None, message, *hints)])


def files_of_folder(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its path; hidden ones and links are refused."""
    if not folder.is_dir():
        raise refused("", f"there is no folder {folder}")
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise refused(name, "links have no place in a package")
        if path.is_file():
            _check_path(name, found)
            if path.stat().st_size > MOST_FILE_BYTES:
                raise refused(name, f"the file is larger than {MOST_FILE_BYTES // 1024**2} MB")
            found[name] = path.read_bytes()
            _check_total(found.values())
    return found


def files_of_zip(content: bytes, *, sealed: bool = True) -> dict[str, bytes]:
    """The files of an archive after all checks, without its checksums; only a `sealed` one needs them."""
    if len(content) > MOST_BYTES:
        raise refused("", f"the archive is larger than {MOST_BYTES // 1024**2} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = _unpacked(archive)
    except UNREADABLE as error:
        if content.lstrip()[:1] in (b"{", b"["):
            raise refused("", "the file is JSON, no archive of an app", PUBLISHED) from error
        raise refused("", "the file is no whole .zip archive", str(error)) from error
    if sealed or CHECKSUMS in found:
        _check_sums(found)
    return found


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        _check_path(entry.filename, found)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.flag_bits & ENCRYPTED or entry.compress_type not in METHODS:
            raise refused(entry.filename, "links, devices and encrypted files have no place in a package")
        with archive.open(entry) as file:
            # The size in the directory may lie; what is read may not.
            found[entry.filename] = file.read(MOST_FILE_BYTES + 1)
        if len(found[entry.filename]) > MOST_FILE_BYTES:
            raise refused(entry.filename, f"the file is larger than {MOST_FILE_BYTES // 1024**2} MB")
        _check_total(found.values())
    return found


def _check_path(name: str, found: Mapping[str, bytes]) -> None:
    if len(found) >= MOST_FILES:
        raise refused("", f"a package has at most {MOST_FILES} files")
    if len(name) > 255 or not PATH.fullmatch(name) or name.lower() in (known.lower() for known in found):
        hint = "paths are relative, of letters, digits, spaces, dots, - and _, and each stands once"
        raise refused(name[:255], "the path is not one that a package may have", hint)


def _check_total(contents: Iterable[bytes]) -> None:
    if sum(map(len, contents)) > MOST_BYTES:
        raise refused("", f"the files have more than {MOST_BYTES // 1024**2} MB together")


def _check_sums(found: dict[str, bytes]) -> None:
    """Takes the checksums out of `found` after comparing them."""
    if CHECKSUMS not in found:
        hint = "dohyo app pack makes archives with them"
        raise refused(CHECKSUMS, "the archive has no checksums", hint, PUBLISHED)
    if found.pop(CHECKSUMS) != checksums(found):
        raise refused(
            CHECKSUMS, "the checksums are not those of the files", "the archive was changed after packing"
        )


def checksums(files: Files) -> bytes:
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def zip_of_files(files: Files) -> bytes:
    """An archive of the files with their checksums; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in sorted({**files, CHECKSUMS: checksums(files)}.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()
