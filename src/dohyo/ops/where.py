"""where, and statements that make a field of an expression."""

from __future__ import annotations

from dataclasses import dataclass, field

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, refuse_fixed
from dohyo.ops.expressions import checked, coerced, condition
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Lit
from dohyo.plan.nodes import Extend, Filter, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import TIME


@dataclass(frozen=True)
class WhereClause:
    condition: tree.Expr


@dataclass(frozen=True)
class AssignClause:
    """`name` is None where the statement gives none."""

    value: tree.Expr
    name: tree.FieldRef | None
    text: str = field(compare=False)


def read_where(reader: Reader) -> WhereClause:
    return WhereClause(reader.expr())


def where_to_plan(clause: WhereClause, plan: Plan, context: CheckContext) -> Plan:
    kept = condition(clause.condition, plan.schema, context)
    return Filter(context.keeping(plan), kept)


def read_assign(reader: Reader) -> AssignClause:
    reader.rewind()
    first = reader.peek()
    value = reader.expr()
    span = reader.span_from(first)
    name = reader.field() if reader.word("as") else None
    return AssignClause(value, name, reader.text[span.start : span.end])


TIMES = ("_messagetime", "_receipttime", "_timeslice")
"""Fields that hold times whatever number is put into them."""


def assign_to_plan(clause: AssignClause, plan: Plan, context: CheckContext) -> Plan:
    """Without `as` a function of one field writes over it; another expression is named by its text."""
    value = checked(clause.value, plan.schema, context)
    shown = " ".join(clause.text.split())
    name = clause.name or written_back(clause.value) or tree.FieldRef(shown, span=clause.value.span)
    kind = value.type
    if name.name.lower() in TIMES and kind.numeric:
        value, kind = coerced(value, TIME), TIME
    else:
        refuse_fixed([name], plan.schema)
    existing = plan.schema.find(name.name)
    plan = context.keeping(plan)
    text = value.value if isinstance(value, Lit) and isinstance(value.value, str) else None
    is_key = bool(existing and existing.key)
    new = Field(existing.name if existing else name.name, kind, key=is_key, constant=text)
    return Extend(plan, ((new.name, value),), plan.schema.with_fields([new]))


def written_back(value: tree.Expr) -> tree.FieldRef | None:
    """The one field that a function call takes, as in `num(x)`."""
    if not isinstance(value, tree.Call):
        return None
    fields = [arg for arg in value.args if isinstance(arg, tree.FieldRef)]
    return fields[0] if len(fields) == 1 and fields[0] is value.args[0] else None


WHERE = Operator(
    names=("where",),
    syntax="where <condition>",
    parse=read_where,
    check=where_to_plan,
    help=Help(
        "Keeps the rows for which the condition is true.",
        (("condition", 'such as status = "new" and severity matches "h*"'),),
        see=("if",),
        example='* | where _sourcecategory matches "azure*"',
    ),
)
ASSIGN = Operator(
    names=("as",),
    syntax="<expression> as <field>",
    parse=read_assign,
    check=assign_to_plan,
    help=Help(
        "Makes a field of an expression.",
        (),
        see=("where",),
        example="* | toLowerCase(_sourcecategory) as category",
    ),
)
