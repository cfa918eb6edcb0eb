"""accum, total, diff, backshift, smooth, rollingstd: values made of the rows around, series by series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, known, refuse_fixed
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.windows import windowed
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Extend, Plan, Project
from dohyo.plan.schema import HIDDEN, Field
from dohyo.plan.types import DOUBLE, LONG, TIME, Type

MOST_ROWS = 1_000
_MADE = f"{HIDDEN}window"


@dataclass(frozen=True)
class SeriesClause:
    """`rows`: how far the operator looks back."""

    field: tree.FieldRef
    rows: int
    name: tree.FieldRef | None
    by: tuple[tree.FieldRef, ...]


def _reading(looks_back: int | None) -> Callable[[Reader], SeriesClause]:
    """Reads the clause of an operator that looks so many rows back unless told otherwise, None: at all."""

    def read(reader: Reader) -> SeriesClause:
        in_parentheses = reader.punct("(")
        field = reader.field()
        rows = looks_back or 0
        if looks_back is not None and reader.punct(","):
            rows = int(reader.integer(1, MOST_ROWS).value)
        elif reader.peek().text == ",":
            reader.fail("argument-count", "this operator goes over all rows and takes no number of them")
        if in_parentheses:
            reader.expect_punct(")")
        name: tree.FieldRef | None = None
        by: tuple[tree.FieldRef, ...] = ()
        while not reader.at_end():
            if name is None and reader.word("as"):
                name = reader.field()
            elif not by and (reader.word("by") or reader.word("group")):
                reader.word("by")
                by = reader.names()
            else:
                reader.fail("left-over", f"{reader.peek().text} is not expected here")
        return SeriesClause(field, rows, name, by)

    return read


Make = Callable[[Plan, Expr, SeriesClause, tuple[str, ...]], Plan]
"""The plan with the field `_MADE`, from the value of the clause's field and the names of `by`."""


def _checking(default: str, make: Make, *, numeric: bool = True) -> Callable[..., Plan]:
    def to_plan(clause: SeriesClause, plan: Plan, context: CheckContext) -> Plan:
        name = clause.name or tree.FieldRef(default, span=clause.field.span)
        refuse_fixed([name], plan.schema)
        plan = with_custom_fields(plan, clause.by)
        by = tuple(known(plan.schema, one.name, one.span).name for one in clause.by)
        value = field_value(clause.field, plan.schema)
        made = make(plan, _number(value) if numeric else value, clause, by)
        found = made.schema.find(_MADE)
        assert found is not None
        existing = plan.schema.find(name.name)
        field = replace(found, name=existing.name if existing else name.name)
        schema = plan.schema.with_fields([field])
        return Project(
            Extend(made, ((field.name, Ref(_MADE, found.type)),), made.schema.with_fields([field])), schema
        )

    return to_plan


def _number(value: Expr) -> Expr:
    """A number; text that says none is null."""
    return value if value.type.numeric else coerced(value, DOUBLE)


def _sum_type(value: Expr) -> Type:
    return LONG if value.type in (LONG, TIME) else DOUBLE


def _where_known(plan: Plan, value: Expr, made: Expr) -> Plan:
    """The field only where the row has a number."""
    shown = applied("if", [applied("isNull", [value]), Lit(None, made.type), made])
    field = Field(_MADE, shown.type)
    return Extend(plan, ((_MADE, shown),), plan.schema.with_fields([field]))


def _accum(plan: Plan, value: Expr, clause: SeriesClause, by: tuple[str, ...]) -> Plan:
    summed = windowed(plan, "sum", value, _MADE, _sum_type(value), by=by)
    return _where_known(summed, value, Ref(_MADE, _sum_type(value)))


def _total(plan: Plan, value: Expr, clause: SeriesClause, by: tuple[str, ...]) -> Plan:
    return windowed(plan, "sum", value, _MADE, _sum_type(value), by=by, last=None)


def _diff(plan: Plan, value: Expr, clause: SeriesClause, by: tuple[str, ...]) -> Plan:
    before = windowed(plan, "last", value, _MADE, value.type, by=by, last=-clause.rows)
    return _where_known(before, value, applied("sub", [value, Ref(_MADE, value.type)]))


def _backshift(plan: Plan, value: Expr, clause: SeriesClause, by: tuple[str, ...]) -> Plan:
    away = -clause.rows
    return windowed(plan, "last", value, _MADE, value.type, by=by, first=away, last=away)


def _smooth(plan: Plan, value: Expr, clause: SeriesClause, by: tuple[str, ...]) -> Plan:
    value = coerced(value, DOUBLE)
    return windowed(plan, "mean", value, _MADE, DOUBLE, by=by, first=1 - clause.rows)


def _rollingstd(plan: Plan, value: Expr, clause: SeriesClause, by: tuple[str, ...]) -> Plan:
    """Of a sample; a single number gives 0."""
    value = coerced(value, DOUBLE)
    plan = windowed(plan, "deviation", value, _MADE, DOUBLE, by=by, first=1 - clause.rows)
    single = windowed(plan, "least", value, f"{_MADE}1", DOUBLE, by=by, first=1 - clause.rows)
    none = applied("isNull", [Ref(f"{_MADE}1", DOUBLE)])
    known = applied("if", [applied("isNull", [Ref(_MADE, DOUBLE)]), Lit(0.0, DOUBLE), Ref(_MADE, DOUBLE)])
    shown = applied("if", [none, Lit(None, DOUBLE), known])
    return Extend(single, ((_MADE, shown),), single.schema)


_TRAITS = Traits(order="needs", split="gather", live_tail=False)
_BY = ("by", "fields, each of whose values has a series of its own")
_AS = ("as", "name of the result")
_NUMBERS = "Rows without a number get null and are passed over."


def _operator(
    name: str, default: str, summary: str, make: Make, looks_back: int | None, see: tuple[str, ...]
) -> Operator:
    rows = "[, <rows>]" if looks_back is not None else ""
    said = (("rows", f"how many rows, at most {MOST_ROWS:,}; {looks_back} unless told otherwise"),)
    return Operator(
        names=(name,),
        syntax=f"{name} <field>{rows} [as <name>] [by <field>[, <field>]...]",
        parse=_reading(looks_back),
        check=_checking(default, make, numeric=name != "backshift"),
        traits=_TRAITS,
        help=Help(
            summary,
            (*(said if rows else ()), _AS, _BY),
            see=see,
            example=f"* | timeslice 1h | count by _timeslice | sort by _timeslice asc | {name} _count",
        ),
    )


ACCUM = _operator("accum", "_accum", f"The running sum. {_NUMBERS}", _accum, None, ("total", "diff"))
TOTAL = _operator("total", "_total", "The sum of all rows, in every row.", _total, None, ("accum", "sum"))
DIFF = _operator(
    "diff", "_diff", f"The difference to the row so many before. {_NUMBERS}", _diff, 1, ("backshift", "accum")
)
BACKSHIFT = _operator(
    "backshift",
    "_backshift",
    "The value so many rows before; null where there is none.",
    _backshift,
    1,
    ("diff",),
)
SMOOTH = _operator(
    "smooth", "_smooth", "The mean of the last rows, this one among them.", _smooth, 10, ("rollingstd",)
)
ROLLINGSTD = _operator(
    "rollingstd",
    "_rollingstd",
    "The standard deviation, of a sample, of the last rows, this one among them; 0 for a single one.",
    _rollingstd,
    10,
    ("smooth", "outlier"),
)
