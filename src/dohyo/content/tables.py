"""Definitions of lookup tables and the rows that fit them: types, keys, CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dohyo.base.problem import Problem, ProblemError
from dohyo.content.refusals import checked, wrong
from dohyo.plan.expr import Scalar
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, Type

TYPE = "LookupTableSyncDefinition"
TYPES: dict[str, Type] = {"string": TEXT, "int": LONG, "long": LONG, "double": DOUBLE, "boolean": BOOL}
MOST_CSV_BYTES = 100 * 1024 * 1024
MOST_PROBLEMS = 5
BOUNDS = {"int": 2**31, "long": 2**63}
Row = dict[str, Any]


class Column(BaseModel):
    model_config = ConfigDict(extra="allow")

    fieldName: Annotated[str, Field(min_length=1, max_length=255)]
    fieldType: Literal["boolean", "int", "long", "double", "string"]


class Table(BaseModel):
    """The published definition. `ttl` is in minutes, 0 for rows that stay."""

    model_config = ConfigDict(extra="allow")

    description: Annotated[str, Field(max_length=1000)] = ""
    fields: Annotated[list[Column], Field(min_length=1, max_length=1000)]
    primaryKeys: Annotated[list[str], Field(min_length=1)]
    ttl: Annotated[int, Field(ge=0, le=525_600)] = 0
    sizeLimitAction: Literal["StopIncomingMessages", "DeleteOldData"] = "StopIncomingMessages"

    @model_validator(mode="after")
    def _names(self) -> Table:
        names = [column.fieldName.lower() for column in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two fields have the same name")
        if missing := [key for key in self.primaryKeys if key.lower() not in names]:
            raise ValueError(f"the primary key {missing[0]} is no field")
        return self

    @property
    def columns(self) -> dict[str, Type]:
        return {column.fieldName: TYPES[column.fieldType] for column in self.fields}

    def column(self, name: str) -> Column | None:
        wanted = name.strip().lower()
        return next((column for column in self.fields if column.fieldName.lower() == wanted), None)

    def same_shape(self, other: Table) -> bool:
        """Whether rows of one fit the other."""
        return self.columns == other.columns and self.primaryKeys == other.primaryKeys

    def key_of(self, row: Row) -> str:
        """A hash of the primary key, as lookups compare it: text in any case. ContentRefused without one."""
        parts = [row.get(column.fieldName) for name in self.primaryKeys if (column := self.column(name))]
        if None in parts:
            raise wrong(f"a row has no value for the primary key {', '.join(self.primaryKeys)}")
        text = json.dumps([part.lower() if isinstance(part, str) else part for part in parts])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def check_table(document: Mapping[str, Any]) -> None:
    """ContentRefused for what is no lookup table."""
    checked(Table, document)


def table_of(document: Mapping[str, Any]) -> Table:
    return checked(Table, document)


def typed(column: Column, text: str | None) -> Scalar:
    """A cell's text as a value of its column, null where it is empty; ContentRefused where it is none."""
    if text is None or (text == "" and column.fieldType != "string"):
        return None
    if column.fieldType == "string":
        return text or None
    try:
        return _number_or_truth(column.fieldType, text.strip())
    except ValueError:
        raise wrong(f'{column.fieldName}: "{text[:100]}" is no {column.fieldType}') from None


def _number_or_truth(kind: str, text: str) -> Scalar:
    if kind == "double":
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _no()
    number = int(text)
    return number if -BOUNDS[kind] <= number < BOUNDS[kind] else _no()


def _no() -> Scalar:
    raise ValueError


def rows_of_csv(table: Table, content: bytes) -> list[Row]:
    """The rows of a CSV file whose header names fields in any case and order; fields left out are null.

    ContentRefused with the lines of the first five problems; then nothing is used.
    """
    if len(content) > MOST_CSV_BYTES:
        raise wrong(f"the file is larger than {MOST_CSV_BYTES // 1024**2} MB")
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        return _checked_rows(table, lines)
    except (csv.Error, UnicodeDecodeError) as error:
        raise wrong("the file is no CSV in UTF-8", str(error)) from error


def _checked_rows(table: Table, lines: Any) -> list[Row]:
    header = [(name, table.column(name)) for name in next(lines, [])]
    if not header:
        raise wrong("the file has no header line", f"fields are {', '.join(table.columns)}")
    if unknown := [name for name, column in header if column is None]:
        raise wrong(f'the table has no field "{unknown[0]}"', f"fields are {', '.join(table.columns)}")
    columns = [column for _, column in header if column is not None]
    rows: list[Row] = []
    problems: list[Problem] = []
    for cells in lines:
        if not cells:
            continue
        try:
            rows.append(dict(_cells(columns, cells)))
            table.key_of(rows[-1])
        except ProblemError as error:
            problems.append(Problem("csv-row", f"line {lines.line_num}: {error.problems[0].message}"))
            if len(problems) == MOST_PROBLEMS:
                break
    if problems:
        refused = wrong(problems[0].message)
        refused.problems = problems
        raise refused
    return rows


def _cells(columns: list[Column], cells: list[str]) -> Iterator[tuple[str, Scalar]]:
    if len(cells) != len(columns):
        raise wrong(f"{len(cells)} cells where the header has {len(columns)}")
    for column, text in zip(columns, cells, strict=True):
        yield column.fieldName, typed(column, text)
