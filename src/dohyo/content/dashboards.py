"""Dashboards: what a definition must have, and the published resource of an item.

Definition and resource differ in few keys: a definition has `type`, `name`, `schedules`, a resource has ids
and the folder. Everything else, known or not, is the same and is kept.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dohyo.content.classic import modern
from dohyo.content.refusals import checked
from dohyo.metadata.content import ContentItem

TYPE = "DashboardV2SyncDefinition"
MOST_PANELS = 500
Key = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(max_length=65_536)]
Part = Mapping[str, Any]
MOST_CONTAINERS = 8
LAST_DAY = {
    "type": "BeginBoundedTimeRange",
    "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-24h"},
    "to": None,
}
# Keys of one form that the other has not.
OF_DEFINITION = ("type", "name", "schedules")
OF_RESOURCE = ("id", "contentId", "folderId", "scheduleId", "scheduleCount")
DEFAULTS: dict[str, Any] = {
    "description": "",
    "topologyLabelMap": None,
    "domain": "",
    "hierarchies": [],
    "refreshInterval": 0,
    "panels": [],
    "layout": {"layoutType": "Grid", "layoutStructures": []},
    "variables": [],
    "isPublic": False,
    "highlightViolations": False,
    "coloringRules": [],
}


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


class Query(_Open):
    queryString: Text
    queryType: str = "Logs"
    queryKey: str | None = None


class Panel(_Open):
    key: Key
    panelType: str
    title: Annotated[str, Field(max_length=1024)] | None = None
    visualSettings: Text | None = None
    text: Text | None = None
    queries: Annotated[list[Query], Field(max_length=12)] | None = None
    timeRange: dict[str, Any] | None = None


class Structure(_Open):
    """`structure` is a JSON text with the place in units of the 24-column grid."""

    key: Key
    structure: str

    @field_validator("structure")
    @classmethod
    def _place(cls, text: str) -> str:
        try:
            place = json.loads(text)
            assert isinstance(place, dict)
            fits = all(0 <= float(place[name]) <= 100_000 for name in ("x", "y", "width", "height"))
        except (ValueError, TypeError, KeyError, AssertionError, RecursionError):
            fits = False
        if not fits:
            raise ValueError("a JSON text with the numbers x, y, width and height is needed")
        return text


class Layout(_Open):
    layoutType: str = "Grid"
    layoutStructures: Annotated[list[Structure], Field(max_length=MOST_PANELS)] = []


class Variable(_Open):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    defaultValue: Text | None = None
    sourceDefinition: dict[str, Any]


class Dashboard(_Open):
    """What our code relies on; further keys are anybody's."""

    title: Annotated[str, Field(min_length=1, max_length=255)]
    description: Text | None = None
    theme: str | None = None
    refreshInterval: int | None = None
    timeRange: dict[str, Any]
    layout: Layout | None = None
    panels: Annotated[list[Panel], Field(max_length=MOST_PANELS)] | None = None
    variables: Annotated[list[Variable], Field(max_length=100)] | None = None

    @field_validator("theme")
    @classmethod
    def _theme(cls, theme: str | None) -> str | None:
        if theme is not None and theme.lower() not in ("light", "dark"):
            raise ValueError("Light or Dark is needed")
        return theme

    @model_validator(mode="after")
    def _keys(self) -> Dashboard:
        keys = [panel.key for panel in self.panels or ()]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"panel keys stand twice: {', '.join(sorted(twice))}")
        return self


def check_dashboard(document: Mapping[str, Any]) -> None:
    """ContentRefused, a problem for each place, for what is no dashboard."""
    checked(Dashboard, unwrapped(document))


def unwrapped(document: Mapping[str, Any]) -> dict[str, Any]:
    """The dashboard with the contents of a container panel, in which older exports hold everything."""
    container = document.get("rootPanel")
    if isinstance(container, Mapping) and container.get("panelType") == "ContainerPanel":
        inner = {key: container[key] for key in ("panels", "layout", "variables") if key in container}
        return {**document, **inner}
    return dict(document)


