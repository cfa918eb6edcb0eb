"""Values of a result as clients get them: native JSON for our pages, texts for the published API."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from dohyo.functions.casts import any_to_text
from dohyo.functions.links import link_parts
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME

_EXACT = 2**53
_PAGE_TYPES = {TEXT: "string", LONG: "long", TIME: "time", DOUBLE: "double", BOOL: "boolean"}
_PUBLISHED_TYPES = {**_PAGE_TYPES, TIME: "long"}
Cell = Scalar | dict[str, str]


def page_fields(fields: Iterable[Field]) -> list[dict[str, object]]:
    """`{name, type, key}`; type is string, long, double, boolean or time."""
    return [{"name": f.name, "type": _PAGE_TYPES[f.type], "key": f.key} for f in fields]


def page_cell(value: Scalar) -> Cell:
    """A value as JSON has it: a link as `{"text", "href"}`; numbers that JSON or a browser cannot hold as
    text.

    >>> page_cell(2**60), page_cell(float("inf")), page_cell(1.5)
    ('1152921504606846976', 'Infinity', 1.5)
    """
    if isinstance(value, str):
        return link_parts(value) or value
    if isinstance(value, float) and not math.isfinite(value):
        return any_to_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return str(value)
    return value


def page_rows(rows: Iterable[Sequence[Scalar]]) -> list[list[Cell]]:
    return [[page_cell(value) for value in row] for row in rows]


def published_fields(fields: Iterable[Field]) -> list[dict[str, object]]:
    """`{name, fieldType, keyField}` with the name in lower case, as the search job API gives them."""
    return [
        {"name": f.name.lower(), "fieldType": _PUBLISHED_TYPES[f.type], "keyField": f.key} for f in fields
    ]


def published_maps(
    fields: Sequence[Field], rows: Iterable[Sequence[Scalar]]
) -> list[dict[str, dict[str, str]]]:
    """`{"map": {name: text}}` a row: every value a text, numbers in plain notation, nulls left out."""
    names = [f.name.lower() for f in fields]
    return [
        {"map": {name: _plain(value) for name, value in zip(names, row, strict=True) if value is not None}}
        for row in rows
    ]


def _plain(value: Scalar) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.15f}".rstrip("0").rstrip(".") if "e" in repr(value) else any_to_text(value) or ""
    return any_to_text(value) or ""
