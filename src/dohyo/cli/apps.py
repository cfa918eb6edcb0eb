"""`dohyo app`: what is in the catalog and installed; install, move and remove; make packages of one's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.options import DataDir

if TYPE_CHECKING:
    from dohyo.apps.catalog import App, Catalog
    from dohyo.apps.package import Package
    from dohyo.metadata.content import AppInstance

WRONG = 1
KIND_NAMES = {
    "dashboard": "Dashboard",
    "search": "Saved search",
    "lookup": "Lookup table",
    "hotFields": "Hot fields",
    "collector": "Collector",
    "source": "Source",
    "scope": "Scope",
}
CHANGE_NAMES = {"added": "Added", "changed": "Changed", "removed": "Removed", "kept": "Unchanged"}
commands = typer.Typer(
    help="Apps: the catalog, what is installed, packages of one's own.", no_args_is_help=True
)
AppName = Annotated[str, typer.Argument(metavar="APP", help="Name or uuid of an app in the catalog.")]
PackagePath = Annotated[Path, typer.Argument(metavar="PACKAGE", help="Folder or .zip of a package.")]
Version = Annotated[str | None, typer.Option(help="Version; else the newest.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One of the inputs it asks for.")
]
Scope = Annotated[
    str | None,
    typer.Option(metavar="FIELD=VALUE", help="The logs it reads, such as _sourceCategory=Labs/Azure."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; without a terminal nothing is asked.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and stop.")]
AsJson = Annotated[bool, typer.Option("--json", help="The plan and the outcome as one JSON object.")]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="app")


@commands.command("list")
def list_apps(
    data: DataDir,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only apps with all these words.")
    ] = None,
    installed_only: Annotated[bool, typer.Option("--installed", help="Only installed ones.")] = False,
    upgradable: Annotated[
        bool, typer.Option("--upgradable", help="Only those with a newer version than installed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the catalog and what of it is installed."""
    from dohyo.api.app_shapes import card

    catalog, installed = _opened(data)
    cards = [card(app, installed.get(app.uuid), None) for app in catalog.apps()]
    wanted = [word.lower() for word in words or ()]
    shown = [
        {key: value for key, value in one.items() if key not in ("icon", "jobId")}
        for one in cards
        if all(word in _words_of(one) for word in wanted)
        and (one["installed"] or not (installed_only or upgradable))
        and (one["upgrade"] or not upgradable)
    ]
    for problem in catalog.problems:
        typer.echo(problem.shown(""), err=True)
    if as_json:
        typer.echo(json.dumps({"apps": shown}))
    elif not shown:
        typer.echo("No app matches." if cards else "The catalog is empty.")
    else:
        table = Table("name", "newest", "installed", show_edge=False)
        for one in shown:
            there = one["installed"]
            table.add_row(one["name"], one["latestVersion"], there["version"] if there else "")
        Console(markup=False).print(table)


def _words_of(card: Mapping[str, Any]) -> str:
    return f"{card['name']} {card['description']} {' '.join(card['categories'])}".lower()


