"""The operator that groups: `count, sum(x) as y by a, b`."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from dohyo.base.problem import Fix, Span
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import QUOTED, WORD, Token
from dohyo.ops.aggregates import AGGREGATES
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.expressions import coerced, field_value
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.where import AssignClause, assign_to_plan
from dohyo.plan.expr import Expr, Ref
from dohyo.plan.nodes import Aggregate, AggregateCall, Extend, Plan
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import DOUBLE, LONG, TEXT

_PICKS = ("first", "last", "min", "max", "most_recent", "least_recent")
"""Functions that give one of the values they are given."""
_ARITHMETIC = ("+", "-", "*", "/", "%")


@dataclass(frozen=True)
class CallClause:
    """`count`, `sum(x) as total`, `pct(x, 50, 95)`."""

    function: str
    field: tree.FieldRef | None
    params: tuple[tree.Number, ...]
    name: tree.FieldRef | None
    span: Span = dataclasses.field(compare=False)


@dataclass(frozen=True)
class GroupClause:
    """`named`: keys that get a name of their own, each a statement before the grouping."""

    calls: tuple[CallClause, ...]
    keys: tuple[tree.FieldRef, ...]
    named: tuple[AssignClause, ...] = ()


def read_call(reader: Reader) -> CallClause:
    """One aggregate function with its arguments and its name."""
    first = reader.peek()
    function = AGGREGATES.get(first.word)
    if function is None:
        _no_aggregate(reader, first)
    reader.take()
    field, params = _read_arguments(reader)
    if field is None and function.arg != "optional":
        message = f"{function.name} needs a field in parentheses"
        reader.fail("argument-count", message, reader.span_from(first), (f"{function.name}(bytes)",))
    for param in params:
        if not function.params:
            reader.fail("argument-count", f"{function.name} takes no number", param.span)
        if not 0 <= param.value <= 100:
            reader.fail("number-range", "a percentile lies between 0 and 100", param.span)
    span = reader.span_from(first)
    name = reader.field() if reader.word("as") else None
    if name and len(params) > 1:
        hint = f"{function.name}(x, 50) as a, {function.name}(x, 95) as b"
        reader.fail("alias-count", "several percentiles cannot have one name", name.span, (hint,))
    return CallClause(function.name, field, params, name, span)


def _no_aggregate(reader: Reader, token: Token) -> NoReturn:
    message, hint = f"{token.text or 'the end'} is no aggregate function", ", ".join(AGGREGATES)
    near = difflib.get_close_matches(token.word, AGGREGATES, n=1, cutoff=0.7)
    hints = (f"did you mean {near[0]}?",) if near else (f"there are {hint}",)
    fixes = (Fix(token.span, near[0], f"Use {near[0]}"),) if near else ()
    reader.fail("aggregate-unknown", message, token.span, hints, fixes)


def _read_arguments(reader: Reader) -> tuple[tree.FieldRef | None, tuple[tree.Number, ...]]:
    """What stands in parentheses, if they are there."""
    field, params = None, []
    if reader.punct("("):
        if not reader.punct("*") and reader.peek().text != ")":
            field = reader.field()
        while reader.punct(","):
            if reader.peek().kind in (WORD, QUOTED):
                hint = 'join the fields before: | concat(a, "/", b) as both | count_distinct(both)'
                reader.fail("argument-count", "an aggregate takes one field", hints=(hint,))
            params.append(reader.number())
        if reader.peek().text != ")":
            hint = "give it a name before: | if(a = 1, 1, 0) as x | sum(x)"
            reader.fail("aggregate-field", "an aggregate takes a field and no expression", hints=(hint,))
        reader.expect_punct(")")
    return field, tuple(params)


def read_clause(reader: Reader) -> GroupClause:
    reader.rewind()
    calls = [read_call(reader)]
    if reader.peek().text in _ARITHMETIC:
        hint = f"give it a name before: | {calls[0].function}(a) as x | x {reader.peek().text} 2 as y"
        message = f"{calls[0].function} goes over many rows, so it stands in an operator of its own"
        reader.fail("aggregate-place", message, calls[0].span, (hint,))
    is_old_form = calls[0].function == "count" and not calls[0].name and reader.peek(-1).word == "count"
    if is_old_form and _name_ahead(reader) and reader.peek().word not in ("by", "group"):
        return GroupClause(tuple(calls), reader.fields())  # count a, b
    while reader.punct(",") or (reader.peek().word in AGGREGATES and reader.peek(1).text == "("):
        calls.append(read_call(reader))
    if not reader.word("group"):
        if not reader.word("by") and not _name_ahead(reader):  # published queries leave `by` out
            return GroupClause(tuple(calls), ())
    else:
        reader.word("by")
    keys = _read_keys(reader)
    names = [name for _, name in keys]
    if len(calls) == 1 and calls[0].name is None and names[-1] and not any(names[:-1]):
        calls, names[-1] = [replace(calls[0], name=names[-1])], None  # values(f) by x as name
    named = tuple(
        AssignClause(key, name, key.name) for (key, _), name in zip(keys, names, strict=True) if name
    )
    grouped_by = (name or key for (key, _), name in zip(keys, names, strict=True))
    return GroupClause(tuple(calls), tuple(grouped_by), named)


def _read_keys(reader: Reader) -> list[tuple[tree.FieldRef, tree.FieldRef | None]]:
    """Keys with the names they get, in parentheses or not."""
    in_parentheses = reader.punct("(")
    found = [_read_key(reader)]
    while reader.punct(","):
        found.append(_read_key(reader))
    if in_parentheses:
        reader.expect_punct(")")
        if reader.word("as"):
            found[-1] = (found[-1][0], reader.field())
    return found


def _read_key(reader: Reader) -> tuple[tree.FieldRef, tree.FieldRef | None]:
    return reader.field(), reader.field() if reader.word("as") else None


def _name_ahead(reader: Reader) -> bool:
    return reader.peek().kind in (WORD, QUOTED)


def to_plan(clause: GroupClause, plan: Plan, context: CheckContext) -> Plan:
    for one in clause.named:
        plan = assign_to_plan(one, plan, context)
    return _retyped(grouped(clause.calls, clause.keys, plan))


def _retyped(plan: Aggregate) -> Plan:
    """The values that `withtime` put into texts get their types back."""
    values: dict[str, Expr] = {}
    fields = []
    for one in plan.calls:
        arg = plan.input.schema.find(one.arg.name) if isinstance(one.arg, Ref) else None
        if AGGREGATES[one.function].timed and arg and arg.timed not in (None, TEXT):
            values[one.name] = coerced(Ref(one.name, TEXT), arg.timed)
            fields.append(Field(one.name, arg.timed))
    return Extend(plan, tuple(values.items()), plan.schema.with_fields(fields)) if values else plan


def grouped(calls: Sequence[CallClause], keys: Sequence[tree.FieldRef], plan: Plan) -> Aggregate:
    """Group by the keys, in their order, then one column for each call."""
    plan, key_fields = _keyed(plan, keys)
    once = dict.fromkeys(calls)  # the same column named twice is one
    made = [
        (one, clause)
        for clause in once
        if not _restates(clause, key_fields)
        for one in _made(clause, plan.schema)
    ]
    names = {f.name.lower() for f in key_fields}
    for one, clause in made:
        if one.name.lower() in names:
            hint = "give one of them another name with as"
            fail("field-twice", f"two columns would be named {one.name}", clause.span, hint)
        names.add(one.name.lower())
    columns = [Field(one.name, one.type) for one, _ in made]
    schema = Schema((*key_fields, *columns), aggregate=True)
    return Aggregate(plan, tuple(f.name for f in key_fields), tuple(one for one, _ in made), schema)


def _restates(clause: CallClause, keys: Sequence[Field]) -> bool:
    """Whether the call is a key under its own name, `first(status) as status ... by status`: each group has
    one value of it.
    """
    if clause.function not in _PICKS or clause.field is None or clause.name is None:
        return False
    name = clause.field.name.lower()
    return clause.name.name.lower() == name and any(name == key.name.lower() for key in keys)


def _keyed(plan: Plan, keys: Sequence[tree.FieldRef]) -> tuple[Plan, list[Field]]:
    """The plan with its group keys as fields of their own."""
    found: list[Field] = []
    for key in keys:
        value = field_value(key, plan.schema)
        field = plan.schema.find(key.name)
        if field is None:
            field = Field(key.name, value.type)
            plan = Extend(plan, ((key.name, value),), plan.schema.with_fields([field]))
        if field.name not in (f.name for f in found):  # count by a, a groups by a
            found.append(replace(field, key=True))
    return plan, found


def _check_timed(name: tree.FieldRef, schema: Schema) -> None:
    found = schema.find(name.name)
    if found is None or found.timed is None:
        message = f"{name.name} was not made by withtime, so its values have no time"
        of = name.name.removesuffix("_withtime")
        fail("withtime-needed", message, name.span, f"put before it: | withtime {of}")


def _made(clause: CallClause, schema: Schema) -> list[AggregateCall]:
    function = AGGREGATES[clause.function]
    if clause.field is None:
        return [AggregateCall("count", None, clause.name.name if clause.name else "_count", LONG)]
    value = field_value(clause.field, schema)
    if function.timed:
        _check_timed(clause.field, schema)
    if function.arg == "double" or (function.arg == "number" and not value.type.numeric):
        value = coerced(value, DOUBLE)
    elif function.arg == "text":
        value = coerced(value, TEXT)
    result = function.result(value.type)
    if not function.params:
        name = clause.name.name if clause.name else function.default
        return [AggregateCall(function.name, value, name, result)]
    levels = [float(param.value) for param in clause.params] or [50.0]
    return [
        AggregateCall(
            function.name,
            value,
            clause.name.name if clause.name else f"_{clause.field.name}_pct_{level:g}",
            result,
            (level,),
        )
        for level in levels
    ]


GROUP = Operator(
    names=tuple(AGGREGATES),
    syntax="<aggregate>[(<field>)] [as <name>][, ...] [by <field> [as <name>][, ...]]",
    parse=read_clause,
    check=to_plan,
    also_functions=("max", "min"),
    traits=Traits(order="loses", split="partial", live_tail=False),
    help=Help(
        "Groups rows and counts, adds up or picks values in each group.",
        (("aggregate", ", ".join(AGGREGATES)),),
        see=("top", "timeslice"),
        example="* | count by _sourcecategory",
    ),
)
