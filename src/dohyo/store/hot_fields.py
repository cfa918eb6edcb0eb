"""Hot field sets as columns of the table of events.

A set is one tuple column `h_<set>`. Its fields' paths stand in the column's comment, so that the definition
and the column cannot come apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.hot import HotField
from dohyo.plan.json_path import Path, read_path, shown_path, split_path
from dohyo.plan.json_sql import (
    is_plain_key,
    json_text_sql,
    many_sql,
    members_sql,
    start_sql,
    value_sql,
)
from dohyo.plan.sqltree import Sql, call, column, fn1, plain, text

PREFIX = "h_"
_SET_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_FIELD_NAME = re.compile(r"(?!null$)[A-Za-z][A-Za-z0-9_]*")
"""A tuple of the engine cannot have an element named null."""


def column_of(set_name: str) -> str:
    """Name of the set's column. ProblemError `hot-set-name`."""
    if not _SET_NAME.fullmatch(set_name):
        message = f"a set of hot fields is named by small letters, digits and _, and not {set_name}"
        raise ProblemError([Problem("hot-set-name", message)])
    return PREFIX + set_name


def fields_of(column_name: str, comment: str) -> list[HotField]:
    """The fields that a column's comment names."""
    return [HotField(path, column_name, name) for name, path in json.loads(comment).items()]


def comment_of(fields: Mapping[str, str]) -> str:
    """The comment of a column of these fields; their paths are given in any spelling. ProblemError
    `hot-field-name`, `json-path`, `json-path-unsupported`.
    """
    for name in fields:
        if not _FIELD_NAME.fullmatch(name):
            message = f"a hot field is named by letters, digits and _, and not {name}"
            raise ProblemError([Problem("hot-field-name", message)])
    return json.dumps({name: shown_path(read_path(path)) for name, path in fields.items()}, ensure_ascii=True)


def added(column_name: str, comment: str) -> Sql:
    """The statement that adds a set's column."""
    fields = fields_of(column_name, comment)
    made = exp.ColumnDef(
        this=exp.to_identifier(column_name, quoted=True),
        kind=_type(fields),
        constraints=[
            exp.ColumnConstraint(
                kind=exp.ComputedColumnConstraint(this=values_sql(column("_raw"), fields), persisted=True)
            ),
            exp.ColumnConstraint(kind=exp.CommentColumnConstraint(this=text(comment))),
        ],
    )
    return _alter(made)


def dropped(column_name: str) -> Sql:
    """The statement that takes a set's column away."""
    return _alter(exp.Drop(tables=[column(column_name)], kind="COLUMN"))


def filled(column_name: str) -> Sql:
    """The statement that stores a set's values for events that were there before it."""
    return exp.Command(this="ALTER", expression=f"TABLE events MATERIALIZE COLUMN {column_name}")


def _alter(action: Sql) -> Sql:
    return exp.Alter(this=exp.to_table("events"), kind="TABLE", actions=[action])


def _type(fields: Iterable[HotField]) -> exp.DataType:
    text_type = exp.DataType(this=exp.DType.TEXT, nullable=True)
    elements = [
        exp.ColumnDef(this=exp.to_identifier(one.name, quoted=True), kind=text_type.copy()) for one in fields
    ]
    return exp.DataType(this=exp.DType.STRUCT, expressions=elements, nested=True, nullable=False)


def values_sql(raw: Sql, fields: Sequence[HotField]) -> Sql:
    """The tuple of a message's values, each the same as `value_sql(json_text_sql(raw), path)` gives."""
    paths = [read_path(one.path) for one in fields]
    keys = list(dict.fromkeys(path[0] for path in paths if is_plain_key(path)))

    def values(source: Sql, together: Sql) -> Sql:
        return call(
            "tuple",
            *(
                call("tupleElement", together.copy(), plain(keys.index(path[0]) + 1))
                if is_plain_key(path)
                else _value(source.copy(), path)
                for path in paths
            ),
        )

    return _let(
        json_text_sql(raw),
        lambda source: _let(members_sql(source.copy(), keys), lambda found: values(source, found)),
    )


def _value(source: Sql, path: Path) -> Sql:
    """As `value_sql`."""
    before, rest = split_path(path)
    if not rest:
        return value_sql(source, path)
    return _let(start_sql(source, before), lambda start: many_sql(start, rest))


def _let(value: Sql, body: Callable[[Sql], Sql]) -> Sql:
    """The body with the value computed once; where columns are made on insert, equal parts are not shared."""
    return call("arrayElement", call("arrayMap", fn1(body), call("array", value)), plain(1))
