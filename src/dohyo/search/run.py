"""Runs a compiled query: SQL as far as SQL goes, then operators over the rows that came back.

A plan is made ready from its leaf up. What SQL can say stays a plan; the answers of a lookup are fetched for
the distinct keys and lent to the engine, so SQL goes on after it. At the first other node (a local operator,
a comparison) the rows are fetched, bounded, and that node and those after it run by the reference
interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.compile import Compiled
from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.ops.discovered import with_shown
from dohyo.ops.subquery import range_of, resolved
from dohyo.oracle.compared import compared_rows
from dohyo.oracle.run import run_plan
from dohyo.plan import nodes
from dohyo.plan.expr import Expr, Scalar, refs
from dohyo.plan.nodes import Plan, Row, chain
from dohyo.plan.places import places_of
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME
from dohyo.search.limits import Limits
from dohyo.search.lookups import Answers, Lookups
from dohyo.search.result import ArrowRows, Result
from dohyo.sql.needed import CUSTOM_FIELDS
from dohyo.sql.query import SQL_NODES, plan_to_sql

OUTSIDE_SQL = (
    nodes.Local, nodes.Compare, nodes.Lookup, nodes.Rows, nodes.Each, nodes.Matching, nodes.Subqueries,
)  # fmt: skip
"""Nodes that no statement says: they wait for rows, or for answers of other queries."""
_MAP = pa.map_(pa.string(), pa.string())
_ARROW = {TEXT: pa.string(), LONG: pa.int64(), TIME: pa.int64(), DOUBLE: pa.float64(), BOOL: pa.bool_()}


class Engine(Protocol):
    """What a search needs of a store."""

    def query(
        self,
        sql: exp.Expression,
        *,
        query_id: str | None = None,
        timeout_s: float = 60,
        max_memory_bytes: int = 0,
        tables: Mapping[str, pa.Table] | None = None,
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

    tables: dict[str, pa.Table] = field(default_factory=dict)
    """Answers of lookups by the names that statements use."""

    def result(self, plan: Plan, most: int) -> tuple[tuple[Field, ...], Sequence[tuple[Scalar, ...]]]:
        """Fields and at most `most` rows of the plan."""
        plan = resolved(plan, self._answers, self.run)
        plan = with_shown(plan, lambda first: self._rows(first, _beside(first)))
        ready = self._ready(plan, _beside(plan))
        if not isinstance(ready, nodes.Rows):
            table = self._table(nodes.Limit(ready, most, plan.schema))
            return plan.schema.fields, ArrowRows(table)
        fields = _fields_of(plan, list(ready.rows))
        names = [f.name for f in fields]
        return fields, [tuple(row.get(name) for name in names) for row in ready.rows[:most]]

    def _answers(self, query: nodes.Subquery) -> list[Row]:
        """Rows of a subquery, which comes before everything else."""
        inner = replace(self, run=range_of(query, self.run), tables={})
        fields, rows = inner.result(query.plan, query.most + 1)
        names = [f.name for f in fields]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _rows(self, plan: Plan, beside: frozenset[str]) -> list[Row]:
        """All rows of a plan, bounded by the limit for operators outside SQL."""
        ready = self._ready(plan, beside)
        return list(ready.rows) if isinstance(ready, nodes.Rows) else self._bounded(ready, beside)

    def _ready(self, plan: Plan, beside: frozenset[str]) -> Plan:
        """The same plan of nodes that one statement says, or its rows.

        `beside`: names that expressions read without a schema naming them; rows carry them along.
        """
        if isinstance(plan, nodes.Leaf):
            return plan
        if isinstance(plan, nodes.Compare):
            with places_of(plan):
                return nodes.Rows(plan.schema, self._compared(plan, beside))
        below = self._ready(plan.input, beside)
        if isinstance(plan, nodes.Join):
            return self._joined(plan, below, beside)
        node = nodes.with_input(plan, below)
        if isinstance(below, nodes.Rows):
            lent = self._lent(plan, below, beside)
            if lent is None:
                return nodes.Rows(plan.schema, self._interpreted(node, beside), beside)
            below, node = lent, nodes.with_input(plan, lent)
        if isinstance(plan, nodes.Lookup):
            with places_of(plan):
                return self._looked_up(plan, below)
        if isinstance(plan, OUTSIDE_SQL):
            with places_of(plan):
                rows = nodes.Rows(below.schema, self._bounded(below, beside), beside)
            return nodes.Rows(plan.schema, self._interpreted(nodes.with_input(plan, rows), beside), beside)
        return node

    def _lent(self, node: Plan, rows: nodes.Rows, beside: frozenset[str]) -> Plan | None:
        """The rows as a table of the engine, where that can say the node; not where they have fields that no
        schema names.
        """
        dynamic = any(isinstance(one, nodes.Local) and one.dynamic for one in chain(node))
        if dynamic or not isinstance(node, (*SQL_NODES, nodes.Lookup)):
            return None
        carried = [Field(name, TEXT) for name in sorted(beside) if rows.schema.open]
        schema = rows.schema.with_fields(carried)
        table = _rows_table(schema, rows.rows)
        if table is None:
            return None
        name = f"rows_{len(self.tables)}"
        self.tables[name] = table
        return nodes.Lent(schema, name)

    def _interpreted(self, node: Plan, beside: frozenset[str]) -> list[Row]:
        if isinstance(node, nodes.Local) and node.other is not None:
            earlier = replace(self, run=node.other_run(self.run))
            other = nodes.Rows(node.other.schema, earlier._rows(node.other, beside))
            node = replace(node, other=other)
        return run_plan(node, [], self.run, self.lookups)

    def _joined(self, node: nodes.Join, below: Plan, beside: frozenset[str]) -> Plan:
        """One statement where all tables are, else the combinations of their rows."""
        ready = [self._ready(nodes.placed(table.plan, below), beside) for table in node.tables]
        if any(isinstance(plan, nodes.Rows) for plan in ready):
            rows = [self._rows(plan, beside) for plan in ready]
            ready = [nodes.Rows(plan.schema, found, beside) for plan, found in zip(ready, rows, strict=True)]
        pairs = zip(node.tables, ready, strict=True)
        node = replace(node, input=below, tables=tuple(replace(one, plan=plan) for one, plan in pairs))
        if not isinstance(ready[0], nodes.Rows):
            return node
        return nodes.Rows(node.schema, run_plan(_on_nothing(node), [], self.run, self.lookups))

    def _looked_up(self, node: nodes.Lookup, below: Plan) -> Plan:
        """The lookup with its answers at hand, for the distinct keys of all rows."""
        fields = [nodes.field_of(below.schema, name) for name, _ in node.on]
        schema = Schema(tuple(replace(f, key=True) for f in fields), aggregate=True)
        grouped = nodes.Aggregate(below, schema.names(), (), schema)
        most = self.limits.lookup_keys
        found = self._table(nodes.Limit(grouped, most + 1, schema))
        if found.num_rows > most:
            message = f"a lookup would need more than {most:,} different keys"
            hint = "filter the messages before it, or take a shorter time range"
            raise ProblemError([Problem("too-many-keys", message, node.span, (hint,))])
        keys = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
        on, columns = [column for _, column in node.on], [column for column, _ in node.columns]
        answers = self.lookups.answers(node.source, on, keys, columns)
        values = [nodes.field_of(node.schema, name) for _, name in node.columns]
        name = f"answers_{len(self.tables)}"
        self.tables[name] = _answers_table(fields, values, answers)
        made = tuple(f.name for f in values)
        return nodes.LookedUp(below, name, schema.names(), made, node.schema)

    def _compared(self, node: nodes.Compare, beside: frozenset[str]) -> list[Row]:
        offsets = {offset for shift in node.shifts for offset in shift.offsets_ms}
        runs = {one: replace(self, run=self.run.earlier(one)) for one in sorted(offsets)}
        earlier = {one: runner._rows(node.input, beside) for one, runner in runs.items()}
        return compared_rows(node, self._rows(node.input, beside), earlier)

    def _bounded(self, plan: Plan, beside: frozenset[str]) -> list[Row]:
        most = self.limits.local_rows
        carried = [Field(name, TEXT) for name in sorted(beside) if plan.schema.open]
        schema = plan.schema.with_fields(carried)
        table = self._table(nodes.Limit(plan, most + 1, schema))
        if table.num_rows > most:
            message = f"an operator would need more than {most:,} rows at once"
            hint = "group the messages before it, or take a shorter time range"
            raise ProblemError([Problem("too-many-rows", message, hints=(hint,))])
        rows: list[Row] = table.to_pylist()
        if CUSTOM_FIELDS in schema.names():
            for row in rows:
                row[CUSTOM_FIELDS] = dict(row[CUSTOM_FIELDS])  # type: ignore[arg-type, assignment]
        return rows

    def _table(self, plan: Plan) -> pa.Table:
        limits = self.limits
        lent = {"tables": self.tables} if self.tables else {}
        table = self.engine.query(
            plan_to_sql(plan, self.run),
            query_id=self.query_id,
            timeout_s=limits.timeout_s,
            max_memory_bytes=limits.memory_bytes,
            **lent,
        )
        names = plan.schema.names()
        if not names:  # a statement has a column at least
            return table.select([])
        return table.rename_columns(names)


def _on_nothing(node: nodes.Join) -> Plan:
    """A join whose tables bring rows of their own needs none to stand on."""
    return replace(node, input=nodes.Rows(node.input.schema, ()))


def _answers_table(keys: Sequence[Field], values: Sequence[Field], answers: Answers) -> pa.Table:
    """Answers as a table: keys in k0, k1..., values in v0, v1..."""
    columns = {}
    for i, f in enumerate(keys):
        columns[f"k{i}"] = pa.array([key[i] for key in answers], _ARROW[f.type])
    for i, f in enumerate(values):
        column = [answer[i] for answer in answers.values()]
        column = [any_to_text(value) for value in column] if f.type == TEXT else column
        columns[f"v{i}"] = pa.array(column, _ARROW[f.type])
    return pa.table(columns)


def _rows_table(schema: Schema, rows: Sequence[Row]) -> pa.Table | None:
    """The rows as a table; None where a value is of another kind than its field."""
    columns: dict[str, pa.Array] = {}
    try:
        for i, f in enumerate(schema):
            column: list[Any] = [row.get(f.name) for row in rows]
            if f.name == CUSTOM_FIELDS:
                columns[f"c{i}"] = pa.array([list((one or {}).items()) for one in column], _MAP)
                continue
            column = [any_to_text(value) for value in column] if f.type == TEXT else column
            columns[f"c{i}"] = pa.array(column, _ARROW[f.type])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None
    return pa.table({**columns, "n": pa.array(range(len(rows)), pa.int64())})


def _beside(plan: Plan) -> frozenset[str]:
    """Names that expressions read of messages without a schema naming them: custom fields, stored ones."""
    read: set[str] = set()
    stored: set[str] = {CUSTOM_FIELDS}

    def read_by(expr: Expr) -> Expr:
        read.update(refs(expr))
        return expr

    def look(node: Plan) -> Plan:
        if isinstance(node, nodes.Scan):
            stored.update(one.field for one in node.hot)
        return nodes.mapped(node, read_by)

    nodes.rewritten(plan, look)
    return frozenset(read & stored)


def _fields_of(plan: Plan, rows: list[Row]) -> tuple[Field, ...]:
    """The plan's fields; where they depend on the rows (transpose), those that the rows have."""
    if not any(isinstance(node, nodes.Local) and node.dynamic for node in chain(plan)) or not rows:
        return plan.schema.fields
    known = {f.name: f for f in plan.schema}
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
    runner = Runner(
        engine, replace(run, warn=warned.append, bounded=True), limits, lookups or Lookups(), query_id
    )
    most = limits.records if compiled.is_aggregate else limits.messages
    try:
        fields, rows = runner.result(compiled.plan, most + 1)
    except ProblemError as error:
        raise ProblemError([compiled.typed(one) for one in error.problems], compiled.text) from None
    cut = len(rows) > most
    warnings = [warning.message for warning in warned]
    if cut and compiled.is_aggregate:
        warnings.append(f"the result has more than {most:,} groups; the first {most:,} are shown")
    kept = rows[:most] if cut else rows
    count = None if compiled.is_aggregate else len(kept)
    return Result(fields, kept, tuple(warnings), compiled.is_aggregate, cut, count)
