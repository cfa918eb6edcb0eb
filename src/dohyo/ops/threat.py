"""threatip and threatlookup: what threat intelligence that people loaded says about a value."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, refuse_twice
from dohyo.ops.expressions import applied, coerced
from dohyo.ops.geoip import text_key
from dohyo.ops.operator import Help, Operator
from dohyo.ops.sources import INDICATOR, THREAT, THREAT_TABLE, looked_up, warn_without_threats
from dohyo.plan.expr import Lit, Ref
from dohyo.plan.nodes import Capture, Extend, Plan
from dohyo.plan.schema import HIDDEN, Field
from dohyo.plan.types import LONG, TEXT

ALL, BEST = "threat://all", "threat://best"
"""Sources of threatlookup; after a `?` the name of the feed that is asked."""
MATCHES = "matches"
"""Their column: the matches as JSON objects, one a line."""
FIELDS = {
    **dict.fromkeys(
        ("actors", "fields", "id", "indicator", "kill_chain", "source", "threat_type", "type"), TEXT
    ),
    **dict.fromkeys(("confidence", "imported", "num_matches", "updated", "valid_from", "valid_until"), LONG),
}
_PREFIX = "_threatlookup."
_THREATIP = {"actor": "actor", "threatlevel": "malicious_confidence", "raw": "raw_threat", "type": "type"}


@dataclass(frozen=True)
class ThreatClause:
    fields: tuple[tree.FieldRef, ...]
    best: bool = False
    feed: tree.String | None = None


def read_threatip(reader: Reader) -> ThreatClause:
    return ThreatClause((reader.field(),))


def read_threatlookup(reader: Reader) -> ThreatClause:
    best, feed = False, None
    while True:
        if reader.word("singleindicator"):
            best = True
        elif reader.option("source"):
            feed = reader.string()
        else:
            return ThreatClause(reader.fields(), best, feed)


def threatip_to_plan(clause: ThreatClause, plan: Plan, context: CheckContext) -> Plan:
    (name,) = clause.fields
    warn_without_threats(name.span, context)
    plan, key = text_key(plan, name)
    columns = [(column, shown, TEXT) for column, shown in _THREATIP.items()]
    return looked_up(plan, THREAT, ((key, INDICATOR),), columns, name.span)


def threatlookup_to_plan(clause: ThreatClause, plan: Plan, context: CheckContext) -> Plan:
    """The matches come as one text; each becomes a row, with its values as fields."""
    refuse_twice(clause.fields)
    span = clause.fields[0].span.to(clause.fields[-1].span)
    warn_without_threats(span, context)
    keys: list[tuple[str, str]] = []
    for name in clause.fields:
        plan, key = text_key(plan, name)
        keys.append((key, f"{INDICATOR}{len(keys)}"))
    source = (BEST if clause.best else ALL) + (f"?{clause.feed.value}" if clause.feed else "")
    found, one = f"{HIDDEN}matches", f"{HIDDEN}match"
    plan = looked_up(plan, source, tuple(keys), [(MATCHES, found, TEXT)], span)
    schema = plan.schema.with_fields([Field(one, TEXT)])
    plan = Capture(plan, Ref(found, TEXT), "([^\\n]+)", (one,), True, True, schema)
    text = applied("json_text", [Ref(one, TEXT)])
    values = {
        f"{_PREFIX}{name}": coerced(applied("json_value", [text, Lit(name, TEXT)]), kind)
        for name, kind in FIELDS.items()
    }
    fields = [Field(name, value.type) for name, value in values.items()]
    return Extend(plan, tuple(values.items()), plan.schema.with_fields(fields))


_TABLE = THREAT_TABLE.removeprefix("path://")
THREATIP = Operator(
    names=("threatip",),
    syntax="threatip <field>",
    parse=read_threatip,
    check=threatip_to_plan,
    help=Help(
        "Adds actor, malicious_confidence, raw_threat and type of an address that threat intelligence names.",
        (("field", f"the address; indicators are the rows of the lookup table {_TABLE}"),),
        see=("threatlookup", "lookup"),
        example="* | threatip _sourcehost | where !isNull(malicious_confidence)",
    ),
)
THREATLOOKUP = Operator(
    names=("threatlookup",),
    syntax='threatlookup [singleIndicator] [source="<feed>"] <field>[, <field>]...',
    parse=read_threatlookup,
    check=threatlookup_to_plan,
    help=Help(
        "Adds what threat intelligence says about values, in fields that begin with _threatlookup.",
        (
            ("singleIndicator", "only the newest match, of equally new ones that of the highest confidence"),
            ("source", "only matches of this feed"),
            ("field", f"the values; indicators are the rows of the lookup table {_TABLE}"),
        ),
        see=("threatip", "lookup"),
        example="* | threatlookup singleIndicator _sourcehost | where _threatlookup.confidence > 50",
    ),
)
