"""Statements that read: limits, cancelling, and what people are told when one fails."""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from dohyo.base.problem import Problem, ProblemError
from dohyo.store import engine
from dohyo.store.engine import EngineError

MOST_RESULT_ROWS = 2_000_000
MOST_RESULT_BYTES = 2 * 2**30
"""A statement with a larger answer is refused, so that no query fills the memory."""
_CANCEL_S = 2.0
_TAG = "dohyo-"
_tags = itertools.count(1)
_TIMEOUTS = (159, 160)
_MEMORY = (241,)
_CANCELLED = (394,)
_TOO_LARGE = (158, 307, 396)
_THROW_IF = (395,)
THROWN = "search-thrown"
"""Code of the problem of a statement that stops itself by `throwIf`."""


@dataclass
class _Statement:
    tag: str
    is_cancelled: bool = False
    over: threading.Event = field(default_factory=threading.Event)


class Statements:
    """The statements that run now, by the query id they belong to. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: defaultdict[str, list[_Statement]] = defaultdict(list)

    def read(
        self,
        sql: str,
        database: str,
        query_id: str | None,
        timeout_s: float,
        max_memory_bytes: int,
        tables: Mapping[str, pa.Table] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> pa.Table:
        """The answer; `more` are further settings of the engine. ProblemError `search-timeout`,
        `search-memory`, `search-cancelled`, `search-too-large` or `search-failed`.
        """
        with self._registered(query_id or "") as statement:
            settings = {
                "max_execution_time": timeout_s,
                "max_memory_usage": max_memory_bytes,
                "max_result_rows": MOST_RESULT_ROWS,
                "max_result_bytes": MOST_RESULT_BYTES,
                "log_comment": statement.tag,
                # A query is a select for each operator; merging them all takes the engine seconds to plan.
                "query_plan_merge_expressions": 0,
                **(more or {}),
            }
            try:
                if statement.is_cancelled:
                    raise ProblemError([_cancelled()])
                return engine.read(sql, database, settings, tables)
            except EngineError as error:
                problem = _cancelled() if statement.is_cancelled else _problem(error, timeout_s)
                raise ProblemError([problem]) from None

    @staticmethod
    def read_so_far() -> tuple[int, int]:
        """Rows and bytes that all statements which run now have read."""
        return engine.read_so_far(_TAG)

    @contextmanager
    def _registered(self, query_id: str) -> Iterator[_Statement]:
        statement = _Statement(f"{_TAG}{next(_tags)}")
        with self._lock:
            self._running[query_id].append(statement)
        try:
            yield statement
        finally:
            statement.over.set()
            with self._lock:
                self._running[query_id].remove(statement)
                if not self._running[query_id]:
                    del self._running[query_id]

    def cancel(self, query_id: str) -> None:
        """Stop the statements of this id that run now; returns when they are over, within two seconds.

        A statement on its way into the engine cannot be found there yet, so it is asked for again.
        """
        with self._lock:
            statements = list(self._running.get(query_id, ()))
        for statement in statements:
            statement.is_cancelled = True
        until = time.monotonic() + _CANCEL_S
        for statement in statements:
            while not statement.over.is_set() and time.monotonic() < until:
                engine.kill(statement.tag)
                statement.over.wait(0.02)


def _cancelled() -> Problem:
    return Problem("search-cancelled", "the search was cancelled")


def _problem(error: EngineError, timeout_s: float) -> Problem:
    if error.code in _TIMEOUTS:
        message = f"the search took longer than {timeout_s:g} seconds and was stopped"
        hint = "take a shorter time range, or more keywords before the first |"
        return Problem("search-timeout", message, hints=(hint,))
    if error.code in _MEMORY:
        message = "the search needed more memory than one search may take and was stopped"
        hint = "take a shorter time range, or group by fields with fewer different values"
        return Problem("search-memory", message, hints=(hint,))
    if error.code in _CANCELLED:
        return _cancelled()
    if error.code in _TOO_LARGE:
        message = "the search has a larger answer than can be given at once and was stopped"
        return Problem("search-too-large", message, hints=("take a shorter time range, or use limit",))
    if error.code in _THROW_IF:
        return Problem(THROWN, error.message)
    return Problem("search-failed", f"the search engine refused the search: {error.message}")
