"""Joins the rows of a comparison: the present ones with those of earlier ranges, by their group keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import Compare, Row
from dohyo.plan.schema import Field

Key = tuple[Scalar, ...]
_REDUCE: Mapping[str, Callable[[list[float]], float]] = {"avg": fmean, "min": min, "max": max}


def compared_rows(node: Compare, present: Sequence[Row], earlier: Mapping[int, Sequence[Row]]) -> list[Row]:
    """One row a key, the present ones first in their order, then those that only an earlier range has.

    `earlier` gives the rows of each offset. The fields that the node adds stand in its schema after the
    input's, shift by shift and value by value. A time slice of an earlier range counts as the present slice
    it is compared with. What a range lacks is null.
    """
    fields = node.input.schema.fields
    keys = [f for f in fields if f.key]
    values = [f.name for f in fields if not f.key]
    added = iter(f.name for f in node.schema.fields[len(fields) :])
    rows = {_key(row, keys, 0): dict(row) for row in present}
    found = {offset: {_key(row, keys, offset): row for row in then} for offset, then in earlier.items()}
    for key in dict.fromkeys(key for then in found.values() for key in then):
        if key not in rows:
            rows[key] = {**dict(zip((f.name for f in keys), key, strict=True)), **dict.fromkeys(values)}
    for shift in node.shifts:
        for value in values:
            name = next(added)
            for key, row in rows.items():
                cells = [found[offset].get(key, {}).get(value) for offset in shift.offsets_ms]
                row[name] = _reduced(cells, shift.reduce)
    return list(rows.values())


def _key(row: Row, keys: Sequence[Field], offset_ms: int) -> Key:
    return tuple(_moved(row.get(f.name), offset_ms if f.slice_ms or f.slice_days else 0) for f in keys)


def _moved(value: Scalar, offset_ms: int) -> Scalar:
    return value + offset_ms if offset_ms and isinstance(value, int) else value


def _reduced(cells: Sequence[Scalar], reduce: str | None) -> Scalar:
    if reduce is None:
        return cells[0]
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    return _REDUCE[reduce](numbers) if numbers else None