@commands.command()
def show(
    data: DataDir,
    app: AppName,
    version: Annotated[str | None, typer.Option(help="Version; else the installed or newest.")] = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Also a message that it reads, and its queries.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show an app: versions and what they changed, what it asks for, what it brings."""
    from dohyo.api.app_shapes import details
    from dohyo.apps.plans import standing_of
    from dohyo.metadata.db import open_metadata

    catalog, installed = _opened(data)
    found = _found(catalog, app)
    there = installed.get(found.uuid)
    at = version or (there.version if there and there.version in found.packages else None)
    items = list(standing_of(open_metadata(data), found.uuid).items)
    added = catalog.added(found.uuid)
    shown = details(found, found.package(at), there, items, None, "", added)
    if as_json:
        left_out = ("icon", "jobId")
        typer.echo(json.dumps({key: value for key, value in shown.items() if key not in left_out}))
        return
    console = Console(markup=False, highlight=False)
    typer.echo(f"{found.name} {shown['version']}")
    console.print(shown["description"], "\n")
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_row("uuid", found.uuid)
    facts.add_row("author", shown["author"])
    facts.add_row("categories", ", ".join(shown["categories"]))
    facts.add_row("needs", ", ".join(shown["needs"]) or "messages that are there")
    facts.add_row("installed", f"{there.version}, in {shown['installation']['path']}" if there else "no")
    for asked in shown["parameters"]:
        value = f"{asked['field']}={asked['value']}" if asked["value"] else "not set yet"
        facts.add_row("asks for", f"{asked['label']}: {value} (--set {asked['keyVar']}, {asked['valueVar']})")
        if asked["usedBy"]:
            facts.add_row("", f"for {', '.join(asked['usedBy'])}")
    for part in shown["resources"]:
        detail = f": {part['detail']}" if part["detail"] else ""
        facts.add_row(KIND_NAMES.get(part["kind"], part["kind"]).lower(), part["name"] + detail)
    for one in shown["versions"]:
        facts.add_row(f"in {one['version']}", one["changes"])
    console.print(facts)
    if samples:
        typer.echo(f"\nA message:\n{shown['sampleLog'] or 'The package has none.'}")
        for query in shown["sampleQueries"]:
            typer.echo(f"\n{query['name']}:\n{query['query']}")


@commands.command()
def install(
    data: DataDir,
    app: AppName,
    version: Version = None,
    scope: Scope = None,
    parameters: Parameters = None,
    new_collector: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make a collector, and --source in it.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="Of the new collector.")] = None,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="Of the new collector.")] = "UTC",
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="KEY=VALUE", help="Metadata of the new collector."),
    ] = None,
    collector: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make --source in this collector.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON of the new source, as `dohyo source test` takes it."),
    ] = None,
    existing_source: Annotated[
        str | None,
        typer.Option(metavar="COLLECTOR/SOURCE", help="Read what this source collects: its category."),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Install an app, over messages that arrive already or with a collector and source of its own.

    Shows what it brings, asks for what it needs and does it. Works beside a running server.
    """
    from dohyo.cli.app_collection import collection_of

    found = _found(_opened(data)[0], app)
    package = found.package(version)
    collection = collection_of(
        data, package, source, existing_source, collector, new_collector,
        {"description": description, "timeZone": time_zone, "fields": _pairs(fields, "--field")},
    )  # fmt: skip
    body = _body(package, version, scope, parameters)
    if collection is not None:
        body["collection"] = collection
    _carry_out("install", data, found, body, _Manner(yes, dry_run, as_json))


@commands.command()
def upgrade(
    data: DataDir,
    app: AppName,
    version: Annotated[str | None, typer.Option(help="An older one, too; else the newest.")] = None,
    scope: Scope = None,
    parameters: Parameters = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Move an app to its newest version, or to the given one, which may be older.

    Asks only for what is new in that version. With the installed version it changes the values.
    """
    found = _found(_opened(data)[0], app)
    body = _body(found.package(version), version, scope, parameters)
    _carry_out("upgrade", data, found, body, _Manner(yes, dry_run, as_json))


@commands.command()
def uninstall(
    data: DataDir, app: AppName, yes: Yes = False, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Remove what an app brought; sources, messages and copies stay."""
    found = _found(_opened(data)[0], app)
    _carry_out("uninstall", data, found, {}, _Manner(yes, dry_run, as_json))


@commands.command()
def add(package: PackagePath, data: DataDir) -> None:
    """Add a package to the catalog, so that it can be installed. Works beside a running server."""
    from dohyo.apps.authoring import packed
    from dohyo.cli.app_orders import orders

    archive, found = packed(package)
    with orders(data) as order:
        order.add(archive)
    name = found.manifest.name
    typer.echo(f'{name} {found.version} is in the catalog: dohyo app install "{name}" installs it.')


@commands.command()
def remove(
    data: DataDir, app: AppName, version: Annotated[str, typer.Option(help="The version that goes.")]
) -> None:
    """Take an added version out of the catalog; not one that is installed."""
    from dohyo.cli.app_orders import orders

    catalog, installed = _opened(data)
    found = _found(catalog, app)
    if (there := installed.get(found.uuid)) and there.version == version:
        hint = "uninstall it or move to another version first"
        raise ProblemError([Problem("app-installed", f"{version} is installed", hints=(hint,))])
    with orders(data) as order:
        order.remove(found.uuid, version)
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
    from dohyo.apps.package import package_at

    read = package_at(package)
    if read.expected is None and read.manifest.asPublished:
        typer.echo("Nothing is compared: published without sample events, the package has no tests.")
        return
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

    The app's content goes to Admin Recommended, in the place of items of the same names, its events to the
    source category Demo/<folder>. Run again, it brings the events again, at the times of then.
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


def _found(catalog: Catalog, name: str) -> App:
    """The app of this uuid or name, in any case. ProblemError with near names."""
    import difflib

    apps = catalog.apps()
    wanted = name.strip().lower()
    found = next((app for app in apps if wanted in (app.uuid, app.name.lower())), None)
    if found is None:  # pages leave out the family: `Azure Security - `
        short = [app for app in apps if app.name.lower().endswith(f" - {wanted}")]
        found = short[0] if len(short) == 1 else None
    if found is None:
        near = difflib.get_close_matches(name, [app.name for app in apps], 3, 0.4)
        hints = tuple(f'there is "{one}"' for one in near) or ("dohyo app list shows the catalog",)
        raise ProblemError([Problem("app-unknown", f'the catalog has no app named "{name}"', hints=hints)])
    return found


class _Manner:
    """How an order is carried out: asked about, only shown, told as JSON."""

    def __init__(self, yes: bool, dry_run: bool, as_json: bool) -> None:
        self.dry_run, self.as_json = dry_run, as_json
        self.asks = sys.stdin.isatty() and sys.stdout.isatty() and not (yes or dry_run or as_json)


def _pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise ProblemError([Problem("parameter", f"{option} {text}: NAME=VALUE is needed")])
        found[name.strip()] = value
    return found


def _by_label(package: Package, given: Mapping[str, str]) -> dict[str, str]:
    """The inputs, of which a scope may also be given whole by its label: `--set LABEL=FIELD=VALUE`."""
    scopes = {scope.label.lower(): scope for scope in package.config.parameters}
    found: dict[str, str] = {}
    for name, value in given.items():
        scope, (field, equals, wanted) = scopes.get(name.lower()), value.partition("=")
        if scope and equals and name not in package.config.inputs:
            found |= {scope.keyTfVar: field, scope.defaultValueTfVar: wanted}
        else:
            found[name] = value
    return found


def _body(
    package: Package, version: str | None, scope: str | None, parameters: Sequence[str] | None
) -> dict[str, Any]:
    given = _by_label(package, _pairs(parameters, "--set"))
    if scope is not None:
        field, equals, value = scope.partition("=")
        scopes = package.config.parameters
        if not equals or len(scopes) != 1:
            names = ", ".join(package.config.inputs)
            words = "FIELD=VALUE is needed" if len(scopes) == 1 else "the app does not ask for just one scope"
            hint = f"--set takes {names}" if len(scopes) > 1 else "such as _sourceCategory=Labs/Azure"
            raise ProblemError([Problem("parameter", f"--scope {scope}: {words}", hints=(hint,))])
        given |= {scopes[0].keyTfVar: field.strip(), scopes[0].defaultValueTfVar: value}
    return {"version": version, "parameters": given}


def _carry_out(kind: str, data: Path, app: App, body: dict[str, Any], manner: _Manner) -> None:
    """Shows the plan, asks and does it. Status 1 where it is refused or fails, or the answer is no."""
    from dohyo.cli.app_orders import orders

    with orders(data) as order:
        if kind != "uninstall":
            unfilled = {key: value for key, value in body.items() if key != "parameters"}
            asked = order.plan(kind, app.uuid, unfilled)["parameters"]
            _complete(asked, body, manner)
        plan = order.plan(kind, app.uuid, body)
        if not manner.as_json:
            _tell_plan(app, plan)
        if manner.dry_run:
            if manner.as_json:
                typer.echo(json.dumps({"plan": plan}))
            return
        if (
            kind == "upgrade"
            and all(one["change"] == "kept" for one in plan["changes"])
            and not manner.as_json
        ):
            typer.echo(f"{app.name} is at {plan['to']} already.")
            return
        if manner.asks:
            typer.confirm("Do it?", default=kind != "uninstall", abort=True)
        status = order.run(kind, app.uuid, body)
    if manner.as_json:
        typer.echo(json.dumps({"plan": plan, "status": status}))
    if status["status"] != "Success":
        problems = [_problem(error) for error in status.get("errors") or ()]
        raise ProblemError(problems or [Problem("app-job", "the job has not ended in time")])
    if not manner.as_json:
        where = f" It is in {status['path']}" if status.get("path") else ""
        typer.echo(f"{app.name}: {kind} is done.{where}")
        if status.get("statusMessage"):
            typer.echo(status["statusMessage"])


def _problem(error: Mapping[str, Any]) -> Problem:
    hints = (str(error["detail"]),) if error.get("detail") else ()
    return Problem(error["code"], error["message"], hints=hints)


def _complete(asked: Sequence[Mapping[str, Any]], body: dict[str, Any], manner: _Manner) -> None:
    """Asks for values that are needed and not given; a source that is made or named gives its own."""
    given = body["parameters"]
    missing = [one for one in asked if not given.get(one["valueVar"])]
    known = {one[key] for one in asked for key in ("keyVar", "valueVar")}
    if not missing or body.get("collection") or given.keys() - known:
        return  # the plan of the order refuses what is wrong
    if not manner.asks:
        one = missing[0]
        whole = f'--set "{one["label"]}=FIELD=VALUE"'
        option = "--scope FIELD=VALUE" if len(asked) == 1 else whole
        message = f"a value is needed for {one['label']}: which logs the app reads"
        hint = f"{option} gives it, such as the source category that the messages have"
        raise ProblemError([Problem("parameter-missing", message, hints=(hint,))])
    for one in missing:
        field = given.get(one["keyVar"]) or one["field"]
        given[one["keyVar"]] = typer.prompt(f"{one['label']}, field name", default=field)
        given[one["valueVar"]] = typer.prompt(f"{one['label']}, field value")


def _title(name: str, plan: Mapping[str, Any]) -> str:
    from dohyo.apps.manifest import version_key

    now, then = plan["from"], plan["to"]
    if plan["action"] != "upgrade":
        return f"{str(plan['action']).capitalize()} {name} {then or now}"
    if now == then:
        return f"Change {name} {now}"
    verb = "Upgrade" if version_key(then) > version_key(now) else "Revert"
    return f"{verb} {name} from {now} to {then}"


def _tell_plan(app: App, plan: Mapping[str, Any]) -> None:
    """The plan as the pages show it."""
    typer.echo(_title(app.name, plan))
    order = list(CHANGE_NAMES)
    table = Table(box=None, show_header=False, pad_edge=False)
    for change in sorted(plan["changes"], key=lambda one: order.index(one["change"])):
        kind = KIND_NAMES.get(change["kind"], change["kind"])
        what = f"{change['name']}\n{change['detail']}" if change["detail"] else change["name"]
        table.add_row(CHANGE_NAMES[change["change"]], kind, what)
    console = Console(markup=False, highlight=False)
    console.print(table if plan["changes"] else "Nothing changes.")
    console.print(f"Untouched: {', '.join(kept.lower() for kept in plan['keeps'])}.")


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
