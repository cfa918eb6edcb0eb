"""Which of a panel's published visual settings are drawn, and which are only kept.

The panels of the pages read the settings of `DRAWN`. Those of `STYLE` say how fonts and lines look, which
is Dohyo's own. Everything else that is set is told, so that nobody takes it for drawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES = frozenset(
    {"table", "pie", "donut", "bar", "column", "line", "area", "scatter", "bubble", "map", "geo", "svp",
     "svv", "honeycomb", "boxplot", "box", "boxandwhisker", "funnel", "sankey", "text", "title"}
)  # fmt: skip
MODES = frozenset(
    {"timeSeries", "distribution", "singleValueMetrics", "map", "honeyComb", "TextPanel", "geo", "table"}
)
DISPLAYS = frozenset({"default", "stacked", "smooth", "percentage", "percent", "normal"})
DRAWN = re.compile(
    r"""general\.(mode|type|displayType|paginationPageSize|maxNumOfSlices|markerType|markerSize|lineThickness
            |lineDashType|decimals|noDataMessage)
    |svp\.(option|label|unit|noDataString|useNoData|hideData|hideLabel|useBackgroundColor|textColor
            |backgroundColor|rounding|thresholds\.(from|to|color)|sparkline\.show|gauge\.(show|min|max))
    |axes\.axis\w+\.(title|hideLabels|logarithmic|linear|minimum|maximum|unit\.(value|isCustom)|unitDecimals)
    |legend\.(enabled|verticalAlign|showAsTable)
    |series\..*
    |overrides\.(series|queries|userProvidedChartType
            |properties\.(color|name|type|axisYType|lineDashType|lineThickness|fillOpacity))
    |hiddenQueryKeys
    |map\.(layerType|type|mainMetric\.layerType)
    |honeyComb\.(thresholds\.(from|to|color)|shape|noDataMessage)
    |text\.(format|alignment|horizontalAlignment|verticalAlignment|fontSize|textColor|backgroundColor|showTitle
            |text)
    |thresholdsSettings\.(showThresholds|fillRemainingGreen|highlightViolations
            |numberThresholds\.(warning|critical)\.(value|comparator|display)|conditionalRules(\..*)?)
    |version|settings\..*""",
    re.VERBOSE,
)
STYLE = re.compile(
    r""".*\.(\w*[fF]ont\w*|gridColor|gridThickness|lineColor|tickColor|maxHeight|maxWidth|wrap)
    |axes\.axis\w+\.lineThickness
    |color\.family|general\.(innerRadius|startAngle|fillOpacity|roundDataPoints)
    |svp\.(sparkline\.color|unitify)|legend\.\w*[aA]lign""",
    re.VERBOSE,
)
# Switches of the editor that draw nothing by themselves.
SILENT = re.compile(
    r"general\.(outlierBand\w+|aggregationType)|honeyComb\.aggregationType"
    r"|axes\.axis\w+\.includeZero"
)
WHOLE = ("general.innerRadius", "0%")
"""A pie without a hole is drawn as one; every other hole has the same size."""
SLICES, FEW = "general.maxNumOfSlices", tuple(map(str, range(1, 13)))
"""A pie is drawn with at most twelve slices, the last of them of all others."""
MOST_NAMED = 4
Settings = Mapping[str, Any]


def settings_of(given: Any) -> Settings | None:
    """The settings in `visualSettings`, a JSON text; None where there is none in it."""
    try:
        found = json.loads(given) if isinstance(given, str) and given.strip() else given or {}
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def note_of(given: Any) -> str:
    """What a panel with these `visualSettings` is drawn without, or differently; "" for nothing.

    >>> note_of('{"general": {"type": "radar"}}')
    'type "radar" is drawn as a table'
    >>> note_of({"general": {"type": "line"}, "glow": {"size": 3}})
    'settings that are kept and not drawn: glow.size'
    """
    settings = settings_of(given)
    if settings is None:
        return "its visualSettings are no JSON object; it is drawn as a table"
    general = settings.get("general")
    general = general if isinstance(general, Mapping) else {}
    kind, mode, display = (str(general.get(name) or "") for name in ("type", "mode", "displayType"))
    if kind and kind.lower() not in TYPES:
        return f'type "{kind}" is drawn as a table'
    if mode and mode not in MODES:
        return f'mode "{mode}" is not known here'
    if display and display.lower() not in DISPLAYS:
        return f'display type "{display}" is drawn as the usual one'
    return named("settings that are kept and not drawn", _left(settings))


def style_of(given: Any) -> set[str]:
    """Names of settings for fonts, lines and palettes, in whose place Dohyo has its own."""
    settings = settings_of(given) or {}
    many = {path for path, value in leaves(settings) if path == SLICES and str(value) not in FEW}
    styles = (path for path, value in leaves(settings) if STYLE.fullmatch(path) and (path, value) != WHOLE)
    return many | {path for path in styles if not DRAWN.fullmatch(path)}


def named(words: str, names: list[str]) -> str:
    """The words with the first of the names; "" for no names."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{words}: {', '.join(names[:MOST_NAMED])}{more}" if names else ""


def _left(settings: Settings) -> list[str]:
    found = []
    for path, value in leaves(settings):
        is_known = any(known.fullmatch(path) for known in (DRAWN, STYLE, SILENT))
        is_gauge = path.startswith("svp.gauge.") and not _shows_gauge(settings)
        grouped = path.startswith("honeyComb.groupBy.")
        if not is_known and not is_gauge and not grouped and value is not False:
            found.append(path)
    return list(dict.fromkeys(found))


def _shows_gauge(settings: Settings) -> bool:
    svp = settings.get("svp")
    gauge = svp.get("gauge") if isinstance(svp, Mapping) else None
    return isinstance(gauge, Mapping) and bool(gauge.get("show"))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Settings that say something, by their paths; items of a list have the path of the list."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif value is not None and value != "":
        yield path, value
