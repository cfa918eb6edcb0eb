"""Apps as our pages show them: cards, details, what a change would do, how far a job is, previews."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dohyo.apps.catalog import App
from dohyo.apps.inputs import DEFAULT_KEY
from dohyo.apps.manifest import Scope, version_key
from dohyo.apps.package import Package
from dohyo.apps.sample import FOLDER_PATH
from dohyo.apps.shapes import icon_url, page_json, preview_json
from dohyo.content.places import fill_query
from dohyo.metadata.content import AppInstance, AppJob, ContentItem

Json = dict[str, Any]
KINDS = {
    "Dashboard": "dashboard",
    "DashboardV2": "dashboard",
    "Mewboard": "dashboard",
    "Search": "search",
    "SavedSearchWithSchedule": "search",
    "Lookups": "lookup",
    "LookupTable": "lookup",
    "Folder": "folder",
}
# A heading of a changelog with its date, where it has one: `## 1.1.0 (2026-11-20)`.
DATED = re.compile(r"^##\s+(\S+).*?(\d{4}-\d{2}-\d{2})", re.MULTILINE)
KEPT = ["Collectors and sources", "Collected messages", "Copies made by users"]


def card(app: App, instance: AppInstance | None, job: AppJob | None) -> Json:
    """An app in the catalog."""
    manifest, latest = app.latest.manifest, app.latest.version
    newer = instance is not None and version_key(instance.version) < version_key(latest)
    return {
        "uuid": app.uuid,
        "name": manifest.name,
        "description": manifest.description,
        "author": manifest.author.name,
        "categories": manifest.attributes.category,
        "needs": app.latest.collection.source_types,
        "latestVersion": latest,
        "icon": icon_url(app.latest) or None,
        "includes": counts(app.latest),
        "installed": instance and _installed(instance),
        "upgrade": {"version": latest, "summary": _summary(app.latest)} if newer else None,
        "jobId": job.id if job else None,
    }


def _installed(instance: AppInstance) -> Json:
    return {
        "instanceId": instance.id,
        "version": instance.version,
        "folderId": instance.folder_id,
        "path": f"{FOLDER_PATH}/{instance.name}",
    }


def _installation(instance: AppInstance, by: str) -> Json:
    more = {"parameters": instance.parameters, "at_ms": instance.created_ms, "by": by}
    return {**_installed(instance), **more}


def counts(package: Package) -> dict[str, int]:
    kinds = [KINDS.get(_type(definition), "") for definition in definitions(package)]
    found = {kind: kinds.count(kind) for kind in ("dashboard", "search", "lookup") if kind in kinds}
    return found | ({"hotFields": 1} if package.hot_fields else {})


def definitions(package: Package) -> Iterator[Json]:
    """Every definition of the package, those in folders too."""

    def walk(definition: Json) -> Iterator[Json]:
        yield definition
        for child in definition.get("children") or ():
            yield from walk(child)

    for resource in package.resources:
        yield from walk(resource.definition)


def _type(definition: Mapping[str, Any]) -> str:
    return str(definition["type"]).removesuffix("SyncDefinition")


def _summary(package: Package) -> str:
    """The first line of what the version changed, as plain text."""
    section = package.text("CHANGELOG.md").partition(f"## {package.version}")[2].partition("\n## ")[0]
    lines = [line.strip(" -*#") for line in section.splitlines()[1:] if line.strip(" -*#")]
    return re.sub(r"[*`_]", "", lines[0]).rstrip(".") + "." if lines else ""


def details(
    app: App,
    package: Package,
    instance: AppInstance | None,
    items: list[ContentItem],
    job: AppJob | None,
    by: str,
    added: Sequence[str],
) -> Json:
    """Everything the page of an app shows of one of its versions; `added` are versions from archives."""
    page, inputs = page_json(app, package, instance), _inputs(package, instance)
    dates: dict[str, str] = dict(DATED.findall(app.latest.text("CHANGELOG.md")))
    versions = [
        {**one, "date": dates.get(one["version"]), "added": one["version"] in added}
        for one in page["versions"]
    ]
    return {
        **card(app, instance, job),
        "version": package.version,
        "overview": page["overview"],
        "readme": page["readme"],
        "collectionKinds": package.manifest.attributes.collection,
        "resources": list(_resources(package, items, inputs)),
        "parameters": [_parameter(scope, instance) for scope in package.config.parameters],
        "versions": versions,
        "sampleLog": page["sampleLog"] or None,
        "sampleQueries": _queries(package, inputs),
        "installation": instance
        and {
            **_installed(instance),
            "parameters": instance.parameters,
            "at_ms": instance.created_ms,
            "by": by,
        },
    }


def _parameter(scope: Scope, instance: AppInstance | None) -> Json:
    known = instance.parameters if instance else {}
    return {
        "label": scope.label,
        "keyVar": scope.keyTfVar,
        "valueVar": scope.defaultValueTfVar,
        "field": known.get(scope.keyTfVar) or DEFAULT_KEY,
        "value": known.get(scope.defaultValueTfVar) or "",
    }


def _resources(package: Package, items: list[ContentItem], inputs: Mapping[str, str]) -> Iterator[Json]:
    ids = {(KINDS.get(item.item_type), item.name): item.id for item in items}
    stems = {resource.definition["name"]: resource.path for resource in package.resources}
    rows = {resource.definition["name"]: len(resource.rows) for resource in package.resources}
    for definition in definitions(package):
        kind, name = KINDS.get(_type(definition)), str(definition["name"])
        if kind in (None, "folder"):
            continue
        about = str(definition.get("description") or "")
        yield {
            "kind": kind,
            "key": stems.get(name, name).removeprefix("resources/").removesuffix(".json"),
            "name": name,
            "description": about,
            "detail": _detail(kind, definition, rows.get(name, 0)) or about,
            "id": ids.get((kind, name)),
            "query": _query(definition, inputs),
        }
    if package.hot_fields:
        keys = len(package.hot_fields.fields)
        detail = f"{keys} keys kept ready, so that panels open fast"
        yield {
            "kind": "hotFields",
            "key": "hot-fields",
            "name": "Hot fields",
            "description": "",
            "detail": detail,
            "id": None,
            "query": None,
        }


def _detail(kind: str | None, definition: Mapping[str, Any], rows: int) -> str:
    if kind == "dashboard":
        panels = len(definition.get("panels") or ())
        return f"{many(panels, 'panel')}{_range_words(definition.get('timeRange'))}"
    if kind == "lookup":
        return f"{many(rows, 'row')}; edit it to match your policy"
    return ""


def many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


SPAN = re.compile(r"-?(\d+)([smhdw])")
SPANS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


def _range_words(model: Any) -> str:
    start = (model or {}).get("from") or {}
    match = SPAN.fullmatch(str(start.get("relativeTime") or ""))
    return f", last {many(int(match[1]), SPANS[match[2]])}" if match else ""


def _queries(package: Package, inputs: Mapping[str, str]) -> list[Json]:
    found = []
    for definition in definitions(package):
        if query := _query(definition, inputs):
            about = str(definition.get("description") or "")
            found.append({"name": str(definition["name"]), "description": about, "query": query})
    return found


def _query(definition: Mapping[str, Any], inputs: Mapping[str, str]) -> str | None:
    text = (definition.get("search") or {}).get("queryText")
    return fill_query(text, inputs) if text else None


def _inputs(package: Package, instance: AppInstance | None) -> dict[str, str]:
    """The inputs that the queries are filled with: those of the installation, or ones to try them with."""
    scopes = package.config.parameters
    usual = {scope.keyTfVar: DEFAULT_KEY for scope in scopes} | {s.defaultValueTfVar: "*" for s in scopes}
    return usual | (instance.parameters if instance else {})


# What a change would do


def plan(
    app: App, package: Package | None, instance: AppInstance | None, items: list[ContentItem], action: str
) -> Json:
    """What an install, upgrade (to any version) or uninstall changes. Without a package everything goes."""
    before = app.packages.get(instance.version) if instance else None
    if package is None:
        changes = [_change("removed", KINDS.get(i.item_type, ""), i.name, "") for i in items]
        parameters = []
    else:
        preview = preview_json(app, package, instance)
        panels = (panel_counts(before), panel_counts(package))
        changes = [_previewed(change, *panels) for change in preview["changes"]]
        asked = {scope["keyTfVar"] for scope in preview["parameters"]}
        parameters = [_parameter(s, instance) for s in package.config.parameters if s.keyTfVar in asked]
    return {
        "action": action,
        "from": instance.version if instance else None,
        "to": package.version if package else None,
        "parameters": parameters,
        "changes": [*(c for c in changes if c["kind"] != "folder"), *_hot_change(before, package)],
        "keeps": KEPT,
    }


def _change(change: str, kind: str, name: str, detail: str) -> Json:
    return {"change": change, "kind": kind, "name": name, "detail": detail}


def _previewed(change: Json, before: dict[str, int], after: dict[str, int]) -> Json:
    name = change["name"]
    old, new = before.get(name), after.get(name)
    detail = ""
    if new is not None:
        detail = many(new, "panel") + (f" instead of {old}" if old is not None and old != new else "")
    word = "kept" if change["change"] == "same" else change["change"]
    return _change(word, KINDS.get(change["type"], str(change["type"])), name, detail)


def panel_counts(package: Package | None) -> dict[str, int]:
    found = definitions(package) if package else iter(())
    return {str(d["name"]): len(d.get("panels") or ()) for d in found if KINDS.get(_type(d)) == "dashboard"}


def _hot_change(before: Package | None, after: Package | None) -> Iterator[Json]:
    old = before.hot_fields.fields if before and before.hot_fields else {}
    new = after.hot_fields.fields if after and after.hot_fields else {}
    if not old and not new:
        return
    word = "added" if not old else "removed" if not new else "kept" if old == new else "changed"
    yield _change(word, "hotFields", "Hot fields", many(len(new or old), "key"))
