"""logexplain: which values of fields go with an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.budget import in_time
from dohyo.ops.context import CheckContext, known, refuse_twice
from dohyo.ops.expressions import applied, condition
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import with_custom_fields
from dohyo.plan.expr import Ref
from dohyo.plan.nodes import Aggregate, AggregateCall, Extend, Filter, Local, Plan, Row
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT

LEAST_COVERAGE = 0.05
LEAST_RELEVANCE = 0.1
MOST_TOGETHER = 3
"""So many values one explanation names."""
MOST_FIELDS = 50
_TEST, _CONTROL, _TIMES = f"{HIDDEN}test", f"{HIDDEN}control", f"{HIDDEN}times"
Explanation = tuple[tuple[str, str], ...]
"""Fields with their values, in the order of the fields."""


@dataclass(frozen=True)
class ExplainClause:
    event: tree.Expr
    against: tree.Expr | None
    fields: tuple[tree.FieldRef, ...]


def read_clause(reader: Reader) -> ExplainClause:
    event = reader.expr()
    against = reader.expr() if reader.word("against") else None
    reader.expect_word("on")
    fields = reader.fields()
    if len(fields) > MOST_FIELDS:
        reader.fail("too-many-fields", f"at most {MOST_FIELDS} fields can be looked at", fields[-1].span)
    return ExplainClause(event, against, fields)


def to_plan(clause: ExplainClause, plan: Plan, context: CheckContext) -> Plan:
    """Equal rows are counted first, so many messages become few rows."""
    refuse_twice(clause.fields)
    event = condition(clause.event, plan.schema, context)
    against = condition(clause.against, plan.schema, context) if clause.against else applied("not", [event])
    plan = with_custom_fields(context.keeping(plan), clause.fields)
    keys = [known(plan.schema, name.name, name.span) for name in clause.fields]
    sides = [Field(_TEST, BOOL), Field(_CONTROL, BOOL)]
    plan = Extend(plan, ((_TEST, event), (_CONTROL, against)), plan.schema.with_fields(sides))
    plan = Filter(plan, applied("or", [Ref(_TEST, BOOL), Ref(_CONTROL, BOOL)]))
    counted = Schema((*keys, *sides, Field(_TIMES, LONG)), aggregate=True)
    names = counted.names()[:-1]
    plan = Aggregate(plan, names, (AggregateCall("count", None, _TIMES, LONG),), counted)
    doubles = [Field(name, DOUBLE) for name in ("_relevance", "_test_coverage", "_control_coverage")]
    schema = Schema((Field("_explanation", TEXT), *doubles), aggregate=True)
    return Local(plan, "logexplain", _Explaining(tuple(key.name for key in keys)), schema)


@dataclass(frozen=True)
class _Explaining:
    names: tuple[str, ...]

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        test = Counter[Explanation]()
        for values, times in _weighed(rows, self.names, _TEST):
            test[values] += times
        frequent = _frequent(test)
        control, controlled = _counted(_weighed(rows, self.names, _CONTROL), frequent)
        return _shown(_ranked(frequent, test.total(), control, controlled))


def _weighed(rows: list[Row], names: tuple[str, ...], side: str) -> Iterator[tuple[Explanation, int]]:
    """The values of the rows of one side; a null says nothing."""
    for row in rows:
        if row[side]:
            values = [(name, any_to_text(row[name])) for name in names]
            yield tuple((name, value) for name, value in values if value is not None), int(row[_TIMES] or 0)


def _frequent(test: Mapping[Explanation, int]) -> dict[Explanation, int]:
    """Combinations of values that enough of the event's rows have; larger ones grow out of smaller ones."""
    least = LEAST_COVERAGE * sum(test.values())
    found: dict[Explanation, int] = {}
    kept: set[Explanation] = {()}
    for size in range(1, MOST_TOGETHER + 1):
        counts = Counter[Explanation]()
        parts = {pair for one in kept for pair in one}
        for values, times in in_time(test.items(), "logexplain"):
            usable = values if size == 1 else tuple(pair for pair in values if pair in parts)
            for some in combinations(usable, size):
                if all(part in kept for part in combinations(some, size - 1)):
                    counts[some] += times
        kept = {some for some, times in counts.items() if times > least}
        found |= {some: counts[some] for some in kept}
    return found


def _counted(
    rows: Iterable[tuple[Explanation, int]], frequent: Mapping[Explanation, int]
) -> tuple[Counter[Explanation], int]:
    """How many rows of the other side have each of these combinations, and how many there are."""
    parts = {pair for some in frequent for pair in some}
    counts, total = Counter[Explanation](), 0
    for values, times in in_time(rows, "logexplain"):
        total += times
        usable = [pair for pair in values if pair in parts]
        for size in range(1, MOST_TOGETHER + 1):
            for some in combinations(usable, size):
                if some in frequent:
                    counts[some] += times
    return counts, total


@dataclass(frozen=True)
class _Found:
    """Shares from 0 to 1."""

    explanation: Explanation
    test: float
    control: float

    @property
    def relevance(self) -> float:
        """The share of the event's rows with these values that the other side does not account for."""
        return max(0.0, 1 - self.control / self.test)


def _ranked(
    frequent: Mapping[Explanation, int], tested: int, control: Mapping[Explanation, int], controlled: int
) -> list[_Found]:
    found = (_Found(some, n / tested, control[some] / max(controlled, 1)) for some, n in frequent.items())
    relevant = [one for one in found if one.relevance > LEAST_RELEVANCE]
    return sorted(
        relevant, key=lambda one: (-one.relevance, -one.test, len(one.explanation), one.explanation)
    )


def _shown(ranked: Iterable[_Found]) -> list[Row]:
    """Those that name a value which no more relevant one named."""
    told: set[tuple[str, str]] = set()
    rows: list[Row] = []
    for one in ranked:
        if not set(one.explanation) <= told:
            told |= set(one.explanation)
            text = " AND ".join(f'{name}="{value}"' for name, value in one.explanation)
            coverage = {"_test_coverage": 100 * one.test, "_control_coverage": 100 * one.control}
            rows.append({"_explanation": text, "_relevance": one.relevance, **coverage})
    return rows


LOGEXPLAIN = Operator(
    names=("logexplain",),
    syntax="logexplain <condition> [against <condition>] on <field>[, <field>]...",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="loses", split="gather", live_tail=False),
    help=Help(
        "Finds values that rows of an event have more often than others; coverages are percentages.",
        (
            ("condition", "which rows are of the event"),
            ("against", "which rows these are compared with; without it all others"),
            ("field", "fields whose values may explain it"),
        ),
        see=("logreduce values",),
        example='* | json "status" as status nodrop | logexplain status > 5 on _sourcehost',
    ),
)
