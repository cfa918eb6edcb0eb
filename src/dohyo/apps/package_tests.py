"""A package's own tests: its events through its panels and searches, compared with the answers it states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from dohyo.apps.faults import PackageRefused, fault
from dohyo.apps.manifest import Case, Expected
from dohyo.apps.package import Package
from dohyo.apps.sample import Sample
from dohyo.collect.graph_time import graph_time_to_ms
from dohyo.search.dashboard_run import DashboardRequest, DashboardRuns
from dohyo.search.lines import record_time
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event, row_key

EXPECTED_FILE = "tests/expected.yaml"
SHOWN_CHARACTERS = 2000
Row = dict[str, Any]
Got = list[Row] | str  # rows, or the words of a problem


@dataclass(frozen=True)
class Difference:
    """An answer that is not the stated one; `place` is `case / dashboard / panel`."""

    place: str
    message: str


@dataclass(frozen=True)
class Report:
    """How many answers were compared, which differ, and which panels and searches no case asks."""

    compared: int
    differences: tuple[Difference, ...]
    unasked: tuple[str, ...]


def run_package_tests(package: Package, *, hot: bool = True) -> Report:
    """Runs every case over a store of its own, with or without the package's hot fields.

    PackageRefused where the package has no tests. No store over a directory may be open in the process.
    """
    if package.expected is None:
        raise PackageRefused([fault("package-tests", EXPECTED_FILE, None, "the package has no tests")])
    with _over_events(package, package.expected, hot) as (sample, searches):
        return _compared(package.expected, sample, searches)


def recorded(package: Package, expected: Expected) -> Case:
    """The first case with the answers that panels and searches give now: what an author checks once, and
    what later versions are compared with. Panels without an answer, and those that other numbers than finite
    ones are in, are left out.
    """
    with _over_events(package, expected, True) as (sample, searches):
        every: dict[str, dict[str, list[Row]]] = {
            place: {key: [] for key in _asking(board)} for place, board in sample.boards.items()
        }
        case = expected.cases[0].model_copy(
            update={"panels": every, "searches": {place: [] for place in sample.searches}}
        )
        got = {place: rows for place, _, rows in _answers(case, sample, searches) if _keepable(rows)}
    panels = {
        place: {key: got[f"{place} / {key}"] for key in keys if f"{place} / {key}" in got}
        for place, keys in every.items()
    }
    return case.model_copy(
        update={
            "panels": {place: answers for place, answers in panels.items() if answers},
            "searches": {place: got[place] for place in sample.searches if place in got},
        }
    )


def _keepable(rows: Got) -> bool:
    return not isinstance(rows, str) and all(
        not isinstance(value, float) or isfinite(value) for row in rows for value in row.values()
    )


@contextmanager
def _over_events(package: Package, expected: Expected, hot: bool) -> Iterator[tuple[Sample, Searches]]:
    store = EmbeddedStore.in_memory()
    try:
        store.insert(list(_events(package, expected)), token=package.digest, may_repeat=False)
        if hot and package.hot_fields:
            store.set_hot_fields(package.hot_fields.name, package.hot_fields.fields)
        sample = Sample.of(package, expected.source_category)
        yield sample, Searches(store, tables=sample.table_at)
    finally:
        store.close()


def _compared(expected: Expected, sample: Sample, searches: Searches) -> Report:
    asked: list[str] = []
    differences: list[Difference] = []
    for case in expected.cases:
        for place, wanted, got in _answers(case, sample, searches):
            asked.append(place)
            if (message := _difference(wanted, got)) is not None:
                differences.append(Difference(f"{case.name} / {place}", message))
    unasked = set(_all_places(sample)) - set(asked)
    return Report(len(asked), tuple(differences), tuple(sorted(unasked)))


def _all_places(sample: Sample) -> Iterator[str]:
    yield from sample.searches
    for place, board in sample.boards.items():
        yield from (f"{place} / {key}" for key in _asking(board))


def _asking(board: Mapping[str, Any]) -> list[str]:
    """Keys of the panels of a dashboard that ask something."""
    return [panel["key"] for panel in board.get("panels") or () if panel.get("queries")]


def _events(package: Package, expected: Expected) -> Iterator[Event]:
    """The events as a source would store them, lines that are no JSON too."""
    received_ms = epoch_ms(expected.received)
    for at, line in enumerate(package.text("tests/events.ndjson").splitlines()):
        if line.strip():
            moment = _time_of(line, expected.time_field)
            moment = received_ms if moment is None else moment
            key, category = row_key("test", str(at)), expected.source_category
            yield Event(moment, received_ms, key, category, "test", "test", "", "", {}, line)


def _time_of(line: str, name: str) -> int | None:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not name:
        return record_time(record, line)
    return graph_time_to_ms(record.get(name)) if isinstance(record, dict) else None


def epoch_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _answers(case: Case, sample: Sample, searches: Searches) -> Iterator[tuple[str, list[Row], Got]]:
    """Place, stated rows, and rows or problem of every answer that the case states."""
    start, end = epoch_ms(case.start), epoch_ms(case.to)
    range_model = {"from": start, "to": end}
    runs = DashboardRuns(searches, now=lambda: end)
    try:
        for place, panels in case.panels.items():
            asked = DashboardRequest(range_model, case.variables, list(panels))
            rows = _panel_rows(runs, sample.board(place), asked)
            for key, wanted in panels.items():
                yield f"{place} / {key}", wanted, rows.get(key, "the dashboard has no such panel")
        for place, wanted in case.searches.items():
            panel = {"key": place, "queries": [{"queryString": sample.search(place)}]}
            yield place, wanted, _panel_rows(runs, {"panels": [panel]}, DashboardRequest(range_model))[place]
    finally:
        runs.close()


def _panel_rows(runs: DashboardRuns, document: dict[str, Any], request: DashboardRequest) -> dict[str, Got]:
    """Rows of every panel by its key, or the problem's words."""
    found: dict[str, Got] = {}
    for line in runs.run(document, request):
        if "panel" in line and line["ok"]:
            names = [field["name"] for field in line["fields"]]
            found[line["panel"]] = [dict(zip(names, row, strict=True)) for row in line["rows"]]
        elif "panel" in line:
            found[line["panel"]] = str(line["problem"]["message"])
    return found


def _difference(wanted: list[Row], got: Got) -> str | None:
    """What is wrong with the answer, for people; None where nothing is. The order of fields counts too."""
    if isinstance(got, str):
        return got
    for at, (one, other) in enumerate(zip(wanted, got, strict=False), start=1):
        if list(one.items()) != list(other.items()):
            return f"row {at}: expected {_shown(one)}, got {_shown(other)}"
    return None if len(wanted) == len(got) else f"{len(wanted)} rows expected, {len(got)} got"


def _shown(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)[:SHOWN_CHARACTERS]
