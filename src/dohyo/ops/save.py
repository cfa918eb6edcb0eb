"""save: writes the rows into a lookup table."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.table import RunContext
from dohyo.lang.reader import Reader
from dohyo.ops.cat import TableClause, read_table
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.plan.nodes import Local, Plan, Project, Row
from dohyo.plan.schema import HIDDEN


@dataclass(frozen=True)
class SaveClause:
    """`append`: rows with the same primary key are replaced, the others stay."""

    table: TableClause
    append: bool


def read_clause(reader: Reader) -> SaveClause:
    append = reader.word("append")
    if reader.peek().word == "view" and reader.peek(1).text != "/":
        message = "save view makes a scheduled view, which Dohyo does not have"
        hint = 'save append path://"/Library/Users/me/table" keeps the rows in a lookup table'
        reader.fail("operator-impossible", message, hints=(hint,))
    return SaveClause(read_table(reader), append)


def to_plan(clause: SaveClause, plan: Plan, context: CheckContext) -> Plan:
    """The rows themselves, which are written when they are there."""
    source, span = clause.table.source, clause.table.span
    table = context.tables(source)
    columns = None
    if table is None:
        context.warn("lookup-missing", f"there is no lookup table at {source} to save to", span)
    else:
        columns = {column: plan.schema.find(column) for column in table.columns}
        if missing := [column for column, field in columns.items() if field is None]:
            hint = "a search that saves gives every column of the table"
            fail("save-columns", f"the table has a column {missing[0]}, which is no field here", span, hint)
    schema = plan.schema.only(name for name in plan.schema.names() if not name.startswith(HIDDEN))

    def run(rows: list[Row], context: RunContext) -> list[Row]:
        if context.save is None or columns is None:
            message = f"nothing can be saved to {source} here"
            raise ProblemError([Problem("save-refused", message, span)])
        names = [(column, field.name) for column, field in columns.items() if field]
        context.save(source, [{column: row[name] for column, name in names} for row in rows], clause.append)
        return rows

    return Local(Project(plan, schema), "save", run, schema)


SAVE = Operator(
    names=("save",),
    syntax='save [append] path://"<path>"',
    parse=read_clause,
    check=to_plan,
    takes_path=True,
    traits=Traits(split="gather", live_tail=False),
    help=Help(
        "Writes the rows into a lookup table that is there, in the place of its rows, and shows them.",
        (
            ("append", "keeps rows whose primary key no new row has"),
            ("path", "where the table is; fields that it does not have are left out"),
        ),
        see=("cat", "lookup"),
        example='* | count by _sourcehost | _sourcehost as name | save path://"/Library/Users/me/hosts"',
    ),
)
