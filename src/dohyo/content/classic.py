"""Classic dashboards (v1, `Report` and `DashboardSyncDefinition`) as the dashboards of today show them.

The document stays as it was imported; only what is shown and run is made of it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dohyo.content.classic_filters import ClassicFilter, classic_filters, narrowed
from dohyo.content.look import leaves
from dohyo.content.searches import RELATIVE, range_object

Json = dict[str, Any]
ROWS = 2
"""Grid rows of today for one of a classic dashboard."""
COLUMNS = 24
MOST_ROWS = 10_000
_OVER_TIME = re.compile(r"\|\s*timeslice\b", re.IGNORECASE)
_TURNED = re.compile(r"\|\s*transpose\s+row\s+(?!_timeslice\b)", re.IGNORECASE)
TIMED = ("line", "area", "column", "bar")
KNOWN_VIEWERS = (*TIMED, "pie", "table", "map", "svv", "title", "text", "boxplot", "sankey")


def modern(document: Mapping[str, Any]) -> Json:
    """The dashboard model of a classic dashboard. What cannot be read is shown by its defaults."""
    panels = _dicts(document.get("panels"))
    keys = [f"classic{number}" for number in range(len(panels))]
    asks = [panel.get("queryString") or panel.get("metricsQueries") for panel in panels]
    ranges = [
        time_range(p.get("timeRange")) if asked else None for p, asked in zip(panels, asks, strict=True)
    ]
    usual = _usual([one for one in ranges if one])
    theme = str(_parsed(document.get("properties")).get("theme") or "")
    parameters = _parameters(panels)
    names = [one["name"] for one in parameters]
    filters = classic_filters(_dicts(document.get("filters")), names)
    ids = {str(panel.get("id")) for panel in panels}
    return {
        "title": str(document.get("name") or ""),
        "description": str(document.get("description") or ""),
        "theme": "Dark" if theme.startswith("dark") else "Light",
        "refreshInterval": 0,
        "timeRange": usual,
        "layout": {"layoutType": "Grid", "layoutStructures": [
            {"key": k, "structure": json.dumps(_box(panel))} for k, panel in zip(keys, panels, strict=True)
        ]},
        "panels": [
            _panel(key, panel, own if own != usual else None, _narrowed(panel, filters, names))
            for key, panel, own in zip(keys, panels, ranges, strict=True)
        ],
        "variables": parameters
        + [_variable(f.variable, f.label, f.default) for f in filters if f.panels & ids],
    }  # fmt: skip


def filter_notes(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each filter by its label, with what it does not do; an empty text where it does all."""
    panels = _dicts(document.get("panels"))
    names = [one["name"] for one in _parameters(panels)]
    found = []
    for one in classic_filters(_dicts(document.get("filters")), names):
        own = [panel for panel in panels if str(panel.get("id")) in one.panels]
        left = [str(panel.get("name") or "") for panel in own if _narrowed(panel, [one], names) is None]
        note = "is for no panel here; it is kept and not shown" if not own else ""
        if left:
            note = f"narrows nothing in {', '.join(left)}: no query of theirs that can be read here"
        found.append((one.label, note))
    return found


def _narrowed(panel: Mapping[str, Any], filters: Sequence[ClassicFilter], names: Sequence[str]) -> str | None:
    """The query of a panel with the filters that are for it; None where they cannot stand in it."""
    text = str(panel.get("queryString") or "")
    own = tuple(one for one in filters if str(panel.get("id")) in one.panels)
    return narrowed(text, own, tuple(names)) if text and own else None


def _parameters(panels: Sequence[Mapping[str, Any]]) -> list[Json]:
    """The parameters of the panels' queries, each name once, as variables."""
    given = [one for panel in panels for one in _dicts(panel.get("queryParameters")) if one.get("name")]
    named = {str(one["name"]).lower(): one for one in reversed(given)}
    return [
        _variable(str(one["name"]), str(one.get("label") or one["name"]), str(one.get("value") or "*"))
        for one in reversed(named.values())
    ]


