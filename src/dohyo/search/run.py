"""Runs a compiled query: SQL as far as SQL goes, then operators over the rows that came back.

The plan is cut at the first node that SQL cannot say (a local operator, a comparison, a lookup). What stands
before it runs in the engine; it and what follows run over the bounded rows by the reference interpreter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.compile import Compiled
from dohyo.functions.table import RunContext
from dohyo.oracle.compared import compared_rows
from dohyo.oracle.run import run_plan
from dohyo.plan import nodes
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import Plan, Row, chain
from dohyo.plan.schema import Field
from dohyo.search.limits import Limits
from dohyo.search.lookups import Lookups
from dohyo.search.result import ArrowRows, Result
from dohyo.sql.query import plan_to_sql

OUTSIDE_SQL = (nodes.Local, nodes.Compare, nodes.Lookup, nodes.Rows)
"""Nodes that run over rows which are here already."""


class Engine(Protocol):
    """What a search needs of a store."""

    def query(
        self,
        sql: exp.Expression,
        *,
        query_id: str | None = None,
        timeout_s: float = 60,
        max_memory_bytes: int = 0,
    ) -> pa.Table: ...

    def cancel(self, query_id: str) -> None: ...

    def newest_insert(self) -> int: ...

    def hot_fields(self) -> list[Any]: ...


@dataclass(frozen=True)
class Runner:
    """One run of one query: everything its segments need."""

    engine: Engine
    run: RunContext
    limits: Limits
    lookups: Lookups
    query_id: str | None = None

    def result(self, plan: Plan, most: int) -> tuple[tuple[Field, ...], Sequence[tuple[Scalar, ...]]]:
        """Fields and at most `most` rows of the plan."""
        at = next((i for i, node in enumerate(chain(plan)) if isinstance(node, OUTSIDE_SQL)), None)
        if at is None:
            table = self._table(nodes.Limit(plan, most, plan.schema))
            return plan.schema.fields, ArrowRows(table)
        rows = self._rows(plan)
        fields = _fields_of(plan, rows)
        names = [f.name for f in fields]
        return fields, [tuple(row.get(name) for name in names) for row in rows[:most]]

    def _rows(self, plan: Plan) -> list[Row]:
        """All rows of a plan, bounded by the limit for operators outside SQL."""
        steps = chain(plan)
        outside = [i for i, node in enumerate(steps) if isinstance(node, OUTSIDE_SQL)]
        if not outside:
            return self._bounded(plan)
        last = steps[outside[-1]]
        done: Plan = nodes.Rows(last.schema, self._outside(last))
        for later in steps[outside[-1] + 1 :]:
            done = nodes.with_input(later, done)
        return self._interpreted(done)

    def _outside(self, node: Plan) -> list[Row]:
        """Rows of one node that SQL cannot say."""
        if isinstance(node, nodes.Rows):
            return list(node.rows)
        if isinstance(node, nodes.Compare):
            return self._compared(node)
        assert isinstance(node, nodes.Local | nodes.Lookup)
        below = nodes.Rows(node.input.schema, self._rows(node.input))
        return self._interpreted(nodes.with_input(node, below))

    def _interpreted(self, plan: Plan) -> list[Row]:
        return run_plan(plan, [], self.run, self.lookups)

    def _compared(self, node: nodes.Compare) -> list[Row]:
        earlier = {
            offset: replace(self, run=self.run.earlier(offset))._rows(node.input)
            for shift in node.shifts
            for offset in shift.offsets_ms
        }
        return compared_rows(node, self._rows(node.input), earlier)

    def _bounded(self, plan: Plan) -> list[Row]:
        most = self.limits.local_rows
        table = self._table(nodes.Limit(plan, most + 1, plan.schema))
        if table.num_rows > most:
            message = f"an operator would need more than {most:,} rows at once"
            hint = "group the messages before it, or take a shorter time range"
            raise ProblemError([Problem("too-many-rows", message, hints=(hint,))])
        return table.to_pylist()

    def _table(self, plan: Plan) -> pa.Table:
        limits = self.limits
        table = self.engine.query(
            plan_to_sql(plan, self.run),
            query_id=self.query_id,
            timeout_s=limits.timeout_s,
            max_memory_bytes=limits.memory_bytes,
        )
        return table.rename_columns(plan.schema.names())


def _fields_of(plan: Plan, rows: list[Row]) -> tuple[Field, ...]:
    """The plan's fields; where they depend on the rows (transpose), those that the rows have."""
    if not any(isinstance(node, nodes.Local) and node.dynamic for node in chain(plan)) or not rows:
        return plan.schema.fields
    known = {f.name: f for f in plan.schema}
    from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT

    kinds = {bool: BOOL, int: LONG, float: DOUBLE, str: TEXT}

    def field_named(name: str) -> Field:
        if name in known:
            return known[name]
        kind = next((kinds[type(row[name])] for row in rows if row.get(name) is not None), TEXT)
        return Field(name, kind)

    names = dict.fromkeys(name for row in rows for name in row)
    return tuple(field_named(name) for name in names)


def run_query(
    compiled: Compiled,
    engine: Engine,
    run: RunContext,
    limits: Limits | None = None,
    lookups: Lookups | None = None,
    query_id: str | None = None,
) -> Result:
    """The rows of a compiled query.

    Raises ProblemError where the engine gives up (time, memory, cancelled) or an operator would need too many
    rows.
    """
    limits = limits or Limits()
    warned = list(compiled.warnings)
    runner = Runner(engine, replace(run, warn=warned.append), limits, lookups or Lookups(), query_id)
    most = limits.records if compiled.is_aggregate else limits.messages
    fields, rows = runner.result(compiled.plan, most + 1)
    cut = len(rows) > most
    warnings = [warning.message for warning in warned]
    if cut and compiled.is_aggregate:
        warnings.append(f"the result has more than {most:,} groups; the first {most:,} are shown")
    kept = rows[:most] if cut else rows
    count = None if compiled.is_aggregate else len(kept)
    return Result(fields, kept, tuple(warnings), compiled.is_aggregate, cut, count)
