"""Published content in both formats, made at random, goes in, is told of, shown, and comes out the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dohyo.content.dashboards import dashboard_json
from dohyo.content.library import Library
from dohyo.content.parameters import filled, parameters_of
from dohyo.content.report import report_of
from dohyo.content.rights import Caller
from dohyo.metadata.db import open_metadata

ANN = Caller("00000000000000AA")
# A folder of folders with published apps, each an app.json. Without it only made content is tried.
APPS = Path(os.environ.get("DOHYO_PUBLISHED_APPS", "/nowhere"))
_NONE = pytest.mark.skip(
    reason="DOHYO_PUBLISHED_APPS names no folder of apps, and others' apps are not kept here"
)
PUBLISHED = [pytest.param(one, id=one.parent.name) for one in sorted(APPS.glob("*/app.json"))] or [
    pytest.param(None, marks=_NONE)
]
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

# Anything that JSON can say. The engine for JSON of the API knows whole numbers of 64 bits.
one_of, any_of = st.sampled_from, st.one_of
LETTERS = st.text(st.characters(codec="utf-8"), max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | LETTERS
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
ANY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=8,
)
NAMES = one_of(["Logins", "Logins", "a/b", "Übersicht \t", " ", "x" * 300]) | LETTERS
QUERIES = one_of(
    [
        "* | count",
        "$$logsrc error | count by _sourceHost",
        "_sourceCategory={{Logsdatasource}} | cuont",
        "_sourceCategory=<NAME> | timeslice 1h | count by _timeslice",
        'x | where a = "{{v}}" | limit 5',
        "",
    ]
)
EXTRA = st.dictionaries(LETTERS, ANY, max_size=2)


def boundary():
    return any_of(
        st.fixed_dictionaries(
            {"type": st.just("RelativeTimeRangeBoundary"), "relativeTime": one_of(["-1d", "-2w5d3h", "-x"])}
        ),
        st.fixed_dictionaries(
            {"type": st.just("EpochTimeRangeBoundary"), "epochMillis": st.integers(0, 2**42) | LETTERS}
        ),
        st.fixed_dictionaries(
            {
                "type": st.just("Iso8601TimeRangeBoundary"),
                "iso8601Time": one_of(["2026-01-01T00:00:00Z", "soon"]),
            }
        ),
        st.fixed_dictionaries(
            {
                "type": st.just("LiteralTimeRangeBoundary"),
                "rangeName": one_of(["now", "today", "week", "ever"]),
            }
        ),
        ANY,
    )


RANGES = any_of(
    st.fixed_dictionaries(
        {"type": st.just("BeginBoundedTimeRange"), "from": boundary(), "to": st.none() | boundary()}
    ),
    st.fixed_dictionaries(
        {"type": st.just("CompleteLiteralTimeRange"), "rangeName": one_of(["today", "previous_week", "?"])}
    ),
    ANY,
)
OLD_RANGES = any_of(
    RANGES,
    st.lists(
        st.fixed_dictionaries({"t": one_of(["relative", "absolute", "literal", "odd"]), "d": ANY}), max_size=2
    ).map(json.dumps),
)


@st.composite
def part(draw, strategies: dict):
    """An object with some of these keys, some of them with anything in them, and keys that nobody knows."""
    made = draw(EXTRA) if draw(st.integers(0, 3)) == 0 else {}
    for key, usual in strategies.items():
        choice = draw(st.integers(0, 7))
        if choice:
            made[key] = draw(ANY if choice == 1 and key not in ("type", "panelType") else usual)
    return made


SETTINGS = any_of(
    part(
        {
            "general": part(
                {
                    "mode": one_of(["timeSeries", "distribution", "svp", "radar"]),
                    "type": one_of(["pie", "line", "map", "dial"]),
                    "displayType": one_of(["stacked", "rings"]),
                }
            ),
            "svp": part(
                {"thresholds": st.lists(part({"from": ANY, "to": ANY, "color": LETTERS}), max_size=2)}
            ),
            "axes": part({"axisY": part({"title": LETTERS, "logarithmic": st.booleans()})}),
            "overrides": st.lists(
                part({"series": st.lists(LETTERS, max_size=2), "properties": ANY}), max_size=2
            ),
        }
    ).map(json.dumps),
    LETTERS,
    ANY,
)
QUERY = part(
    {
        "queryString": QUERIES,
        "queryType": one_of(["Logs", "Metrics", "Traces", "Dreams"]),
        "queryKey": one_of("ABC"),
        "timeSource": one_of(["Message", "Receipt", "Searchable"]),
        "outputCardinalityLimit": st.integers(1, 3000),
    }
)
PANEL_TYPES = [
    "SumoSearchPanel",
    "SumoSearchPanel",
    "TextPanel",
    "CollapsiblePanel",
    "TracesListPanel",
    "ServiceMapPanel",
    "EventsOfInterestScatterPanel",
    "ContainerPanel",
    "FuturePanel",
]
PANEL = part(
    {
        "key": one_of(["a", "b"]),
        "panelType": one_of(PANEL_TYPES),
        "title": NAMES,
        "visualSettings": SETTINGS,
        "queries": st.lists(QUERY, max_size=2),
        "text": st.just("# <script>alert(1)</script>"),
        "timeRange": RANGES,
    }
)
VARIABLE = part(
    {
        "name": one_of(["v", "Logsdatasource"]),
        "defaultValue": LETTERS,
        "sourceDefinition": part(
            {
                "variableSourceType": LETTERS,
                "values": LETTERS,
                "query": QUERIES,
                "field": LETTERS,
                "key": LETTERS,
                "filter": LETTERS,
            }
        ),
    }
)
BOARD = part(
    {
        "title": NAMES,
        "theme": one_of(["Light", "dark"]),
        "timeRange": RANGES,
        "panels": st.lists(PANEL, max_size=3),
        "variables": st.lists(VARIABLE, max_size=2),
        "refreshInterval": st.integers(),
        "layout": part(
            {
                "layoutStructures": st.lists(
                    part(
                        {
                            "key": one_of("ab"),
                            "structure": st.just('{"x":0,"y":0,"width":3,"height":2}') | LETTERS,
                        }
                    ),
                    max_size=2,
                )
            }
        ),
    }
)
OLD_SETTINGS = any_of(
    part(
        {
            "settings": st.dictionaries(
                one_of(["svv", "pie", "line"]),
                part(
                    {
                        "configuration": part(
                            {
                                "yAxis": st.lists(part({"title": LETTERS, "min": ANY}), max_size=2),
                                "seriesInfo": st.dictionaries(
                                    LETTERS, part({"color": LETTERS, "yAxis": st.integers(0, 1)}), max_size=2
                                ),
                                "labels": part(
                                    {"postfix": part({"enabled": st.booleans(), "text": LETTERS})}
                                ),
                                "colors": part({"overrides": ANY}),
                            }
                        )
                    }
                ),
                max_size=2,
            )
        }
    ).map(json.dumps),
    LETTERS,
    ANY,
)
OLD_PANEL = part(
    {
        "viewerType": one_of(["table", "pie", "svv", "title", "text", "line", "map", "metrics", "dial"]),
        "name": NAMES,
        "queryString": QUERIES,
        "metricsQueries": st.lists(part({"query": LETTERS}), max_size=1),
        "x": st.integers(),
        "y": st.integers(1, 24),
        "width": st.integers(1, 24),
        "height": st.floats(),
        "timeRange": OLD_RANGES,
        "properties": OLD_SETTINGS,
        "queryParameters": st.lists(part({"name": LETTERS, "value": LETTERS}), max_size=1),
    }
).map(lambda panel: {k: v for k, v in panel.items() if v == v and v not in (float("inf"), -float("inf"))})
OLD_BOARD = part(
    {
        "description": LETTERS,
        "panels": st.lists(OLD_PANEL, max_size=3),
        "filters": st.lists(part({"label": LETTERS}), max_size=1),
        "properties": OLD_SETTINGS,
    }
)
NOTIFICATIONS = [
    "EmailSearchNotificationSyncDefinition",
    "WebhookSearchNotificationSyncDefinition",
    "SaveToViewNotificationSyncDefinition",
    "FutureNotification",
]
SEARCH = part(
    {
        "description": LETTERS,
        "searchSchedule": part(
            {"scheduleType": LETTERS, "notification": part({"taskType": one_of(NOTIFICATIONS)})}
        ),
        "search": part(
            {
                "queryText": QUERIES,
                "defaultTimeRange": one_of(["-1d", "04/13/2018 4:18:21 PM to 05/03/2018 4:18:21 PM", "?"]),
                "viewName": LETTERS,
                "queryParameters": st.lists(part({"name": LETTERS, "value": LETTERS}), max_size=1),
            }
        ),
    }
)
TABLE = part(
    {
        "fields": st.just([{"fieldName": "k", "fieldType": "string"}]),
        "primaryKeys": st.just(["k"]),
        "ttl": st.integers(0, 9),
    }
)
KINDS = {
    "DashboardV2SyncDefinition": BOARD,
    "MewboardSyncDefinition": st.builds(
        lambda inner: {"rootPanel": {"panelType": "ContainerPanel", **inner}}, BOARD
    ),
    "Report": OLD_BOARD,
    "DashboardSyncDefinition": OLD_BOARD,
    "SavedSearchWithScheduleSyncDefinition": SEARCH,
    "SavedSearchWithScheduleAndDependencySyncDefinition": SEARCH,
    "LookupTableSyncDefinition": TABLE,
    "MetricsSavedSearchSyncDefinition": EXTRA,
    "MetricsSearchSyncDefinition": EXTRA,
    "MonitorsLibraryMonitorExport": part(
        {"monitorType": one_of(["Logs", "Slo"]), "queries": st.lists(part({"query": QUERIES}), max_size=1)}
    ),
    "SlosLibraryFolderExport": part({"children": st.lists(EXTRA, max_size=2)}),
    "FutureSyncDefinition": EXTRA,
}
ITEM = any_of(
    *(
        st.builds(lambda name, inner, kind=kind: {**inner, "type": kind, "name": name}, NAMES, inner)
        for kind, inner in KINDS.items()
    )
)
TREE = st.recursive(
    ITEM,
    lambda inner: st.builds(
        lambda name, extra, children: {
            **extra,
            "type": "FolderSyncDefinition",
            "name": name,
            "children": children,
        },
        NAMES,
        EXTRA,
        st.lists(inner, max_size=3),
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return Library(open_metadata(tmp_path_factory.mktemp("content")))


def goes_round(library: Library, definition) -> None:
    text = json.dumps(definition)
    home = library.personal(ANN).id
    for _ in range(2):
        imported = library.import_into(home, json.loads(text), ANN)
        assert not imported.failures
        assert json.dumps(library.export(imported.item_id, ANN)) == text
        for item in everything(library, imported.item_id):
            if item.item_type in ("Dashboard", "Report"):
                shown = dashboard_json(library.get(item.id, ANN))
                assert len({panel["key"] for panel in shown["panels"]}) == len(shown["panels"])
        definition = library.export(imported.item_id, ANN)
        library.delete(imported.item_id, ANN)
    assert json.dumps(definition) == text


def everything(library: Library, item_id: str):
    yield library.get(item_id, ANN)
    for child in library.children(item_id, ANN):
        yield from everything(library, child.id)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREE)
def test_made_content_goes_round_unchanged(library, definition):
    goes_round(library, definition)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREE)
def test_every_panel_of_made_content_is_told_of(definition):
    lines = report_of(definition)
    for board in boards(definition):
        panels = (
            [one for one in board["panels"] if isinstance(one, dict)]
            if isinstance(board.get("panels"), list)
            else []
        )
        whole = [one for one in panels if one.get("panelType") != "ContainerPanel"]
        assert sum(line.part == "panel" for line in lines) >= len(whole)
    assert all(line.verdict == "works" or line.reason for line in lines)
    values = {one.name: "Labs/App" for one in parameters_of(definition)}
    assert {one.name for one in parameters_of(filled(definition, values)) if one.kind != "variable"} == set()


def boards(definition):
    if definition.get("type") in ("DashboardV2SyncDefinition", "Report", "DashboardSyncDefinition"):
        yield definition
    for child in definition.get("children") or () if definition.get("type") == "FolderSyncDefinition" else ():
        yield from boards(child)


def with_odd_keys(value, number: int = 0):
    """The same with keys, settings and types that nobody knows in every fourth object."""
    if isinstance(value, dict):
        found = {key: with_odd_keys(inner, number + at) for at, (key, inner) in enumerate(value.items())}
        return {**found, "zz unknown": [number, None, {"a": "ü"}]} if number % 4 == 0 else found
    if isinstance(value, list):
        return [with_odd_keys(inner, number + at) for at, inner in enumerate(value)]
    return value


@pytest.mark.parametrize("odd", [False, True], ids=["as published", "with unknown keys"])
@pytest.mark.parametrize("path", PUBLISHED)
def test_published_apps_go_round_unchanged(library, path, odd):
    definition = json.loads(path.read_text("utf-8-sig"))
    goes_round(library, with_odd_keys(definition) if odd else definition)
