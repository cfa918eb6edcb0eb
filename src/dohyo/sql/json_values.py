"""Several values taken out of one JSON text: its members are read together."""

from __future__ import annotations

from collections.abc import Mapping

from dohyo.functions.table import RunContext
from dohyo.plan.expr import Apply, Expr, Lit
from dohyo.plan.json_path import read_path
from dohyo.plan.json_sql import is_plain_key, members_sql
from dohyo.plan.sqltree import call, column, plain, text
from dohyo.sql.expressions import named
from dohyo.sql.relation import Relation, Value

_SIZE = 20


def values_of(values: Mapping[str, Expr], rows: Relation, run: RunContext) -> dict[str, str]:
    """Names of the values, by the fields that they are for."""
    members = _members(values, rows, run)
    others = {name: value for name, value in values.items() if name not in members}
    return members | {name: named(value, rows, run, name) for name, value in others.items()}


def _members(values: Mapping[str, Expr], rows: Relation, run: RunContext) -> dict[str, str]:
    """Members of one JSON text that are values by themselves become a tuple, read at once."""
    taken: dict[Expr, dict[str, str]] = {}
    for name, value in values.items():
        if (member := _member(value)) is not None:
            taken.setdefault(member[0], {})[name] = member[1]
    found: dict[str, str] = {}
    for json_text, keys in taken.items():
        if len(keys) > 1:
            found |= _together(json_text, keys, rows, run)
    return found


def _together(json_text: Expr, keys: Mapping[str, str], rows: Relation, run: RunContext) -> dict[str, str]:
    source = named(json_text, rows, run, "json")
    places = {key: place for place, key in enumerate(dict.fromkeys(keys.values()), 1)}
    read = members_sql(call("ifNull", column(source), text("")), list(places))
    size = 2 * rows.value(source).size + _SIZE
    together = column(rows.define(Value(read, size, object()), "members"))
    return {
        name: rows.define(Value(call("tupleElement", together, plain(places[key])), size + 2, object()), name)
        for name, key in keys.items()
    }


def _member(value: Expr) -> tuple[Expr, str] | None:
    """The JSON text and the key, where the value is nothing but a member of it."""
    if not isinstance(value, Apply) or value.function != "json_value":
        return None
    source, path = value.args
    if not isinstance(path, Lit):
        return None
    steps = read_path(str(path.value))
    return (source, str(steps[0])) if is_plain_key(steps) else None
