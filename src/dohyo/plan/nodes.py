"""Plan nodes: what an operator means, typed, in few kinds. Each knows its input and the fields it gives.

SQL nodes are printed by `compile.sql`; local nodes (`Local`, `Compare`, `Lookup` after a grouping) run over a
bounded batch of rows between SQL segments. Operators that can be said with SQL nodes are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dohyo.base.problem import Span
from dohyo.lang import tree
from dohyo.plan.expr import Expr, Scalar
from dohyo.plan.hot import HotField
from dohyo.plan.schema import Field, Schema, SortKey
from dohyo.plan.types import Type

Row = dict[str, Scalar]
"""A row by declared field names."""


@dataclass(frozen=True)
class Scan:
    """Messages in `scope` and in the run's time range. Newest first."""

    scope: tree.ScopeNode
    schema: Schema
    hot: tuple[HotField, ...] = ()
    """Stored extractions that the plan reads, each as the field `HotField.field` beside those of the schema.
    """
    indexed: bool = True
    """Whether the messages have the text index, which keywords ask."""


@dataclass(frozen=True)
class Rows:
    """Rows that are there already: the input of a later segment.

    `beside`: names that they carry for later expressions although no schema names them (custom fields).
    """

    schema: Schema
    rows: Sequence[Row] = field(compare=False)
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lent:
    """Rows that stand in the engine's table `table`: the fields in `c0`, `c1`..., their order in `n`."""

    schema: Schema
    table: str


@dataclass(frozen=True)
class Given:
    """The rows of the node that this plan stands in: the leaf of a plan inside `Join` and `Each`."""

    schema: Schema


@dataclass(frozen=True)
class Extend:
    """New or replaced fields; all expressions see the input's fields."""

    input: Plan
    values: tuple[tuple[str, Expr], ...]
    schema: Schema


@dataclass(frozen=True)
class Filter:
    input: Plan
    condition: Expr

    @property
    def schema(self) -> Schema:
        return self.input.schema


@dataclass(frozen=True)
class Project:
    """Only the fields of `schema`, in its order."""

    input: Plan
    schema: Schema


@dataclass(frozen=True)
class Capture:
    """Fields from the named groups of a regular expression.

    `many`: a row for each match, else the first match. Without a match: with `keep` the row stays and the
    fields are null (or unchanged, where they exist already), else it goes. `matched` names a boolean field
    that says whether it matched.
    """

    input: Plan
    source: Expr
    pattern: str
    names: tuple[str, ...]
    many: bool
    keep: bool
    schema: Schema
    matched: str | None = None


@dataclass(frozen=True)
class AggregateCall:
    """`function` names a row of the aggregates' table in `ops`; `params` are its literal arguments."""

    function: str
    arg: Expr | None
    name: str
    type: Type
    params: tuple[float, ...] = ()


@dataclass(frozen=True)
class Aggregate:
    """One row a group, ordered by the keys; no row where there is no input."""

    input: Plan
    keys: tuple[str, ...]
    calls: tuple[AggregateCall, ...]
    schema: Schema


@dataclass(frozen=True)
class Sort:
    input: Plan
    keys: tuple[SortKey, ...]

    @property
    def schema(self) -> Schema:
        return replace(self.input.schema, order=self.keys)


@dataclass(frozen=True)
class Limit:
    """The first `count` rows, or with `by` the first of each group; `rank` names a field that counts them."""

    input: Plan
    count: int
    schema: Schema
    by: tuple[str, ...] = ()
    rank: str | None = None


@dataclass(frozen=True)
class Window:
    """The field `name` made of the rows near each row by a row of the table of window functions.

    The rows of each group of `by` stand for themselves, in the order of `keys` and, where these are equal, of
    the input. Those from `first` to `last` rows away count (negative: before it, None: without end).
    """

    input: Plan
    function: str
    arg: Expr
    name: str
    by: tuple[str, ...]
    keys: tuple[SortKey, ...]
    first: int | None
    last: int | None
    schema: Schema


@dataclass(frozen=True)
class Matching:
    """The rows of the input whose values of `fields` stand together in a row of `inner`, a plan on the same
    rows, which stand in it as `Given`. Null equals null.
    """

    input: Plan
    inner: Plan
    fields: tuple[str, ...]
    span: Span | None = field(default=None, compare=False)

    @property
    def schema(self) -> Schema:
        return self.input.schema


@dataclass(frozen=True)
class Local:
    """An operator that runs over a batch of rows in Python: `run(rows, context)` is also its reference
    implementation.
    """

    input: Plan
    operator: str
    run: Callable[..., list[Row]] = field(compare=False)
    schema: Schema = field(compare=False)
    dynamic: bool = False
    """True where the fields of the result are known only from the rows (transpose)."""
    other: Plan | None = None
    """A second input (the baseline of logcompare); its rows are the third argument of `run`."""
    other_run: Callable[..., Any] = field(default=lambda run: run, compare=False)
    """The run of the second input, which may lie earlier, from that of the first."""
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Shift:
    """One comparison: the runs `offsets_ms` ago, made one by `reduce` (avg, min, max) where there are
    several. What it adds of a field is named `<field>_<suffix>`.
    """

    offsets_ms: tuple[int, ...]
    suffix: str
    reduce: str | None = None


