"""How `dohyo query` shows rows: a table, one JSON object a row, or comma-separated values."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import orjson
import typer
from rich.cells import cell_len

from dohyo.base.clock import utc_of_ms
from dohyo.functions.casts import any_to_text
from dohyo.functions.links import link_parts
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field
from dohyo.plan.types import TIME

_HIDDEN = frozenset({"_messageid", "_size", "_view", "_receipttime", "_collector", "_sourcehost"})
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MOST_FOLDED = 2_000
"""Rows of a table that is folded to a terminal; laying out more takes too long."""
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
    """Messages as lines, since a column of them would have to be folded; all else as a table."""
    if not rows:
        typer.echo("nothing found", err=True)
    elif not is_aggregate and any(field.name == "_raw" for field in fields):
        for row in rows:
            write(message_line(fields, row) + "\n")
    else:
        shown = [i for i, field in enumerate(fields) if is_aggregate or field.name not in _HIDDEN]
        cells = [[_cell(row[i], fields[i]) for i in shown] for row in rows]
        _write_table([fields[i] for i in shown], cells)


def message_line(fields: Sequence[Field], row: Sequence[Scalar]) -> str:
    """A message after its time, and then the fields that the query made."""
    cells = {
        field.name: _cell(value, field) for field, value in zip(fields, row, strict=True) if value is not None
    }
    made = [f"{name}={value}" for name, value in cells.items() if not name.startswith("_")]
    return "  ".join([*(cells[name] for name in ("_messagetime", "_raw") if name in cells), *made])


def _write_table(fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> None:
    """As wide as its values are; folded to the width of a terminal, unless that is told apart by nobody."""
    is_number = [field.type.numeric and field.type != TIME for field in fields]
    columns = list(zip([field.name for field in fields], *cells, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    if sum(widths) + 3 * len(widths) - 1 > _terminal_width() and len(cells) <= MOST_FOLDED:
        from rich.console import Console
        from rich.table import Table

        table = Table(show_edge=False)
        for field, right in zip(fields, is_number, strict=True):
            table.add_column(field.name, justify="right" if right else "left", overflow="fold")
        for row in cells:
            table.add_row(*row)
        Console(markup=False).print(table)
        return
    parts = list(zip(widths, is_number, strict=True))
    heading, *lines = zip(*columns, strict=True)
    write(_line(heading, parts) + "\n" + "┿".join("━" * (width + 2) for width in widths) + "\n")
    for line in lines:
        write(_line(line, parts) + "\n")


def _line(cells: Sequence[str], parts: Sequence[tuple[int, bool]]) -> str:
    shown = []
    for cell, (width, right) in zip(cells, parts, strict=True):
        space = " " * (width - cell_len(cell))
        shown.append(space + cell if right else cell + space)
    return (" " + " │ ".join(shown)).rstrip()


def _terminal_width() -> float:
    """Columns; endless where no terminal reads, unless COLUMNS says otherwise."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if known else float("inf")


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
