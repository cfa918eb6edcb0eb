"""timeslice: puts each row into a slice of time."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.base.problem import Span
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import NUMBER
from dohyo.ops.context import CheckContext, fail, refuse_fixed
from dohyo.ops.expressions import applied, coerced
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Extend, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import LONG, TIME

DAY_MS = 86_400_000
MOST_BUCKETS = 10_000
_MINUTE, _HOUR = 60_000, 3_600_000
_WIDTHS = [
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(1000 * n for n in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 4, 6, 8, 12)),
    *(DAY_MS * n for n in (1, 2, 7, 14, 28, 91, 182, 364)),
]
"""Widths that a number of buckets may become, in milliseconds."""


@dataclass(frozen=True)
class TimesliceClause:
    """Of `period` and `buckets` at most one is given. `period`: milliseconds, and days where it was said in
    days or weeks.
    """

    period: tuple[int, int] | None
    buckets: int | None
    name: tree.FieldRef


def read_clause(reader: Reader) -> TimesliceClause:
    first = reader.peek()
    reader.word("by")
    period, buckets = None, None
    if reader.peek().kind == NUMBER and reader.peek(1).word in ("bucket", "buckets"):
        buckets = int(reader.integer(1, MOST_BUCKETS).value)
        reader.take()
    elif reader.peek().kind == NUMBER:
        period = read_period(reader)
    name = reader.field() if reader.word("as") else tree.FieldRef("_timeslice", span=first.span)
    return TimesliceClause(period, buckets, name)


def read_period(reader: Reader) -> tuple[int, int]:
    """Length of a slice: milliseconds, and days where it is said in whole days or weeks, else 0."""
    length_ms, text, span = reader.period()
    if length_ms < 1:
        reader.fail("period-short", "a slice of time lasts at least a millisecond", span)
    in_days = text[-1] in "dw" and length_ms % DAY_MS == 0
    return length_ms, length_ms // DAY_MS if in_days else 0


def period_of(clause: TimesliceClause, range_ms: int) -> tuple[int, int]:
    """Length of the slices over a range: milliseconds, and days or 0; no length for one slice over all.

    >>> period_of(TimesliceClause(None, 150, tree.FieldRef("_timeslice")), 86_400_000)
    (600000, 0)
    """
    if clause.period:
        return clause.period
    if clause.buckets is None:
        return 0, 0
    wanted = clause.buckets

    def off(width: int) -> float:
        """How many times too many or too few slices this width gives."""
        return max(wanted * width, range_ms) / max(min(wanted * width, range_ms), 1)

    width = min(_WIDTHS, key=off)
    return width, width // DAY_MS


def to_plan(clause: TimesliceClause, plan: Plan, context: CheckContext) -> Plan:
    refuse_fixed([clause.name], plan.schema)
    period_ms, days = period_of(clause, context.run.end_ms - context.run.start_ms)
    period = [Lit(period_ms, LONG), Lit(days, LONG)]
    name = clause.name.name
    start = Field(name, TIME, slice_ms=period_ms, slice_days=days)
    sliced = applied("slice_start", [_time(plan, clause.name.span), *period])
    plan = Extend(plan, ((name, sliced),), plan.schema.with_fields([start]))
    ends = [f"{name}_end"] + (["__timeslice_end"] if name.lower() == "_timeslice" else [])
    end = applied("slice_end", [Ref(name, TIME), *period])
    schema = plan.schema.with_fields(Field(one, TIME) for one in ends)
    return Extend(plan, tuple((one, end) for one in ends), schema)


def _time(plan: Plan, span: Span) -> Expr:
    found = plan.schema.find("_messagetime")
    if found is None:
        hint = "put timeslice before the grouping and group by _timeslice"
        fail("messages-needed", "timeslice needs the time of the messages, _messagetime", span, hint)
    return coerced(Ref(found.name, found.type), TIME)


TIMESLICE = Operator(
    names=("timeslice",),
    syntax="timeslice [by] [<length>|<number> buckets] [as <field>]",
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Puts each message into a slice of time: its start in _timeslice, its end in _timeslice_end.",
        (
            ("length", "such as 5m, 1h, 1d or 1w; days and weeks begin at local midnight"),
            ("buckets", "about so many slices over the time range"),
        ),
        see=("fillmissing", "transpose", "compare"),
        example="* | timeslice 1h | count by _timeslice",
    ),
)
