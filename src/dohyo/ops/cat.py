"""cat: the rows of a lookup table."""

from __future__ import annotations

from dataclasses import dataclass, field

from dohyo.base.problem import Span
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import PATH
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.sources import at_classic_table, read_classic_table
from dohyo.plan.nodes import Plan, Rows, Scan
from dohyo.plan.schema import Field, Schema

MOST_ROWS = 100_000


@dataclass(frozen=True)
class TableClause:
    """A lookup table by its address."""

    source: str
    span: Span = field(compare=False)


def read_clause(reader: Reader) -> TableClause:
    return read_table(reader)


def read_table(reader: Reader) -> TableClause:
    """`path://"..."`, or the old form `shared/a`."""
    token = reader.peek()
    if at_classic_table(reader):
        return TableClause(read_classic_table(reader), reader.span_from(token))
    if token.kind != PATH or not str(token.value).startswith("path://"):
        hint = 'such as path://"/Library/Users/me/table"'
        reader.fail("lookup-source", "a lookup table of the library is expected here", hints=(hint,))
    reader.take()
    return TableClause(str(token.value), token.span)


def to_plan(clause: TableClause, plan: Plan, context: CheckContext) -> Plan:
    """The rows as they are when the query is checked."""
    if not isinstance(plan, Scan):
        hint = 'cat path://"/Library/Users/me/table" | where ...'
        fail("cat-place", "cat stands at the beginning of a query", clause.span, hint)
    table = context.tables(clause.source)
    if table is None:
        context.warn("lookup-missing", f"there is no lookup table at {clause.source}", clause.span)
        return Rows(Schema((), aggregate=True, open=True), [])
    if len(table.rows) > MOST_ROWS:
        message = f"the table has more than {MOST_ROWS:,} rows, the first {MOST_ROWS:,} are shown"
        context.warn("table-cut", message, clause.span)
    schema = Schema(tuple(Field(name, kind) for name, kind in table.columns.items()), aggregate=True)
    names = schema.names()
    return Rows(schema, [{name: row.get(name) for name in names} for row in table.rows[:MOST_ROWS]])


CAT = Operator(
    names=("cat",),
    syntax='cat path://"<path>"',
    parse=read_clause,
    check=to_plan,
    takes_path=True,
    traits=Traits(order="sets", split="gather", live_tail=False),
    help=Help(
        "Shows the rows of a lookup table; stands at the beginning, in the place of the scope.",
        (("path", "where the table is in the library"),),
        see=("lookup", "save"),
        example='cat path://"/Library/Users/me/hosts"',
    ),
)
