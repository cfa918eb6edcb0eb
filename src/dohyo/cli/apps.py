"""`dohyo app`: what is in the catalog and installed; install, move and remove; make packages of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.options import DataDir

if TYPE_CHECKING:
    from dohyo.apps.catalog import App, Catalog
    from dohyo.cli.local_server import LocalServer
    from dohyo.metadata.content import AppInstance

WRONG = 1
OWN_APPS = "/api/dohyo/v1/apps"
JOB_TIMEOUT_S = 300.0
commands = typer.Typer(
    help="Apps: the catalog, what is installed, packages of one's own.", no_args_is_help=True
)
AppName = Annotated[str, typer.Argument(metavar="APP", help="Name or uuid of an app in the catalog.")]
PackagePath = Annotated[Path, typer.Argument(metavar="PACKAGE", help="Folder or .zip of a package.")]
Version = Annotated[str | None, typer.Option(help="Version; else the newest.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What installing asks for.")
]
# Starts a job of this kind for an app and gives its published status at the end.
Order = Callable[[str, str, dict[str, Any]], dict[str, Any]]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="app")


@commands.command("list")
def list_apps(data: DataDir) -> None:
    """Show the catalog and what of it is installed."""
    catalog, installed = _opened(data)
    table = Table("name", "newest", "installed", Column("uuid", no_wrap=True), show_edge=False)
    for app in catalog.apps():
        there = installed.get(app.uuid)
        table.add_row(app.name, app.latest.version, there.version if there else "", app.uuid)
    Console(markup=False).print(table)


@commands.command()
def show(data: DataDir, app: AppName) -> None:
    """Show an app: versions, parameters, what it brings."""
    catalog, installed = _opened(data)
    found = _found(catalog, app)
    there = installed.get(found.uuid)
    typer.echo(f"{found.name}\n{found.latest.manifest.description}\n")
    typer.echo(f"uuid        {found.uuid}\nversions    {', '.join(found.versions)}")
    typer.echo(f"installed   {there.version if there else 'no'}")
    for name in found.latest.config.inputs:
        value = there.parameters.get(name, "") if there else ""
        typer.echo(f"parameter   {name}" + (f" = {value}" if value else ""))
    for resource in found.latest.resources:
        kind = str(resource.definition["type"]).removesuffix("SyncDefinition")
        typer.echo(f"brings      {resource.definition['name']} ({kind})")


@commands.command()
def install(data: DataDir, app: AppName, version: Version = None, parameters: Parameters = None) -> None:
    """Install an app."""
    _carry_out("install", data, app, _body(version, parameters))


@commands.command()
def upgrade(data: DataDir, app: AppName, version: Version = None, parameters: Parameters = None) -> None:
    """Move an app to its newest version, or to the given one, which may be older."""
    _carry_out("upgrade", data, app, _body(version, parameters))


@commands.command()
def uninstall(data: DataDir, app: AppName) -> None:
    """Remove what an app brought; sources, messages and copies stay."""
    _carry_out("uninstall", data, app, {})


@commands.command()
def add(package: PackagePath, data: DataDir) -> None:
    """Add a package to the catalog, so that it can be installed. Works beside a running server."""
    from dohyo.apps.authoring import packed

    archive, found = packed(package)
    with _catalog(data) as catalog:
        catalog.add(archive)
    name = found.manifest.name
    typer.echo(f'{name} {found.version} is in the catalog: dohyo app install "{name}" installs it.')


@commands.command()
def remove(
    data: DataDir, app: AppName, version: Annotated[str, typer.Option(help="The version that goes.")]
) -> None:
    """Take an added version out of the catalog; not one that is installed."""
    catalog, installed = _opened(data)
    found = _found(catalog, app)
    if (there := installed.get(found.uuid)) and there.version == version:
        hint = "uninstall it or move to another version first"
        raise ProblemError([Problem("app-installed", f"{version} is installed", hints=(hint,))])
    with _catalog(data) as changed:
        changed.remove(found.uuid, version)
    typer.echo(f"{found.name} {version} is no longer in the catalog.")


@commands.command()
def validate(package: PackagePath) -> None:
    """Check a package: its files, and that its queries can be read."""
    from dohyo.apps.authoring import validate as problems_of

    problems = problems_of(package)
    if not problems:
        _tell_not_running(package)
    _end_with(problems, f"{package} is a good package.")


@commands.command()
def test(package: PackagePath) -> None:
    """Run a package's own tests: its events, and the answers its panels must give."""
    from dohyo.apps.authoring import run_tests

    report = run_tests(package)
    if report.unasked:
        typer.echo(f"not tested: {', '.join(report.unasked)}", err=True)
    differences = [Problem("app-answer", f"{one.place}: {one.message}") for one in report.differences]
    _end_with(differences, f"{report.compared} answers are as they should be.")


