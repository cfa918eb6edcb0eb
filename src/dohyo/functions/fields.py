"""Values taken out of a message: JSON paths, custom fields. Used by operators, not callable in a query."""

from __future__ import annotations

from dohyo.functions.table import ANY, fn
from dohyo.plan import json_path, json_sql
from dohyo.plan.sqltree import Sql, call, plain, text
from dohyo.plan.types import BOOL, LONG, TEXT


def _path(literal: Sql) -> json_path.Path:
    return json_path.read_path(str(literal.this))


# The JSON text is never null: a null message has none, which is an empty text.
fn(
    "json_text",
    (TEXT,),
    TEXT,
    hidden=True,
    nulls="handles",
    sql=lambda raw: json_sql.json_text_sql(call("ifNull", raw, text(""))),
    rows=lambda raw: json_path.json_text(raw or ""),
)
fn(
    "json_value",
    (TEXT, TEXT),
    TEXT,
    hidden=True,
    nulls="handles",
    literal=(1,),
    sql=lambda source, path: json_sql.value_sql(call("ifNull", source, text("")), _path(path)),
    rows=lambda source, path: json_path.found_at(source, path)[1],
)
fn(
    "json_present",
    (TEXT, TEXT),
    BOOL,
    hidden=True,
    nulls="handles",
    literal=(1,),
    sql=lambda source, path: json_sql.present_sql(call("ifNull", source, text("")), _path(path)),
    rows=lambda source, path: json_path.found_at(source, path)[0],
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
fn(
    "first_known",
    (TEXT,),
    TEXT,
    hidden=True,
    nulls="handles",
    variadic=True,
    sql=lambda *values: call("coalesce", *values),
    rows=lambda *values: next((value for value in values if value is not None), None),
)


def _with_time_sql(value: Sql, time: Sql, number: Sql) -> Sql:
    digits = [call("leftPad", call("toString", one), plain(20), text("0")) for one in (time, number)]
    return call("concat", digits[0], text("."), digits[1], text(" "), value)


# 42 characters before the value; texts sort as their times do.
fn(
    "with_time",
    (TEXT, LONG, LONG),
    TEXT,
    hidden=True,
    sql=_with_time_sql,
    rows=lambda value, *moment: ".".join(str(one).rjust(20, "0") for one in moment) + f" {value}",
)
