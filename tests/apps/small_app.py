"""A small app in three versions, and a store that only keeps hot fields, for tests of the life cycle."""

from __future__ import annotations

import json
from pathlib import Path

from dohyo.apps.package import Package, read_package
from dohyo.plan.hot import HotField
from dohyo.plan.json_path import read_path, shown_path

UUID = "11111111-2222-3333-4444-555555555555"
NAME = "Small App"
RANGE = {
    "type": "BeginBoundedTimeRange",
    "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1h"},
}
MANIFEST = """schemaVersion: "2.0"
uuid: {uuid}
name: {name}
version: {version}
description: A small app.
author:
  name: Tester
attributes:
  category: [Tests]
appOverview:
  overview: Small.
"""
CONFIG = """parameters:
  - componentType: scope
    label: Logs data source
    keyTfVar: scope_key
    defaultValueTfVar: default_scope_value
"""
OTHER_SCOPE = """  - componentType: scope
    label: Other data source
    keyTfVar: other_key
    defaultValueTfVar: other_value
"""
COLLECTION = "collector:\n  - type: Hosted\n    source:\n      - schemaType: Microsoft Graph Security API\n"
ICON = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def dashboard(title: str, query: str) -> dict:
    text = f"{{{{scope_key}}}}={{{{Logsdatasource}}}} | {query}"
    queries = [{"queryString": text, "queryKey": "A"}]
    panel = {"key": "p", "title": "P", "panelType": "SumoSearchPanel", "queries": queries}
    variable = {"name": "Logsdatasource", "defaultValue": "{{default_scope_value}}",
                "sourceDefinition": {"values": "{{default_scope_value}}"}}  # fmt: skip
    kind = {"type": "DashboardV2SyncDefinition", "name": title, "title": title, "theme": "Light"}
    return {**kind, "timeRange": RANGE, "panels": [panel], "variables": [variable]}


def search(name: str, query: str) -> dict:
    text = f"{{{{scope_key}}}}={{{{default_scope_value}}}} | {query}"
    return {"type": "SavedSearchWithScheduleSyncDefinition", "name": name, "search": {"queryText": text}}


def table(*fields: str) -> dict:
    listed = [{"fieldName": field, "fieldType": "string"} for field in fields]
    return {
        "type": "LookupTableSyncDefinition",
        "name": "Table",
        "fields": listed,
        "primaryKeys": [fields[0]],
    }


def folder(name: str, *children: dict) -> dict:
    return {"type": "FolderSyncDefinition", "name": name, "children": list(children)}


RESOURCES = {
    "1.0.0": {
        "a.json": dashboard("Board", "count"), "gone.json": search("Gone", "count"),
        "table.json": table("k"), "table.csv": "k\nold\n",
        "swap1.json": search("One", "count"), "swap2.json": search("Two", "count"),
        "deep.json": folder("Deep", search("Inner", "count"), folder("Deeper", search("Innermost", "count"))),
        "kind.json": search("Kind", "count"),
    },
    "1.1.0": {
        "a.json": dashboard("Board", "count by x"), "new.json": dashboard("New board", "count"),
        "table.json": table("k"), "table.csv": "k\nnew\n",
        # Names changed hands: no step may meet a name that is taken.
        "swap1.json": search("Two", "count"), "swap2.json": search("One", "count"),
        "deep.json": folder("Deep", folder("Deeper", search("Innermost", "count by x"))),
        "kind.json": dashboard("Kind", "count"),
    },
    "2.0.0": {"a.json": dashboard("Board 2", "count by y"), "table.json": table("k", "v")},
}  # fmt: skip
HOT = {"1.0.0": {"x": "x"}, "1.1.0": {"x": "x", "y": "a[*].y"}, "2.0.0": None}


def files(version: str, *, uuid: str = UUID, name: str = NAME) -> dict[str, bytes]:
    texts = {
        "manifest.yaml": MANIFEST.format(uuid=uuid, name=name, version=version),
        "README.md": "# Small\n",
        "CHANGELOG.md": f"# Changelog\n\n## {version}\n- Things.\n",
        "config.yaml": CONFIG + (OTHER_SCOPE if version == "2.0.0" else ""),
        "collection.yaml": COLLECTION,
    }
    if HOT[version]:
        texts["hot-fields.yaml"] = json.dumps({"name": "small", "fields": HOT[version]})
    for path, resource in RESOURCES[version].items():
        texts[f"resources/{path}"] = resource if isinstance(resource, str) else json.dumps(resource)
    return {path: text.encode() for path, text in texts.items()} | {"assets/images/icon.svg": ICON}


def package(version: str = "1.0.0", **named: str) -> Package:
    return read_package(files(version, **named))


def write_catalog(folder_path: Path) -> Path:
    """A catalog folder with all versions."""
    for version in RESOURCES:
        for path, content in files(version).items():
            target = folder_path / "small" / version / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return folder_path


class HotFieldsOnly:
    """A store of which only the hot fields are there; `broken` makes every change fail."""

    def __init__(self) -> None:
        self.sets: dict[str, dict[str, str]] = {}
        self.changes: list[str] = []
        self.broken = False

    def hot_fields(self) -> list[HotField]:
        return [
            HotField(path, f"h_{name}", field)
            for name, fields in self.sets.items()
            for field, path in fields.items()
        ]

    def set_hot_fields(self, set_name: str, fields: dict[str, str]) -> None:
        self._change(f"set {set_name}")
        self.sets[set_name] = {field: shown_path(read_path(path)) for field, path in fields.items()}

    def drop_hot_fields(self, set_name: str) -> None:
        self._change(f"drop {set_name}")
        self.sets.pop(set_name, None)

    def _change(self, what: str) -> None:
        if self.broken:
            raise RuntimeError("the store is broken")
        self.changes.append(what)
