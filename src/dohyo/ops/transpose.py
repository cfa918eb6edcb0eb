"""transpose: turns values of a field into columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dohyo.base.problem import Problem, Span
from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import STRING
from dohyo.ops.context import CheckContext, fail, known, refuse_twice
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.plan.nodes import Local, Plan, Row
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import TEXT, Type

MOST_COLUMNS = 300


@dataclass(frozen=True)
class TransposeClause:
    """`names` are the columns asked for with `as`, in order; `every`: all others too."""

    rows: tuple[tree.FieldRef, ...]
    columns: tuple[tree.FieldRef, ...]
    names: tuple[tree.FieldRef, ...]
    every: bool
    span: Span = field(compare=False)


def read_clause(reader: Reader) -> TransposeClause:
    first = reader.expect_word("row")
    rows = reader.fields()
    reader.expect_word("column")
    columns = reader.fields()
    span = reader.span_from(first)
    if not reader.word("as"):
        return TransposeClause(rows, columns, (), True, span)
    names: list[tree.FieldRef] = []
    in_parentheses = reader.punct("(")
    while not (every := reader.punct("*")):
        names.append(_column_name(reader))
        if not reader.punct(","):
            break
    if in_parentheses:
        reader.expect_punct(")")
    return TransposeClause(rows, columns, tuple(names), every, span)


def _column_name(reader: Reader) -> tree.FieldRef:
    """A field; a text in double quotes is a name here too."""
    if reader.peek().kind != STRING:
        return reader.field()
    string = reader.string()
    return tree.FieldRef(string.value, span=string.span)


@dataclass(frozen=True)
class Pivot:
    """Names of the fields that a transposition reads, and of the columns asked for."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[str, ...]
    named: tuple[str, ...]
    every: bool


def to_plan(clause: TransposeClause, plan: Plan, context: CheckContext) -> Plan:
    refuse_twice((*clause.rows, *clause.columns))
    refuse_twice((*clause.rows, *clause.names))
    rows = [known(plan.schema, one.name, one.span) for one in clause.rows]
    columns = [known(plan.schema, one.name, one.span) for one in clause.columns]
    values = [f for f in plan.schema if f not in rows and f not in columns]
    if not values:
        hint = "such as count by a, b | transpose row a column b"
        fail("field-needed", "no field is left that could fill the columns", clause.span, hint)
    named = tuple(one.name for one in clause.names)
    pivot = Pivot(_names(rows), _names(columns), _names(values), named, clause.every)
    schema = Schema(
        (*(replace(f, key=True) for f in rows), *(Field(name, _type_of(name, values)) for name in named)),
        aggregate=True,
    )
    return Local(plan, "transpose", _running(pivot, clause.span), schema, dynamic=clause.every)


def _names(fields: Iterable[Field]) -> tuple[str, ...]:
    return tuple(f.name for f in fields)


def _type_of(column: str, values: Sequence[Field]) -> Type:
    """Type of a column that is named: that of the value it shows."""
    fitting = [f for f in values if len(values) == 1 or column.lower().endswith(f.name.lower())]
    return fitting[0].type if fitting else TEXT


def _running(pivot: Pivot, span: Span) -> Callable[[list[Row], RunContext], list[Row]]:
    def run(rows: list[Row], run: RunContext) -> list[Row]:
        dropped, transposed = transposed_rows(rows, pivot)
        if dropped:
            message = f"transpose gives {MOST_COLUMNS} columns at most; {dropped} more are left out"
            hint = "group values together before, or name the columns with as"
            run.warn(Problem("columns-cut", message, span, (hint,), severity="warning"))
        return transposed

    return run


def transposed_rows(rows: Sequence[Row], pivot: Pivot) -> tuple[int, list[Row]]:
    """How many columns were left out, and a row for each key in the order of the first of its rows.

    Of two values for one cell the first counts. Columns that nobody named stand in the order of their names.
    """
    cells: dict[tuple[object, ...], dict[str, object]] = {}
    found: set[str] = set()
    for row in rows:
        line = cells.setdefault(tuple(row[name] for name in pivot.rows), {})
        shown = "_".join(_shown(row[name]) for name in pivot.columns)
        for value in pivot.values:
            column = _column(shown, value, pivot)
            line.setdefault(column, row[value])
            found.add(column)
    spelled = {name.lower(): name for name in sorted(found, reverse=True)}
    wanted = {name: name if name in found else spelled.get(name.lower(), name) for name in pivot.named}
    others = sorted(found - set(wanted.values())) if pivot.every else []
    kept = wanted | {name: name for name in others[:MOST_COLUMNS]}
    return len(others[MOST_COLUMNS:]), [_line(pivot, key, line, kept) for key, line in cells.items()]


def _line(pivot: Pivot, key: tuple[object, ...], line: Mapping[str, object], kept: Mapping[str, str]) -> Row:
    filled = {name: line.get(column) for name, column in kept.items()}
    return dict(zip(pivot.rows, key, strict=True)) | filled  # type: ignore[return-value]


def _shown(value: object) -> str:
    return "null" if value is None else any_to_text(value) or "empty"


def _column(shown: str, value: str, pivot: Pivot) -> str:
    """Name of the column for a value: with the field's name where there are several; never a row field's."""
    name = shown if len(pivot.values) == 1 else f"{shown}_{value.lstrip('_')}"
    return f"{name}_value" if name.lower() in {row.lower() for row in pivot.rows} else name


TRANSPOSE = Operator(
    names=("transpose",),
    syntax="transpose row <field>[, <field>]... column <field>[, <field>]... [as <name>|*[, ...]]",
    parse=read_clause,
    check=to_plan,
    stage="after grouping",
    traits=Traits(order="keeps", split="gather", live_tail=False),
    rows=transposed_rows,
    help=Help(
        "A row for each value of the row fields, a column for each value of the column fields.",
        (
            ("row", "fields that stay and name the rows"),
            ("column", "fields whose values become columns; what else there is fills them"),
            ("as", "the columns to keep, in this order; * stands for all others"),
        ),
        see=("timeslice", "fillmissing"),
        example="* | timeslice 1h | count by _timeslice, _sourcecategory"
        " | transpose row _timeslice column _sourcecategory",
    ),
)
