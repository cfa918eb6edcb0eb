"""join: the same rows worked on in several ways, put side by side where fields agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dohyo.base.problem import Span
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.expressions import coerced, field_value
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import fields_from_rows
from dohyo.ops.steps import Pipeline, plan_of_steps, read_pipeline
from dohyo.plan.expr import Expr, Ref
from dohyo.plan.nodes import Extend, Given, Join, JoinKey, JoinTable, Plan
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import LONG, TEXT, TIME


@dataclass(frozen=True)
class TableClause:
    name: str
    span: Span = dataclasses.field(compare=False)
    pipeline: Pipeline


@dataclass(frozen=True)
class JoinClause:
    """`equal`: pairs of `table.field` names."""

    tables: tuple[TableClause, ...]
    equal: tuple[tuple[tree.FieldRef, tree.FieldRef], ...]
    window_ms: int | None


def read_clause(reader: Reader) -> JoinClause:
    tables = [_read_table(reader, 1)]
    while reader.punct(","):
        tables.append(_read_table(reader, len(tables) + 1))
    if len(tables) < 2:
        hint = "join (parse ...) as t1, (parse ...) as t2 on t1.a = t2.b"
        reader.fail("table-expected", "join needs two tables or more", hints=(hint,))
    reader.expect_word("on")
    in_parentheses = reader.punct("(")
    equal = [_read_equality(reader)]
    while reader.word("and"):
        equal.append(_read_equality(reader))
    if in_parentheses:
        reader.expect_punct(")")
    window_ms = reader.period()[0] if reader.word("timewindow") else None
    return JoinClause(tuple(tables), tuple(equal), window_ms)


def _read_table(reader: Reader, number: int) -> TableClause:
    pipeline = read_pipeline(reader)
    if not reader.word("as"):
        return TableClause(f"t{number}", pipeline.span, pipeline)
    name = reader.field()
    return TableClause(name.name, name.span, pipeline)


def _read_equality(reader: Reader) -> tuple[tree.FieldRef, tree.FieldRef]:
    left = reader.field()
    if not (reader.punct("=") or reader.punct("==")):
        hint = "t1.a = t2.b and t1.c = t2.d"
        reader.fail("join-condition", "join compares fields of two tables with =", hints=(hint,))
    return left, reader.field()


def to_plan(clause: JoinClause, plan: Plan, context: CheckContext) -> Plan:
    numbers = _numbers(clause)
    plans = [_table_plan(one, plan, context) for one in clause.tables]
    equal = [(_side(a, numbers), _side(b, numbers)) for a, b in clause.equal]
    for left, right in equal:
        if left[0] == right[0]:
            fail("join-condition", "both fields are of one table", left[1].span.to(right[1].span))
    order = _linked_order(clause, [(a[0], b[0]) for a, b in equal])
    keys = [_key(number, pair, plans, order) for number, pair in enumerate(equal)]
    names = [one.name for one in clause.tables]
    fields, schema = _outcome(names, plans, clause)
    if clause.window_ms is not None:
        for one, table in zip(clause.tables, plans, strict=True):
            if table.schema.find("_messagetime") is None:
                hint = "a grouping inside a table takes the time away"
                fail("messages-needed", "timewindow needs _messagetime in every table", one.span, hint)
    places = {table: place for place, table in enumerate(order)}
    return Join(
        plan,
        tuple(JoinTable(names[i], plans[i]) for i in order),
        tuple(_in_order(key, places) for key in keys),
        tuple((places[table], field) for table, field in fields),
        schema,
        clause.window_ms,
    )


def _numbers(clause: JoinClause) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for number, one in enumerate(clause.tables):
        if one.name.lower() in numbers:
            fail("table-twice", f"two tables are named {one.name}", one.span, "give each another name")
        numbers[one.name.lower()] = number
    return numbers


def _table_plan(one: TableClause, plan: Plan, context: CheckContext) -> Plan:
    if one.pipeline.scope_span:
        hint = "filter with where, or in the scope of the query"
        context.warn("scope-ignored", "a scope inside a join is ignored", one.pipeline.scope_span, hint)
    inner = plan_of_steps(one.pipeline.steps, Given(plan.schema), replace(context, drops=[], beneath=[]))
    if fields_from_rows(inner) or fields_from_rows(plan):
        fail(
            "join-transpose",
            "join cannot name fields that come from values, as transpose makes them",
            one.span,
        )
    return inner


def _side(name: tree.FieldRef, numbers: dict[str, int]) -> tuple[int, tree.FieldRef]:
    table, dot, field = name.name.partition(".")
    if not dot or table.lower() not in numbers:
        message = f"{name.name} names no field of a table of this join"
        fail("join-field", message, name.span, f"such as {next(iter(numbers))}.{field or name.name}")
    return numbers[table.lower()], tree.FieldRef(field, span=name.span)


def _linked_order(clause: JoinClause, links: Sequence[tuple[int, int]]) -> list[int]:
    """The tables, each after the first linked to one before it."""
    order, left = [0], list(range(1, len(clause.tables)))
    while left:
        reached = (t for t in left if any({t, o} == set(link) for link in links for o in order))
        table = next(reached, None)
        if table is None:
            one = clause.tables[left[0]]
            hint = f"add and {clause.tables[0].name}.a = {one.name}.b"
            fail("join-condition", f"no condition links the table {one.name}", one.span, hint)
        left.remove(table)
        order.append(table)
    return order


def _key(
    number: int,
    pair: tuple[tuple[int, tree.FieldRef], tuple[int, tree.FieldRef]],
    plans: list[Plan],
    order: Sequence[int],
) -> JoinKey:
    """A condition; what is compared becomes a field of its own where it is none yet."""
    values: list[Expr] = [field_value(name, plans[table].schema) for table, name in pair]
    kinds = {LONG if value.type == TIME else value.type for value in values}
    if len(kinds) > 1:
        values = [coerced(value, TEXT) for value in values]
    names = []
    for (table, _), value in zip(pair, values, strict=True):
        if not isinstance(value, Ref):
            field = Field(f"{HIDDEN}on{number}", value.type)
            schema = plans[table].schema.with_fields([field])
            plans[table] = Extend(plans[table], ((field.name, value),), schema)
            value = Ref(field.name, field.type)
        names.append(value.name)
    return JoinKey(pair[0][0], names[0], pair[1][0], names[1])


def _in_order(key: JoinKey, places: dict[int, int]) -> JoinKey:
    """The condition by places in the order, the later table first."""
    one, other = (places[key.table], key.field), (places[key.other], key.other_field)
    return JoinKey(*max(one, other), *min(one, other))


def _outcome(
    names: Sequence[str], plans: Sequence[Plan], clause: JoinClause
) -> tuple[list[tuple[int, str]], Schema]:
    fields: list[tuple[int, str]] = []
    schema = Schema((), aggregate=True)
    for table, name in enumerate(names):
        for field in plans[table].schema:
            if field.name.startswith(HIDDEN):
                continue
            shown = replace(field, name=f"{name}_{field.name}", key=False)
            if schema.find(shown.name):
                fail("field-twice", f"two fields would be named {shown.name}", clause.tables[table].span)
            schema = schema.with_fields([shown])
            fields.append((table, field.name))
    return fields, schema


JOIN = Operator(
    names=("join",),
    syntax="join (<operators>) as <table>, (<operators>) as <table>[, ...]"
    " on <table>.<field> = <table>.<field> [and ...] [timewindow <length>]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Works on the same rows in several ways and puts the results side by side where fields agree.",
        (
            ("operators", "what a table makes of the rows, such as parse; a scope inside is ignored"),
            ("on", "fields that have to be equal; after the join, field a of table t is named t_a"),
            ("timewindow", "how far apart the messages of one combination may lie"),
        ),
        see=("lookup", "transactionize"),
        example='* | join (parse "start *" as a) as t1, (parse "stop *" as b) as t2 on t1.a = t2.b',
    ),
)
