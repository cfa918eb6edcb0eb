"""dedup: the first rows of each key."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import NUMBER, QUOTED, WORD
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.expressions import applied
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import MOST_ROWS, with_custom_fields
from dohyo.ops.windows import windowed
from dohyo.plan.expr import Lit, Ref
from dohyo.plan.nodes import Extend, Limit, Plan, Project
from dohyo.plan.schema import HIDDEN, Field
from dohyo.plan.types import LONG

_ALL, _OWN, _RUN = (f"{HIDDEN}{name}" for name in ("all", "own", "run"))


@dataclass(frozen=True)
class DedupClause:
    """`neighbours`: only rows that follow each other are one."""

    neighbours: bool
    count: int
    by: tuple[tree.FieldRef, ...]


def read_clause(reader: Reader) -> DedupClause:
    neighbours = reader.word("consecutive")
    count = 1
    if reader.peek().kind == NUMBER:
        count = int(reader.integer(1, MOST_ROWS).value)
    if reader.word("by") or reader.peek().kind in (WORD, QUOTED):
        return DedupClause(neighbours, count, reader.names())
    return DedupClause(neighbours, count, ())


def to_plan(clause: DedupClause, plan: Plan, context: CheckContext) -> Plan:
    if not clause.by and plan.schema.find("_raw") is None:
        hint = "such as dedup by " + ", ".join(plan.schema.names()[:1])
        fail("field-needed", "dedup has to be told by which fields, where there is no _raw", None, hint)
    names = clause.by or (tree.FieldRef("_raw"),)
    plan = with_custom_fields(plan, names)
    by = tuple(known(plan.schema, name.name, name.span).name for name in names)
    if not clause.neighbours:
        return Limit(plan, clause.count, plan.schema, by)
    runs = _with_runs(plan, by)
    return Project(Limit(runs, clause.count, runs.schema, (*by, _RUN)), plan.schema)


def _with_runs(plan: Plan, by: tuple[str, ...]) -> Plan:
    """The plan with a field that is the same in rows of one key that follow each other.

    There the number of the row among all and that among its equals grow alike, so their difference stays.
    """
    one = Lit(1, LONG)
    plan = windowed(plan, "sum", one, _ALL, LONG)
    plan = windowed(plan, "sum", one, _OWN, LONG, by=by)
    run = applied("sub", [Ref(_ALL, LONG), Ref(_OWN, LONG)])
    return Extend(plan, ((_RUN, run),), plan.schema.with_fields([Field(_RUN, LONG)]))


DEDUP = Operator(
    names=("dedup",),
    syntax="dedup [consecutive] [<number>] [by <field>[, <field>]...]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Keeps the first rows of each key; of messages without by, of each text.",
        (
            ("number", "how many rows stay of each key; 1 unless told otherwise"),
            ("consecutive", "only rows that follow each other are taken together"),
            ("by", "the fields that make the key"),
        ),
        see=("limit", "topk"),
        example="* | dedup by _sourcecategory",
    ),
)
