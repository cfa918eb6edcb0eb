"""Values taken out of a message: JSON paths, custom fields. Used by operators, not callable in a query."""

from __future__ import annotations

from dohyo.functions.table import ANY, fn
from dohyo.plan import json_path
from dohyo.plan.sqltree import Sql, call, text
from dohyo.plan.types import BOOL, TEXT


def _path(literal: Sql) -> json_path.Path:
    return json_path.read_path(str(literal.this))


# A first argument that is null extracts nothing, in both engines.
fn("json_text", (TEXT,), TEXT, hidden=True, sql=json_path.json_text_sql, rows=json_path.json_text)
fn(
    "json_value",
    (TEXT, TEXT),
    TEXT,
    hidden=True,
    literal=(1,),
    sql=lambda source, path: json_path.value_sql(source, _path(path)),
    rows=lambda source, path: json_path.found_in(json_path.loaded(source), json_path.read_path(path))[1],
)
fn(
    "json_present",
    (TEXT, TEXT),
    BOOL,
    hidden=True,
    nulls="false",
    literal=(1,),
    sql=lambda source, path: json_path.present_sql(source, _path(path)),
    rows=lambda source, path: json_path.found_in(json_path.loaded(source), json_path.read_path(path))[0],
)
fn(
    "custom_field",
    (ANY, TEXT),
    TEXT,
    hidden=True,
    nulls="handles",
    literal=(1,),
    sql=lambda fields, name: call(
        "nullIf", call("arrayElement", fields, text(str(name.this).lower())), text("")
    ),
    rows=lambda fields, name: (fields or {}).get(name.lower()) or None,
)  # type: ignore[attr-defined]
