"""`dohyo query`: runs a query over the lines of files, without a server."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from dohyo.base.clock import now_ms, utc_of_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.casts import any_to_text
from dohyo.functions.links import link_parts
from dohyo.functions.table import RunContext
from dohyo.lang.timerange import parse_time
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field
from dohyo.plan.types import TIME
from dohyo.search.lines import LineMessage, lines_to_messages
from dohyo.search.result import Result

# 1970 to 2200, what the store's times can hold: all times.
ALL_TIMES = (0, 7_258_118_400_000)
REFUSED = 2
_HIDDEN = ("_messageid", "_size", "_view", "_receipttime", "_collector", "_sourcehost")


def register(app: typer.Typer) -> None:
    app.command("query")(query)


def query(
    text: Annotated[str, typer.Argument(metavar="QUERY", help="The query, in single quotes.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Files of lines; without one, standard input."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values with a header.")] = False,
    start: Annotated[str | None, typer.Option("--from", help="Start: -24h or 2026-01-31T00:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, itself left out; now beside --from.")] = None,
    category: Annotated[str, typer.Option(help="Source category of the lines.")] = "file",
    zone: Annotated[str, typer.Option(help="Time zone of days and dates.")] = "UTC",
    check: Annotated[bool, typer.Option("--check", help="Only say whether the query is right.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show plan and SQL instead of rows.")] = False,
) -> None:
    """Run a query over the lines of files: each line a message, its time found in it."""
    try:
        run = _run_context(start, end, zone)
        if check or explain:
            _describe(text, run, explain)
        else:
            _print(_answer(text, files or [], run, category), as_json, as_csv)
    except ProblemError as error:
        for problem in error.problems:
            typer.echo(problem.shown(error.text or text), err=True)
        raise typer.Exit(REFUSED) from None


def _run_context(start: str | None, end: str | None, zone: str) -> RunContext:
    now = now_ms()
    if start is None and end is None:
        return RunContext(now, *ALL_TIMES, zone)
    from_ms = ALL_TIMES[0] if start is None else parse_time(start, now, zone)
    to_ms = now if end is None else parse_time(end, now, zone)
    if to_ms < from_ms:
        raise ProblemError([Problem("time-range-order", "the range ends before it starts")])
    return RunContext(now, from_ms, to_ms, zone)


def _describe(text: str, run: RunContext, explain: bool) -> None:
    from dohyo.compile import CompileContext, compile_query
    from dohyo.search.explain import explained

    compiled = compile_query(text, CompileContext(run=run))
    for warning in compiled.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if explain:
        typer.echo(explained(compiled, run))


def _answer(text: str, files: Sequence[Path], run: RunContext, category: str) -> Result:
    """The result over a store in memory that holds the files' lines."""
    from dohyo.search.searches import Searches
    from dohyo.store.embedded import EmbeddedStore

    store = EmbeddedStore.in_memory()
    searches = Searches(store)
    compiled = searches.compiled(
        text, run
    )  # before the files are read, so that a wrong query is refused at once
    sources: Sequence[Path | None] = files or [None]
    for file in sources:
        name = str(file) if file else "stdin"
        _store(store, name, _read(file, run.now_ms), category, run.now_ms)
    return searches.result(compiled, run)


def _read(file: Path | None, otherwise_ms: int) -> list[LineMessage]:
    try:
        if file is None:
            return list(lines_to_messages(sys.stdin, otherwise_ms))
        with file.open(encoding="utf-8", errors="replace", newline="\n") as opened:
            return list(lines_to_messages(opened, otherwise_ms))
    except OSError as error:
        raise ProblemError([Problem("file-unreadable", f"{file}: {error.strerror}")]) from None


def _store(store: Any, name: str, messages: Iterable[LineMessage], category: str, now: int) -> None:
    from dohyo.store.event import Event, row_key

    events = [
        Event(
            messagetime_ms=message.time_ms,
            receipttime_ms=now,
            messageid=row_key(name, str(message.number)),
            sourcecategory=category,
            collector="dohyo query",
            source="file",
            sourcehost="",
            sourcename=name,
            fields={},
            raw=message.text,
        )
        for message in messages
    ]
    for at in range(0, len(events), 10_000):
        store.insert(events[at : at + 10_000], token=f"{name}:{at}", may_repeat=False)


def _print(result: Result, as_json: bool, as_csv: bool) -> None:
    show: Callable[[Result], None] = _print_json if as_json else _print_csv if as_csv else _print_table
    show(result)
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if result.cut:
        typer.echo(f"warning: only the first {len(result.rows):,} rows are shown", err=True)


def _print_json(result: Result) -> None:
    names = [field.name for field in result.fields]
    for row in result.rows:
        typer.echo(orjson.dumps(dict(zip(names, row, strict=True))).decode())


def _print_csv(result: Result) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in result.fields])
    writer.writerows([any_to_text(value) for value in row] for row in result.rows)
    typer.echo(text.getvalue(), nl=False)


def _print_table(result: Result) -> None:
    shown = [i for i, field in enumerate(result.fields) if result.is_aggregate or field.name not in _HIDDEN]
    table = Table(show_edge=False)
    for i in shown:
        field = result.fields[i]
        table.add_column(
            field.name,
            justify="right" if field.type.numeric and field.type != TIME else "left",
            overflow="fold",
        )
    for row in result.rows:
        table.add_row(*(_cell(row[i], result.fields[i]) for i in shown))
    console = Console(markup=False)
    console.print(table)


def _cell(value: Scalar, field: Field) -> str:
    if value is None:
        return ""
    if field.type == TIME and isinstance(value, int):
        return utc_of_ms(value).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
    if isinstance(value, str) and (link := link_parts(value)):
        return link["text"]
    if isinstance(value, float):
        return any_to_text(round(value, 5)) or ""
    return any_to_text(value) or ""