def document_of_request(
    request: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A definition with everything a `DashboardRequest` says. Keys that a request cannot hold stay."""
    before = before or {}
    kept = {key: before[key] for key in OF_DEFINITION if key in before}
    said = {key: value for key, value in request.items() if key not in OF_RESOURCE + OF_DEFINITION}
    return {"type": TYPE, "name": request.get("title"), **kept, **said}


def model_of(item_type: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """What a dashboard's definition shows and runs, a classic one as today's.

    Published content is kept as it came. Parts of it that are none are left out here, and what every part
    must have is there: keys, texts, a time range.
    """
    model = modern(document) if item_type == "Report" else unwrapped(document)
    if not (isinstance(model.get("title"), str) and model["title"].strip()):
        model["title"] = str(model.get("name") or "Untitled")
    if not isinstance(model.get("timeRange"), Mapping):
        model["timeRange"] = LAST_DAY
    if not _is_whole(model.get("refreshInterval") or 0):
        model["refreshInterval"] = 0
    if model.get("panels") is not None:
        model["panels"] = _panels(model["panels"])
    if model.get("variables") is not None:
        model["variables"] = [_variable(one) for one in _dicts(model["variables"]) if one.get("name")]
    if model.get("layout") is not None:
        layout = model["layout"] if isinstance(model["layout"], Mapping) else {}
        places = [one for one in _dicts(layout.get("layoutStructures")) if _is_place(one)]
        model["layout"] = {"layoutType": "Grid", **layout, "layoutStructures": places}
    return model


def _panels(given: Any) -> list[Part]:
    """The panels, those in a container after each other, each with a key of its own."""
    found: list[Part] = []
    keys: set[str] = set()
    for panel in islice(_flat(given), MOST_PANELS):
        key = str(panel.get("key") or "panel")
        number = 1
        while key in keys:
            number += 1
            key = f"{panel.get('key') or 'panel'}-{number}"
        keys.add(key)
        found.append(_panel(panel, key))
    return found


def _flat(given: Any, depth: int = 0) -> Iterator[Part]:
    for panel in _dicts(given):
        if panel.get("panelType") == "ContainerPanel" and depth < MOST_CONTAINERS:
            yield from _flat(panel.get("panels"), depth + 1)
        else:
            yield panel


def _panel(panel: Part, key: str) -> Part:
    fixed: dict[str, Any] = {"key": key}
    settings, title = panel.get("visualSettings"), panel.get("title")
    if isinstance(settings, Mapping):
        fixed["visualSettings"] = json.dumps(settings)
    elif settings is not None and not isinstance(settings, str):
        fixed["visualSettings"] = None
    if title is not None and not isinstance(title, str):
        fixed["title"] = json.dumps(title)
    if panel.get("text") is not None and not isinstance(panel["text"], str):
        fixed["text"] = json.dumps(panel["text"])
    if not isinstance(panel.get("panelType"), str):
        fixed["panelType"] = "TextPanel" if panel.get("text") else "SumoSearchPanel"
    if panel.get("timeRange") is not None and not isinstance(panel["timeRange"], Mapping):
        fixed["timeRange"] = None
    for name in ("queries", "linkedDashboards", "coloringRules"):
        if panel.get(name) is not None:
            fixed[name] = _dicts(panel[name])
    if fixed.get("queries"):
        fixed["queries"] = [_query(one, number) for number, one in enumerate(fixed["queries"])]
    if all(panel.get(name) == value for name, value in fixed.items()):
        return panel
    return {**panel, **fixed}


def _query(query: Part, number: int) -> Part:
    fixed: dict[str, Any] = {}
    if not isinstance(query.get("queryString"), str):
        fixed["queryString"] = ""
    if not isinstance(query.get("queryKey"), str):
        fixed["queryKey"] = chr(65 + number % 26)
    if not _is_whole(query.get("outputCardinalityLimit") or 0):
        fixed["outputCardinalityLimit"] = None
    return {**query, **fixed}


def _variable(variable: Part) -> Part:
    fixed: dict[str, Any] = {}
    if not isinstance(variable["name"], str):
        fixed["name"] = str(variable["name"])
    default = variable.get("defaultValue")
    if isinstance(default, list):
        fixed["defaultValue"] = ",".join(map(str, default))
    elif default is not None and not isinstance(default, str):
        fixed["defaultValue"] = json.dumps(default)
    if not isinstance(variable.get("sourceDefinition"), Mapping):
        values = {"variableSourceType": "CsvVariableSourceDefinition", "values": default or ""}
        fixed["sourceDefinition"] = values
    return {**variable, **fixed}


def _is_place(structure: Part) -> bool:
    try:
        place = json.loads(structure["structure"])
        numbers = [place[name] for name in ("x", "y", "width", "height")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return isinstance(structure.get("key"), str) and all(math.isfinite(one) for one in numbers)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _dicts(given: Any) -> list[Part]:
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list | tuple) else []


def dashboard_json(item: ContentItem) -> dict[str, Any]:
    """The published resource of a dashboard item (loaded with its document); a classic one as today's."""
    model = model_of(item.item_type, item.document)
    shown = {key: value for key, value in model.items() if key not in (*OF_DEFINITION, "rootPanel")}
    for key, value in DEFAULTS.items():
        if shown.get(key) is None:
            shown[key] = value
    shown["theme"] = "Dark" if str(model.get("theme")).lower() == "dark" else "Light"
    shown["panels"] = [_with_id(item.id, panel, "key") for panel in shown["panels"]]
    shown["variables"] = [_with_id(item.id, variable, "name") for variable in shown["variables"]]
    ids = {"id": item.dashboard_id or item.id, "contentId": item.id, "folderId": item.parent_id}
    return {**ids, **shown, "scheduleId": None, "scheduleCount": 0}


def _with_id(item_id: str, part: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The panel or variable with an id: its own, or one that is always the same."""
    made = hashlib.sha256(f"{item_id} {key} {part[key]}".encode()).hexdigest()[:16].upper()
    return {**part, "id": part.get("id") or made}
