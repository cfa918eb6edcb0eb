"""count_frequent: the values that occur most."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext
from dohyo.ops.group import CallClause, grouped
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import MOST_ROWS, sort_key
from dohyo.plan.nodes import Limit, Plan, Sort
from dohyo.plan.schema import SortKey

NAME = "_approxcount"


@dataclass(frozen=True)
class FrequentClause:
    fields: tuple[tree.FieldRef, ...]
    name: tree.FieldRef | None


def read_clause(reader: Reader) -> FrequentClause:
    reader.word("by")
    fields = reader.names()
    return FrequentClause(fields, reader.field() if reader.word("as") else None)


def to_plan(clause: FrequentClause, plan: Plan, context: CheckContext) -> Plan:
    """Counts are exact here; ties stand in the order of the fields."""
    name = clause.name or tree.FieldRef(NAME, span=clause.fields[0].span)
    call = CallClause("count", None, (), name, name.span)
    plan = grouped((call,), clause.fields, plan)
    keys = (SortKey(name.name, False), *(sort_key(plan, field, True) for field in clause.fields))
    return Limit(Sort(plan, keys), MOST_ROWS, replace(plan.schema, order=keys))


COUNT_FREQUENT = Operator(
    names=("count_frequent",),
    syntax="count_frequent <field>[, <field>]... [as <name>]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="sets", split="gather", live_tail=False),
    help=Help(
        f"Counts the values that occur most, the largest first, {MOST_ROWS:,} at most; the count is {NAME}.",
        (),
        see=("top", "count"),
        example="* | count_frequent _sourcecategory",
    ),
)
