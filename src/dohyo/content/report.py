"""What of a published definition works here, panel by panel, before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dohyo.base.clock import now_ms, utc_of_ms
from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.compile import CompileContext, compile_query
from dohyo.content import classic
from dohyo.content.classic import KNOWN_VIEWERS, filter_notes, look_of, time_range
from dohyo.content.dashboards import model_of
from dohyo.content.definitions import DEEPEST_IMPORTED, check_part, item_type_of, misfit, typed
from dohyo.content.look import named, note_of, settings_of, style_of
from dohyo.content.parameters import parameters_of
from dohyo.content.places import PLACE
from dohyo.content.refusals import ContentRefused, too_deep
from dohyo.content.searches import range_object
from dohyo.functions.table import RunContext
from dohyo.lang.parameters import with_plausible
from dohyo.search.dashboard_run import variable_defaults
from dohyo.search.ranges import resolved
from dohyo.search.variables import fill_in

Verdict = Literal["works", "note", "unsupported"]
DAY_MS = 86_400_000
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*', re.DOTALL)
_TEMPLATE = re.compile(r"\$\{[^}]*\}?")
LONG_AGO_MS = 30 * DAY_MS
METRICS = "reads metrics, which Dohyo does not collect"
TRACES = "reads traces, which Dohyo does not collect"
QUERY_TYPES = {"Metrics": METRICS, "Traces": TRACES, "Spans": TRACES}
OTHER_PANELS = {
    "TracesListPanel": TRACES,
    "ServiceMapPanel": TRACES,
    "EventsOfInterestScatterPanel": f"{METRICS}: it shows events found in them",
}
TIMES = ("", "message", "messagetime", "receipt", "receipttime")
KNOWN_KEYS: dict[str, frozenset[str]] = {
    "dashboard": frozenset(
        {"type", "name", "description", "title", "theme", "topologyLabelMap", "refreshInterval", "timeRange",
         "layout", "panels", "variables", "coloringRules", "schedules", "rootPanel", "domain", "hierarchies",
         "organizations", "labelMap", "isPublic", "highlightViolations", "id", "contentId", "folderId",
         "scheduleId", "scheduleCount"}
    ),
    "panel": frozenset(
        {"id", "key", "title", "visualSettings", "keepVisualSettingsConsistentWithParent", "panelType",
         "description", "timeRange", "queries", "coloringRules", "linkedDashboards", "text", "collapsed",
         "collapsiblePanelChildKeys", "application", "service", "showRemoteServices", "environment"}
    ),
    "query": frozenset(
        {"queryString", "queryType", "queryKey", "metricsQueryMode", "metricsQueryData", "tracesQueryData",
         "spansQueryData", "parseMode", "timeSource", "transient", "outputCardinalityLimit"}
    ),
    "variable": frozenset(
        {"id", "name", "displayName", "defaultValue", "sourceDefinition", "allowMultiSelect",
         "includeAllOption", "hideFromUI", "valueType"}
    ),
}  # fmt: skip
"""Keys of the published format, by the part that has them."""


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
    """A line for each panel, variable, search and item. Nothing is left out: what is not known is told.

    ContentRefused for what lies too deep.
    """
    definition = typed(definition)
    try:
        return list(_of(definition, "")) if isinstance(definition, Mapping) else []
    except RecursionError:
        raise too_deep() from None


def unfilled(definition: Any) -> list[Line]:
    """A line for each value that stored content still waits for: with `$$name` a query finds nothing."""
    reason = "has no value, so that queries with it find nothing; import again and give it one"
    return [
        Line("", "parameter", one.name, "unsupported", reason)
        for one in parameters_of(definition)
        if one.kind != "variable"
    ]


def _of(definition: Mapping[str, Any], above: str, depth: int = 0) -> Iterator[Line]:
    place = f"{above}/{definition.get('name')}"
    kind = item_type_of(definition)
    try:
        check_part(definition, depth, may_be_kept=True)
    except ContentRefused as refused:
        reason = f"{refused.problems[0].message}; it is left out"
        yield Line(place, "item", str(definition.get("name")), "unsupported", reason)
        return
    if kind is None:
        yield from _kept(definition, place)
    elif kind == "Folder":
        children = definition.get("children") or []
        if not isinstance(children, list):
            yield Line(
                place, "folder", "", "unsupported", "its children are no list; they are kept as they are"
            )
            return
        for child in children:
            if not isinstance(child, Mapping):
                yield Line(place, "item", "", "unsupported", "is no JSON object and is left out")
            else:
                yield from _of(child, place, depth + 1)
    elif kind == "Dashboard":
        yield from _dashboard(definition, kind, place)
    elif kind == "Report":
        yield from _dashboard(definition, kind, place)
        yield from _classic_notes(definition, place)
    elif kind == "Search":
        yield from _search(definition, place)
    else:
        problems = misfit(kind, definition)
        reason = f"{problems[0]}; it is kept as it is" if problems else ""
        verdict: Verdict = "unsupported" if problems else "works"
        yield Line(place, kind.lower(), str(definition.get("name")), verdict, reason)


def _kept(definition: Mapping[str, Any], place: str, depth: int = 0) -> Iterator[Line]:
    """What is stored as it is. Whether the queries of a monitor could run is told all the same."""
    kind, title = str(definition.get("type")), str(definition.get("name"))
    if kind.startswith("Metrics"):
        yield Line(place, "item", title, "unsupported", METRICS)
        return
    reason = f"content of type {kind} is kept and does nothing here"
    if repeated := next((one for one in ("forEach", "count") if one in definition), None):
        reason = (
            f"{repeated} makes several of it, which only the tool does that it was written for; it is kept"
        )
    monitors = kind.startswith("MonitorsLibrary")
    if monitors and (definition.get("monitorType") or "Logs") == "Logs":
        for one in _dicts(definition.get("queries")):
            line = _query(str(one.get("query") or ""), {}, place, "monitor", title)
            if line.verdict == "unsupported":
                reason = f"{reason}; {line.reason}"
    yield Line(place, "monitor" if monitors else "item", title, "unsupported", reason)
    children = _dicts(definition.get("children")) if depth < DEEPEST_IMPORTED else []
    for child in (one for one in children if one.get("type")):
        yield from _kept(child, f"{place}/{child.get('name')}", depth + 1)


def _classic_notes(document: Mapping[str, Any], place: str) -> Iterator[Line]:
    title = str(document.get("name") or "")
    yield from _kept_keys(document, classic.KNOWN_KEYS["dashboard"], "dashboard", title, place)
    style = {name.split(".")[-1] for panel in _dicts(document.get("panels")) for name in look_of(panel)[1]}
    yield from _own_look(style, title, place)
    for label, note in filter_notes(document):
        yield Line(place, "filter", label, "note" if note else "works", note)
    for panel in _dicts(document.get("panels")):
        viewer, title = str(panel.get("viewerType") or "").lower(), str(panel.get("name") or "")
        if viewer and viewer not in KNOWN_VIEWERS and viewer != "metrics":
            yield Line(place, "panel", title, "note", f'viewer "{viewer}" is drawn as a table')
        if settings_of(panel.get("properties")) is None:
            reason = "its properties are no JSON object; it has the usual look"
            yield Line(place, "panel", title, "note", reason)
        if viewer != "metrics" and (left := look_of(panel)[0]):
            yield Line(place, "panel", title, "note", named("settings that are kept and not drawn", left))
        yield from _kept_keys(panel, classic.KNOWN_KEYS["panel"], "panel", title, place)
        if panel.get("timeRange") and time_range(panel["timeRange"]) is None:
            yield Line(
                place, "panel", title, "note", "its time range is not known here; the dashboard's applies"
            )


def _dashboard(document: Mapping[str, Any], kind: str, place: str) -> Iterator[Line]:
    model, title = model_of(kind, document), str(document.get("name") or "")
    for problem in misfit(kind, document):
        yield Line(place, "dashboard", title, "note", f"{problem}; it is shown without")
    if "dynamic" in document:
        reason = (
            "its dynamic blocks make parts that only the tool knows that it was written for; they are kept"
        )
        yield Line(place, "dashboard", title, "unsupported", reason)
    if kind == "Dashboard":
        yield from _kept_keys(document, KNOWN_KEYS["dashboard"] | {"dynamic"}, "dashboard", title, place)
        if document.get("schedules"):
            reason = "its scheduled reports are kept and are not sent"
            yield Line(place, "dashboard", title, "note", reason)
    if reason := _range_problem(model.get("timeRange")):
        yield Line(place, "dashboard", title, "unsupported", reason)
    elif reason := _fixed(model.get("timeRange")):
        yield Line(place, "dashboard", title, "note", reason)
    values = variable_defaults(model)
    panels = model.get("panels") or ()
    for panel in panels:
        yield _panel(panel, values, place)
        if kind == "Dashboard":
            name = str(panel.get("title") or "")
            yield from _kept_keys(panel, KNOWN_KEYS["panel"], "panel", name, place)
            for query in panel.get("queries") or ():
                yield from _kept_keys(query, KNOWN_KEYS["query"], "panel", name, place)
    for variable in model.get("variables") or ():
        yield _variable(variable, values, place)
        yield from _kept_keys(variable, KNOWN_KEYS["variable"], "variable", str(variable["name"]), place)
    style = {name.split(".")[-1] for panel in panels for name in style_of(panel.get("visualSettings"))}
    if kind == "Dashboard":
        yield from _own_look(style, title, place)


def _own_look(style: set[str], title: str, place: str) -> Iterator[Line]:
    if style:
        reason = named("fonts, lines and palettes are Dohyo's own, which leaves out", sorted(style))
        yield Line(place, "look", title, "note", reason)


def _kept_keys(
    part: Mapping[str, Any], known: frozenset[str], kind: str, title: str, place: str
) -> Iterator[Line]:
    """Keys that the published format is not known to have."""
    unknown = [key for key, value in part.items() if key not in known and value not in (None, "", [], {})]
    if unknown:
        reason = named("keys that are kept and do nothing here", sorted(unknown))
        yield Line(place, kind, title, "note", reason)


def _range_problem(given: Any) -> str:
    try:
        resolved(given, now_ms())
    except ProblemError as error:
        return f"its time range cannot be used: {error.problems[0].message}"
    return ""


def _variable(variable: Mapping[str, Any], values: Mapping[str, Any], place: str) -> Line:
    name, source = str(variable["name"]), variable["sourceDefinition"]
    kind = str(source.get("variableSourceType") or "")
    if "values" in source:
        return Line(place, "variable", name, "works")
    if "filter" in source or "key" in source:
        key = str(source.get("key") or name)
        return _query(f"{source.get('filter') or '*'} | count by {key}", values, place, "variable", name)
    if text := source.get("query"):
        return _query(str(text), values, place, "variable", name)
    return Line(
        place,
        "variable",
        name,
        "note",
        f"its source {kind or '(none)'} gives no list; any value can be typed",
    )


def _panel(panel: Mapping[str, Any], values: Mapping[str, Any], place: str) -> Line:
    title, kind = str(panel.get("title") or ""), panel.get("panelType")
    if kind in ("TextPanel", "CollapsiblePanel"):
        note = note_of(panel.get("visualSettings")) if kind == "TextPanel" else ""
        return Line(place, "panel", title, "note" if note else "works", note)
    if kind != "SumoSearchPanel":
        reason = OTHER_PANELS.get(str(kind), f'panels of type "{kind}" are not known here; it is kept')
        return Line(place, "panel", title, "unsupported", reason)
    queries = panel.get("queries") or []
    logs = [one for one in queries if (one.get("queryType") or "Logs") == "Logs"]
    if not logs:
        kinds = [str(one.get("queryType")) for one in queries]
        unknown = f'reads queries of type "{kinds[0]}", which are not known here' if kinds else "has no query"
        reason = next((QUERY_TYPES[one] for one in kinds if one in QUERY_TYPES), unknown)
        return Line(place, "panel", title, "unsupported", reason)
    if problem := _range_problem(panel["timeRange"]) if panel.get("timeRange") else "":
        return Line(place, "panel", title, "unsupported", problem)
    found = [_query(one["queryString"], values, place, "panel", title) for one in logs]
    worst = max(found, key=lambda line: ("works", "note", "unsupported").index(line.verdict))
    others = [
        f"{one.reason} (query {key.get('queryKey')}, {one.where})" if one.where else one.reason
        for one, key in zip(found, logs, strict=True)
        if one is not worst
    ]
    notes = [
        worst.reason,
        *others,
        note_of(panel.get("visualSettings")),
        _partly(queries, logs),
        _times(logs),
        _fixed(panel.get("timeRange")),
    ]
    note = "; ".join(dict.fromkeys(one for one in notes if one))
    verdict = worst.verdict if worst.verdict != "works" or not note else "note"
    return Line(place, "panel", title, verdict, note, worst.where, worst.query)


def _partly(queries: list[Mapping[str, Any]], logs: list[Mapping[str, Any]]) -> str:
    return f"{len(queries) - len(logs)} of its queries {METRICS}" if len(queries) > len(logs) else ""


def _fixed(given: Any) -> str:
    """A range that was fixed long ago finds none of today's messages."""
    end = given.get("to") if isinstance(given, Mapping) else None
    if not isinstance(end, Mapping) or not ("epochMillis" in end or "iso8601Time" in end):
        return ""
    moment = resolved(given, now_ms())[1]
    if now_ms() - moment < LONG_AGO_MS:
        return ""
    return f"its time range is fixed and ended on {utc_of_ms(moment):%Y-%m-%d}"


