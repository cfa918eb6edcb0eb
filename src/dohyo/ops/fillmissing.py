"""fillmissing: adds the records that a grouping lacks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from dohyo.base.problem import Span
from dohyo.functions.dates import slice_end, slice_start
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import NUMBER
from dohyo.ops.context import CheckContext, fail, known, refuse_twice
from dohyo.ops.expressions import checked, coerced
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import fields_from_rows, in_order_of
from dohyo.ops.timeslice import read_period
from dohyo.plan.expr import Lit, Scalar
from dohyo.plan.nodes import Aggregate, Local, Plan, Row, chain
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import BOOL, DOUBLE, LONG, TIME, Type

MOST_COMBINATIONS = 10_000


@dataclass(frozen=True)
class GeneratorClause:
    """What values a field has to have: slices of time (of the `period`, else of the timeslice before), or the
    `values` listed, else all that it has in some row.
    """

    field: tree.FieldRef
    slices: bool = False
    period: tuple[int, int] | None = None
    values: tuple[tree.Expr, ...] | None = None


@dataclass(frozen=True)
class FillmissingClause:
    generators: tuple[GeneratorClause, ...]
    defaults: tuple[tuple[tree.Expr, tree.FieldRef], ...]
    takelast: bool
    span: Span = field(compare=False)


def read_clause(reader: Reader) -> FillmissingClause:
    first = reader.peek()
    generators = [_read_generator(reader)]
    while reader.punct(","):
        generators.append(_read_generator(reader))
    defaults = []
    if reader.word("with"):
        defaults.append(_read_default(reader))
        while reader.punct(","):
            defaults.append(_read_default(reader))
    takelast = reader.word("takelast")
    return FillmissingClause(tuple(generators), tuple(defaults), takelast, reader.span_from(first))


def _read_generator(reader: Reader) -> GeneratorClause:
    word = reader.expect_word("timeslice", "values")
    if word.word == "timeslice":
        period = None
        if reader.punct("("):
            period = read_period(reader)
            reader.expect_punct(")")
        field = reader.field() if reader.word("in") else tree.FieldRef("_timeslice", span=word.span)
        return GeneratorClause(field, slices=True, period=period)
    values = None
    if not reader.word("all"):
        reader.expect_punct("(")
        listed = [_read_literal(reader)]
        while reader.punct(","):
            listed.append(_read_literal(reader))
        reader.expect_punct(")")
        values = tuple(listed)
    reader.expect_word("in")
    return GeneratorClause(reader.field(), values=values)


def _read_default(reader: Reader) -> tuple[tree.Expr, tree.FieldRef]:
    value = _read_literal(reader)
    reader.expect_word("for")
    return value, reader.field()


def _read_literal(reader: Reader) -> tree.Expr:
    token = reader.peek()
    if reader.word("null"):
        return tree.Null(span=token.span)
    if reader.word("true", "false"):
        return tree.Boolean(token.word == "true", span=token.span)
    if token.kind == NUMBER or token.text == "-":
        return reader.number()
    return reader.string()


@dataclass(frozen=True)
class Generator:
    """Values for one field, in order: slices of the range, or `values`, else all that rows have."""

    field: str
    period: tuple[int, int] | None
    values: tuple[Scalar, ...] | None

    def of(self, rows: Sequence[Row], run: RunContext) -> list[Scalar]:
        if self.period:
            return list(_slices(run, *self.period))
        found = (row[self.field] for row in rows) if self.values is None else self.values
        return list(dict.fromkeys(found))


def _slices(run: RunContext, period_ms: int, days: int) -> Iterator[int]:
    """Starts of the slices over the whole range, at most one more than there may be."""
    start = slice_start(run, run.start_ms, period_ms, days)
    for _ in range(MOST_COMBINATIONS + 1):
        if start >= run.end_ms + run.shift_ms:
            return
        yield start
        start = slice_end(run, start, period_ms, days)


@dataclass(frozen=True)
class Filling:
    """What is filled in: `usual` are the values of a new record, by field."""

    generators: tuple[Generator, ...]
    usual: Mapping[str, Scalar]
    takelast: bool
    span: Span = field(compare=False)

    def rows(self, rows: Sequence[Row], run: RunContext) -> list[Row]:
        """The rows, then those that were missing; with `takelast` each like the one of the slice before."""
        values = [one.of(rows, run) for one in self.generators]
        if math.prod(len(some) for some in values) > MOST_COMBINATIONS:
            message = f"fillmissing would make more than {MOST_COMBINATIONS:,} combinations"
            fail("too-many-rows", message, self.span, "take longer slices or a shorter time range")
        names = [one.field for one in self.generators]
        there = {tuple(row[name] for name in names): row for row in rows}
        usual = dict.fromkeys(rows[0] if rows else (), None) | dict(self.usual)
        slices = next((i for i, one in enumerate(self.generators) if one.period), 0)
        last: dict[tuple[Scalar, ...], Row] = {}
        added: list[Row] = []
        for key in product(*values):  # of each series the earlier slices first
            row = there.get(key)
            series = (*key[:slices], *key[slices + 1 :])
            if row is None:
                before = last.get(series, usual) if self.takelast else usual
                row = before | dict(zip(names, key, strict=True))
                added.append(row)
            last[series] = row
        return [*rows, *added]


def to_plan(clause: FillmissingClause, plan: Plan, context: CheckContext) -> Plan:
    refuse_twice(one.field for one in clause.generators)
    refuse_twice(field for _, field in clause.defaults)
    if not plan.schema.aggregate:
        return _among_messages(clause, plan, context)
    generators = tuple(_generator(one, plan, context) for one in clause.generators)
    if clause.takelast and not any(one.period for one in generators):
        fail(
            "slices-needed", "takelast needs slices to look back to", clause.span, "fillmissing timeslice ..."
        )
    filled = {f.name: None if _is_transposed(plan) else _USUAL.get(f.type) for f in plan.schema}
    for value, name in clause.defaults:
        field = known(plan.schema, name.name, name.span)
        filled[field.name] = _literal(value, field, context)
    filling = Filling(generators, filled, clause.takelast, clause.span)
    local = Local(plan, "fillmissing", filling.rows, plan.schema, fields_from_rows(plan))
    return in_order_of(local, plan)


def _among_messages(clause: FillmissingClause, plan: Plan, context: CheckContext) -> Plan:
    """Published queries ask messages for missing slices; there is none to add, as a message is never made."""
    message = "fillmissing works on the result of a grouping, and here are messages"
    hint = "put a grouping before it, such as count by _timeslice | fillmissing ..."
    if not all(one.slices for one in clause.generators):
        fail("aggregate-expected", message, clause.span, hint)
    context.warn("aggregate-expected", f"{message}; it adds nothing", clause.span, hint)
    return plan


def _generator(clause: GeneratorClause, plan: Plan, context: CheckContext) -> Generator:
    field = known(plan.schema, clause.field.name, clause.field.span)
    if not clause.slices:
        if clause.values is None:
            return Generator(field.name, None, None)
        values = tuple(_literal(value, field, context) for value in clause.values)
        return Generator(field.name, None, values)
    if field.type not in (TIME, LONG):
        hint = "such as timeslice 1h | count by _timeslice"
        fail("slices-needed", f"{field.name} holds no time", clause.field.span, hint)
    period = clause.period or (field.slice_ms, field.slice_days)
    if not period[0]:
        message = f"how long the slices of {field.name} are is not known"
        fail("period-expected", message, clause.field.span, "say it: fillmissing timeslice(1h)")
    return Generator(field.name, period, None)


def _literal(value: tree.Expr, field: Field, context: CheckContext) -> Scalar:
    """The literal as a value of the field; text that is no number does not fit a number."""
    given = checked(value, Schema(()), context)
    made = coerced(given, field.type)
    assert isinstance(given, Lit) and isinstance(made, Lit)
    if made.value is None and given.value is not None:
        fail("value-type", f"{field.name} holds numbers, and this text is none", value.span)
    return made.value


_USUAL: Mapping[Type, Scalar] = {LONG: 0, DOUBLE: 0.0, BOOL: False}


def _is_transposed(plan: Plan) -> bool:
    """Whether cells of the rows are those of a transposition, where what is missing is null."""
    kinds = [node.operator if isinstance(node, Local) else type(node) for node in chain(plan)]
    return "transpose" in kinds and Aggregate not in kinds[kinds.index("transpose") :]


FILLMISSING = Operator(
    names=("fillmissing",),
    syntax="fillmissing timeslice[(<length>)] [in <field>]|values(<value>[, ...])|all in <field>[, ...]"
    " [with <value> for <field>[, ...]] [takelast]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="keeps", split="gather", live_tail=False),
    rows=Filling.rows,
    help=Help(
        "Adds a record for each combination of values that no record has.",
        (
            ("timeslice", "every slice of the time range; the length of the timeslice before, or its own"),
            ("values", "these values, or all that occur somewhere"),
            ("with", "what a new record has in a field; else 0, false or null"),
            ("takelast", "a new record repeats the slice before it"),
        ),
        see=("timeslice", "transpose"),
        example="* | timeslice 1h | count by _timeslice, _sourcecategory"
        " | fillmissing timeslice, values all in _sourcecategory",
    ),
)
