"""Runs published queries on messages made for them, in the reference interpreter and in the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answers import Answer, differences, event_of, messages_of, reference_answer, searched
from corpus_events import messages_for
from corpus_queries import Published

from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext
from dohyo.lang.parse import parse_query
from dohyo.ops.operator import operators
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore

DAY_MS = 86_400_000
_FIRST_END_MS = 946_684_800_000 + 60 * DAY_MS
_APART_MS = 60 * DAY_MS
"""Queries of one store have ranges so far apart that no comparison of one reaches the messages of another."""
BATCH = 25


@dataclass(frozen=True)
class Ran:
    """`different`: what the engine's answer has that the reference's has not, and the other way round."""

    query: Published
    here: Answer
    there: Answer
    different: tuple[str, ...]


def range_of(place: int) -> RunContext:
    end_ms = _FIRST_END_MS + place * _APART_MS
    return RunContext(end_ms, end_ms - DAY_MS, end_ms, save=lambda path, rows, append: None)


def ran(queries: Sequence[Published]) -> Iterator[Ran]:
    """The queries in both engines, batch by batch in a store."""
    for start in range(0, len(queries), BATCH):
        yield from _batch(queries[start : start + BATCH])


def _batch(queries: Sequence[Published]) -> Iterator[Ran]:
    prepared = []
    for place, query in enumerate(queries):
        run = range_of(place)
        compiled = compile_query(query.text, CompileContext(run=run))
        parsed, _ = parse_query(query.text, operators())
        assert parsed is not None
        prepared.append((query, compiled, run, messages_of(messages_for(parsed, run), run)))
    store = EmbeddedStore.in_memory()
    try:
        events = [event_of(message) for *_, messages in prepared for message in messages]
        store.insert(events, token="all", may_repeat=False)
        searches = Searches(store)
        for query, compiled, run, messages in prepared:
            here = reference_answer(compiled, messages, run, lambda path: None)
            there = searched(searches, compiled, run)
            yield Ran(query, here, there, tuple(differences(here, there)))
    finally:
        store.close()
