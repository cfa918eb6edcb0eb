"""fields, limit, sort, top and topk: which fields and which rows, in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, known, refuse_twice
from dohyo.ops.expressions import field_value
from dohyo.ops.group import CallClause, grouped, read_call
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.plan.nodes import Extend, Limit, Local, Plan, Project, Row, Sort, chain
from dohyo.plan.schema import NEWEST_FIRST, Field, SortKey
from dohyo.plan.types import LONG

MOST_ROWS = 10_000


@dataclass(frozen=True)
class FieldsClause:
    names: tuple[tree.FieldRef, ...]
    drop: bool


def read_fields(reader: Reader) -> FieldsClause:
    drop = reader.punct("-")
    if not drop:
        reader.punct("+")
    return FieldsClause(reader.names(), drop)


def fields_to_plan(clause: FieldsClause, plan: Plan, context: CheckContext) -> Plan:
    """Among messages the fields that Dohyo gives stay unless they are dropped by name."""
    refuse_twice(clause.names)
    if clause.drop:
        return _without(clause.names, plan)
    schema = plan.schema
    plan = with_custom_fields(plan, clause.names)
    named = [known(plan.schema, name.name, name.span).name for name in clause.names]
    own = [f.name for f in schema if not schema.aggregate and f.name.startswith("_")]
    kept = [*named, *(name for name in own if name not in named)]
    return Project(plan, replace(plan.schema.only(kept), open=False, discovered=()))


def _without(names: tuple[tree.FieldRef, ...], plan: Plan) -> Plan:
    gone = {name.name.lower() for name in names}
    by_rows = fields_from_rows(plan)
    if not plan.schema.open and not plan.schema.discovered and not by_rows:
        for name in names:
            if not name.name.startswith("_"):  # published queries drop fields that only their engine has
                known(plan.schema, name.name, name.span)
    schema = plan.schema.only(name for name in plan.schema.names() if name.lower() not in gone)
    schema = replace(schema, discovered=tuple(one.without(gone) for one in schema.discovered))
    if not schema.fields and not by_rows:
        fail("field-needed", "no field would be left", names[0].span.to(names[-1].span))
    if not by_rows:
        return Project(plan, schema)

    def dropped(rows: list[Row], run: object) -> list[Row]:
        return [{name: row[name] for name in row if name.lower() not in gone} for row in rows]

    return Local(plan, "fields", dropped, schema, dynamic=True)


def fields_from_rows(plan: Plan) -> bool:
    """Whether there may be fields that the schema does not know (after transpose)."""
    dynamic = False
    for node in chain(plan):
        dynamic = node.dynamic if isinstance(node, Local) else dynamic and not isinstance(node, Project)
    return dynamic


def with_custom_fields(plan: Plan, names: Iterable[tree.FieldRef]) -> Plan:
    """The plan with fields of the messages made that a query names without having extracted them."""
    made = {n.name: field_value(n, plan.schema) for n in names if plan.schema.find(n.name) is None}
    if not made:
        return plan
    added = [Field(name, value.type) for name, value in made.items()]
    return Extend(plan, tuple(made.items()), plan.schema.with_fields(added))


def in_order_of(plan: Plan, order: Plan) -> Plan:
    """The plan's rows in the order of those of `order`: by what they are sorted by, else by group keys."""
    keys = [SortKey(f.name, True) for f in order.schema if f.key]
    keys = [key for key in order.schema.order or keys if plan.schema.find(key.name)]
    return Sort(plan, tuple(keys)) if keys else plan


@dataclass(frozen=True)
class LimitClause:
    count: int


def read_limit(reader: Reader) -> LimitClause:
    return LimitClause(int(reader.integer(1, MOST_ROWS).value))


def limit_to_plan(clause: LimitClause, plan: Plan, context: CheckContext) -> Plan:
    return Limit(plan, clause.count, plan.schema)


@dataclass(frozen=True)
class SortClause:
    """Each key with whether it ascends."""

    keys: tuple[tuple[tree.FieldRef, bool], ...]


def read_sort(reader: Reader) -> SortClause:
    reader.word("by")
    if reader.at_end():
        return SortClause(())
    return SortClause(_sort_keys(reader))


def _sort_keys(reader: Reader) -> tuple[tuple[tree.FieldRef, bool], ...]:
    keys = [_sort_key(reader)]
    while reader.punct(","):
        keys.append(_sort_key(reader))
    return tuple(keys)


def _sort_key(reader: Reader) -> tuple[tree.FieldRef, bool]:
    ascending = reader.punct("+")
    if not ascending:
        reader.punct("-")
    name = reader.field()
    if reader.word("asc"):
        return name, True
    if reader.word("desc"):
        return name, False
    return name, ascending


def sort_to_plan(clause: SortClause, plan: Plan, context: CheckContext) -> Plan:
    if not clause.keys:
        return Sort(plan, _usual_keys(plan))
    plan = with_custom_fields(plan, (name for name, _ in clause.keys))
    return Sort(plan, tuple(sort_key(plan, name, ascending) for name, ascending in clause.keys))


def _usual_keys(plan: Plan) -> tuple[SortKey, ...]:
    """What a sort goes by that names no field: the first value of the groups, or the time of messages."""
    if not plan.schema.aggregate:
        return NEWEST_FIRST
    values = [f for f in plan.schema if not f.key] or list(plan.schema)
    return (SortKey(values[0].name, False),)