def _variable(name: str, label: str, default: str) -> Json:
    source = {"variableSourceType": "CsvVariableSourceDefinition", "values": ""}
    return {"name": name, "displayName": label, "defaultValue": default, "sourceDefinition": source}


def _panel(key: str, panel: Mapping[str, Any], own_range: Json | None, query: str | None) -> Json:
    viewer = str(panel.get("viewerType") or "table").lower()
    settings = _object(_parsed(panel.get("properties")).get("settings"))
    name = str(panel.get("name") or "")
    shared = {"id": None, "key": key, "title": name, "description": "", "timeRange": own_range}
    if viewer in ("title", "text"):
        text = _configuration(settings, "text").get("text") if viewer == "text" else f"# {name}"
        return {**shared, "panelType": "TextPanel", "text": str(text or ""), "visualSettings": _TEXT[viewer]}
    parse = _object(panel.get("autoParsingInfo")).get("mode")
    text = query or panel.get("queryString")
    queries = [_query(str(text), "Logs", parse)] if text else []
    queries += [_query(str(one.get("query") or ""), "Metrics") for one in _dicts(panel.get("metricsQueries"))]
    visual = _visual(viewer, settings, queries[0]["queryString"] if queries else "")
    return {
        **shared,
        "panelType": "SumoSearchPanel",
        "visualSettings": json.dumps(visual),
        "queries": [{**one, "queryKey": chr(65 + number % 26)} for number, one in enumerate(queries)],
    }


_TEXT = {
    "title": json.dumps(
        {
            "general": {"mode": "TextPanel", "type": "title"},
            "text": {"format": "markdownV2", "showTitle": False, "verticalAlignment": "center"},
        }
    ),
    "text": json.dumps({"general": {"mode": "TextPanel", "type": "text"}, "text": {"format": "markdownV2"}}),
}


def _query(text: str, kind: str, parse: Any = None) -> Json:
    mode = "Auto" if parse == "intelligent" else "Manual"
    return {"queryString": text, "queryType": kind, "queryKey": "A", "parseMode": mode}


def _visual(viewer: str, settings: Mapping[str, Any], query: str) -> Json:
    """`visualSettings` of a panel that asks."""
    chosen = _configuration(settings, viewer)
    if viewer in ("svv", "svp"):
        return {"general": {"mode": "singleValueMetrics", "type": "svp"}, "svp": _single(chosen)}
    if viewer == "map":
        layer = "Heat" if str(chosen.get("maptype")).lower().startswith("heat") else "Cluster"
        return {"general": {"mode": "map", "type": "map"}, "map": {"mainMetric": {"layerType": layer}}}
    over_time = viewer in TIMED and _OVER_TIME.search(query) and not _TURNED.search(query)
    plot = _object(chosen.get("plotOptions"))
    display = {"normal": "stacked", "percent": "percentage"}.get(str(plot.get("stacking")), "default")
    general: Json = {
        "mode": "timeSeries" if over_time else "distribution",
        "type": "area" if viewer == "line" and plot.get("lineToArea") else viewer,
        "displayType": display,
    }
    if viewer == "pie":
        general["innerRadius"] = "30%" if chosen.get("donutMode") else "0%"
        general["maxNumOfSlices"] = plot.get("maxNumOfPieSlices", 10)
    visual: Json = {"general": general, "series": {}}
    legend = chosen.get("legend")
    if isinstance(legend, Mapping):
        place = "right" if legend.get("position") == "right" else "bottom"
        visual["legend"] = {"enabled": legend.get("enabled") is not False, "verticalAlign": place}
    given = chosen.get("yAxis")
    y = _dicts([given] if isinstance(given, Mapping) else given)
    first, second = (y[at] if at < len(y) else None for at in (0, 1))
    visual["axes"] = {"axisX": _axis(chosen.get("xAxis")), "axisY": _axis(first), "axisY2": _axis(second)}
    colours = _overrides(_object(chosen.get("colors")).get("overrides"))
    visual["overrides"] = colours + _series(_object(chosen.get("seriesInfo")))
    return visual


