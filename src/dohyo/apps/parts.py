"""What a package holds, named and counted as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dohyo.apps.package import Package

Json = dict[str, Any]
KINDS = {
    "Dashboard": "dashboard",
    "DashboardV2": "dashboard",
    "Mewboard": "dashboard",
    "Report": "dashboard",
    "Search": "search",
    "SavedSearchWithSchedule": "search",
    "SavedSearchWithScheduleAndDependency": "search",
    "Lookups": "lookup",
    "LookupTable": "lookup",
    "Folder": "folder",
}
SPAN = re.compile(r"-?(\d+)([smhdw])")
SPANS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


def listed(definition: Mapping[str, Any], key: str) -> list[Json]:
    """The objects in a list of a definition; published content may have anything in its place."""
    found = definition.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def definitions(package: Package) -> Iterator[Json]:
    """Every definition of the package, those in folders too."""

    def walk(definition: Json) -> Iterator[Json]:
        yield definition
        for child in listed(definition, "children"):
            yield from walk(child)

    for resource in package.resources:
        yield from walk(resource.definition)


def kind_of(type_name: object) -> str:
    """The kind of an item or definition of this type; other types by their own names.

    >>> kind_of("DashboardV2SyncDefinition")
    'dashboard'
    """
    short = str(type_name).removesuffix("SyncDefinition")
    return KINDS.get(short, short)


def counts(package: Package) -> dict[str, int]:
    """How many of each kind the package brings."""
    kinds = [kind_of(definition.get("type")) for definition in definitions(package)]
    found = {kind: kinds.count(kind) for kind in ("dashboard", "search", "lookup") if kind in kinds}
    return found | ({"hotFields": 1} if package.hot_fields else {})


def panel_counts(package: Package | None) -> dict[str, int]:
    """Panels by the dashboard's name."""
    found = definitions(package) if package else iter(())
    boards = [one for one in found if kind_of(one.get("type")) == "dashboard"]
    return {str(one.get("name")): len(listed(one, "panels")) for one in boards}


def query_text(definition: Mapping[str, Any]) -> str:
    """The query of a saved search, in either of its published forms; empty where there is none."""
    search = definition.get("search")
    found = search.get("queryText") if isinstance(search, Mapping) else definition.get("searchQuery")
    return found if isinstance(found, str) else ""


def many(count: int, word: str) -> str:
    """
    >>> many(1, "panel"), many(2, "panel")
    ('1 panel', '2 panels')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def about(definition: Mapping[str, Any], rows: int = 0) -> str:
    """A few words about what is in a definition."""
    kind = kind_of(definition.get("type"))
    if kind == "dashboard":
        panels = len(listed(definition, "panels"))
        return f"{many(panels, 'panel')}{_range_words(definition.get('timeRange'))}"
    return many(rows, "row") if kind == "lookup" else ""


def _range_words(model: Any) -> str:
    start = (model or {}).get("from") or {} if isinstance(model, Mapping) else {}
    match = SPAN.fullmatch(str(start.get("relativeTime") or "")) if isinstance(start, Mapping) else None
    if match is None:
        return ""
    number, word = int(match[1]), SPANS[match[2]]
    return f", last {word if number == 1 else many(number, word)}"
