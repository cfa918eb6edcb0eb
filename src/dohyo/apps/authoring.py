"""What authors of apps do with a package: start one, validate, test, pack. `dohyo app ...` calls these."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dohyo.apps.adopting import files_of_published
from dohyo.apps.archive import zip_of_files
from dohyo.apps.faults import PackageRefused, fault
from dohyo.apps.package import SAMPLE_VALUE, Package, package_at
from dohyo.apps.package_tests import Report, run_package_tests
from dohyo.apps.published import read_published
from dohyo.apps.sample import Sample
from dohyo.base.problem import Problem, ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.content.dashboards import model_of
from dohyo.content.definitions import Draft
from dohyo.functions.table import RunContext
from dohyo.search.dashboard_run import panel_queries, variable_defaults
from dohyo.search.variables import Value, fill_in

QUERY = "package-query"
SKELETON = Path(__file__).parent / "skeleton"
HOUR_MS = 3_600_000


def validate(path: Path) -> list[Problem]:
    """Everything that is wrong with the package in a folder or .zip, its queries too."""
    try:
        package = package_at(path)
    except PackageRefused as refused:
        return list(refused.problems)
    return [] if package.manifest.asPublished else query_problems(package)


def not_running(path: Path) -> list[Problem]:
    """Queries of somebody else's content that cannot run here; the package is good all the same."""
    package = package_at(path)
    return query_problems(package) if package.manifest.asPublished else []


def run_tests(path: Path) -> Report:
    """Runs the package's own tests. PackageRefused where it is wrong or has none."""
    return run_package_tests(package_at(path))


def pack(path: Path, target: Path | None = None) -> Path:
    """Writes the package of a folder as an archive with checksums: `target`, or `<name>-<version>.zip` in the
    working directory. PackageRefused where `validate` finds something, or the latter is of another app.
    """
    archive, package = packed(path)
    if target is None:
        target = Path(f"{slug(package.manifest.name)}-{package.version}.zip")
        _check_free(target, package)
    target.write_bytes(archive)
    return target


def _check_free(target: Path, package: Package) -> None:
    """PackageRefused where the file is there and is no archive of the same app."""
    if not target.exists():
        return
    try:
        is_other = package_at(target).uuid != package.uuid
    except PackageRefused:
        is_other = True
    if is_other:
        message = "the file is there already and is not of this app"
        raise PackageRefused([fault("package-exists", str(target), None, message, "--out names another one")])


def packed(path: Path) -> tuple[bytes, Package]:
    """The package in a folder or .zip with its archive. PackageRefused where `validate` finds something."""
    package = package_at(path)
    if not package.manifest.asPublished and (problems := query_problems(package)):
        raise PackageRefused(problems)
    return zip_of_files(package.files), package


def new(name: str, folder: Path | None = None) -> Path:
    """Makes a small working package to start from, with a test, in `folder` or one named after the app.

    PackageRefused where the folder is there already.
    """
    folder = folder or Path(slug(name))
    if folder.exists():
        raise PackageRefused([fault("package-exists", str(folder), None, "the folder is there already")])
    marks = {"@NAME@": name, "@UUID@": str(uuid.uuid4())}
    for source in sorted(SKELETON.rglob("*")):
        if source.is_file():
            target = folder / source.relative_to(SKELETON)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text("utf-8")
            for mark, value in marks.items():
                text = text.replace(mark, json.dumps(value)[1:-1])
            target.write_text(text, "utf-8")
    return folder


def adopt(source: Path, name: str | None, version: str, folder: Path | None = None) -> Path:
    """Makes a package of a published app: an exported file, or a folder or archive with its resources, and
    with its sample events in `events/` beside them.

    PackageRefused where the folder is there already or the content does not fit; ProblemError where it
    cannot be read.
    """
    published = read_published(source)
    name = name or published.name
    folder = folder or Path(slug(name))
    if folder.exists():
        raise PackageRefused([fault("package-exists", str(folder), None, "the folder is there already")])
    beside = source if source.is_dir() else source.parent
    events = sorted(path for path in (beside / "events").glob("*") if path.is_file())
    for path, content in files_of_published(published, name, version, events).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def slug(name: str) -> str:
    """The name as a file name.

    >>> slug("Azure Security - Identity")
    'azure-security-identity'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "app"


def query_problems(package: Package) -> list[Problem]:
    """Problems of all queries of the package, each with its file and place."""
    sample = Sample.of(package, SAMPLE_VALUE)
    run = RunContext(now_ms=HOUR_MS, start_ms=0, end_ms=HOUR_MS)
    context = CompileContext(run, tables=sample.table_at)
    found = []
    for resource, draft in zip(package.resources, sample.drafts.values(), strict=True):
        lines = package.text(resource.path)
        for item in _all(draft):
            is_board = item.item_type in ("Dashboard", "Report")
            document = model_of(item.item_type, item.document) if is_board else item.document
            for place, text, values in queries_of(document):
                query = fill_in(text, values).text
                try:
                    compile_query(query, context)
                except ProblemError as error:
                    line = _line_of(lines, item.name, place)
                    for problem in error.problems:
                        at = problem.place(query)
                        where = f"{place}, line {at[0]} of its query" if at else place
                        message = f"{where}: {problem.message}"
                        found.append(fault(QUERY, resource.path, line, message, *problem.hints))
    return found


def _line_of(text: str, item: str, place: str) -> int | None:
    """The line at which the panel, variable or search of the item stands in a JSON text, if it is found."""
    kind, _, name = place.partition(" ")
    item_at = max(text.find(f'"name": {json.dumps(item, ensure_ascii=False)}'), 0)
    wanted = re.escape(json.dumps(name, ensure_ascii=False))
    key = {"panel": "key", "variable": "name"}.get(kind)
    pattern = rf'"{key}"\s*:\s*{wanted}' if key else r'"queryText"'
    match = re.compile(pattern).search(text, item_at) or re.search(pattern, text)
    return text.count("\n", 0, match.start()) + 1 if match else None


def _all(draft: Draft) -> Iterator[Draft]:
    yield draft
    for child in draft.children:
        yield from _all(child)


def queries_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Value]]]:
    """Place, text and values of the variables of every log query in a dashboard or saved search."""
    values = variable_defaults(document) if document.get("variables") else {}
    for panel, query in panel_queries(document, None):
        if "queryString" in query:
            yield f"panel {panel['key']}", query["queryString"], values
    for variable in document.get("variables") or ():
        source = variable.get("sourceDefinition") or {}
        if source.get("query"):
            yield f"variable {variable['name']}", str(source["query"]), values
    search = document.get("search")
    if isinstance(search, Mapping) and isinstance(search.get("queryText"), str):
        asked = [p for p in search.get("queryParameters") or () if isinstance(p, Mapping)]
        given = {str(p.get("name")).lower(): str(p.get("value") or "*") for p in asked}
        yield "search", search["queryText"], given