@commands.command()
def pack(
    package: PackagePath,
    out: Annotated[Path | None, typer.Option(help="The archive; else <name>-<version>.zip here.")] = None,
) -> None:
    """Pack a package into an archive with checksums."""
    from dohyo.apps.authoring import pack as packed

    target = packed(package, out)
    _tell_not_running(package)
    typer.echo(target)


@commands.command()
def new(
    name: Annotated[
        str | None, typer.Argument(help="Name of the app; else that of the published one.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where; else a folder named after the app.")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="A published app: exported JSON, or its folder or .zip."),
    ] = None,
    version: Annotated[str, typer.Option(help="Version of the package.")] = "1.0.0",
) -> None:
    """Make a package: a small one to start from, or one of a published app.

    Sample events of the published app, in a folder events/ beside it, become the package's tests.
    """
    from dohyo.apps.authoring import adopt
    from dohyo.apps.authoring import new as made

    if source is not None:
        typer.echo(adopt(source, name, version, folder))
    elif name is None:
        raise ProblemError(
            [Problem("app-name", "a name is needed, or a published app", hints=("--from PATH",))]
        )
    else:
        typer.echo(made(name, folder))


@commands.command()
def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A published app, and events/ with files of messages.")
    ],
    data: DataDir,
) -> None:
    """Show a published app with its own sample events, their times and fixed time ranges moved to now.

    The app's content goes to Admin Recommended, its events to the source category Demo/<folder>.
    """
    from dohyo.apps.published import read_published
    from dohyo.base.clock import now_ms
    from dohyo.cli.content import SHARED, bring_in
    from dohyo.cli.import_files import import_all
    from dohyo.content.parameters import demo_values, parameters_of

    beside = folder if folder.is_dir() else folder.parent
    definition = folder / "app.json" if (folder / "app.json").is_file() else folder
    category = f"Demo/{beside.resolve().name}"
    found = read_published(definition, {})
    values = demo_values(parameters_of(found.definition), category) | dict.fromkeys(found.inputs, category)
    bring_in(definition, data, SHARED, values, overwrite=True, to_now=True)
    events = sorted(path for path in (beside / "events").glob("*") if path.is_file())
    if events:
        import_all(events, category, data, now_ms())
    else:
        typer.echo(f"There are no events in {beside / 'events'}; the panels stay empty.")


def _opened(data: Path) -> tuple[Catalog, dict[str, AppInstance]]:
    """The catalog, and installed apps by uuid."""
    from sqlalchemy import select

    from dohyo.apps.catalog import Catalog
    from dohyo.metadata.content import AppInstance
    from dohyo.metadata.db import open_metadata

    with open_metadata(data)() as session:
        return Catalog(data), {one.uuid: one for one in session.scalars(select(AppInstance))}


class _ServersCatalog:
    """The catalog of a running server, as far as the command line changes it."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server

    def add(self, archive: bytes) -> None:
        self._server.call("POST", OWN_APPS, archive, "application/zip")

    def remove(self, uuid: str, version: str) -> None:
        self._server.call("DELETE", f"{OWN_APPS}/{uuid}/versions/{version}")


@contextmanager
def _catalog(data: Path) -> Iterator[_ServersCatalog | Catalog]:
    """That of the running server of the data directory, which keeps it in memory, else the directory's."""
    from dohyo.apps.catalog import Catalog
    from dohyo.cli.local_server import LocalServer
    from dohyo.store.owner import own, running

    owner = running(data)
    if owner is not None and owner.address:
        with LocalServer(owner) as server:
            yield _ServersCatalog(server)
    else:
        with own(data, None):
            yield Catalog(data)


