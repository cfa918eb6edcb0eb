"""compare: the same query over earlier ranges, beside the present one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dohyo.base.problem import Span
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import NUMBER
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import fields_from_rows, in_order_of
from dohyo.plan.nodes import Aggregate, Compare, Plan, Shift, chain
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import DOUBLE

MOST_RUNS = 7
REDUCERS = ("avg", "min", "max")


@dataclass(frozen=True)
class ShiftClause:
    """`number` and `unit` are the length as it was written, for names."""

    period_ms: int
    number: float
    unit: str
    times: int
    reduce: str | None
    name: tree.FieldRef | None
    span: Span = dataclasses.field(compare=False)


@dataclass(frozen=True)
class CompareClause:
    shifts: tuple[ShiftClause, ...]
    span: Span = dataclasses.field(compare=False)


def read_clause(reader: Reader) -> CompareClause:
    first = reader.peek()
    reader.word("with")
    shifts = [_read_shift(reader)]
    while reader.punct(","):
        shifts.append(_read_shift(reader))
    clause = CompareClause(tuple(shifts), reader.span_from(first))
    if sum(one.times for one in shifts) > MOST_RUNS:
        reader.fail(
            "too-many-shifts", f"at most {MOST_RUNS} earlier ranges can be compared with", clause.span
        )
    return clause


def _read_shift(reader: Reader) -> ShiftClause:
    first = reader.expect_word("timeshift")
    period_ms, text, span = reader.period()
    if period_ms < 1:
        reader.fail("period-short", "an earlier range lies at least a millisecond before", span)
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    times, reduce = 1, None
    if reader.peek().kind == NUMBER:
        times = int(reader.integer(1, MOST_RUNS).value)
        reduce = reader.take().word if reader.peek().word in REDUCERS else None
    name = reader.field() if reader.word("as") else None
    unit, whole = text[len(number) :], reader.span_from(first)
    return ShiftClause(period_ms, float(number), unit, times, reduce, name, whole)


def shifts_of(clause: ShiftClause) -> Iterator[Shift]:
    """The comparisons of one clause: each earlier range for itself, or all made one.

    >>> [one.suffix for one in shifts_of(ShiftClause(1, 2.0, "d", 3, None, None, Span(0, 0)))]
    ['2d', '4d', '6d']
    """
    offsets = [clause.period_ms * n for n in range(1, clause.times + 1)]
    spans = [f"{clause.number * n:g}{clause.unit}" for n in range(1, clause.times + 1)]
    name = clause.name.name if clause.name else None
    if clause.reduce:
        yield Shift(tuple(offsets), name or f"{spans[-1]}_{clause.reduce}", clause.reduce)
        return
    for offset, span in zip(offsets, spans, strict=True):
        yield Shift((offset,), (f"{name}_{span}" if clause.times > 1 else name) if name else span)


def added_fields(schema: Schema, shifts: Sequence[Shift]) -> list[tuple[Field, Field, Shift]]:
    """What a comparison adds to records: the new field, the one that it compares, and the shift.

    Only numbers have an average, a least and a greatest value.
    """
    found = []
    for shift in shifts:
        for field in schema:
            if not field.key and (not shift.reduce or field.type.numeric):
                kind = DOUBLE if shift.reduce == "avg" else field.type
                found.append((Field(f"{field.name}_{shift.suffix}", kind), field, shift))
    return found


def to_plan(clause: CompareClause, plan: Plan, context: CheckContext) -> Plan:
    steps = chain(plan)
    if any(isinstance(node, Compare) for node in steps):
        hint = "name all earlier ranges at once: compare timeshift 1d, timeshift 7d"
        fail("operator-twice", "compare stands only once in a query", clause.span, hint)
    if fields_from_rows(plan):
        hint = "put compare before transpose, or name the columns of transpose with as"
        fail("fields-unknown", "after transpose the fields to compare are not known", clause.span, hint)
    _refuse_lost_keys(steps, plan.schema, clause.span)
    shifts = tuple(shift for one in clause.shifts for shift in shifts_of(one))
    schema = plan.schema
    for field, _, _ in added_fields(plan.schema, shifts):
        if schema.find(field.name):
            hint = "give one of them another name with as"
            fail("field-twice", f"two columns would be named {field.name}", clause.span, hint)
        schema = schema.with_fields([field])
    return in_order_of(Compare(plan, shifts, schema), plan)


def _refuse_lost_keys(steps: Sequence[Plan], schema: Schema, span: Span) -> None:
    """Records are found again by the keys of their grouping."""
    group = next((node for node in reversed(steps) if isinstance(node, Aggregate)), None)
    for name in group.keys if group else ():
        found = schema.find(name)
        if found is None or not found.key:
            hint = f"drop {name} after compare"
            fail("key-lost", f"compare finds records by {name}, which is gone", span, hint)


COMPARE = Operator(
    names=("compare",),
    syntax="compare [with] timeshift <length> [<number> [avg|min|max]] [as <name>][, timeshift ...]",
    parse=read_clause,
    check=to_plan,
    stage="after grouping",
    traits=Traits(order="keeps", split="gather", live_tail=False),
    help=Help(
        "Runs the query for earlier ranges too and puts their values beside the present ones.",
        (
            ("length", "how long ago, such as 1d or 1w"),
            ("number", f"so many ranges, each that much earlier; {MOST_RUNS} at most"),
            ("avg, min, max", "make one value of them"),
            ("as", "what is put behind the names of the fields"),
        ),
        see=("timeslice",),
        example="* | count by _sourcecategory | compare timeshift 1d",
    ),
)
