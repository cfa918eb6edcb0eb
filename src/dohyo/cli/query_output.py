"""How `dohyo query` shows rows: a table, one JSON object a row, or comma-separated values."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import orjson
from rich.console import Console
from rich.table import Table

from dohyo.base.clock import utc_of_ms
from dohyo.functions.casts import any_to_text
from dohyo.functions.links import link_parts
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field
from dohyo.plan.types import TIME

_HIDDEN = frozenset({"_messageid", "_size", "_view", "_receipttime", "_collector", "_sourcehost"})
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
Rows = Sequence[Sequence[Scalar]]


class Form(Enum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def show_rows(fields: Sequence[Field], rows: Rows, is_aggregate: bool, form: Form) -> None:
    """All rows at once. A table leaves out fields of messages that hardly anybody looks at."""
    if form is Form.JSON:
        show_objects(dict(zip([f.name for f in fields], row, strict=True)) for row in rows)
    elif form is Form.CSV:
        show_csv([f.name for f in fields], rows, header=True)
    else:
        _show_table(fields, rows, is_aggregate)


def show_objects(rows: Iterable[Mapping[str, Scalar]]) -> None:
    for row in rows:
        write(orjson.dumps(row).decode() + "\n")


def write(text: str) -> None:
    """Values as they are: `typer.echo` would take escape sequences out of what goes into a file."""
    sys.stdout.write(text)


def show_csv(names: Sequence[str], rows: Rows, *, header: bool) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(names)
    writer.writerows([any_to_text(value) for value in row] for row in rows)
    write(text.getvalue())


def _show_table(fields: Sequence[Field], rows: Rows, is_aggregate: bool) -> None:
    shown = [i for i, field in enumerate(fields) if is_aggregate or field.name not in _HIDDEN]
    table = Table(show_edge=False)
    for i in shown:
        number = fields[i].type.numeric and fields[i].type != TIME
        table.add_column(fields[i].name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[i], fields[i]) for i in shown))
    Console(markup=False).print(table)


def _cell(value: Scalar, field: Field) -> str:
    """A value as the terminal may show it: what would steer the terminal is written out."""
    return _STEERING.sub(lambda found: repr(found[0])[1:-1], _text(value, field))


def _text(value: Scalar, field: Field) -> str:
    if value is None:
        return ""
    if field.type == TIME and isinstance(value, int):
        return utc_of_ms(value).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
    if isinstance(value, str) and (link := link_parts(value)):
        return link["text"]
    if isinstance(value, float):
        return any_to_text(round(value, 5)) or ""
    return any_to_text(value) or ""
