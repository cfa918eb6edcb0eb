"""`dohyo import`: files into a source category, through the running server where there is one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.local_server import LocalServer
from dohyo.cli.options import DataDir

if TYPE_CHECKING:
    from dohyo.collect.file_import import Batch, Tally, Target
    from dohyo.collect.json_objects import Broken
    from dohyo.store.embedded import InsertResult

SOME_REFUSED, NOTHING_DONE = 1, 2
SENDERS = 2


def register(app: typer.Typer) -> None:
    app.command("import")(import_files)


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, packed by gzip or not.")],
    category: Annotated[str, typer.Option(help="Source category of the messages.")],
    data: DataDir,
    to_now: Annotated[
        bool, typer.Option("--to-now", help="Move the times of each file, its newest message to now.")
    ] = False,
) -> None:
    """Store files of records: a JSON object a line or over many, a JSON array, a saved Graph answer, lines.

    Ends with 0 where everything went in, 1 where something was refused, 2 where nothing could be done.
    """
    if not category.strip() or len(category) > 1024:
        raise ProblemError([Problem("category", "a source category has 1 to 1,024 characters")])
    tallies, failures = import_all(files, category, data, now_ms() if to_now else None)
    if failures and not any(tally.read for _, tally in tallies):
        raise typer.Exit(NOTHING_DONE)
    if failures or any(tally.refused for _, tally in tallies):
        raise typer.Exit(SOME_REFUSED)


def import_all(
    files: Sequence[Path], category: str, data: Path, newest_at_ms: int | None
) -> tuple[list[tuple[Path, Tally]], list[ProblemError]]:
    """Stores the files, through the running server where there is one, and tells how it went."""
    from dohyo.collect.file_import import Tally, import_file

    tallies: list[tuple[Path, Tally]] = []
    failures: list[ProblemError] = []
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with _target(data) as target, Progress(*columns, console=console, transient=True) as bar:
        for path in files:
            tally = Tally()
            tallies.append((path, tally))
            task = bar.add_task(path.name, total=path.stat().st_size if path.is_file() else None)
            try:
                import_file(path, category, target, tally, partial(_tell, bar, task), newest_at_ms)
            except ProblemError as error:
                failures.append(error)
            bar.remove_task(task)
    _show(tallies, failures)
    return tallies, failures


def _tell(bar: Progress, task: TaskID, read_bytes: int) -> None:
    bar.update(task, completed=read_bytes)


@contextmanager
def _target(data: Path) -> Iterator[Target]:
    """The running server of the data directory, else its store, which is then ours until the end."""
    from dohyo.store.owner import own, running

    owner = running(data)
    if owner is not None and owner.address:
        with LocalServer(owner) as server, closing(ServerTarget(server)) as target:
            yield target
        return
    with own(data, None):
        from dohyo.collect.file_import import StoreTarget
        from dohyo.collect.preparation import Preparation
        from dohyo.metadata.db import open_metadata
        from dohyo.store.embedded import EmbeddedStore
        from dohyo.store.writer import GroupWriter

        store = EmbeddedStore.open(data)
        writer = GroupWriter(store, Preparation(open_metadata(data)))
        try:
            yield StoreTarget(writer)
        finally:
            writer.close()
            store.close()


class ServerTarget:
    """Sends batches to the server, two at a time."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._senders = ThreadPoolExecutor(SENDERS)

    def submit(self, batch: Batch) -> Future[InsertResult]:
        return self._senders.submit(self._send, batch)

    def close(self) -> None:
        self._senders.shutdown()

    def _send(self, batch: Batch) -> InsertResult:
        from dohyo.api.routes.imports import body_of
        from dohyo.store.embedded import InsertResult

        return InsertResult(**self._server.call("POST", "/api/dohyo/v1/import", body_of(batch)))


def _show(tallies: list[tuple[Path, Tally]], failures: Sequence[ProblemError]) -> None:
    """What was refused on standard error, the summary on standard output."""
    for path, tally in tallies:
        for broken in tally.shown:
            typer.echo(_refusal(path, broken), err=True)
        if (more := tally.refused - len(tally.shown)) > 0:
            typer.echo(f"{path}: {more:,} more were refused", err=True)
    for failure in failures:
        for problem in failure.problems:
            typer.echo(problem.shown(failure.text), err=True)
    read, stored, repeated, refused, untimed = (
        sum(getattr(tally, name) for _, tally in tallies)
        for name in ("read", "stored", "repeated", "refused", "untimed")
    )
    line = f"{read:,} read, {stored:,} stored, {repeated:,} repeated, {refused:,} refused"
    typer.echo(line)
    if untimed:
        typer.echo(f"{untimed:,} had no readable time; the time of receipt was taken")
    sys.stdout.flush()


def _refusal(path: Path, broken: Broken) -> str:
    """`file:line:column: reason`, and the letters there."""
    place = ":".join(str(part) for part in (path, broken.line, broken.column) if part is not None)
    return f"{place}: {broken.reason}" + (f"\n    {broken.quote}" if broken.quote else "")
