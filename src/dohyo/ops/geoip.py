"""geoip: the place of an address."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, known, refuse_twice
from dohyo.ops.expressions import coerced
from dohyo.ops.operator import Help, Operator
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.sources import GEO, GEO_COLUMNS, IP, looked_up
from dohyo.plan.expr import Ref
from dohyo.plan.nodes import Extend, Plan
from dohyo.plan.schema import HIDDEN, Field
from dohyo.plan.types import TEXT

USUAL = ("latitude", "longitude", "country_code", "country_name", "city", "state")


@dataclass(frozen=True)
class GeoipClause:
    address: tree.FieldRef
    more: tuple[tree.FieldRef, ...]


def read_clause(reader: Reader) -> GeoipClause:
    field = reader.field()
    reader.punct(",")
    return GeoipClause(field, () if reader.at_end() else reader.fields())


def to_plan(clause: GeoipClause, plan: Plan, context: CheckContext) -> Plan:
    refuse_twice(clause.more)
    for name in clause.more:
        if name.name.lower() not in GEO_COLUMNS:
            hint = f"there are {', '.join(GEO_COLUMNS)}"
            fail("lookup-column", f"places have no {name.name}", name.span, hint)
    plan, key = text_key(plan, clause.address)
    wanted = dict.fromkeys([*USUAL, *(name.name.lower() for name in clause.more)])
    columns = [(name, name, GEO_COLUMNS[name]) for name in wanted]
    return looked_up(plan, GEO, ((key, IP),), columns, clause.address.span)


def text_key(plan: Plan, name: tree.FieldRef) -> tuple[Plan, str]:
    """The plan with the field as text, and its name there."""
    plan = with_custom_fields(plan, (name,))
    field = known(plan.schema, name.name, name.span)
    if field.type == TEXT:
        return plan, field.name
    made = Field(f"{HIDDEN}{field.name}", TEXT)
    value = coerced(Ref(field.name, field.type), TEXT)
    return Extend(plan, ((made.name, value),), plan.schema.with_fields([made])), made.name


GEOIP = Operator(
    names=("geoip",),
    syntax="geoip <field> [<column>[, <column>]...]",
    parse=read_clause,
    check=to_plan,
    help=Help(
        f"Adds {', '.join(USUAL)} of an IPv4 or IPv6 address; null for private and unknown ones.",
        (("column", f"more of {', '.join(name for name in GEO_COLUMNS if name not in USUAL)}"),),
        see=("lookup",),
        example="* | geoip _sourcehost | count by latitude, longitude, country_name",
    ),
)
