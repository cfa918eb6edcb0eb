"""`dohyo query`: runs a query over files or standard input, over a data directory, or on a server."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.query_output import Form, show_rows
from dohyo.functions.table import RunContext
from dohyo.lang.timerange import parse_time, zone_named
from dohyo.search.limits import Limits

if TYPE_CHECKING:
    from dohyo.compile import Compiled
    from dohyo.search.result import Result
    from dohyo.search.searches import Searches

REFUSED = 2
ONLY_ONE = "query"
"""The id of the search of this process."""
# A file is searched for as long as its user waits, with the memory that there is.
FILE_LIMITS = Limits(messages=1_000_000, records=1_000_000, timeout_s=0, memory_bytes=0)


def register(app: typer.Typer) -> None:
    app.command("query")(query)


def query(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="The query, in single quotes.", show_default=False)
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Lines of text, NDJSON, JSON arrays; packed by gzip, zstd, "
                       "bzip2, xz or lz4 or not. Without one: standard input."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values with a header.")] = False,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Start: -24h or 2026-01-31T00:00:00Z. Without it all of a file, the last "
                     "24 hours of --data and --server."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, itself left out; now beside --from.")] = None,
    category: Annotated[str, typer.Option(help="Source category of the lines.")] = "file",
    zone: Annotated[str, typer.Option(help="Time zone of days and dates.")] = "UTC",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Show new lines as they come, until Ctrl-C.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Search what a data directory has.")
    ] = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", envvar="DOHYO_SERVER", help="Search on a server.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="ID:KEY", envvar="DOHYO_KEY", help="Access key for --server.", show_envvar=True),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the query is right.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show plan and SQL instead of rows.")] = False,
    batch: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='With --check or --explain: lines {"id", "query"}, - for standard '
                     'input; answers {"id", "ok", "error"}.'),
    ] = None,
) -> None:  # fmt: skip
    """Run a query over files, over a data directory (--data), or on a server (--server).

    Each line of a file is a message, its time found in it. Ends with 0, or with 2 where the query or the
    input is refused.
    """
    form = Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE
    try:
        if as_json and as_csv:
            raise _one_of("--json", "--csv")
        data, server = _place(context, files, follow, data, server)
        run = _run_context(start, end, zone)
        if batch is not None:
            _batch(batch, run, explain)
            return
        if text is None:
            raise ProblemError([Problem("query-missing", "a query is needed", hints=("in single quotes",))])
        if check or explain:
            _describe(text, run, explain)
        elif follow:
            _follow(text, files or [], run, category, form)
        elif server or data:
            _show_remote(text, _ranged(run, start), server, key, data, form)
        else:
            _show_files(text, files or [], run, category, form)
    except ProblemError as error:
        asked = "" if error.problems[0].code == "time-unknown" else text or ""
        for problem in error.problems:
            typer.echo(problem.shown(error.text or asked), err=True)
        raise typer.Exit(REFUSED) from None


def _one_of(*options: str) -> ProblemError:
    return ProblemError([Problem("options-together", f"only one of {' and '.join(options)} can be given")])


def _place(
    context: typer.Context, files: list[Path] | None, follow: bool, data: Path | None, server: str | None
) -> tuple[Path | None, str | None]:
    """Where to search, if not in files. A server of the environment gives way to what the command names."""
    if server and context.get_parameter_source("server").name == "ENVIRONMENT":  # type: ignore[union-attr]
        server = None if files or follow or data else server
    given = {"files": files, "--follow": follow, "--data": data, "--server": server}
    named = [name for name, value in given.items() if value and not (name == "--follow" and files)]
    if len(named) > 1:
        raise _one_of(*named)
    if follow and (data or server):
        raise _one_of("--follow", "--data" if data else "--server")
    return data, server


def _run_context(start: str | None, end: str | None, zone: str) -> RunContext:
    from dohyo.search.files import ALL_TIMES

    now, zone = now_ms(), zone_named(zone).key
    if start is None and end is None:
        return RunContext(now, *ALL_TIMES, zone, audited=True)
    from_ms = ALL_TIMES[0] if start is None else parse_time(start, now, zone)
    to_ms = now if end is None else parse_time(end, now, zone)
    if to_ms < from_ms:
        raise ProblemError([Problem("time-range-order", "the range ends before it starts")])
    return RunContext(now, from_ms, to_ms, zone, audited=True)


def _batch(file: Path, run: RunContext, explain: bool) -> None:
    from dohyo.cli.query_batch import batch

    if not batch(file, run, explain):
        raise typer.Exit(1)


def _describe(text: str, run: RunContext, explain: bool) -> None:
    from dohyo.compile import CompileContext, compile_query, problems_of_reading
    from dohyo.lang.parameters import with_plausible
    from dohyo.search.explain import explained

    text, filled = with_plausible(text, problems=problems_of_reading)
    for name in filled:
        typer.echo(f"warning: {name} has no value; checked with a plausible one", err=True)
    compiled = compile_query(text, CompileContext(run=run))
    for warning in compiled.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if explain:
        typer.echo(explained(compiled, run))


def _follow(text: str, files: Sequence[Path], run: RunContext, category: str, form: Form) -> None:
    from dohyo.cli.query_follow import follow

    with suppress(KeyboardInterrupt):  # the way to end it
        follow(text, files, run, category, form)


def _show_files(text: str, files: Sequence[Path], run: RunContext, category: str, form: Form) -> None:
    from dohyo.cli.query_input import file_events, reading
    from dohyo.compile import CompileContext, compile_query
    from dohyo.search.searches import Searches

    # Before the files are read, so that a wrong query is refused at once.
    compile_query(text, CompileContext(run=run))
    with file_events(files, category) as events, reading(files, events):
        searches = Searches(events, limits=FILE_LIMITS, indexed=False)
        result = _interruptible(searches, searches.compiled(text, run), run)
    _show(result, form)


def _show(result: Result, form: Form) -> None:
    show_rows(result.fields, result.rows, result.is_aggregate, form)
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if result.cut:
        typer.echo(f"warning: only the first {len(result.rows):,} rows are shown", err=True)


def _interruptible(searches: Searches, compiled: Compiled, run: RunContext) -> Result:
    """The result, in a thread of its own: Python is told of Ctrl-C only outside the engine."""
    answer: Future[Result] = Future()

    def search() -> None:
        try:
            answer.set_result(searches.result(compiled, run, ONLY_ONE))
        except BaseException as error:
            answer.set_exception(error)

    worker = Thread(target=search, daemon=True)
    worker.start()
    try:
        result = answer.result()
        return (
            result if result.rows else replace(result, warnings=(*result.warnings, *searches.meant(compiled)))
        )
    except KeyboardInterrupt:
        searches.cancel(ONLY_ONE)
        worker.join()
        raise


LAST_DAY_MS = 86_400_000


def _ranged(run: RunContext, start: str | None) -> RunContext:
    """What is stored is searched for the last day unless a range is named."""
    return run if start else replace(run, start_ms=run.now_ms - LAST_DAY_MS, end_ms=run.now_ms)


def _show_remote(
    text: str, run: RunContext, server: str | None, key: str | None, data: Path | None, form: Form
) -> None:
    from dohyo.cli.query_server import searched

    if server:
        if not key or ":" not in key:
            hint = "--key ID:KEY, or the environment variable DOHYO_KEY; dohyo key create makes one"
            raise ProblemError([Problem("key-missing", "an access key is needed", hints=(hint,))])
        headers = {"Authorization": "Basic " + base64.b64encode(key.encode()).decode()}
        found = searched(server, headers, text, run)
    else:
        from dohyo.store.owner import running

        assert data is not None
        if not (data / "events").is_dir():
            hint = "--data names a directory that dohyo serve was started with"
            raise ProblemError(
                [Problem("data-missing", f"{data}: nothing is collected there", hints=(hint,))]
            )
        owner = running(data)
        if owner is None:
            _show_stored(text, run, data, form)
            return
        found = searched(str(owner.address), {"Authorization": f"Bearer {owner.token}"}, text, run)
    show_rows(found.fields, found.rows, found.is_aggregate, form)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)


def _show_stored(text: str, run: RunContext, data: Path, form: Form) -> None:
    """The store of a data directory that no server runs on."""
    from dohyo.search.searches import Searches
    from dohyo.store.embedded import EmbeddedStore

    with closing(EmbeddedStore.open(data)) as store:
        searches = Searches(store, limits=FILE_LIMITS)
        result = _interruptible(searches, searches.compiled(text, run), run)
    _show(result, form)
