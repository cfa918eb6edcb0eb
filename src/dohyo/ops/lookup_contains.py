"""`lookupContains(path://"...", field=column [and ...])` in an expression: whether a table has such a row."""

from __future__ import annotations

from collections.abc import Iterator

from dohyo.base.problem import Span
from dohyo.lang import tree
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.expressions import applied
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.sources import address, columns_of, looked_up
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Plan
from dohyo.plan.schema import HIDDEN, Schema
from dohyo.plan.types import BOOL

NAME = "lookupcontains"
_HINT = 'lookupContains(path://"/Library/Users/me/table", user=name)'


def contains_condition(node: tree.Call, schema: Schema, context: CheckContext) -> Expr:
    """The condition; the lookup that it needs goes below."""
    if len(node.args) < 2 or not isinstance(node.args[0], tree.String):
        fail("lookup-source", "lookupContains needs a table and field=column", node.span, _HINT)
    source = address(node.args[0].value)
    given = columns_of(source, node.args[0].span, context)
    if given is None:
        return Lit(False, BOOL)
    spelled = {name.lower(): name for name in given}
    pairs = []
    for field, column in (pair for part in node.args[1:] for pair in _pairs(part)):
        if column.name.lower() not in spelled:
            hint = f"it has {', '.join(given)}"
            fail("lookup-column", f"{source} has no column {column.name}", column.span, hint)
        pairs.append((field, spelled[column.name.lower()]))
    return _found(source, pairs, node.span, len(context.beneath), context)


def _pairs(part: tree.Expr) -> Iterator[tuple[tree.FieldRef, tree.FieldRef]]:
    if isinstance(part, tree.Binary) and part.op == "and":
        yield from _pairs(part.left)
        yield from _pairs(part.right)
    elif (
        isinstance(part, tree.Binary)
        and part.op == "="
        and isinstance(part.left, tree.FieldRef)
        and isinstance(part.right, tree.FieldRef)
    ):
        yield part.left, part.right
    else:
        fail("lookup-pair", "a field is compared with a column here: field=column", part.span, _HINT)


def _found(
    source: str, pairs: list[tuple[tree.FieldRef, str]], span: Span, number: int, context: CheckContext
) -> Expr:
    """Whether the lookup gives the key itself back: a null is never found."""
    column, name = pairs[0][1], f"{HIDDEN}contains{number}"
    kind = (columns_of(source, span, context) or {})[column]

    def below(plan: Plan) -> Plan:
        plan = with_custom_fields(plan, (field for field, _ in pairs))
        on = tuple((known(plan.schema, field.name, field.span).name, key) for field, key in pairs)
        return looked_up(plan, source, on, [(column, name, kind)], span)

    context.beneath.append(below)
    return applied("not", [applied("isNull", [Ref(name, kind)])])
