"""Runs the panels of a dashboard: variables filled in, ranges resolved once, equal work done once, answers
remembered.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.table import RunContext
from dohyo.search.cells import page_fields, page_rows
from dohyo.search.ranges import is_relative, resolved, steady_now
from dohyo.search.result import Result, internal_problem
from dohyo.search.variables import Filled, Value, fill_in

if TYPE_CHECKING:
    from dohyo.compile import Compiled

LOG = logging.getLogger(__name__)
Line = dict[str, Any]
WORKERS = 2
MOST_ANSWERS = 500
MOST_CELLS = 200_000
DEFAULT_ROWS = 1000
MOST_VALUES = 10_000


class Answers(Protocol):
    """What dashboard runs need of `Searches`."""

    def compiled(self, text: str, run: RunContext) -> Compiled: ...
    def result(self, compiled: Compiled, run: RunContext, *, most_messages: int | None = None) -> Result: ...
    def newest_insert(self) -> int: ...


@dataclass(frozen=True)
class DashboardRequest:
    """`range` is `{"from", "to"}` or a published range, None for the dashboard's own; it does not touch
    panels that have a range of their own. `panels`: keys, None for all. `variables`: values by name; the
    others have their defaults. `audited` as in `RunContext`.
    """

    range: Any = None
    variables: Mapping[str, Value] = field(default_factory=dict)
    panels: Sequence[str] | None = None
    zone: str = "UTC"
    audited: bool = False


@dataclass(frozen=True)
class _Question:
    """One query of one panel, ready to run. Equal `key`s have equal answers."""

    panel: str
    query: str
    filled: Filled
    run: RunContext
    most: int

    @property
    def key(self) -> tuple[str, RunContext]:
        return self.filled.text, self.run


AUTOMATIC = ("auto", "autoparse", "intelliparse")
"""Parse modes in which JSON fields are there without an operator."""


class DashboardRuns:
    """Runs dashboards over one store, two queries at a time, and remembers answers until something new is
    stored.

    The present is read once a run and, for ranges that move, rounded up to a small step, so that the same
    panels asked again within it are answered from memory.
    """

    def __init__(self, searches: Answers, now: Callable[[], int] = now_ms) -> None:
        self._searches = searches
        self._now = now
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="dashboard")
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[str, RunContext], tuple[int, Result]] = OrderedDict()

    def run(self, dashboard: Mapping[str, Any], request: DashboardRequest) -> Iterator[Line]:
        """The lines of a run: the range, then each query's answer or problem as it is there, then `{"done":
        true}`.

        Raises ProblemError before the first line where the range is wrong. Closing the iterator drops what
        has not begun.
        """
        now = self._now()
        model = request.range if request.range is not None else dashboard.get("timeRange") or "-24h"
        start, end = self._range(model, now, request.zone)
        return self._lines(dashboard, request, now, start, end)

    def _lines(
        self, dashboard: Mapping[str, Any], request: DashboardRequest, now: int, start: int, end: int
    ) -> Iterator[Line]:
        yield {"run": {"from_ms": start, "to_ms": end}}
        values = variable_defaults(dashboard) | {
            name.lower(): value for name, value in request.variables.items()
        }
        asked: dict[tuple[str, RunContext], list[_Question]] = {}
        for panel, query in panel_queries(dashboard, request.panels):
            try:
                question = self._question(panel, query, values, now, (start, end), request)
            except ProblemError as error:
                text = error.text or str(query.get("queryString"))
                yield _refused(panel["key"], query, text, text, error.problems[0])
            else:
                asked.setdefault(question.key, []).append(question)
        running = {self._pool.submit(self._answer, same[0]): same for same in asked.values()}
        try:
            for done in as_completed(running):
                yield from self._shown(done, running[done])
        finally:
            for waiting in running:
                waiting.cancel()
        yield {"done": True}

    def _question(
        self,
        panel: Mapping[str, Any],
        query: Mapping[str, Any],
        values: Mapping[str, Value],
        now: int,
        whole: tuple[int, int],
        request: DashboardRequest,
    ) -> _Question:
        filled = fill_in(str(query.get("queryString") or ""), values)
        start, end = self._range(panel["timeRange"], now, request.zone) if panel.get("timeRange") else whole
        most = int(query.get("outputCardinalityLimit") or DEFAULT_ROWS)
        key = str(query.get("queryKey") or "A")
        run = RunContext(
            end, start, end, request.zone, audited=request.audited,
            auto_parse=str(query.get("parseMode") or "").lower() in AUTOMATIC,
            by_receipt=str(query.get("timeSource") or "").lower() == "receipt",
        )  # fmt: skip
        return _Question(panel["key"], key, filled, run, most)

    def _range(self, model: Any, now: int, zone: str) -> tuple[int, int]:
        start, end = resolved(model, now, zone)
        return resolved(model, steady_now(now, end - start), zone) if is_relative(model) else (start, end)

    def _answer(self, question: _Question) -> tuple[Result, bool, int]:
        """The result, whether it was remembered, and the milliseconds it took. Only one thread asks for one
        key in a run.
        """
        began = time.perf_counter()
        newest = self._searches.newest_insert()
        with self._lock:
            known = self._remembered.get(question.key)
        if known is not None and known[0] == newest:
            return known[1], True, 0
        compiled = self._searches.compiled(question.filled.text, question.run)
        result = self._searches.result(compiled, question.run, most_messages=DEFAULT_ROWS)
        if len(result.rows) * max(len(result.fields), 1) <= MOST_CELLS:
            self._remember(question.key, newest, result)
        return result, False, round((time.perf_counter() - began) * 1000)

    def _remember(self, key: tuple[str, RunContext], newest: int, result: Result) -> None:
        with self._lock:
            self._remembered[key] = (newest, result)
            self._remembered.move_to_end(key)
            while len(self._remembered) > MOST_ANSWERS:
                self._remembered.popitem(last=False)

    def _shown(self, done: Future[tuple[Result, bool, int]], questions: list[_Question]) -> Iterator[Line]:
        for question in questions:
            try:
                result, cached, elapsed = done.result()
            except ProblemError as error:
                yield _refused_answer(question, question.filled.problems(error.problems)[0])
            except Exception as error:  # of one panel; the others have their answers
                LOG.exception("panel %s failed", question.panel)
                yield _refused_answer(question, internal_problem(error))
            else:
                yield _answered(question, result, cached, elapsed)

    def values(
        self, dashboard: Mapping[str, Any], name: str, range_model: Any, zone: str = "UTC"
    ) -> list[str]:
        """Values that a variable may take: its list, or the distinct values that its query finds in the
        range.

        Variables within the query have their defaults. ProblemError `variable-unknown`, or what is wrong with
        the query.
        """
        variable = next((v for v in variables_of(dashboard) if str(v["name"]).lower() == name.lower()), None)
        if variable is None:
            raise ProblemError([Problem("variable-unknown", f"there is no variable named {name}")])
        source = variable.get("sourceDefinition") or {}
        if "values" in source:
            return [value.strip() for value in str(source["values"]).split(",") if value.strip()]
        text, wanted = str(source.get("query") or "*"), str(source.get("field") or source.get("key") or name)
        if "filter" in source:
            text = f"{source['filter'] or '*'} | count by {wanted}"
        filled = fill_in(text, variable_defaults(dashboard))
        start, end = self._range(range_model or "-24h", self._now(), zone)
        question = _Question("", "", filled, RunContext(end, start, end, zone), MOST_VALUES)
        try:
            result = self._pool.submit(self._answer, question).result()[0]
        except ProblemError as error:
            raise ProblemError(filled.problems(error.problems), filled.typed) from None
        return distinct_values(result, wanted)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def distinct_values(result: Result, name: str) -> list[str]:
    """Values of a field as texts, sorted, blanks left out, at most 10,000."""
    at = next((i for i, f in enumerate(result.fields) if f.name.lower() == name.lower()), None)
    if at is None:
        listed = ", ".join(f.name for f in result.fields)
        raise ProblemError(
            [Problem("field-unknown", f"the query gives no field {name}", hints=(f"fields: {listed}",))]
        )
    found = {str(row[at]) for row in result.rows if row[at] not in (None, "")}
    return sorted(found, key=lambda value: (value.lower(), value))[:MOST_VALUES]


def variables_of(dashboard: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(dashboard.get("variables") or ())


def variable_defaults(dashboard: Mapping[str, Any]) -> dict[str, Value]:
    """Default values by lower-case name; `*` where there is none."""
    return {str(v["name"]).lower(): v.get("defaultValue") or "*" for v in variables_of(dashboard)}


def panel_queries(
    dashboard: Mapping[str, Any], keys: Sequence[str] | None
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Panels that ask something, with each of their log queries."""
    for panel in dashboard.get("panels") or ():
        if keys is None or panel.get("key") in keys:
            for query in panel.get("queries") or ():
                if query.get("queryType", "Logs") == "Logs":
                    yield panel, query


def _answered(question: _Question, result: Result, cached: bool, elapsed: int) -> Line:
    shown = result.rows[: question.most]
    total = len(result.rows)
    return {
        "panel": question.panel,
        "query": question.query,
        "text": question.filled.text,
        "ok": True,
        "aggregate": result.is_aggregate,
        "fields": page_fields(result.fields),
        "rows": page_rows(shown),
        "total": total,
        "cut": result.cut or total > question.most,
        "warnings": list(result.warnings),
        "elapsed_ms": elapsed,
        "cached": cached,
        "range": {"from_ms": question.run.start_ms, "to_ms": question.run.end_ms},
    }


def _refused_answer(question: _Question, problem: Problem) -> Line:
    filled = question.filled
    return _refused(question.panel, {"queryKey": question.query}, filled.text, filled.typed, problem)


def _refused(panel: str, query: Mapping[str, Any], text: str, typed: str, problem: Problem) -> Line:
    return {
        "panel": panel,
        "query": str(query.get("queryKey") or "A"),
        "text": text,
        "typed": typed,
        "ok": False,
        "problem": problem.as_json(typed),
    }
