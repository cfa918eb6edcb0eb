"""Loads published apps into an empty library and runs every log query of theirs over their own sample events.

An app is a folder with `app.json` and maybe `events/`, or an exported JSON file; a folder of such folders is
taken apart. Events are stored in a source category of the app, their times moved to now. Fails where an app
cannot be imported, changes on its way out, or a query of it makes an error of the engine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from dohyo.base.problem import ProblemError
from dohyo.collect.file_records import Record, look_at, records_of
from dohyo.content.library import Library
from dohyo.content.parameters import demo_values, filled, parameters_of
from dohyo.content.report import Line, report_of
from dohyo.content.rights import Caller
from dohyo.functions.table import RunContext
from dohyo.metadata.db import open_metadata
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event, row_key

RANGE_MS = 30 * 86_400_000
console = Console(width=150)


@dataclass
class Outcome:
    """What became of one app."""

    name: str
    items: int = 0
    left_out: int = 0
    same: bool = False
    lines: list[Line] = field(default_factory=list)
    ran: int = 0
    filled: int = 0
    events: int = 0
    failures: list[str] = field(default_factory=list)
    empty: list[Line] = field(default_factory=list)

    def row(self) -> list[str]:
        panels = Counter(line.verdict for line in self.lines if line.part == "panel")
        queries = [line for line in self.lines if line.query]
        compiled = sum(line.verdict != "unsupported" for line in queries)
        shown = (
            "yes" if self.items else "no", self.items, self.left_out, "yes" if self.same else "no",
            panels.total(), panels["works"], panels["note"], panels["unsupported"], len(queries), compiled,
            self.ran, self.filled if self.events else "-", self.events,
        )  # fmt: skip
        return [self.name, *map(str, shown)]


def apps_in(path: Path) -> Iterator[Path]:
    """Definitions, one an app."""
    if path.is_file():
        yield path
    elif (path / "app.json").is_file():
        yield path / "app.json"
    else:
        for inner in sorted(path.iterdir()):
            if inner.is_dir() or inner.suffix == ".json":
                yield from apps_in(inner)


def outcome_of(definition: Path, library: Library, store: EmbeddedStore) -> Outcome:
    name = definition.parent.name if definition.name == "app.json" else definition.stem
    found = Outcome(name)
    category = f"Published/{name}"
    try:
        document = json.loads(definition.read_text(encoding="utf-8-sig"))
        document = filled(document, demo_values(parameters_of(document), category))
        _import(found, library, document)
    except (ProblemError, ValueError) as error:
        found.failures.append(f"{name}: not imported: {error}")
        return found
    found.events = _store(definition.parent / "events", category, store)
    found.lines = report_of(document)
    for line in found.lines:
        if line.query and line.verdict != "unsupported":
            _run(found, line, Searches(store))
    return found


def _import(found: Outcome, library: Library, document: Any) -> None:
    caller = Caller("0000000000000001", manages=True, admin_mode=True)
    folder = library.create_folder(library.personal(caller).id, found.name, "", caller)
    imported = library.import_into(folder.id, document, caller)
    found.items, found.left_out = imported.total, len(imported.failures)
    exported = json.dumps(library.export(imported.item_id, caller))
    found.same = exported == json.dumps(document)
    found.failures += [f"{found.name}{one.path}: {one.error}" for one in imported.failures]


def _store(folder: Path, category: str, store: EmbeddedStore) -> int:
    """Stores the events, the newest of each file now; how many there are."""
    count = 0
    for file in sorted(folder.glob("*")) if folder.is_dir() else ():
        with file.open("rb") as opened:
            records = [one for one in records_of(opened, look_at(file)) if isinstance(one, Record)]
        now = int(time.time() * 1000)
        times = [one.time_ms for one in records if one.time_ms is not None]
        later = now - max(times, default=now)
        events = [
            Event(
                now if one.time_ms is None else one.time_ms + later, now,
                row_key(category, f"{file.name}{n}"),
                category, "published", "file", "", file.name, {}, one.text,
            )
            for n, one in enumerate(records)
        ]  # fmt: skip
        store.insert(events, token=f"{category}{file.name}", may_repeat=False)
        count += len(events)
    return count


def _run(found: Outcome, line: Line, searches: Searches) -> None:
    now = int(time.time() * 1000) + 60_000
    run = RunContext(now, now - RANGE_MS, now, auto_parse=True)
    try:
        result = searches.result(searches.compiled(line.query, run), run)
    except ProblemError as error:
        found.failures.append(f"{line.place}, {line.title}: {error}")
        return
    found.ran += 1
    if result.rows:
        found.filled += 1
    elif found.events:
        found.empty.append(line)


def main() -> int:
    reader = argparse.ArgumentParser(prog="bench/published", description=(__doc__ or "").split("\n\n")[0])
    reader.add_argument("folders", nargs="+", type=Path)
    reader.add_argument("--reasons", action="store_true", help="tell all reasons, not only the most frequent")
    reader.add_argument("--empty", action="store_true", help="name queries that find nothing in the events")
    chosen = reader.parse_args()
    columns = (
        "app, imports, items, left out, same out, panels, work, note, not supported, queries, compile, run, "
        "non-empty, events"
    )
    table = Table(*columns.split(", "))
    outcomes = []
    with tempfile.TemporaryDirectory() as data, closing(EmbeddedStore.in_memory()) as store:
        library = Library(open_metadata(Path(data)))
        for definition in [one for folder in chosen.folders for one in apps_in(folder)]:
            outcomes.append(outcome_of(definition, library, store))
            table.add_row(*outcomes[-1].row())
    console.print(table)
    for verdict, words in (("unsupported", "not supported"), ("note", "with a note")):
        told = [line for one in outcomes for line in one.lines if line.verdict == verdict]
        reasons = Counter((line.part, line.reason) for line in told)
        for (part, reason), count in reasons.most_common(None if chosen.reasons else 10):
            console.print(f"{count} {words}: {part}, {reason}", markup=False, soft_wrap=True)
    for line in (line for one in outcomes for line in one.empty if chosen.empty):
        console.print(f"finds nothing: {line.place}, {line.part} {line.title}", markup=False, soft_wrap=True)
    failures = [failure for one in outcomes for failure in one.failures]
    for failure in failures:
        console.print(failure, markup=False, soft_wrap=True)
    return 1 if failures or not all(one.same for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
