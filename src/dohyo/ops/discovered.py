"""Fields that only the messages name: how operators add them, and which of them a result shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dohyo.functions.table import function_named
from dohyo.lang import tree
from dohyo.ops.context import FIXED
from dohyo.ops.expressions import applied, coerced, discovered_value, field_value
from dohyo.plan.expr import Expr, Lit, Ref, parts
from dohyo.plan.nodes import Extend, Limit, Plan, Project, Row, chain, mapped
from dohyo.plan.schema import HIDDEN, Discovered, Field
from dohyo.plan.types import TEXT

MOST_FIELDS = 100
"""So many discovered fields a result shows."""
SAMPLE_ROWS = 200
"""Rows, the first ones, whose fields are shown."""


def with_discovered(plan: Plan, function: str, source: Expr, options: str, shown: bool) -> Plan:
    """The plan with the fields that `function` finds in the text `source` by a name and `options`.

    They take the place of earlier fields of the same name, where a message has them. The text is kept aside,
    so that a later change of the field it came from changes nothing.
    """
    kept = Field(f"{HIDDEN}text{len(plan.schema.discovered)}", TEXT)
    plan = Extend(plan, ((kept.name, source),), plan.schema.with_fields([kept]))
    made = [f for f in plan.schema if not _stays(f.name)]
    found = Discovered(function, kept.name, options, shown)
    if made:
        values = tuple((f.name, _taken(found, f)) for f in made)
        plan = Extend(plan, values, plan.schema.with_fields(replace(f, type=TEXT) for f in made))
    return replace(plan, schema=replace(plan.schema, discovered=(*plan.schema.discovered, found)))


def with_found(plan: Plan, names: Iterable[tuple[str, str]]) -> Plan:
    """The plan with fields discovered last, each by the name it has in messages, under other names."""
    found = plan.schema.discovered[-1]
    values = tuple((name, discovered_value(found, in_messages)) for in_messages, name in names)
    schema = plan.schema.with_fields(Field(name, TEXT) for name, _ in values)
    return Extend(plan, values, schema) if values else plan


def _stays(name: str) -> bool:
    """Whether a field is not replaced by a discovered one: those of every message, and what is kept aside."""
    return name.startswith("_") or name.lower() in FIXED


def _taken(found: Discovered, existing: Field) -> Expr:
    value = discovered_value(found, existing.name)
    return applied("first_known", [value, coerced(Ref(existing.name, existing.type), TEXT)])


def with_shown(plan: Plan, first_rows: Callable[[Plan], Sequence[Row]]) -> Plan:
    """The plan of a whole query with the discovered fields shown that its first rows have, at most 100, and
    those that the query names where it wants no others.
    """
    found = plan.schema.discovered
    if not found or not isinstance(plan, Project):
        return plan
    inner = plan.input  # there the texts that were kept aside still are
    names = _named(inner, {one.source for one in found if not one.shown})
    if all_of := [one for one in found if one.shown]:
        texts = Project(inner, inner.schema.only(one.source for one in all_of))
        names += _names(all_of, first_rows(Limit(texts, SAMPLE_ROWS, texts.schema)))
    new = [name for name in dict.fromkeys(names) if inner.schema.find(name) is None][:MOST_FIELDS]
    values = tuple((name, field_value(tree.FieldRef(name), inner.schema)) for name in new)
    schema = inner.schema.with_fields(Field(name, TEXT) for name in new)
    return without_hidden(Extend(inner, values, schema))


def _named(plan: Plan, texts: set[str]) -> list[str]:
    """Names of discovered fields of these texts that expressions of the plan read."""
    names: dict[str, None] = {}

    def read(expr: Expr) -> Expr:
        for part in parts(expr):
            if len(part.args) == 3 and isinstance(part.args[0], Ref) and part.args[0].name in texts:
                names.update({str(part.args[1].value): None} if isinstance(part.args[1], Lit) else {})
        return expr

    for node in chain(plan):
        mapped(node, read)
    return list(names)


def without_hidden(plan: Plan) -> Plan:
    """The plan without the fields that operators keep for each other."""
    shown = [name for name in plan.schema.names() if not name.startswith(HIDDEN)]
    return plan if len(shown) == len(plan.schema.fields) else Project(plan, plan.schema.only(shown))


def _names(found: Sequence[Discovered], rows: Sequence[Row]) -> list[str]:
    """Names in the order they are met, each in the spelling that is met first."""
    spelled: dict[str, str] = {}
    for row in rows:
        for one in found:
            function = function_named(one.function)
            assert function is not None
            for name in function.extra["names"](row[one.source], one.options):
                if name.lower() not in one.dropped:
                    spelled.setdefault(name.lower(), name)
    return list(spelled.values())
