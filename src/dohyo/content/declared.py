"""Published apps that come as declarative resources: their dashboards, searches and tables as definitions.

The names of the resources are those of the published exports in another spelling (`query_string` is
`queryString`, a `panel` block is one of `panels`). What Dohyo has no use for, such as a monitor, becomes an
item of its own type that is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dohyo.base.problem import Problem, ProblemError
from dohyo.content.hcl import Block, Body, read_hcl
from dohyo.content.searches import TYPE as SEARCH
from dohyo.content.searches import range_object, range_text

Json = dict[str, Any]
SCOPE_NAME = "scope_key_variable_display_name"
"""The input of partner packages that names the scope's variable; every published one names it so."""
SCOPE_VARIABLE = "Logsdatasource"
# Blocks of which there may be several, by their name in a resource.
PLURALS = {
    "panel": "panels", "variable": "variables", "query": "queries", "linked_dashboard": "linkedDashboards",
    "coloring_rule": "coloringRules", "color_threshold": "colorThresholds", "filter": "filters",
    "operator": "operators", "parameter": "parameters", "layout_structure": "layoutStructures",
    "query_parameter": "queryParameters", "fields": "fields", "triggers": "triggers",
    "notifications": "notifications", "queries": "queries",
}  # fmt: skip
NUMBERS = ("refreshInterval", "outputCardinalityLimit", "ttl", "count", "min", "max", "epochMillis")
BOUNDARIES = {
    "relative_time_range": "RelativeTimeRangeBoundary",
    "literal_time_range": "LiteralTimeRangeBoundary",
    "epoch_time_range": "EpochTimeRangeBoundary",
    "iso8601_time_range": "Iso8601TimeRangeBoundary",
}
OWN_PANEL: dict[str, Json] = {
    "SumoSearchPanel": {"description": "", "timeRange": None, "coloringRules": None, "linkedDashboards": []}
}
NO_DATA: Json = dict.fromkeys(
    ("metricsQueryMode", "metricsQueryData", "tracesQueryData", "spansQueryData"), None
)
TEXTS = ("value", "defaultValue", "title", "name", "text", "values")
# Resources that become items; others (roles, connections, sources) belong to an account.
CONTENT = ("dashboard", "log_search", "content", "lookup_table", "folder", "monitor_folder", "monitor",
           "metrics_search", "slo", "field", "field_extraction_rule", "scheduled_view")  # fmt: skip


@dataclass
class Declared:
    """`inputs` are the variables that the resources leave open, with their defaults ("" for none);
    `others` what is no content, as `kind name`.
    """

    definitions: list[Json] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def read_declared(files: Mapping[str, str], given: Mapping[str, str] | None = None) -> Declared:
    """What the `.tf` files among these declare, in folders as their resources say. An input that `given`
    does not name becomes the place `{{name}}`. ProblemError with file and place for what cannot be read.
    """
    sources = {path: text for path, text in sorted(files.items()) if path.endswith(".tf")}
    found = Declared()
    known: dict[str, Any] = {f"var.{SCOPE_NAME}": SCOPE_VARIABLE, "path.module": ""}
    known |= {f"var.{name}": value for name, value in (given or {}).items()}
    for block in _all(sources, lambda name: None, files):
        if block.kind == "variable" and block.labels:
            found.inputs[block.labels[0]] = _shown(block.values.get("default"))
    found.inputs.pop(SCOPE_NAME, None)
    _read_locals(sources, known, files)

    def resolve(name: str) -> Any:
        if name not in known and name.startswith("var."):
            found.inputs.setdefault(name[4:], "")
            known[name] = f"{{{{{name[4:]}}}}}"
        return known.get(name)

    blocks = [b for b in _all(sources, resolve, files) if b.kind == "resource" and len(b.labels) == 2]
    is_content = [block.labels[0].removeprefix("sumologic_") in CONTENT for block in blocks]
    found.definitions = _tree(one for one, content in zip(blocks, is_content, strict=True) if content)
    found.others = [" ".join(one.labels) for one, yes in zip(blocks, is_content, strict=True) if not yes]
    return found


def _all(sources: Mapping[str, str], resolve: Callable[[str], Any], files: Mapping[str, str]) -> list[Block]:
    found: list[Block] = []
    for path, text in sources.items():
        try:
            found += [one for one in read_hcl(text, resolve, files) if isinstance(one, Block)]
        except ProblemError as error:
            problem = error.problems[0]
            place = problem.place(text)
            where = f"{path}:{place[0]}:{place[1]}" if place else path
            raise ProblemError([Problem(problem.code, f"{where}: {problem.message}")]) from None
        except RecursionError:
            raise ProblemError([Problem("declared-resource", f"{path}: values lie too deep")]) from None
    return found


