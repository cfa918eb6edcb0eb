"""`dohyo content`: published dashboards, searches and folders in and out of the library."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.options import DataDir

if TYPE_CHECKING:
    from dohyo.apps.published import Published
    from dohyo.content.definitions import Failure
    from dohyo.content.library import Library
    from dohyo.content.report import Line
    from dohyo.content.rights import Caller

commands = typer.Typer(help="Published dashboards, searches and folders.", no_args_is_help=True)
SHARED = "/Library/Admin Recommended"
SOME_LEFT_OUT = 1
Definitions = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Exported JSON, or a package as folder or .zip.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="content")


@commands.command()
def check(
    files: Definitions,
    all_lines: Annotated[bool, typer.Option("--all", help="Show what works, too.")] = False,
) -> None:
    """Say of each panel, search and variable whether it works here. Stores nothing."""
    from dohyo.content.definitions import read_definition
    from dohyo.content.parameters import Parameter, parameters_of
    from dohyo.content.report import report_of

    left_out = 0
    for file in files:
        found = _published(file, {})
        definition = found.definition
        if found.inputs:
            definition = _published(file, dict.fromkeys(found.inputs, "*")).definition
        failures: list[Failure] = []
        read_definition(definition, failures)
        left_out += len(failures)
        lines = report_of(definition)
        names = [*(Parameter(one, "value") for one in found.inputs), *parameters_of(definition)]
        _show(file, lines, all_lines)
        _tell_left_out(failures)
        if names:
            asked = ", ".join(one.name + (f" ({one.default})" if one.default else "") for one in names)
            typer.echo(f"It asks for {asked}: --set {names[0].name}=_sourceCategory=... at the import.")
    if left_out:
        raise typer.Exit(SOME_LEFT_OUT)


@commands.command("import")
def import_content(
    files: Definitions,
    data: DataDir,
    folder: Annotated[str, typer.Option(metavar="PATH", help="Where to.")] = SHARED,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=SCOPE", help="What stands for $$NAME, <NAME>, {{NAME}}."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace items of the same names.")] = False,
) -> None:
    """Import published definitions into a folder, and say what works. Works beside a running server.

    Ends with 0, or with 1 where parts were left out.
    """
    given = _values(values or ())
    if sum(bring_in(file, data, folder, given, overwrite)[1] for file in files):
        raise typer.Exit(SOME_LEFT_OUT)


def bring_in(
    file: Path, data: Path, folder: str, values: Mapping[str, str], overwrite: bool, *, to_now: bool = False
) -> tuple[str, int]:
    """Imports one definition and tells what works; the path it has then, and how many items were left out.

    With `to_now`, time ranges that were fixed are moved to now.
    """
    from dohyo.content.moving import with_moved_ranges
    from dohyo.content.parameters import filled, parameters_of
    from dohyo.content.refusals import NAME_TAKEN, ContentRefused
    from dohyo.content.report import report_of

    library, caller = _library(data)
    found = _published(file, values)
    definition = filled(found.definition, values)
    if left := [*found.inputs, *(one.name for one in parameters_of(definition) if not one.default)]:
        message = f"{file} asks for {', '.join(left)}; without it its queries find nothing"
        hint = f"--set {left[0]}=_sourceCategory=..."
        raise ProblemError([Problem("parameter-missing", message, hints=(hint,))])
    if to_now:
        definition, moved = with_moved_ranges(definition)
        if moved:
            typer.echo(f"{moved:,} fixed time ranges are moved to now.")
    into = library.at_path(folder, caller).id
    _show(file, report_of(definition), False)
    try:
        imported = library.import_into(into, definition, caller, overwrite=overwrite)
    except ContentRefused as refused:
        if refused.code != NAME_TAKEN or overwrite:
            raise
        hint = "--overwrite replaces it; items of other names stay"
        raise ProblemError([replace(refused.problems[0], hints=(hint,))]) from None
    _tell_left_out(imported.failures)
    place = library.place(imported.item_id, caller).path
    typer.echo(f"{place}: {imported.total:,} {'item' if imported.total == 1 else 'items'}")
    return place, len(imported.failures)


@commands.command()
def export(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Such as '/Library/Admin Recommended/My app'.")],
    data: DataDir,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; else standard output.")
    ] = None,
) -> None:
    """Write the published definition of an item and all below it, exactly as it was imported."""
    library, caller = _library(data)
    definition = library.export(library.at_path(path, caller).id, caller)
    text = json.dumps(definition, ensure_ascii=False, indent=2)
    if target is None:
        typer.echo(text)
    else:
        target.write_text(text + "\n", encoding="utf-8")
        typer.echo(f"{path} is written to {target}")


def _library(data: Path) -> tuple[Library, Caller]:
    """The library as this machine's command line may change it."""
    from dohyo.access.users import LOCAL_USER, ensure_user
    from dohyo.content.library import Library
    from dohyo.content.rights import Caller
    from dohyo.metadata.db import open_metadata

    metadata = open_metadata(data)
    user = ensure_user(metadata, LOCAL_USER, "administrator", service_account=True)
    return Library(metadata), Caller(user.id, manages=True, admin_mode=True)


def _published(file: Path, values: Mapping[str, str]) -> Published:
    """The content of an export, a folder or an archive; what it declares beside content is told."""
    from dohyo.apps.published import read_published

    found = read_published(file, values)
    if found.others:
        typer.echo(f"{file}: left out, for it is no content: {', '.join(found.others)}", err=True)
    return found


def _values(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise ProblemError([Problem("parameter", f"--set {text}: NAME=SCOPE is needed")])
        found[name.strip().removeprefix("$$")] = value
    return found


def _tell_left_out(failures: Sequence[Failure]) -> None:
    for failure in failures:
        typer.echo(f"left out: {failure.path}: {failure.error.problems[0].message}", err=True)


def _show(file: Path, lines: Sequence[Line], all_lines: bool) -> None:
    counts = Counter(line.verdict for line in lines)
    shown = [line for line in lines if all_lines or line.verdict != "works"]
    if shown:
        console = Console(markup=False, highlight=False)
        for place, parts in groupby(shown, key=lambda line: line.place):
            console.print(place, style="bold", soft_wrap=True)
            for line in parts:
                where = f"{line.where}: " if line.where else ""
                title = "" if place.endswith(f"/{line.title}") else f" {line.title}"
                console.print(f"  {line.verdict}: {line.part}{title}", soft_wrap=True)
                if line.reason:
                    console.print(f"    {where}{line.reason}", soft_wrap=True)
    typer.echo(
        f"{file}: {counts['works']:,} parts work, {counts['note']:,} with a note, "
        f"{counts['unsupported']:,} are not supported"
    )
