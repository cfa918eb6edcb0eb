"""bin: numbers put into ranges of one width."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Extend, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import DOUBLE, TEXT

LABEL, LOWER, UPPER = "_bin_label", "_bin_lower", "_bin_upper"


@dataclass(frozen=True)
class BinClause:
    field: tree.FieldRef
    width: float
    least: float | None
    most: float | None


def read_clause(reader: Reader) -> BinClause:
    field = reader.field()
    found: dict[str, tree.Number] = {}
    while not reader.at_end():
        reader.punct(",")
        name = next((name for name in ("width", "min", "max") if reader.option(name)), None)
        if name is None or name in found:
            hint = f"bin {field.name} width=10, min=0, max=100"
            reader.fail("option-expected", "bin takes width, min and max", hints=(hint,))
        found[name] = reader.number()
    if "width" not in found:
        hint = f"bin {field.name} width=10"
        reader.fail("option-expected", "bin needs the width of its ranges", hints=(hint,))
    width, least, most = (found[n].value if n in found else None for n in ("width", "min", "max"))
    if not width or width <= 0:
        reader.fail("number-range", "a width is larger than 0", found["width"].span)
    if least is not None and most is not None and most <= least:
        reader.fail("number-range", "max has to be larger than min", found["max"].span)
    return BinClause(field, width, least, most)


def to_plan(clause: BinClause, plan: Plan, context: CheckContext) -> Plan:
    """Ranges start at `min`, else at a multiple of the width; what lies outside goes to the first or last."""
    value = coerced(field_value(clause.field, plan.schema), DOUBLE)
    start = float(clause.least or 0)
    width = Lit(float(clause.width), DOUBLE)
    place: Expr = coerced(applied("floor", [applied("div", [_minus(value, start), width])]), DOUBLE)
    if clause.least is not None:
        place = applied("max", [place, Lit(0.0, DOUBLE)])
    if clause.most is not None:
        last = math.ceil((clause.most - start) / clause.width) - 1
        place = applied("min", [place, Lit(float(last), DOUBLE)])
    lower = _minus(applied("mul", [place, width]), -start)
    plan = Extend(plan, ((LOWER, lower),), plan.schema.with_fields([Field(LOWER, DOUBLE)]))
    upper = applied("add", [Ref(LOWER, DOUBLE), width])
    label = applied("concat", [Ref(LOWER, DOUBLE), Lit(" - ", TEXT), upper])
    label = applied("if", [applied("isNull", [Ref(LOWER, DOUBLE)]), Lit(None, TEXT), label])
    added = [Field(LABEL, TEXT), Field(UPPER, DOUBLE)]
    return Extend(plan, ((LABEL, label), (UPPER, upper)), plan.schema.with_fields(added))


def _minus(value: Expr, less: float) -> Expr:
    return applied("sub", [value, Lit(less, DOUBLE)]) if less else value


BIN = Operator(
    names=("bin",),
    syntax="bin <field> width=<number>[, min=<number>][, max=<number>]",
    parse=read_clause,
    check=to_plan,
    help=Help(
        f"Puts numbers into ranges: {LOWER}, {UPPER} (not part of the range) and {LABEL}.",
        (
            ("width", "how wide a range is"),
            ("min", "where the first range starts; smaller numbers go there too"),
            ("max", "where the last range ends; larger numbers go there too"),
        ),
        see=("timeslice", "count"),
        example="* | bin _size width=100, min=0 | count by _bin_lower, _bin_label",
    ),
)