def sort_key(plan: Plan, name: tree.FieldRef, ascending: bool) -> SortKey:
    return SortKey(known(plan.schema, name.name, name.span).name, ascending)


@dataclass(frozen=True)
class TopClause:
    """`by` is an aggregate, or fields of records, each with whether it ascends."""

    count: int
    fields: tuple[tree.FieldRef, ...]
    by: CallClause | tuple[tuple[tree.FieldRef, bool], ...]


def read_top(reader: Reader) -> TopClause:
    count = int(reader.integer(1, MOST_ROWS).value)
    fields = reader.fields()
    by: CallClause | tuple[tuple[tree.FieldRef, bool], ...] = ()
    if reader.word("by"):
        by = read_call(reader) if reader.peek(1).text == "(" else _sort_keys(reader)
    return TopClause(count, fields, by)


def top_to_plan(clause: TopClause, plan: Plan, context: CheckContext) -> Plan:
    """Groups by the fields, the largest first, ties by the fields themselves; `by` fields of records takes
    the records as they are.
    """
    by = clause.by
    name = by[0][0] if isinstance(by, tuple) and by else None
    if isinstance(by, tuple) and name and plan.schema.aggregate and plan.schema.find(name.name):
        measures = [sort_key(plan, *one) for one in by]
    else:
        call = (
            by if isinstance(by, CallClause) else CallClause("count", None, (), None, clause.fields[0].span)
        )
        if name and name.name.lower() not in ("count", "_count"):
            hint = f"such as top {clause.count} {clause.fields[0].name} by sum({name.name})"
            if plan.schema.aggregate:
                known(plan.schema, name.name, name.span)
            fail("aggregate-expected", "top by a field needs a grouping before it", name.span, hint)
        plan = grouped((call,), clause.fields, plan)
        measures = [SortKey(plan.calls[0].name, False)]
    given = {one.name for one in measures}
    ties = (sort_key(plan, field, True) for field in clause.fields)
    keys = (*measures, *(one for one in ties if one.name not in given))
    return Limit(Sort(plan, keys), clause.count, replace(plan.schema, order=keys))


@dataclass(frozen=True)
class TopkClause:
    count: int
    fields: tuple[tree.FieldRef, ...]
    by: tuple[tree.FieldRef, ...]


def read_topk(reader: Reader) -> TopkClause:
    reader.expect_punct("(")
    count = int(reader.integer(1, MOST_ROWS).value)
    reader.expect_punct(",")
    fields = reader.fields()
    reader.expect_punct(")")
    by_word = reader.word("by") or (reader.word("group") and (reader.word("by") or True))
    return TopkClause(count, fields, reader.fields() if by_word else ())


def topk_to_plan(clause: TopkClause, plan: Plan, context: CheckContext) -> Plan:
    """The largest rows of each group, with their rank in `_rank`."""
    plan = with_custom_fields(plan, (*clause.by, *clause.fields))
    groups = tuple(sort_key(plan, name, True) for name in clause.by)
    keys = (*groups, *(sort_key(plan, name, False) for name in clause.fields))
    schema = replace(plan.schema.with_fields([Field("_rank", LONG)]), order=keys)
    return Limit(Sort(plan, keys), clause.count, schema, tuple(key.name for key in groups), "_rank")


_GATHERED = Traits(order="sets", split="gather", live_tail=False)
FIELDS = Operator(
    names=("fields",),
    syntax="fields [-] <field>[, <field>]...",
    parse=read_fields,
    check=fields_to_plan,
    help=Help(
        "Keeps, or with - drops, fields; the order named is the order shown.",
        (("-", "drop these fields and keep the others"),),
        example='* | json "id" as id nodrop | fields id',
    ),
)
LIMIT = Operator(
    names=("limit",),
    syntax="limit <number>",
    parse=read_limit,
    check=limit_to_plan,
    traits=Traits(order="needs", split="gather"),
    help=Help(f"The first rows, at most {MOST_ROWS:,}.", (), see=("sort", "top"), example="* | limit 10"),
)
SORT = Operator(
    names=("sort", "order"),
    syntax="sort [[by] [+|-]<field> [asc|desc][, ...]]",
    parse=read_sort,
    check=sort_to_plan,
    traits=_GATHERED,
    help=Help(
        "Orders rows, the largest first unless asc or + is said; nulls come last. Without a field it goes by"
        " the first value of the groups.",
        (("asc, +", "the smallest first"), ("desc, -", "the largest first")),
        see=("top", "limit"),
        example="* | count by _sourcecategory | sort by _count, _sourcecategory asc",
    ),
)
TOP = Operator(
    names=("top",),
    syntax="top <number> <field>[, <field>]... [by <aggregate>|<field>[, ...]]",
    parse=read_top,
    check=top_to_plan,
    traits=_GATHERED,
    help=Help(
        "The most frequent values, or the largest by an aggregate.",
        (("by", "an aggregate such as sum(bytes), or after a grouping some of its columns"),),
        see=("topk", "sort"),
        example="* | top 10 _sourcecategory",
    ),
)
TOPK = Operator(
    names=("topk",),
    syntax="topk(<number>, <field>[, <field>]...) [by <field>[, <field>]...]",
    parse=read_topk,
    check=topk_to_plan,
    traits=_GATHERED,
    help=Help(
        "The largest rows of each group, ranked in _rank.",
        (("by", "the groups; without it all rows are one"),),
        see=("top",),
        example="* | count by _sourcecategory, _source | topk(1, _count) by _sourcecategory",
    ),
)