def _read_locals(sources: Mapping[str, str], known: dict[str, Any], files: Mapping[str, str]) -> None:
    """Locals may use each other, so they are read until nothing changes."""
    for _ in range(4):
        before = dict(known)
        for block in _all(sources, known.get, files):
            if block.kind == "locals":
                known |= {f"local.{name}": value for name, value in block.values.items()}
        if known == before:
            return


def _shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


# ---- resources ----


def _tree(blocks: Iterable[Block]) -> list[Json]:
    """Definitions in their folders: those at the top, a folder with what names it as its parent."""
    folders: dict[str, Json] = {}
    parents: dict[str, str] = {}
    placed: list[tuple[str, Json]] = []
    for block in blocks:
        kind, label = block.labels
        parent = _shown(block.values.get("folder_id") or block.values.get("parent_id"))
        match = re.search(r"sumologic_(?:monitor_)?folder\.([\w-]+)", parent)
        above = match[1] if match else ""
        if kind in ("sumologic_folder", "sumologic_monitor_folder"):
            definition = {
                "type": "FolderSyncDefinition", "name": _shown(block.values.get("name")) or label,
                "description": _shown(block.values.get("description")), "children": [],
            }  # fmt: skip
            folders[label], parents[label] = definition, above
        else:
            definition = definition_of_resource(block)
        placed.append((above, definition))
    _check_no_circle(parents)
    top: list[Json] = []
    for above, definition in placed:
        if above in folders:
            folders[above]["children"].append(definition)
        else:
            top.append(definition)
    return [one for one in top if one.get("children") != []]


def _check_no_circle(parents: Mapping[str, str]) -> None:
    """ProblemError for folders that lie in each other."""
    for label in parents:
        line = [label]
        while (above := parents.get(line[-1], "")) and above not in line:
            line.append(above)
        if above == label:
            message = (
                f"the folders {', '.join(line)} lie in each other"
                if line[1:]
                else f"the folder {label} lies in itself"
            )
            raise ProblemError([Problem("declared-circle", message, hints=("take one parent_id away",))])


def definition_of_resource(block: Block) -> Json:
    """The published definition that a resource says; its own type where there is none for it."""
    kind, label = block.labels
    name = _shown(block.values.get("name") or block.values.get("title")) or label
    if "for_each" in block.values or "count" in block.values:
        return {"type": kind, "name": name, **_camel(block.body)}
    if kind == "sumologic_dashboard":
        return dashboard(block)
    if kind == "sumologic_log_search":
        return _search(block, name)
    if kind == "sumologic_content":
        try:
            found = json.loads(_shown(block.values.get("config")))
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
    shown = _camel(block.body)
    if kind == "sumologic_lookup_table":
        shown.pop("parentFolderId", None)
        return {"type": "LookupTableSyncDefinition", "name": name, "description": "", **shown}
    types = {"sumologic_monitor": "MonitorsLibraryMonitorExport"}
    for key in ("parentId", "folderId"):
        shown.pop(key, None)
    return {"type": types.get(kind, kind), "name": name, **{k: v for k, v in shown.items() if k != "type"}}


def dashboard(block: Block) -> Json:
    said = _camel(block.body)
    title = _shown(said.get("title"))
    panels = [_panel(one) for one in block.blocks("panel")]
    grid = next((inner for outer in block.blocks("layout") for inner in outer.blocks("grid")), None)
    structures = [one.values for one in grid.blocks("layout_structure")] if grid else []
    labels = {
        _shown(one.values.get("label")): one.values.get("values")
        for outer in block.blocks("topology_label_map") for one in outer.blocks("data")
    }  # fmt: skip
    known = ("title", "description", "theme", "refreshInterval", "timeRange", "folderId", "topologyLabelMap",
             "layout", "panels", "variables")  # fmt: skip
    return {
        "type": "DashboardV2SyncDefinition", "name": title, "description": _shown(said.get("description")),
        "title": title, "theme": said.get("theme") or "Light", "topologyLabelMap": {"data": labels},
        "refreshInterval": said.get("refreshInterval") or 0, "timeRange": said.get("timeRange") or _HOURS,
        "layout": {"layoutType": "Grid", "layoutStructures": structures}, "panels": panels,
        "variables": [_variable(one) for one in block.blocks("variable")], "coloringRules": [],
        **{key: value for key, value in said.items() if key not in known},
    }  # fmt: skip


_HOURS = {
    "type": "BeginBoundedTimeRange",
    "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-24h"},
    "to": None,
}


