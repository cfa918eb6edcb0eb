"""lookup: columns joined from outside, such as the place of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dohyo.base.problem import Span
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import PATH
from dohyo.ops.context import CheckContext, fail, known, refuse_fixed, refuse_twice
from dohyo.ops.operator import Help, Operator
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.sources import (
    GEO,
    GEO_COLUMNS,
    address,
    at_classic_table,
    columns_of,
    is_key,
    read_classic_table,
)
from dohyo.plan.nodes import Lookup, Plan
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import TEXT, Type

EVERY = "*"


@dataclass(frozen=True)
class LookupClause:
    """`columns` pair a column with the name it gets (None: its own); none at all means all of them. `on`
    pairs fields with columns.
    """

    columns: tuple[tuple[tree.FieldRef, tree.FieldRef | None], ...]
    source: str
    on: tuple[tuple[tree.FieldRef, tree.FieldRef], ...]
    span: Span = field(compare=False)


def read_clause(reader: Reader) -> LookupClause:
    first = reader.peek()
    columns = []
    if not reader.punct(EVERY):
        columns.append(_read_column(reader))
        while reader.punct(","):
            columns.append(_read_column(reader))
    reader.expect_word("from")
    source = _read_source(reader)
    reader.expect_word("on")
    pairs = [_read_pair(reader, source)]
    while reader.punct(",") or reader.word("and"):
        pairs.append(_read_pair(reader, source))
    return LookupClause(tuple(columns), source, tuple(pairs), reader.span_from(first))


def _read_column(reader: Reader) -> tuple[tree.FieldRef, tree.FieldRef | None]:
    column = reader.field()
    return column, reader.field() if reader.word("as") else None


def _read_source(reader: Reader) -> str:
    token = reader.peek()
    if token.kind == PATH:
        return address(str(reader.take().value))
    if at_classic_table(reader):
        return read_classic_table(reader)
    hint = 'a table of the library is written path://"/Library/Users/me/table"'
    reader.fail("lookup-source", f"a source is expected here: {GEO} or path://...", hints=(hint,))


def _read_pair(reader: Reader, source: str) -> tuple[tree.FieldRef, tree.FieldRef]:
    """`field = column`, of places also `ip = field`; one name alone is both."""
    field = reader.field()
    column = reader.field() if reader.punct("=") or reader.punct("==") else field
    if is_key(source, field.name):
        return column, field
    return field, column


def to_plan(clause: LookupClause, plan: Plan, context: CheckContext) -> Plan:
    found = columns_of(clause.source, clause.span, context)
    given = found if found is not None else _columns_named(clause)
    wanted = tuple(dict.fromkeys(clause.columns)) or _all_but_keys(clause, given)
    if not wanted:  # all columns of a table that is not there
        return plan
    names = [name or column for column, name in wanted]
    refuse_twice(names)
    refuse_fixed(names, plan.schema)
    on_pairs = [_turned(pair, given, plan.schema) for pair in clause.on]
    plan = with_custom_fields(plan, (field for field, _ in on_pairs))
    on = tuple(
        (known(plan.schema, field.name, field.span).name, _column(key, given, clause))
        for field, key in on_pairs
    )
    pairs, made = [], []
    for (column, _), name in zip(wanted, names, strict=True):
        source = _column(column, given, clause)
        existing = plan.schema.find(name.name)
        plain = Field(name.name, TEXT)
        field = replace(existing, slice_ms=0, slice_days=0, constant=None) if existing else plain
        pairs.append((source, field.name))
        made.append(replace(field, type=given[source]))
    return Lookup(plan, clause.source, on, tuple(pairs), plan.schema.with_fields(made), clause.span)


def _turned(
    pair: tuple[tree.FieldRef, tree.FieldRef], given: Mapping[str, Type], schema: Schema
) -> tuple[tree.FieldRef, tree.FieldRef]:
    """`column = field` is turned round where it cannot be meant as it is written."""
    field, column = pair
    columns = {name.lower() for name in given}
    fits = field.name.lower() in columns and schema.find(column.name) is not None
    is_turned = fits and column.name.lower() not in columns and schema.find(field.name) is None
    return (column, field) if is_turned else pair


def _columns_named(clause: LookupClause) -> Mapping[str, Type]:
    """What a source that is not there would have."""
    named = [*(column for column, _ in clause.columns), *(key for _, key in clause.on)]
    return {column.name: TEXT for column in named}


def _all_but_keys(
    clause: LookupClause, given: Mapping[str, Type]
) -> tuple[tuple[tree.FieldRef, tree.FieldRef | None], ...]:
    keys = {column.name.lower() for _, column in clause.on}
    return tuple((tree.FieldRef(name, span=clause.span), None) for name in given if name.lower() not in keys)


def _column(column: tree.FieldRef, given: Mapping[str, Type], clause: LookupClause) -> str:
    """The column by the spelling of its source."""
    spelled = {name.lower(): name for name in given}
    if column.name.lower() not in spelled:
        message, hint = f"{clause.source} has no column {column.name}", f"it has {', '.join(given)}"
        fail("lookup-column", message, column.span, hint)
    return spelled[column.name.lower()]


LOOKUP = Operator(
    names=("lookup",),
    syntax='lookup <column> [as <name>][, ...]|* from geo://location|path://"<path>"'
    " on <field>=<column>[, <field>=<column>]...",
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Adds columns of a lookup table, or the place of an address, to each row; null where there is none.",
        (
            ("column", f"a column of the table; of places {', '.join(GEO_COLUMNS)}"),
            ("source", "geo://location, asn://default, sumo://threat/cs or a table of the library"),
            ("on", "a field of the row and the column that has to agree with it; of places the column ip"),
        ),
        see=("geoip", "threatip", "lookupContains", "join"),
        example="* | lookup country_name, latitude, longitude from geo://location on _sourcehost=ip",
    ),
)
