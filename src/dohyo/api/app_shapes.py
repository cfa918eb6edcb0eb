"""Apps as our pages and the command line show them: cards and details."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dohyo.apps.catalog import App
from dohyo.apps.inputs import DEFAULT_KEY
from dohyo.apps.manifest import Scope, version_key
from dohyo.apps.package import Package
from dohyo.apps.parts import Json, about, counts, definitions, kind_of, query_text
from dohyo.apps.plans import parameter_json
from dohyo.apps.sample import FOLDER_PATH
from dohyo.apps.shapes import icon_url, page_json
from dohyo.content.places import fill_query
from dohyo.metadata.content import AppInstance, AppJob, ContentItem

# A heading of a changelog with its date, where it has one: `## 1.1.0 (2026-11-20)`.
DATED = re.compile(r"^##\s+(\S+).*?(\d{4}-\d{2}-\d{2})", re.MULTILINE)


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
    known = instance.parameters if instance else {}
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
        "parameters": [
            {**parameter_json(scope, known), "usedBy": _readers(scope, package)}
            for scope in package.config.parameters
        ],
        "versions": versions,
        "sampleLog": page["sampleLog"] or None,
        "sampleQueries": _queries(package, inputs),
        "installation": instance and _installation(instance, by),
    }


def _readers(scope: Scope, package: Package) -> list[str]:
    """Names of the dashboards and searches with the scope in them; none where all have it."""
    places = ["{{" + name for name in (scope.keyTfVar, scope.defaultValueTfVar)]
    asking = [one for one in definitions(package) if kind_of(one.get("type")) not in ("folder", "lookup")]
    found = [one for one in asking if any(place in json.dumps(one) for place in places)]
    return [] if len(found) == len(asking) else [str(one.get("name")) for one in found]


def _resources(package: Package, items: list[ContentItem], inputs: Mapping[str, str]) -> Iterator[Json]:
    ids = {(kind_of(item.item_type), item.name): item.id for item in items}
    stems = {resource.definition["name"]: resource.path for resource in package.resources}
    rows = {resource.definition["name"]: len(resource.rows) for resource in package.resources}
    for definition in definitions(package):
        kind, name = kind_of(definition.get("type")), str(definition.get("name"))
        if kind == "folder":
            continue
        description = str(definition.get("description") or "")
        edit = "; edit it to match your policy" if kind == "lookup" else ""
        yield {
            "kind": kind,
            "key": stems.get(name, name).removeprefix("resources/").removesuffix(".json"),
            "name": name,
            "description": description,
            "detail": (about(definition, rows.get(name, 0)) or description) + edit,
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


def _queries(package: Package, inputs: Mapping[str, str]) -> list[Json]:
    found = []
    for definition in definitions(package):
        if query := _query(definition, inputs):
            description = str(definition.get("description") or "")
            found.append({"name": str(definition.get("name")), "description": description, "query": query})
    return found


def _query(definition: Mapping[str, Any], inputs: Mapping[str, str]) -> str | None:
    text = query_text(definition)
    return fill_query(text, inputs) if text else None


def _inputs(package: Package, instance: AppInstance | None) -> dict[str, str]:
    """The inputs that the queries are filled with: those of the installation, or ones to try them with."""
    scopes = package.config.parameters
    usual = {scope.keyTfVar: DEFAULT_KEY for scope in scopes} | {s.defaultValueTfVar: "*" for s in scopes}
    return usual | (instance.parameters if instance else {})
