"""`dohyo backup` and `dohyo restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.local_server import LocalServer
from dohyo.cli.options import DataDir

SNAPSHOTS = "/api/dohyo/v1/snapshots"
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the backup is.")]


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that is empty or not there.")],
    data: DataDir,
) -> None:
    """Copy the whole data directory into a folder, also while the server runs, and check the copy.

    Messages, collectors, content, users and the key for stored secrets are in it: keep it as safe as the data
    directory itself. Ends with 0 where the backup is whole.
    """
    from dohyo.upkeep.backup import read_backup, write_backup, wrong_files

    if not data.is_dir():
        raise ProblemError([Problem("data-missing", f"there is no data directory {data}")])
    with _snapshot(data) as (snapshot, messages):
        size = sum(path.stat().st_size for path in snapshot.rglob("*") if path.is_file())
        with _bar() as bar:
            task = bar.add_task("copying", total=size)
            written = write_backup(snapshot, messages, folder, lambda done: bar.advance(task, done))
    with _bar() as bar:
        task = bar.add_task("checking", total=written.size_bytes)
        wrong = list(wrong_files(folder, read_backup(folder), lambda done: bar.advance(task, done)))
    if wrong:
        raise ProblemError(
            [Problem("backup-damaged", f"{len(wrong):,} files of the copy differ: {wrong[0]}")]
        )
    typer.echo(
        f"{messages:,} messages, {written.size_bytes / 1e6:,.1f} MB in {len(written.files):,} files: {folder}"
    )


def restore(
    folder: Folder,
    data: DataDir,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move aside what the data directory has now.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check the backup; write nothing.")] = False,
) -> None:
    """Make a data directory of a backup. The server must not run on it.

    The backup is checked first; the data directory is put into its place as a whole or not at all.
    """
    from dohyo.upkeep import backup as backups

    found = backups.read_backup(folder)
    if check:
        with _bar() as bar:
            task = bar.add_task("checking", total=found.size_bytes)
            wrong = list(backups.wrong_files(folder, found, lambda done: bar.advance(task, done)))
        if wrong:
            raise ProblemError(
                [Problem("backup-damaged", f"{len(wrong):,} files are missing or damaged, first {wrong[0]}")]
            )
        typer.echo(f"The backup of {found.made} is whole: {found.messages:,} messages, Dohyo {found.version}")
        return
    with _bar() as bar:
        task = bar.add_task("restoring", total=2 * found.size_bytes)
        _, aside = backups.restore(folder, data, replace=replace, told=lambda done: bar.advance(task, done))
    if aside:
        typer.echo(f"What was there is in {aside}")
    typer.echo(f"{found.messages:,} messages of {found.made} are in {data}")


@contextmanager
def _snapshot(data: Path) -> Iterator[tuple[Path, int]]:
    """A snapshot by the server that runs on the directory, else by this process; gone after the block."""
    import shutil

    from dohyo.store.embedded import EmbeddedStore
    from dohyo.store.owner import own, running
    from dohyo.upkeep.backup import take_snapshot

    owner = running(data)
    if owner is not None and owner.address:
        with LocalServer(owner) as server:
            made = server.call("POST", SNAPSHOTS)
            try:
                yield Path(made["path"]), made["messages"]
            finally:
                server.call("DELETE", f"{SNAPSHOTS}/{made['name']}")
        return
    with own(data, None), closing(EmbeddedStore.open(data)) as store:
        folder, messages = take_snapshot(data, store)
        try:
            yield folder, messages
        finally:
            shutil.rmtree(folder)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