def _found(catalog: Catalog, name: str) -> App:
    """The app of this uuid or name, in any case. ProblemError with near names."""
    import difflib

    apps = catalog.apps()
    wanted = name.strip().lower()
    found = next((app for app in apps if wanted in (app.uuid, app.name.lower())), None)
    if found is None:
        near = difflib.get_close_matches(name, [app.name for app in apps], 3, 0.4)
        hints = tuple(f'there is "{one}"' for one in near) or ("dohyo app list shows the catalog",)
        raise ProblemError([Problem("app-unknown", f'the catalog has no app named "{name}"', hints=hints)])
    return found


def _body(version: str | None, parameters: Sequence[str] | None) -> dict[str, Any]:
    found = {}
    for text in parameters or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise ProblemError([Problem("parameter", f"--set {text}: NAME=VALUE is needed")])
        found[name.strip()] = value
    return {"version": version, "parameters": found}


def _carry_out(kind: str, data: Path, name: str, body: dict[str, Any]) -> None:
    app = _found(_opened(data)[0], name)
    with _orders(data) as order:
        status = order(kind, app.uuid, body)
    if status["status"] != "Success":
        problems = [Problem(e["code"], e["message"]) for e in status.get("errors") or ()]
        raise ProblemError(problems or [Problem("app-job", "the job has not ended in time")])
    typer.echo(f"{app.name}: {kind} is done." + (f" It is at {status['path']}" if status.get("path") else ""))


@contextmanager
def _orders(data: Path) -> Iterator[Order]:
    """Orders to the running server of the data directory, else to its store, which is ours until the end."""
    from dohyo.cli.local_server import LocalServer
    from dohyo.store.owner import own, running

    owner = running(data)
    if owner is not None and owner.address:
        with LocalServer(owner) as server:
            yield lambda kind, uuid, body: _by_server(server, kind, uuid, body)
    else:
        with own(data, None), _own_life(data) as order:
            yield order


def _by_server(server: Any, kind: str, uuid: str, body: dict[str, Any]) -> dict[str, Any]:
    job = server.call("POST", f"/api/v2/apps/{uuid}/{kind}", json.dumps(body).encode())["jobId"]
    until = time.monotonic() + JOB_TIMEOUT_S
    while True:
        status: dict[str, Any] = server.call("GET", f"/api/v2/apps/{kind}/{job}/status")
        if status["status"] != "InProgress" or time.monotonic() > until:
            return status
        time.sleep(0.1)


@contextmanager
def _own_life(data: Path) -> Iterator[Order]:
    from dohyo.access.secrets import SecretBox
    from dohyo.access.users import LOCAL_USER, ensure_user
    from dohyo.apps.catalog import Catalog
    from dohyo.apps.lifecycle import Lifecycle
    from dohyo.apps.shapes import status_json
    from dohyo.metadata.db import open_metadata
    from dohyo.store.embedded import EmbeddedStore

    metadata, catalog = open_metadata(data), Catalog(data)
    user = ensure_user(metadata, LOCAL_USER, "administrator", service_account=True)
    store = EmbeddedStore.open(data)
    life = Lifecycle(metadata, catalog, store, SecretBox(data))
    life.start()

    def order(kind: str, uuid: str, body: dict[str, Any]) -> dict[str, Any]:
        start = getattr(life, kind)
        given = {key: value for key, value in body.items() if value}
        job = life.wait(start(uuid, user.id, **given), JOB_TIMEOUT_S)
        return status_json(job, catalog.app(uuid).name)

    try:
        yield order
    finally:
        life.close()
        store.close()


def _tell_not_running(package: Path) -> None:
    """Queries of published content that cannot run here; its other panels work."""
    from dohyo.apps.authoring import not_running

    for problem in not_running(package):
        typer.echo(f"does not run: {problem.message}", err=True)


def _end_with(problems: Sequence[Problem], good: str) -> None:
    """The problems and status 1, or the good news."""
    for problem in problems:
        typer.echo(problem.shown(""), err=True)
    if problems:
        raise typer.Exit(WRONG)
    typer.echo(good)
