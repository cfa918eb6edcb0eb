"""Where lookups come from: addresses of sources, their columns, and what is said when one is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dohyo.base.problem import Span
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import WORD
from dohyo.ops.context import CheckContext
from dohyo.plan.nodes import Lookup, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import DOUBLE, LONG, TEXT, Type

GEO = "geo://location"
ASN = "asn://default"
THREAT_FEEDS = "sumo://threat/"
THREAT = f"{THREAT_FEEDS}cs"
"""Every feed of indicators, cs, i471 and others, is the one table that people load."""
THREAT_TABLE = "path:///Library/Admin Recommended/Threat Intelligence"
"""The lookup table of indicators that people load; a column `indicator`, the others as they have them."""
IP = "ip"
INDICATOR = "threat"
GEO_COLUMNS: Mapping[str, Type] = {
    "latitude": DOUBLE,
    "longitude": DOUBLE,
    "country_code": TEXT,
    "country_name": TEXT,
    "region": TEXT,
    "continent": TEXT,
    "city": TEXT,
    "state": TEXT,
    "postal_code": TEXT,
    "area_code": TEXT,
    "metro_code": TEXT,
    "connection_type": TEXT,
    "country_cf": TEXT,
    "state_cf": TEXT,
    "city_cf": TEXT,
}
ASN_COLUMNS: Mapping[str, Type] = {
    "asn": LONG,
    "organization": TEXT,
    "registering_organization": TEXT,
    "carrier_organization": TEXT,
}
THREAT_COLUMNS: Mapping[str, Type] = dict.fromkeys(
    ("type", "actor", "raw", "threatlevel", "malicious_confidence", "source"), TEXT
)
_OWN: Mapping[str, Mapping[str, Type]] = {
    GEO: {IP: TEXT, **GEO_COLUMNS},
    ASN: {IP: TEXT, **ASN_COLUMNS},
    THREAT: {INDICATOR: TEXT, **THREAT_COLUMNS},
}
_SYNONYMS = {"geo://default": GEO, "asn://location": ASN}
_OWN_KEYS = {GEO: IP, ASN: IP, THREAT: INDICATOR}


def address(text: str) -> str:
    """The address by its usual spelling.

    >>> address("GEO://default"), address("path:///Library/A"), address("sumo://threat/i471")
    ('geo://location', 'path:///Library/A', 'sumo://threat/cs')
    """
    lowered = text.lower()
    if lowered.startswith(THREAT_FEEDS):
        return THREAT
    return lowered if lowered in _OWN else _SYNONYMS.get(lowered, text)


def at_classic_table(reader: Reader) -> bool:
    """Whether a table follows in the old form: `shared/a/b`, `/shared/a` or `folder/a`."""
    return reader.peek().text == "/" or (reader.peek().kind == WORD and reader.peek(1).text == "/")


def read_classic_table(reader: Reader) -> str:
    """The path as typed; it ends at the first blank."""
    first = reader.take()
    while not reader.at_end() and reader.peek().span.start == reader.last_span().end:
        reader.take()
    span = reader.span_from(first)
    return reader.text[span.start : span.end]


def is_key(source: str, name: str) -> bool:
    """Whether `ip = field` is meant, which Dohyo's own sources write the other way round than tables."""
    return _OWN_KEYS.get(source) == name.lower()


def columns_of(source: str, span: Span, context: CheckContext) -> Mapping[str, Type] | None:
    """Columns of the source with their types, the keys among them; None, with a warning, where it is not
    there.
    """
    if source in _OWN:
        if source == THREAT:
            warn_without_threats(span, context)
        return _OWN[source]
    table = context.tables(source)
    if table is not None:
        return table.columns
    if source.startswith("path://"):
        message = f"there is no lookup table at {source}, so its columns are empty"
        context.warn("lookup-missing", message, span)
    else:
        message = f"Dohyo reads no lookup tables from {source}, so its columns are empty"
        hint = 'upload the table and read it by path://"/Library/..."'
        context.warn("lookup-missing", message, span, hint)
    return None


def warn_without_threats(span: Span, context: CheckContext) -> None:
    if context.tables(THREAT_TABLE) is None:
        path = THREAT_TABLE.removeprefix("path://")
        message = "no threat intelligence is loaded, so its columns are empty"
        context.warn("threat-missing", message, span, f"load indicators into a lookup table {path}")


def looked_up(
    plan: Plan,
    source: str,
    on: tuple[tuple[str, str], ...],
    columns: Sequence[tuple[str, str, Type]],
    span: Span,
) -> Plan:
    """The plan with columns of a source as fields: each with the name and the type it gets."""
    fields = [Field(name, kind) for _, name, kind in columns]
    pairs = tuple((column, name) for column, name, _ in columns)
    return Lookup(plan, source, on, pairs, plan.schema.with_fields(fields), span)
