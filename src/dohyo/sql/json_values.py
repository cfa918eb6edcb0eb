"""Several values taken out of one JSON text: the text is found once, its members are read together."""

from __future__ import annotations

from collections.abc import Mapping

from dohyo.functions.table import RunContext
from dohyo.plan.expr import Apply, Expr, Lit, Ref, parts, refs, replaced
from dohyo.plan.json_path import read_path
from dohyo.plan.json_sql import is_plain_key, members_sql
from dohyo.plan.sqltree import Sql, alias, call, column, plain, text
from dohyo.plan.types import TEXT
from dohyo.sql.expressions import INPUT, column_name, field_sql, output_sql
from dohyo.sql.relation import Relation, passed


def values_over(
    source: Relation, values: Mapping[str, Expr], run: RunContext
) -> tuple[Relation, dict[str, Sql]]:
    """The values as named columns of a select over the relation, which may have gained columns for them."""
    source, values = _with_json_text(source, values, run)
    source, members = _with_members(source, values)
    others = {name: value for name, value in values.items() if name not in members}
    return source, members | {name: output_sql(value, name, run) for name, value in others.items()}


def _with_json_text(
    source: Relation, values: Mapping[str, Expr], run: RunContext
) -> tuple[Relation, Mapping[str, Expr]]:
    """The JSON text that several values are taken from becomes a column, so that it is written once."""
    texts = {found for value in values.values() for found in parts(value) if found.function == "json_text"}
    if not texts or len(values) < 2:
        return source, values
    shared = {found: Ref(f"$json{i}", TEXT) for i, found in enumerate(sorted(texts, key=repr))}
    columns = [output_sql(found, ref.name, run) for found, ref in shared.items()]
    with_text = source.over([*source.columns(), *columns])
    values = {name: replaced(value, shared) for name, value in values.items()}
    return Relation(with_text, source.schema, source.order), values


def _with_members(source: Relation, values: Mapping[str, Expr]) -> tuple[Relation, dict[str, Sql]]:
    """Members of one JSON text that are values by themselves become a tuple, read at once; their columns."""
    taken: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        if (member := _member(value)) is not None:
            taken.setdefault(member[0], {})[name] = member[1]
    together = {json_text: keys for json_text, keys in taken.items() if len(keys) > 1}
    if not together:
        return source, {}
    texts = {name for value in values.values() for name in refs(value) if source.schema.find(name) is None}
    tuples: list[Sql] = [passed(column_name(name)) for name in sorted(texts)]
    columns: dict[str, Sql] = {}
    for i, (json_text, keys) in enumerate(together.items()):
        places = {key: place for place, key in enumerate(dict.fromkeys(keys.values()), 1)}
        found = members_sql(call("ifNull", field_sql(json_text), text("")), list(places))
        tuples.append(alias(found, f"$members{i}"))
        for name, key in keys.items():
            at = call("tupleElement", column(f"$members{i}", INPUT), plain(places[key]))
            columns[name] = alias(at, column_name(name))
    return Relation(source.over([*source.columns(), *tuples]), source.schema, source.order), columns


def _member(value: Expr) -> tuple[str, str] | None:
    """Field of the JSON text and key, where the value is nothing but a member of it."""
    if not isinstance(value, Apply) or value.function != "json_value":
        return None
    source, path = value.args
    if not isinstance(source, Ref) or not isinstance(path, Lit):
        return None
    steps = read_path(str(path.value))
    return (source.name, str(steps[0])) if is_plain_key(steps) else None
