"""Template and product -> the files of a package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from dohyo.apps.package import Package, read_package
from dohyo.apps.yaml_file import LOADER

HERE = Path(__file__).parent
# Fields that every panel reads: those of the filters, the alert's id, the product.
KEYS = {
    "id": "alert_id",
    "status": "status",
    "severity": "severity",
    "classification": "classification",
    "serviceSource": "service_source",
}
SEARCH = "SavedSearchWithScheduleSyncDefinition"
FILTERS = ("severity", "status", "classification")
FIXED = {
    "type": "DashboardV2SyncDefinition",
    "theme": "Light",
    "topologyLabelMap": {"data": {}},
    "refreshInterval": 300,
    "coloringRules": [],
    "schedules": None,
}
QUERY = {
    "transient": False,
    "queryType": "Logs",
    "queryKey": "A",
    "metricsQueryMode": None,
    "metricsQueryData": None,
    "tracesQueryData": None,
    "spansQueryData": None,
    "parseMode": "Manual",
    "timeSource": "Message",
    "outputCardinalityLimit": 1000,
}


def packages(folder: Path = HERE) -> Iterator[Package]:
    """Every product in every version that is made from the template."""
    for product in _load((folder / "products.yaml").read_text("utf-8")):
        yield read_package(package_files(product, folder))


def package_files(product: Mapping[str, Any], folder: Path = HERE) -> dict[str, bytes]:
    """The files of one product's package. A file in the product's own folder stands in for the template's."""
    sources = {**_files(folder / "template"), **_files(folder / product["slug"])}
    marks = {f"@{name}@": str(value) for name, value in product.items()}
    sample = product["service"] or product["sample"]
    marks |= {"@sample@": sample, "@SAMPLE@": sample.upper()}
    found: dict[str, bytes] = {}
    for name, path in sources.items():
        text = path.read_text("utf-8")
        for mark, value in marks.items():
            text = text.replace(mark, value)
        found[name] = text.encode()
    parts = _load(found.pop("parts.yaml"))
    for name in [name for name in found if name.startswith(("dashboards/", "searches/"))]:
        folder_name, _, stem = name.removesuffix(".yaml").partition("/")
        short = _load(found.pop(name))
        made = _dashboard(short, product, parts) if folder_name == "dashboards" else _search(short, product)
        found[f"resources/{stem}.json"] = json.dumps(made, indent=1).encode()
    return found


def _load(text: bytes | str) -> Any:
    return yaml.load(text, LOADER)


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def _dashboard(short: dict[str, Any], product: Mapping[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """The published definition of a dashboard in short form."""
    title = f"{product['name']} - {short['title']}"
    start = {"type": "RelativeTimeRangeBoundary", "relativeTime": short["range"]}
    places = [(panel["key"], panel["place"]) for panel in short["panels"]]
    structures = [
        {"key": key, "structure": json.dumps({"height": h, "width": w, "x": x, "y": y})}
        for key, (x, y, w, h) in places
    ]
    return {
        **FIXED,
        "name": title,
        "title": title,
        "description": short["description"],
        "timeRange": {"type": "BeginBoundedTimeRange", "from": start, "to": None},
        "layout": {"layoutType": "Grid", "layoutStructures": structures},
        "panels": [_panel(panel, product, parts) for panel in short["panels"]],
        "variables": _variables(product),
    }


def _panel(short: dict[str, Any], product: Mapping[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    settings = merged(parts["charts"][short["chart"]], short.get("settings", {}))
    keys = {**KEYS, **short.get("keys", {})}
    tail = "\n".join(
        parts["blocks"][line.removeprefix("@")].rstrip() if line.startswith("@") else line
        for line in short["query"].rstrip().split("\n")
    )
    start = prologue(product, keys)
    text = (
        f"{start}\n\n// global filters\n{_filters(product, short.get('about'))}\n\n// panel specific\n{tail}"
    )
    return {
        "id": None,
        "key": short["key"],
        "title": short["title"],
        "description": short.get("description", ""),
        "visualSettings": json.dumps(settings),
        "keepVisualSettingsConsistentWithParent": True,
        "panelType": "SumoSearchPanel",
        "queries": [{**QUERY, "queryString": text}],
        "timeRange": None,
        "coloringRules": None,
        "linkedDashboards": [],
    }


def _search(short: dict[str, Any], product: Mapping[str, Any]) -> dict[str, Any]:
    """The published definition of a saved search, which has no variables: the scope stands in it."""
    start = prologue(product, KEYS).replace("{{Logsdatasource}}", "{{default_scope_value}}")
    search = {
        "queryText": f"{start}\n\n{short['query'].rstrip()}",
        "defaultTimeRange": "-24h",
        "byReceiptTime": False,
        "viewName": "",
        "viewStartTime": None,
        "queryParameters": [],
        "parsingMode": "Manual",
    }
    named = {"name": short["name"], "description": short["description"]}
    return {"type": SEARCH, **named, "search": search, "searchSchedule": None}


def prologue(product: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    """Scope with keywords, the JSON keys as fields, and the alerts of the product only."""
    service = product["service"]
    named = ", ".join(f'"{key}"' for key in keys)
    fields = ", ".join(keys.values())
    scope = " ".join(word for word in ("{{scope_key}}={{Logsdatasource}} serviceSource", service) if word)
    test = (
        f'toLowerCase(service_source) matches "{service.lower()}"' if service else "!isBlank(service_source)"
    )
    return f"{scope}\n| json {named} as {fields} nodrop\n| where {test}"


def _filters(product: Mapping[str, Any], about: str | None) -> str:
    """A line for each variable. Panels about a field leave out alerts without it, all others keep them."""
    names = FILTERS if product["service"] else (*FILTERS, "service_source")
    return "\n".join(
        f'| where {name} matches "{{{{{name}}}}}" and !isBlank({name})'
        if name == about
        else f'| where if ("{{{{{name}}}}}" = "*", true, {name} matches "{{{{{name}}}}}")'
        for name in names
    )


def _variables(product: Mapping[str, Any]) -> list[dict[str, Any]]:
    source = {"variableSourceType": "CsvVariableSourceDefinition", "values": "{{default_scope_value}}"}
    scope = _variable("Logsdatasource", "Logs data source", "{{default_scope_value}}", source)
    shown = {"severity": "Severity", "status": "Status", "classification": "Classification"}
    if not product["service"]:
        shown["service_source"] = "Service source"
    return [scope, *(_variable(name, label, "*", _values(product, name)) for name, label in shown.items())]


def _values(product: Mapping[str, Any], name: str) -> dict[str, str]:
    key = next(key for key, field in KEYS.items() if field == name)
    text = prologue(product, {key: name, "serviceSource": "service_source"})
    query = f"{text}\n| where !isBlank({name})\n| count by {name}"
    return {"variableSourceType": "LogQueryVariableSourceDefinition", "query": query, "field": name}


def _variable(name: str, label: str, default: str, source: dict[str, str]) -> dict[str, Any]:
    return {
        "id": None,
        "name": name,
        "displayName": label,
        "defaultValue": default,
        "sourceDefinition": source,
        "allowMultiSelect": False,
        "includeAllOption": True,
        "hideFromUI": False,
        "valueType": "Any",
    }


def merged(base: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The base with the change put over it, objects within objects.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    found = dict(base)
    for key, value in change.items():
        inner = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if inner else value
    return found
