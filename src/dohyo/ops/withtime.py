"""withtime: a value together with the time of its message, for most_recent and least_recent."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Ref
from dohyo.plan.nodes import Extend, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import LONG, TEXT, TIME

SUFFIX = "_withtime"


@dataclass(frozen=True)
class WithtimeClause:
    field: tree.FieldRef


def read_clause(reader: Reader) -> WithtimeClause:
    return WithtimeClause(reader.field())


def to_plan(clause: WithtimeClause, plan: Plan, context: CheckContext) -> Plan:
    """The text sorts by time; of messages of one time the one that stands first is the most recent."""
    if not (plan.schema.find("_messagetime") and plan.schema.find("_messageid")):
        fail(
            "messages-needed", "withtime needs messages, which have times", None, "put it before the grouping"
        )
    value = field_value(clause.field, plan.schema)
    arguments = [coerced(value, TEXT), Ref("_messagetime", TIME), Ref("_messageid", LONG)]
    name = f"{value.name if isinstance(value, Ref) else clause.field.name}{SUFFIX}"
    schema = plan.schema.with_fields([Field(name, TEXT, timed=value.type)])
    return Extend(plan, ((name, applied("with_time", arguments)),), schema)


WITHTIME = Operator(
    names=("withtime",),
    syntax="withtime <field>",
    parse=read_clause,
    check=to_plan,
    help=Help(
        f"Adds <field>{SUFFIX}: the value with the time of its message, for most_recent and least_recent.",
        (),
        see=("most_recent", "first"),
        example="* | withtime _sourcename | most_recent(_sourcename_withtime) as name by _sourcecategory",
    ),
)