# What is read of the configuration of a panel's viewer, below.
DRAWN = re.compile(
    r"""text|maptype|donutMode|plotOptions\.(stacking|lineToArea|maxNumOfPieSlices)|legend\.(enabled|position)
    |[xy]Axis\.(title|logScale|min|max)|colors\.overrides(\..*)?|seriesInfo\..*\.(color|yAxis|type|chartType)
    |valueType\.number\.(unit|colorsByValueRange\.(from|to|min|max|color))
    |labels\.(prefix|postfix)\.(enabled|text)|colorOverride|backgroundColorEnabled
    |noDataBehavior\.(enabled|value)""",
    re.VERBOSE,
)
STYLE = re.compile(
    r".*[fF]ontSize\w*|colors\.index|showLineMarker|plotOptions\.showSliceBorders|labels\.\w+\.align"
)
# Switches of the editor that draw nothing by themselves, and colours of what is switched elsewhere.
SILENT = re.compile(
    r"lineMouseTracking|multiSeriesTooltipOrder|.*[tT]runcationMode|noDataBehavior\.color"
    r"|valueType\.boolean\.(true|false)Color|valueType\.number\.showNumber"
)
KNOWN_KEYS = {
    "dashboard": frozenset(
        {"type", "name", "description", "detailLevel", "properties", "panels", "filters", "columns"}
    ),
    "panel": frozenset(
        {"type", "id", "name", "viewerType", "detailLevel", "queryString", "metricsQueries", "timeRange", "x",
         "y", "width", "height", "properties", "desiredQuantizationInSecs", "queryParameters",
         "autoParsingInfo", "isDisabled", "fields"}
    ),
}  # fmt: skip
"""Keys of the published format, by the part that has them."""