def _times(queries: list[Mapping[str, Any]]) -> str:
    odd = [str(one["timeSource"]) for one in queries if str(one.get("timeSource") or "").lower() not in TIMES]
    return f'time source "{odd[0]}" is read as the time of the message' if odd else ""


def _search(definition: Mapping[str, Any], place: str) -> Iterator[Line]:
    given = definition.get("search")
    search = given if isinstance(given, Mapping) else definition
    text = search.get("queryText") or search.get("searchQuery") or ""
    parameters = _dicts(search.get("queryParameters"))
    values = {str(p.get("name")).lower(): str(p.get("value") or "*") for p in parameters}
    title = str(definition.get("name"))
    for problem in misfit("Search", definition):
        yield Line(place, "search", title, "unsupported", f"{problem}; it is kept as it is")
    line = _query(str(text), values, place, "search", title)
    if line.verdict == "works" and (notes := _search_notes(definition, search)):
        line = Line(place, "search", title, "note", notes, "", line.query)
    yield line


def _search_notes(definition: Mapping[str, Any], search: Mapping[str, Any]) -> str:
    dependency = definition.get("scheduleWithDependency")
    schedule = definition.get("searchSchedule") or dependency
    found = []
    if schedule:
        inner = dependency.get("searchSchedule") if isinstance(dependency, Mapping) else schedule
        notification = inner.get("notification") if isinstance(inner, Mapping) else None
        task = str(notification.get("taskType") or "") if isinstance(notification, Mapping) else ""
        kind = f" ({task.removesuffix('SyncDefinition')})" if task else ""
        found.append(f"its schedule{kind} is kept and does not run")
    if view := search.get("viewName") or search.get("viewNameOpt"):
        found.append(f'it searches all messages, not only the view "{view}"')
    text = search.get("defaultTimeRange")
    if isinstance(text, str) and text and (problem := _range_problem(range_object(text))):
        found.append(problem)
    return "; ".join(found)


def _query(text: str, values: Mapping[str, Any], place: str, part: str, title: str) -> Line:
    if open_template := _TEMPLATE.search(_QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)):
        start, end = open_template.span()
        at = Problem("template", "", Span(start, end))
        reason = f"{text[start:end][:60]} is a value of the tool that it was written for, and nobody gave it"
        return Line(place, part, title, "unsupported", reason, _where(at, text), text)
    filled = _filled(text, values)
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


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """The query as it would run; what installing asks for has a plausible value."""
    try:
        text = fill_in(text, values).text
    except ProblemError:
        shown = {
            match: str(values[match.lower()]) for match in PLACE.findall(text) if match.lower() in values
        }
        return with_plausible(text, shown)[0]
    return with_plausible(text)[0]


def _where(problem: Problem, text: str) -> str:
    place = problem.place(text)
    return f"{place[0]}:{place[1]}" if place else ""


def _dicts(given: Any) -> list[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