@dataclass(frozen=True)
class Compare:
    """The input run again for earlier ranges (`RunContext.earlier`) and joined on its group keys."""

    input: Plan
    shifts: tuple[Shift, ...]
    schema: Schema
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Lookup:
    """Columns joined from outside: `source` is `geo://location`, `asn://default` or `path://...`.

    `on` pairs fields of the input with columns of the source; `columns` pairs the source's columns with the
    fields they become; `*` is resolved when the plan is made.
    """

    input: Plan
    source: str
    on: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    schema: Schema
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class LookedUp:
    """A lookup whose answers stand in the engine's table `table`, one row a key: values of `keys` in `k0`,
    `k1`..., those of `fields` in `v0`, `v1`... Rows without an answer get nulls.
    """

    input: Plan
    table: str
    keys: tuple[str, ...]
    fields: tuple[str, ...]
    schema: Schema


@dataclass(frozen=True)
class JoinTable:
    """What one table of a join makes of the join's input, which stands in `plan` as `Given`."""

    name: str
    plan: Plan


@dataclass(frozen=True)
class JoinKey:
    """`field` of table number `table` equals `other_field` of table number `other`, an earlier one."""

    table: int
    field: str
    other: int
    other_field: str


@dataclass(frozen=True)
class Join:
    """All combinations of rows of the tables that agree in the keys; null agrees with nothing.

    In the order of the first table, then the second, and so on. `fields` gives for each field of the schema
    the table and the field it comes from. `window_ms`: message times of a combination lie at most so far
    apart.
    """

    input: Plan
    tables: tuple[JoinTable, ...]
    keys: tuple[JoinKey, ...]
    fields: tuple[tuple[int, str], ...]
    schema: Schema
    window_ms: int | None = None


@dataclass(frozen=True)
class Each:
    """A plan run for itself over the rows of each group of `by`, groups in the order of their first rows."""

    input: Plan
    by: str
    plan: Plan
    schema: Schema
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Subquery:
    """A query that runs before the one that holds it; `text` is how it was written.

    The first `most` rows of its `plan` give values of `fields`. `keywords`: they are searched as words.
    `from_text`, `to_text`: its own time range, None for that of the query around it.
    """

    text: str
    plan: Plan
    fields: tuple[str, ...]
    most: int
    keywords: bool
    from_text: str | None = None
    to_text: str | None = None


@dataclass(frozen=True)
class Subqueries:
    """The input, where conditions of the node above it or its scope wait for the answers of subqueries."""

    input: Plan
    queries: tuple[Subquery, ...]

    @property
    def schema(self) -> Schema:
        return self.input.schema


Leaf = Scan | Rows | Lent | Given
Plan = (
    Scan | Rows | Lent | Given | Extend | Filter | Project | Capture | Aggregate | Sort | Limit | Window
    | Matching | Local | Compare | Lookup | LookedUp | Join | Each | Subqueries
)  # fmt: skip


def with_input(node: Plan, new: Plan) -> Plan:
    """The node over another input."""
    return replace(node, input=new)  # type: ignore[call-arg, arg-type]


def chain(plan: Plan) -> list[Plan]:
    """The nodes from the leaf up, without those of plans inside a node."""
    found = [plan]
    while not isinstance(found[-1], Leaf):
        found.append(found[-1].input)
    return found[::-1]


def rewritten(plan: Plan, change: Callable[[Plan], Plan]) -> Plan:
    """The plan with every node, inputs and plans inside it first, put through `change`."""
    leaf, *steps = chain(plan)
    done = change(leaf)
    for step in steps:
        done = change(_inside_rewritten(with_input(step, done), change))
    return done


def _inside_rewritten(plan: Plan, change: Callable[[Plan], Plan]) -> Plan:
    """The node with the plans inside it rewritten."""
    if isinstance(plan, Join):
        tables = tuple(replace(one, plan=rewritten(one.plan, change)) for one in plan.tables)
        plan = replace(plan, tables=tables)
    elif isinstance(plan, Each):
        plan = replace(plan, plan=rewritten(plan.plan, change))
    elif isinstance(plan, Matching):
        plan = replace(plan, inner=rewritten(plan.inner, change))
    elif isinstance(plan, Local) and plan.other is not None:
        plan = replace(plan, other=rewritten(plan.other, change))
    return plan


def placed(inner: Plan, rows: Plan) -> Plan:
    """The plan inside a node, standing on these rows."""
    leaf, *steps = chain(inner)
    done = rows if isinstance(leaf, Given) else leaf
    for step in steps:
        done = with_input(step, done)
    return done


def mapped(node: Plan, change: Callable[[Expr], Expr]) -> Plan:
    """The node with its own expressions put through `change`."""
    if isinstance(node, Extend):
        return replace(node, values=tuple((name, change(value)) for name, value in node.values))
    if isinstance(node, Filter):
        return replace(node, condition=change(node.condition))
    if isinstance(node, Capture):
        return replace(node, source=change(node.source))
    if isinstance(node, Window):
        return replace(node, arg=change(node.arg))
    if isinstance(node, Aggregate):
        return replace(
            node,
            calls=tuple(
                call if call.arg is None else replace(call, arg=change(call.arg)) for call in node.calls
            ),
        )
    return node


@dataclass(frozen=True)
class LookupTable:
    """A table that `lookup` reads: column names and types, and rows of texts or numbers."""

    columns: Mapping[str, Type]
    rows: Sequence[Row]


def field_of(schema: Schema, name: str) -> Field:
    found = schema.find(name)
    assert found is not None, name
    return found