def look_of(panel: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Settings of a panel that are not drawn, and those in whose place Dohyo has its own look."""
    viewer = str(panel.get("viewerType") or "table").lower()
    settings = _object(_parsed(panel.get("properties")).get("settings"))
    left: dict[str, None] = {}
    style: dict[str, None] = {}
    for path, value in leaves(_configuration(settings, viewer)):
        if value is False or DRAWN.fullmatch(path) or SILENT.fullmatch(path):
            continue
        (style if STYLE.fullmatch(path) else left)[path] = None
    return list(left), list(style)


def _series(given: Mapping[str, Any]) -> list[Json]:
    """Colour, axis and kind of single series."""
    found = []
    for name, one in given.items():
        said = _object(one)
        properties: Json = {"color": said["color"]} if isinstance(said.get("color"), str) else {}
        if said.get("yAxis") == 1:
            properties["axisYType"] = "secondary"
        if (shape := str(said.get("type") or said.get("chartType"))) in TIMED:
            properties["type"] = shape
        if properties:
            found.append({"series": [name], "queries": [], "properties": properties})
    return found


def _single(chosen: Mapping[str, Any]) -> Json:
    number = _object(_object(chosen.get("valueType")).get("number"))
    nothing = _object(chosen.get("noDataBehavior"))
    thresholds = [
        {"from": one.get("from", one.get("min")), "to": one.get("to", one.get("max")), "color": one["color"]}
        for one in _dicts(number.get("colorsByValueRange"))
        if one.get("color")
    ]
    labels = [_object(_object(chosen.get("labels")).get(place)) for place in ("prefix", "postfix")]
    label = " ".join(str(one["text"]) for one in labels if one.get("enabled") and one.get("text"))
    colour, is_filled = chosen.get("colorOverride"), bool(chosen.get("backgroundColorEnabled"))
    found: Json = {"label": label, "thresholds": thresholds, "unit": number.get("unit") or ""}
    if isinstance(colour, str):
        found["backgroundColor" if is_filled else "textColor"] = colour
    if nothing.get("enabled") and nothing.get("value") is not None:
        found |= {"useNoData": True, "noDataString": str(nothing["value"])}
    return {**found, "useBackgroundColor": is_filled}


def _axis(axis: Any) -> Json:
    given = _object(axis)
    return {
        "title": given.get("title") or "",
        "logarithmic": bool(given.get("logScale")),
        "minimum": given.get("min"),
        "maximum": given.get("max"),
    }


def _overrides(given: Any) -> list[Json]:
    """Colours by the names of series, as an object or as a list of pairs."""
    pairs: list[tuple[Any, Any]] = list(given.items()) if isinstance(given, Mapping) else []
    pairs += [(one.get("series") or one.get("name"), one.get("color")) for one in _dicts(given)]
    return [
        {"series": [name], "queries": [], "properties": {"color": c}}
        for name, c in pairs
        if name and isinstance(c, str)
    ]


def _configuration(settings: Mapping[str, Any], viewer: str) -> Mapping[str, Any]:
    return _object(_object(settings.get(viewer)).get("configuration"))


def _box(panel: Mapping[str, Any]) -> Json:
    x, y = _whole(panel.get("x"), 1) - 1, _whole(panel.get("y"), 1) - 1
    width, height = _whole(panel.get("width"), 12), _whole(panel.get("height"), 5)
    width = max(1, min(COLUMNS, width))
    return {
        "x": max(0, min(COLUMNS - width, x)),
        "y": max(0, y) * ROWS,
        "width": width,
        "height": max(1, height) * ROWS,
    }


def _whole(value: Any, otherwise: int) -> int:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return otherwise
    return int(max(-MOST_ROWS, min(MOST_ROWS, value)))


def time_range(given: Any) -> Json | None:
    """A published time range; classic ones are a list of boundaries as a text, or a text such as `-24h`."""
    if isinstance(given, Mapping):
        return dict(given)
    try:
        bounds = _dicts(json.loads(given)) if isinstance(given, str) else _dicts(given)
    except (ValueError, RecursionError):
        text = str(given).strip()
        return range_object(text) if RELATIVE.match(text) else None
    made = [_boundary(one) for one in bounds]
    if not made or made[0] is None:
        return None
    return {"type": "BeginBoundedTimeRange", "from": made[0], "to": made[1] if len(made) > 1 else None}


_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def _boundary(given: Mapping[str, Any]) -> Json | None:
    kind, amount = str(given.get("t")), given.get("d")
    if kind == "literal" and isinstance(amount, str):
        return {"type": "LiteralTimeRangeBoundary", "rangeName": amount}
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not math.isfinite(amount):
        return None
    if kind == "relative":
        return _ago(abs(int(amount)) // 1000)
    return {"type": "EpochTimeRangeBoundary", "epochMillis": int(amount)} if kind == "absolute" else None


def _usual(ranges: Sequence[Json]) -> Json:
    """The range that most panels have; one that moves with the time before one that is fixed."""
    moving = [one for one in ranges if "epochMillis" not in json.dumps(one)]
    counted = Counter(map(json.dumps, moving or ranges))
    return json.loads(counted.most_common(1)[0][0]) if counted else relative_range(86_400)  # type: ignore[no-any-return]


def relative_range(seconds: int) -> Json:
    """The range of the last so many seconds."""
    return {"type": "BeginBoundedTimeRange", "from": _ago(seconds), "to": None}


def _ago(seconds: int) -> Json:
    size, unit = next((size, unit) for size, unit in _UNITS if not seconds % size)
    return {"type": "RelativeTimeRangeBoundary", "relativeTime": f"-{seconds // size}{unit}"}


def _parsed(text: Any) -> Mapping[str, Any]:
    """The JSON object in a text; nothing where there is none."""
    if isinstance(text, Mapping):
        return text
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _object(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _dicts(given: Any) -> list[Mapping[str, Any]]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        return []
    return [one for one in given if isinstance(one, Mapping)]
