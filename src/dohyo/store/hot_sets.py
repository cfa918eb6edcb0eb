"""The hot field sets that a store has, and which of them are filled."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.hot import HotField
from dohyo.plan.sqltree import Sql, call, column, plain, printed, select, text
from dohyo.store import engine, hot_fields
from dohyo.store.engine import EngineError
from dohyo.store.gate import Gate

_PATIENCE_S = 1.0
"""How long `put` waits for a set to be filled; a small store needs less."""


class HotSets:
    """Sets of one database. Safe for threads.

    A new set is stored with each event from then on, and in the background for those that were there before.
    Until that is done the engine can compute its values, but a whole set for each, which is slower than
    extracting one from the message: so the set is offered only when it is filled.
    """

    def __init__(self, database: str, inserting: Gate) -> None:
        """`inserting` is shared by those that insert, so that no insert misses a new column."""
        self._database = database
        self._inserting = inserting
        self._changing = threading.Lock()
        self._sets = self._stored_sets()
        self._filling = set(self._sets)
        for name in self._unfilled():
            self._fill(name)

    def fields(self) -> list[HotField]:
        """The fields of the sets that are filled."""
        filling = self._unfilled()
        self._filling = self._filling & filling
        return [one for name, fields in self._sets.items() if name not in filling for one in fields]

    def put(self, set_name: str, fields: Mapping[str, str]) -> bool:
        """Make the set hold these fields, or drop it where there are none; whether that changed anything."""
        name, comment = hot_fields.column_of(set_name), hot_fields.comment_of(fields)
        wanted = hot_fields.fields_of(name, comment)
        with self._changing:
            if wanted == self._sets.get(name, []):
                return False
            self._drop(name)
            if wanted:
                with self._inserting.alone():
                    self._change(hot_fields.added(name, comment))
                self._filling = self._filling | {name}
                self._sets = {**self._sets, name: wanted}
                self._fill(name)
        self._wait_for(name)
        return True

    def _drop(self, name: str) -> None:
        if name in self._sets:
            self._sets = {other: fields for other, fields in self._sets.items() if other != name}
            engine.stop_filling(self._database, name)
            self._change(hot_fields.dropped(name))

    def _fill(self, name: str) -> None:
        """In the background; the engine goes on with it after a restart."""
        engine.stop_filling(self._database, name)
        self._change(hot_fields.filled(name))

    def _wait_for(self, name: str) -> None:
        until = time.monotonic() + _PATIENCE_S
        while name in self._unfilled() and time.monotonic() < until:
            time.sleep(0.01)

    def _unfilled(self) -> set[str]:
        """Of the sets that were not filled when last asked, those that some stored part does not have yet."""
        return {name for name in self._filling if name in self._sets and self._is_missing(name)}

    def _is_missing(self, name: str) -> bool:
        has_none = exp.EQ(this=call("countIf", _equals("column", name)), expression=plain(0))
        without = select(
            [column("name")],
            exp.to_table("system.parts_columns"),
            where=[self._of_events(), column("active")],
            group=[column("name")],
            having=has_none,
            limit=1,
        )
        return engine.read(printed(without), self._database, {}).num_rows > 0

    def _stored_sets(self) -> dict[str, list[HotField]]:
        is_hot = call("startsWith", column("name"), text(hot_fields.PREFIX))
        columns = exp.to_table("system.columns")
        sql = select([column("name"), column("comment")], columns, where=[self._of_events(), is_hot])
        rows = engine.read(printed(sql), self._database, {}).to_pylist()
        return {row["name"]: hot_fields.fields_of(row["name"], row["comment"]) for row in rows}

    def _of_events(self) -> Sql:
        return call("and", _equals("database", self._database), _equals("table", "events"))

    def _change(self, sql: Sql) -> None:
        try:
            engine.change(printed(sql), self._database, {"mutations_sync": 0})
        except EngineError as error:
            message = f"the store could not change its hot fields: {error.message}"
            raise ProblemError([Problem("store-failed", message)]) from None


def _equals(name: str, value: str) -> Sql:
    return call("equals", column(name), text(value))
