"""What of a published definition works here, panel by panel, before anything is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.content.classic import KNOWN_VIEWERS, modern
from dohyo.content.dashboards import unwrapped
from dohyo.content.definitions import item_type_of, typed
from dohyo.functions.table import RunContext
from dohyo.lang.parameters import with_plausible

Verdict = Literal["works", "note", "unsupported"]
DAY_MS = 86_400_000
DRAWN = frozenset(
    {"table", "pie", "donut", "bar", "column", "line", "area", "scatter", "bubble", "map", "geo", "svp",
     "svv", "honeycomb", "boxplot", "box", "boxandwhisker", "funnel", "sankey", "text", "title"}
)  # fmt: skip
MODES = frozenset(
    {"timeSeries", "distribution", "singleValueMetrics", "map", "honeyComb", "TextPanel", "geo", "table"}
)
METRICS = "reads metrics, which Dohyo does not collect"
TRACES = "reads traces, which Dohyo does not collect"


@dataclass(frozen=True)
class Line:
    """One part of a definition. `place` leads to it; `where` is the place in its query, `line:column`."""

    place: str
    part: str
    title: str
    verdict: Verdict
    reason: str = ""
    where: str = ""
    query: str = ""

    def as_json(self) -> dict[str, str]:
        shown = ("place", "part", "title", "verdict", "reason", "where")
        return {name: str(getattr(self, name)) for name in shown}


def report_of(definition: Any) -> list[Line]:
    """A line for each panel, variable, search and item. Nothing is left out: what is not known is told."""
    definition = typed(definition)
    return list(_of(definition, "")) if isinstance(definition, Mapping) else []


def _of(definition: Mapping[str, Any], above: str) -> Iterator[Line]:
    place = f"{above}/{definition.get('name')}"
    kind = item_type_of(definition)
    if kind is None:
        yield from _kept(definition, place)
    elif kind == "Folder":
        for child in definition.get("children") or ():
            if isinstance(child, Mapping):
                yield from _of(child, place)
            else:
                yield Line(place, "item", "", "unsupported", "is no JSON object")
    elif kind == "Dashboard":
        yield from _dashboard(unwrapped(definition), place)
    elif kind == "Report":
        yield from _dashboard(modern(definition), place)
        yield from _classic_notes(definition, place)
    elif kind == "Search":
        yield from _search(definition, place)
    else:
        yield Line(place, kind.lower(), str(definition.get("name")), "works")


def _kept(definition: Mapping[str, Any], place: str) -> Iterator[Line]:
    """What is stored as it is. Whether the queries of a monitor could run is told all the same."""
    kind, title = str(definition.get("type")), str(definition.get("name"))
    if kind.startswith("Metrics"):
        yield Line(place, "item", title, "unsupported", METRICS)
        return
    reason = f"content of type {kind} is kept and does nothing here"
    monitors = kind.startswith("MonitorsLibrary")
    queries = [one for one in definition.get("queries") or () if isinstance(one, Mapping)] if monitors else []
    if definition.get("monitorType", "Logs") == "Logs":
        for one in queries:
            line = _query(str(one.get("query") or ""), {}, place, "monitor", title)
            if line.verdict == "unsupported":
                reason = f"{reason}; {line.reason}"
    yield Line(place, "monitor" if monitors else "item", title, "unsupported", reason)
    for child in definition.get("children") or () if monitors else ():
        if isinstance(child, Mapping):
            yield from _kept(child, f"{place}/{child.get('name')}")


def _classic_notes(document: Mapping[str, Any], place: str) -> Iterator[Line]:
    for one in document.get("filters") or ():
        label = str(one.get("label") or one.get("fieldName")) if isinstance(one, Mapping) else ""
        yield Line(place, "filter", label, "note", "filters of classic dashboards are kept and not applied")
    for panel in document.get("panels") or ():
        viewer = str(panel.get("viewerType") or "").lower() if isinstance(panel, Mapping) else ""
        if viewer and viewer not in KNOWN_VIEWERS and viewer != "metrics":
            yield Line(place, "panel", str(panel.get("name")), "note", f"{viewer} is drawn as a table")


def _dashboard(model: Mapping[str, Any], place: str) -> Iterator[Line]:
    values = {
        str(one.get("name")): str(one.get("defaultValue") or "*") for one in model.get("variables") or ()
    }
    for panel in model.get("panels") or ():
        yield from _panel(panel, values, place)
    for variable in model.get("variables") or ():
        source = variable.get("sourceDefinition") or {}
        if text := source.get("query"):
            yield _query(text, values, place, "variable", str(variable.get("name")))


def _panel(panel: Mapping[str, Any], values: Mapping[str, str], place: str) -> Iterator[Line]:
    title, kind = str(panel.get("title") or ""), panel.get("panelType")
    if kind == "ContainerPanel":
        for child in panel.get("panels") or ():
            yield from _panel(child, values, place)
        return
    if kind in ("TextPanel", "CollapsiblePanel"):
        yield Line(place, "panel", title, "works")
        return
    if kind != "SumoSearchPanel":
        traces = str(kind).startswith(("Traces", "ServiceMap"))
        yield Line(place, "panel", title, "unsupported", TRACES if traces else f"panels of type {kind}")
        return
    queries = [one for one in panel.get("queries") or () if isinstance(one, Mapping)]
    logs = [one for one in queries if (one.get("queryType") or "Logs") == "Logs"]
    if not logs:
        reasons = {"Metrics": METRICS, "Traces": TRACES, "Spans": TRACES}
        kinds = {str(one.get("queryType")) for one in queries}
        yield Line(
            place,
            "panel",
            title,
            "unsupported",
            next((reasons[k] for k in kinds if k in reasons), "has no query"),
        )
        return
    found = [_query(str(one.get("queryString") or ""), values, place, "panel", title) for one in logs]
    worst = max(found, key=lambda line: ("works", "note", "unsupported").index(line.verdict))
    if worst.verdict == "works" and (note := _look(panel.get("visualSettings")) or _partly(queries, logs)):
        yield Line(place, "panel", title, "note", note, query=worst.query)
    else:
        yield worst


def _partly(queries: list[Mapping[str, Any]], logs: list[Mapping[str, Any]]) -> str:
    return f"{len(queries) - len(logs)} of its queries {METRICS}" if len(queries) > len(logs) else ""


def _look(settings: Any) -> str:
    """What the drawing leaves out of the panel's settings."""
    try:
        read = json.loads(settings) if isinstance(settings, str) and settings else settings or {}
    except (ValueError, RecursionError):
        return "its visualSettings are no JSON; it is drawn as a table"
    general = read.get("general") if isinstance(read, Mapping) else None
    general = general if isinstance(general, Mapping) else {}
    kind, mode = str(general.get("type") or "table"), general.get("mode")
    if kind.lower() not in DRAWN:
        return f'type "{kind}" is drawn as a table'
    return f'mode "{mode}" is not known here' if mode and mode not in MODES else ""


