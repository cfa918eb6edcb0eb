"""merge: rows made one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dohyo.base.problem import Span
from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, known, refuse_twice
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import with_custom_fields
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import Local, Plan, Project, Row
from dohyo.plan.schema import NEWEST_FIRST, Field, Schema
from dohyo.plan.types import TEXT

TIME_FIELD = "_messagetime"
JOIN, FIRST, LAST, DISTINCT = "join", "takefirst", "takelast", "takedistinct"


@dataclass(frozen=True)
class PartClause:
    """How one field becomes one value; `separator` belongs to JOIN; `name` None: the field's own."""

    field: tree.FieldRef
    how: str
    separator: str
    name: tree.FieldRef | None
    span: Span = dataclasses.field(compare=False)


@dataclass(frozen=True)
class MergeClause:
    """No part at all: the messages, joined."""

    parts: tuple[PartClause, ...]
    span: Span = dataclasses.field(compare=False)


def read_clause(reader: Reader) -> MergeClause:
    first = reader.peek()
    if reader.at_end():
        return MergeClause((), reader.last_span())
    parts = [_read_part(reader)]
    while reader.punct(","):
        parts.append(_read_part(reader))
    return MergeClause(tuple(parts), reader.span_from(first))


def _read_part(reader: Reader) -> PartClause:
    first = reader.peek()
    field, how, separator = reader.field(), JOIN, "\n"
    if reader.peek().word in (FIRST, LAST, DISTINCT):
        how = reader.take().word
    elif reader.word(JOIN) and reader.word("with"):
        separator = reader.string().value
    span = reader.span_from(first)
    return PartClause(field, how, separator, reader.field() if reader.word("as") else None, span)


def to_plan(clause: MergeClause, plan: Plan, context: CheckContext) -> Plan:
    parts = clause.parts or (_whole_messages(plan, clause.span),)
    refuse_twice(part.name or part.field for part in parts)
    plan = with_custom_fields(plan, (part.field for part in parts))
    made: dict[str, _Part] = {}
    fields: list[Field] = []
    for part in parts:
        field = known(plan.schema, part.field.name, part.field.span)
        if field.name == TIME_FIELD and part.how not in (FIRST, LAST):
            hint = f"{TIME_FIELD} takeFirst, or takeLast"
            fail("merge-time", f"{TIME_FIELD} is merged by takeFirst or takeLast", part.span, hint)
        kind = field.type if part.how in (FIRST, LAST) else TEXT
        name = part.name.name if part.name else field.name
        fields.append(Field(name, kind))
        made[name] = _Part(field.name, part.how, part.separator)
    kept = [f for f in plan.schema if f.key and f.name not in made]
    time = plan.schema.find(TIME_FIELD)
    if time and time.name not in made:
        fields.append(time)
        made[time.name] = _Part(time.name, FIRST, "")
    made = {f.name: _Part(f.name, FIRST, "") for f in kept} | made
    newest_first = plan.schema.order == NEWEST_FIRST
    read = dict.fromkeys([*(part.field for part in made.values()), *([time.name] if time else [])])
    plan = Project(plan, replace(plan.schema.only(read), open=False, discovered=()))
    run = _Merging(made, newest_first, time.name if time else None)
    return Local(plan, "merge", run, Schema((*kept, *fields), aggregate=True))


def _whole_messages(plan: Plan, span: Span) -> PartClause:
    if plan.schema.find("_raw") is None:
        hint = 'say which fields to merge: merge a takeFirst, b join with ", "'
        fail("messages-needed", "after a grouping there is no message text any more", span, hint)
    name = tree.FieldRef("_raw", span=span)
    return PartClause(name, JOIN, "\n", None, span)


@dataclass(frozen=True)
class _Part:
    field: str
    how: str
    separator: str


@dataclass(frozen=True)
class _Merging:
    """One row of all, none of none. The earliest comes first; of rows of one time those that are later in the
    list are the earlier ones where it begins with the newest.
    """

    parts: Mapping[str, _Part]
    newest_first: bool
    time: str | None

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        if not rows:
            return []
        ordered = rows[::-1] if self.newest_first else list(rows)
        if self.time is not None:
            ordered.sort(key=lambda row: int(row[self.time or ""] or 0))
        return [
            {name: _merged(part, [row[part.field] for row in ordered]) for name, part in self.parts.items()}
        ]


def _merged(part: _Part, values: Sequence[Scalar]) -> Scalar:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return _WAYS[part.how](known, part.separator)


_WAYS: Mapping[str, Callable[[Sequence[Scalar], str], Scalar]] = {
    FIRST: lambda values, separator: values[0],
    LAST: lambda values, separator: values[-1],
    JOIN: lambda values, separator: separator.join(any_to_text(value) or "" for value in values),
    DISTINCT: lambda values, separator: "\n".join(
        dict.fromkeys(any_to_text(value) or "" for value in values)
    ),
}


MERGE = Operator(
    names=("merge",),
    syntax='merge [<field> [join with "<text>"|takeFirst|takeLast|takeDistinct] [as <name>][, ...]]',
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Makes all rows one, in the order of time; mostly inside transactionize, for each group.",
        (
            ("field", "without any the messages, a line each"),
            ("join with", "all values with this text between them, a line break unless said otherwise"),
            ("takeFirst", "the earliest value; takeLast the latest, takeDistinct each different one once"),
        ),
        see=("transactionize",),
        example='* | json "id", "status" as id, status | transactionize id (merge id takeFirst, status)',
    ),
)
