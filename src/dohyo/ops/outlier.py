"""outlier: values that lie far from those before them."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.expressions import applied, coerced
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.windows import windowed
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Extend, Plan, Project
from dohyo.plan.schema import HIDDEN, Field, Schema, SortKey
from dohyo.plan.types import DOUBLE, LONG, TIME

MOST_ROWS = 1_000
_MEAN, _OUTSIDE = f"{HIDDEN}mean", f"{HIDDEN}outside"


@dataclass(frozen=True)
class OutlierClause:
    """`window`: how many rows before each are looked at. `above`, `below`: which sides count."""

    field: tree.FieldRef
    by: tuple[tree.FieldRef, ...]
    window: int = 10
    threshold: float = 3.0
    consecutive: int = 1
    above: bool = True
    below: bool = True


def read_clause(reader: Reader) -> OutlierClause:
    field = reader.field()
    by: tuple[tree.FieldRef, ...] = ()
    window, consecutive, threshold, direction = 10, 1, 3.0, "+-"
    while not reader.at_end():
        if reader.punct(","):
            continue
        if not by and reader.word("by"):
            by = _read_by(reader)
        elif reader.option("window"):
            window = int(reader.integer(2, MOST_ROWS).value)
        elif reader.option("threshold"):
            threshold = float(reader.number().value)
        elif reader.option("consecutive"):
            consecutive = int(reader.integer(1, MOST_ROWS).value)
        elif reader.option("direction"):
            direction = _read_direction(reader)
        else:
            hint = f"outlier {field.name} window=10, threshold=3, consecutive=1, direction=+-"
            reader.fail(
                "option-expected", f"outlier does not expect {reader.peek().text} here", hints=(hint,)
            )
    return OutlierClause(field, by, window, threshold, consecutive, "+" in direction, "-" in direction)


def _read_by(reader: Reader) -> tuple[tree.FieldRef, ...]:
    """Names, up to a comma before an option."""
    found = [reader.field()]
    while reader.peek().text == "," and reader.peek(2).text != "=":
        reader.take()
        found.append(reader.field())
    return tuple(found)


def _read_direction(reader: Reader) -> str:
    said = ""
    while reader.peek().text in ("+", "-"):
        said += reader.take().text
    if not said:
        reader.fail("option-value", "direction is +, - or +-")
    return said


def to_plan(clause: OutlierClause, plan: Plan, context: CheckContext) -> Plan:
    field = known(plan.schema, clause.field.name, clause.field.span)
    slices = slices_of(plan.schema, clause.field, "outlier")
    by = [known(plan.schema, one.name, one.span).name for one in clause.by]
    keys = [SortKey(slices.name, True)]
    value = coerced(Ref(field.name, field.type), DOUBLE)
    name = field.name
    shown = [Field(f"{name}_{part}", DOUBLE) for part in ("error", "lower", "upper", "std")]
    marks = [Field(f"{name}_{part}", LONG) for part in ("indicator", "violation")]
    schema = plan.schema.with_fields([*shown, *marks])
    first = -clause.window
    plan = windowed(plan, "mean", value, _MEAN, DOUBLE, by=by, keys=keys, first=first, last=-1)
    std = f"{name}_std"
    plan = windowed(plan, "deviation", value, std, DOUBLE, by=by, keys=keys, first=first, last=-1)
    plan = _with_bounds(plan, clause, value, slices, name)
    last_rows = 1 - clause.consecutive
    indicator = Ref(f"{name}_indicator", LONG)
    plan = windowed(plan, "sum", indicator, _OUTSIDE, LONG, by=by, keys=keys, first=last_rows)
    violated = applied("eq", [Ref(_OUTSIDE, LONG), Lit(clause.consecutive, LONG)])
    values = ((f"{name}_violation", _zero_or_one(violated)),)
    return Project(Extend(plan, values, plan.schema.with_fields(marks)), schema)


def slices_of(schema: Schema, place: tree.FieldRef, operator: str) -> Field:
    """The field that puts the rows in time."""
    found = schema.find("_timeslice") or next((f for f in schema if f.slice_ms or f.slice_days), None)
    if found is None:
        message = f"{operator} needs slices of time to follow"
        hint = f"| timeslice 5m | count by _timeslice | {operator} _count ..."
        fail("timeslice-needed", message, place.span, hint)
    return found


def _with_bounds(plan: Plan, clause: OutlierClause, value: Expr, slices: Field, name: str) -> Plan:
    """Bounds from the rows before; none for the newest slice while it is not over."""
    std, mean = f"{name}_std", Ref(_MEAN, DOUBLE)
    nothing = Lit(None, DOUBLE)
    known_std: Expr = Ref(std, DOUBLE)
    if slices.slice_ms:
        ends: list[Expr] = [Ref(slices.name, TIME), Lit(slices.slice_ms, LONG), Lit(slices.slice_days, LONG)]
        unfinished = applied("gt", [applied("slice_end", ends), applied("queryEndTime", [])])
        known_std = applied("if", [unfinished, nothing, known_std])
    plan = _extended(plan, {std: known_std})
    away = applied("mul", [Ref(std, DOUBLE), Lit(clause.threshold, DOUBLE)])
    has_bounds = applied("not", [applied("isNull", [Ref(std, DOUBLE)])])
    error = applied("if", [has_bounds, applied("sub", [value, mean]), nothing])
    bounds: dict[str, Expr] = {
        f"{name}_error": error,
        f"{name}_lower": applied("sub", [mean, away]),
        f"{name}_upper": applied("add", [mean, away]),
    }
    plan = _extended(plan, bounds)
    sides = []
    if clause.above:
        sides.append(applied("gt", [value, Ref(f"{name}_upper", DOUBLE)]))
    if clause.below:
        sides.append(applied("lt", [value, Ref(f"{name}_lower", DOUBLE)]))
    outside = sides[0] if len(sides) == 1 else applied("or", sides)
    return _extended(plan, {f"{name}_indicator": _zero_or_one(outside)})


def _extended(plan: Plan, values: dict[str, Expr]) -> Plan:
    fields = [Field(name, value.type) for name, value in values.items()]
    return Extend(plan, tuple(values.items()), plan.schema.with_fields(fields))


def _zero_or_one(condition: Expr) -> Expr:
    return applied("if", [condition, Lit(1, LONG), Lit(0, LONG)])


OUTLIER = Operator(
    names=("outlier",),
    syntax="outlier <field> [by <field>[, <field>]...] [window=<number>][, threshold=<number>]"
    "[, consecutive=<number>][, direction=+|-|+-]",
    parse=read_clause,
    check=to_plan,
    stage="after grouping",
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Marks values far from the mean of those before them in time. Adds <field>_error, _lower, _upper,"
        " _std, _indicator (1 outside the bounds) and _violation.",
        (
            ("by", "fields, each of whose values has a series of its own"),
            (
                "window",
                f"how many slices before each are looked at, 2 to {MOST_ROWS:,}; 10 unless told otherwise",
            ),
            (
                "threshold",
                "how many standard deviations from the mean the bounds lie; 3 unless told otherwise",
            ),
            ("consecutive", "how many slices in a row make a violation; 1 unless told otherwise"),
            ("direction", "+ only above, - only below, +- both, as it is unless told otherwise"),
        ),
        see=("predict", "rollingstd", "timeslice"),
        example="* | timeslice 5m | count by _timeslice | outlier _count window=5, threshold=2",
    ),
)