def _panel(block: Block) -> Json:
    inner = next((one for one in block.body if isinstance(one, Block)), Block("text_panel", (), []))
    kind = inner.kind.title().replace("_", "")
    said = _camel(inner.body)
    queries = [{**NO_DATA, **one} for one in said.pop("queries", [])]
    asked = {"queries": queries} if inner.blocks("query") else {}
    start = {"id": None, "key": "", "title": "", "visualSettings": "", "panelType": kind}
    return {**start, **OWN_PANEL.get(kind, {}), **said, **asked, "panelType": kind}


def _variable(block: Block) -> Json:
    said = _camel(block.body)
    inside = [one for outer in block.blocks("source_definition") for one in outer.body]
    source = next((one for one in inside if isinstance(one, Block)), None)
    kind = source.kind.title().replace("_", "") if source else "CsvVariableSourceDefinition"
    values = _camel(source.body) if source else {"values": _shown(said.get("defaultValue"))}
    usual = {"id": None, "name": "", "displayName": "", "defaultValue": None}
    rest = {"allowMultiSelect": False, "includeAllOption": True, "hideFromUI": False, "valueType": "Any"}
    said.pop("sourceDefinition", None)
    hidden = {"hideFromUI": said.pop("hideFromUi", False)}
    return {**usual, **{k: v for k, v in said.items() if k not in rest},
            "sourceDefinition": {"variableSourceType": kind, **values},
            **rest, **{k: v for k, v in said.items() if k in rest}, **hidden}  # fmt: skip


def _search(block: Block, name: str) -> Json:
    said = _camel(block.body)
    time_range = said.get("timeRange") or range_object("-15m")
    by_receipt = said.get("runByReceiptTime") or False
    usual_type = "receiptTime" if by_receipt else "messageTime"
    return {
        "type": SEARCH, "name": name, "description": _shown(said.get("description")),
        "search": {
            "queryText": _shown(said.get("queryString")), "defaultTimeRange": range_text(time_range),
            "byReceiptTime": by_receipt, "viewName": "", "viewStartTime": None,
            "queryParameters": said.get("queryParameters", []),
            "parsingMode": said.get("parsingMode") or "Manual",
            "intervalTimeType": said.get("intervalTimeType") or usual_type,
        },
        "searchSchedule": _schedule(said.get("schedule")),
    }  # fmt: skip


def _schedule(said: Json | None) -> Json | None:
    """A notification is a block named after its kind, in exports an object with `taskType`."""
    notification = said.get("notification") if said else None
    if said and isinstance(notification, dict) and len(notification) == 1:
        [(kind, settings)] = notification.items()
        if isinstance(settings, dict):
            task = {"taskType": f"{kind[:1].upper()}{kind[1:]}SyncDefinition"}
            return {**said, "notification": {**task, **settings}}
    return said


# ---- spelling ----


def camel(name: str) -> str:
    """
    >>> camel("query_string")
    'queryString'
    """
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _camel(body: Body) -> Json:
    """A body as JSON: attributes, time ranges, lists of blocks that may repeat, objects of the others."""
    found: Json = {}
    for one in body:
        if isinstance(one, tuple):
            found[camel(one[0])] = _value(camel(one[0]), one[1])
        elif one.kind in ("time_range", "parseable_time_range"):
            found[camel(one.kind)] = time_range(one)
        elif one.kind in PLURALS:
            found.setdefault(PLURALS[one.kind], []).append(_camel(one.body))
        else:
            found[camel(one.kind)] = _camel(one.body)
    return found


def _value(name: str, value: Any) -> Any:
    """Resources may write truth and numbers as texts."""
    if value in ("true", "false") and name not in TEXTS:
        return value == "true"
    if name in NUMBERS and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return json.loads(value.lstrip("0") or "0")
    return value


def time_range(block: Block) -> Json:
    """The published time range of a `time_range` block."""
    if literal := block.block("complete_literal_time_range"):
        return {"type": "CompleteLiteralTimeRange", **_camel(literal.body)}
    bounded = block.block("begin_bounded_time_range")
    if bounded is None:
        return dict(_HOURS)
    start, end = bounded.block("from"), bounded.block("to")
    return {
        "type": "BeginBoundedTimeRange",
        "from": _boundary(start) if start else _HOURS["from"],
        "to": _boundary(end) if end else None,
    }


def _boundary(block: Block) -> Json | None:
    for one in block.body:
        if isinstance(one, Block) and one.kind in BOUNDARIES:
            return {"type": BOUNDARIES[one.kind], **_camel(one.body)}
    return None