def _search(definition: Mapping[str, Any], place: str) -> Iterator[Line]:
    search = definition.get("search") if isinstance(definition.get("search"), Mapping) else definition
    text = search.get("queryText") or search.get("searchQuery") or ""  # type: ignore[union-attr]
    given = search.get("queryParameters") or ()  # type: ignore[union-attr]
    values = {str(p.get("name")): str(p.get("value") or "*") for p in given if isinstance(p, Mapping)}
    line = _query(str(text), values, place, "search", str(definition.get("name")))
    if line.verdict == "works" and definition.get("searchSchedule"):
        line = Line(
            line.place, line.part, line.title, "note", "its schedule is kept and does not run", "", line.query
        )
    yield line


def _query(text: str, values: Mapping[str, str], place: str, part: str, title: str) -> Line:
    filled, _ = with_plausible(text, values)
    now = now_ms()
    try:
        compiled = compile_query(filled, CompileContext(RunContext(now, now - DAY_MS, now)))
    except ProblemError as error:
        problem = error.problems[0]
        return Line(place, part, title, "unsupported", problem.message, _where(problem, filled), filled)
    if compiled.warnings:
        warning = compiled.warnings[0]
        return Line(place, part, title, "note", warning.message, _where(warning, filled), filled)
    return Line(place, part, title, "works", query=filled)


def _where(problem: Problem, text: str) -> str:
    place = problem.place(text)
    return f"{place[0]}:{place[1]}" if place else ""
