"""What `dohyo doctor` looks at: each check says what is so and, where it is not well, what to do."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from sqlalchemy import select

from dohyo.access.problems import AccessRefused
from dohyo.access.secrets import KEY_FILE, KEY_VARIABLE, SecretBox
from dohyo.apps.catalog import Catalog
from dohyo.base.clock import now_ms
from dohyo.base.problem import ProblemError
from dohyo.collect.overview import source_overview
from dohyo.metadata.collection import SourceSecret
from dohyo.metadata.db import FILE_NAME, metadata_url, open_metadata
from dohyo.store.disk import RESERVE_BYTES, Disk
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.owner import running
from dohyo.upkeep.backup import SNAPSHOTS

State = Literal["good", "warning", "bad"]
LITTLE_BYTES = 4 * RESERVE_BYTES
FEW_FILES = 4096
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Check:
    name: str
    state: State
    detail: str
    advice: str = ""


def checked(data_dir: Path, port: int) -> Iterator[Check]:
    """All checks in the order in which one would look. Changes nothing that a start would not change."""
    yield from _directory(data_dir)
    if not data_dir.is_dir():
        return
    for check in (
        _space,
        _secret_key,
        _metadata,
        _server_or_store,
        _sources,
        _apps,
        _left_snapshots,
        _limits,
    ):
        try:
            yield check(data_dir, port)
        except (ProblemError, OSError) as error:
            yield Check(check.__name__.strip("_").replace("_", " "), "bad", str(error))


def _directory(data_dir: Path, _port: int = 0) -> Iterator[Check]:
    name = "data directory"
    if not data_dir.is_dir():
        detail = f"{data_dir} is not there"
        yield Check(name, "bad", detail, "dohyo serve makes it; --data or DOHYO_DATA names another one")
        return
    mode = stat.S_IMODE(data_dir.stat().st_mode)
    if mode & 0o077:
        yield Check(
            name, "warning", f"{data_dir} can be read by others (mode {mode:o})", f"chmod 700 {data_dir}"
        )
    else:
        yield Check(name, "good", str(data_dir))


def _space(data_dir: Path, _port: int) -> Check:
    disk = Disk(data_dir)
    disk.suspect()
    if trouble := disk.trouble():
        return Check("disk", "bad", trouble.message, *trouble.hints[:1])
    free = shutil.disk_usage(data_dir).free
    words = f"{free / 1e9:,.1f} GB free; takes writes"
    if free < LITTLE_BYTES:
        return Check("disk", "warning", words, "with too little no message is taken: free space")
    return Check("disk", "good", words)


def _secret_key(data_dir: Path, _port: int) -> Check:
    name, file = "key for secrets", data_dir / KEY_FILE
    by_variable = bool(os.environ.get(KEY_VARIABLE))
    if not by_variable and not file.exists():
        return Check(name, "warning", f"{file} is not there", "the first start makes one")
    try:
        box = SecretBox(data_dir)
        with open_metadata(data_dir)() as session:
            for text in session.scalars(select(SourceSecret.ciphertext)):
                box.decrypt(text)
    except AccessRefused as error:
        return Check(name, "bad", error.problems[0].message, *error.problems[0].hints[:1])
    if not by_variable and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Check(name, "warning", f"{file} can be read by others", f"chmod 600 {file}")
    return Check(name, "good", f"opens every stored secret; from {KEY_VARIABLE if by_variable else KEY_FILE}")


def _metadata(data_dir: Path, _port: int) -> Check:
    if not metadata_url(data_dir).startswith("sqlite"):
        open_metadata(data_dir)().close()
        return Check("metadata", "good", "the PostgreSQL database answers")
    connection = sqlite3.connect(f"file:{data_dir / FILE_NAME}?mode=ro", uri=True)
    try:
        words = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.Error as error:
        words = [str(error)]
    finally:
        connection.close()
    if words != ["ok"]:
        return Check("metadata", "bad", "; ".join(words), "dohyo restore brings back a backup")
    return Check("metadata", "good", f"{FILE_NAME} is whole")


def _server_or_store(data_dir: Path, port: int) -> Check:
    owner = running(data_dir)
    if owner is not None and owner.address:
        try:
            answer = httpx.get(f"{owner.address}/api/health", timeout=10, trust_env=False)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            detail = f"process {owner.pid} holds the data directory, {owner.address} does not answer: {error}"
            return Check("server", "bad", detail, "look at its log; end the process and start it again")
        return Check("server", "good", f"{owner.address} answers (process {owner.pid})")
    store = EmbeddedStore.open(data_dir)
    try:
        messages, broken = store.count(), store.broken_parts()
    finally:
        store.close()
    if broken:
        advice = "keep the folder, restore a backup beside it and compare"
        return Check("store", "bad", f"{len(broken)} parts are damaged, first {broken[0]}", advice)
    with socket.socket() as asking:
        used = asking.connect_ex(("127.0.0.1", port)) == 0
    if used:
        return Check("server", "warning", f"not running; port {port} is in use", "--port names another")
    return Check("store", "good", f"{messages:,} messages, all parts sound; no server runs")


def _sources(data_dir: Path, _port: int) -> Check:
    found = source_overview(open_metadata(data_dir))
    wrong = [one for one in found if one["health"] == "error"]
    ahead = [one for one in found if (one["lastData_ms"] or 0) > now_ms() + 10 * MINUTE_MS]
    if wrong:
        words = "; ".join(f"{one['name']}: {one['message']}" for one in wrong[:3])
        return Check("sources", "bad", f"{len(wrong)} of {len(found)} in error: {words}")
    if ahead:
        advice = "check the clocks of this machine and of the senders"
        return Check("clock", "warning", f"{ahead[0]['name']} has messages of a time to come", advice)
    return Check("sources", "good", f"{len(found)}, none in error")


def _apps(data_dir: Path, _port: int) -> Check:
    if told := Catalog(data_dir).problems:
        return Check("added apps", "warning", told[0].message, *told[0].hints[:1])
    return Check("added apps", "good", "every added app is in the catalog")


def _left_snapshots(data_dir: Path, _port: int) -> Check:
    folder = data_dir / SNAPSHOTS
    left = list(folder.iterdir()) if folder.is_dir() else []
    if left:
        advice = f"where no dohyo backup runs, remove {folder}"
        return Check("snapshots", "warning", f"{len(left)} left by backups; they hold space", advice)
    return Check("snapshots", "good", "none left")


def _limits(data_dir: Path, _port: int) -> Check:
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    python = ".".join(str(part) for part in sys.version_info[:3])
    if most < FEW_FILES:
        advice = f"ulimit -n {FEW_FILES} or more, before the server starts"
        return Check("system", "warning", f"Python {python}; a process may open {most:,} files", advice)
    return Check("system", "good", f"Python {python}, {os.cpu_count()} cores, {most:,} open files")
