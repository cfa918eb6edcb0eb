"""Answers of a query by the reference interpreter and by the embedded engine, from the same rows.

A row is a mapping: keys that are fields of messages fill these, other keys become custom fields. Times may be
ISO texts. Rows without a time have the same one; those of one time stand in the order given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dohyo.base.problem import ProblemError
from dohyo.compile import CompileContext, Compiled, compile_query
from dohyo.functions.table import RunContext
from dohyo.ops.discovered import with_shown
from dohyo.oracle.run import run_plan
from dohyo.plan.nodes import LookupTable
from dohyo.plan.schema import MESSAGE_FIELDS
from dohyo.plan.types import TEXT
from dohyo.search.lookups import Lookups
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

TIMES = ("_messagetime", "_receipttime")
_TEXTS = [f.name for f in MESSAGE_FIELDS if f.type == TEXT and f.name != "_view"]
Tables = Callable[[str], LookupTable | None]


@dataclass(frozen=True)
class Answer:
    """Rows by field names with warnings, or the text of the problem that refused them."""

    rows: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""


def epoch_ms(value: Any) -> int:
    """Epoch milliseconds of a number or an ISO text."""
    if isinstance(value, str):
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    return int(value)


def messages_of(rows: Iterable[Mapping[str, Any]], run: RunContext) -> list[dict[str, Any]]:
    """The rows as messages of the reference interpreter."""
    known = {f.name for f in MESSAGE_FIELDS}
    found = []
    rows = list(rows)
    for place, row in enumerate(rows):
        message: dict[str, Any] = {name: "" for name in _TEXTS}
        message |= {"_messagetime": (run.start_ms + run.end_ms) // 2, "_messageid": len(rows) - place}
        message |= {name.lower(): value for name, value in row.items() if name.lower() in known}
        message |= {name: epoch_ms(message[name]) for name in TIMES if name in message}
        message.setdefault("_receipttime", message["_messagetime"])
        custom = {n.lower(): v for n, v in row.items() if n.lower() not in known and v is not None}
        message["_fields"] = {name: str(value) for name, value in custom.items()}
        found.append(message)
    return found


def event_of(message: Mapping[str, Any]) -> Event:
    """The message as the store takes it."""
    return Event(
        message["_messagetime"],
        message["_receipttime"],
        message["_messageid"],
        message["_sourcecategory"],
        message["_collector"],
        message["_source"],
        message["_sourcehost"],
        message["_sourcename"],
        message["_fields"],
        message["_raw"],
    )


def refused(error: ProblemError, query: str) -> Answer:
    return Answer(error="\n".join(problem.shown(query) for problem in error.problems))


def reference_answer(
    compiled: Compiled, messages: Sequence[Mapping[str, Any]], run: RunContext, tables: Tables
) -> Answer:
    """By the reference interpreter."""
    warned = list(compiled.warnings)
    run = replace(run, warn=warned.append)
    try:
        plan = with_shown(compiled.plan, lambda first: run_plan(first, messages, run, Lookups(tables=tables)))
        rows = run_plan(plan, messages, run, Lookups(tables=tables))
    except ProblemError as error:
        return refused(error, compiled.text)
    return Answer(tuple(rows), tuple(problem.message for problem in warned))


def engine_answer(
    compiled: Compiled, messages: Sequence[Mapping[str, Any]], run: RunContext, tables: Tables
) -> Answer:
    """By the embedded engine, in a store of its own."""
    return engine_answers([compiled], messages, run, tables)[0]


def engine_answers(
    queries: Sequence[Compiled],
    messages: Sequence[Mapping[str, Any]],
    run: RunContext,
    tables: Tables,
    seen_by: Callable[[EmbeddedStore], Any] = lambda store: store,
) -> list[Answer]:
    """By the embedded engine, all in one store of their own; `seen_by` says how searches see it."""
    store = EmbeddedStore.in_memory()
    try:
        if messages:
            store.insert([event_of(message) for message in messages], token="all", may_repeat=False)
        searches = Searches(seen_by(store), tables=tables)
        return [searched(searches, query, run) for query in queries]
    finally:
        store.close()


def searched(searches: Searches, compiled: Compiled, run: RunContext) -> Answer:
    try:
        result = searches.result(compiled, run)
    except ProblemError as error:
        return refused(error, compiled.text)
    names = [f.name for f in result.fields]
    return Answer(tuple(dict(zip(names, row, strict=True)) for row in result.rows), result.warnings)


def compiled(query: str, run: RunContext, tables: Tables) -> Compiled | Answer:
    """The query's plan, or the answer that refuses it."""
    try:
        return compile_query(query, CompileContext(run=run, tables=tables))
    except ProblemError as error:
        return refused(error, query)


def same_value(a: Any, b: Any) -> bool:
    """Whether two values are one; doubles up to their last digits, as sums depend on their order."""
    if isinstance(a, float) and isinstance(b, float):
        both_nan = math.isnan(a) and math.isnan(b)
        return a == b or both_nan or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return type(a) is type(b) and a == b


def differences(here: Answer, there: Answer) -> list[str]:
    """What is not the same in two answers: problem, warnings, number of rows, fields, values."""
    if here.error != there.error or here.warnings != there.warnings:
        return [f"{here.error or here.warnings} | {there.error or there.warnings}"]
    found = []
    if len(here.rows) != len(there.rows):
        found.append(f"{len(here.rows)} rows | {len(there.rows)} rows")
    for number, (a, b) in enumerate(zip(here.rows, there.rows, strict=False)):
        if list(a) != list(b):
            found.append(f"row {number}: fields {list(a)} | {list(b)}")
            continue
        found += [f"row {number}: {n}={a[n]!r} | {b[n]!r}" for n in a if not same_value(a[n], b[n])]
    return found
