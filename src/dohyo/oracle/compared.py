"""Joins the records of a comparison: the present ones with those of earlier ranges, by their group keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from dohyo.ops.compare import added_fields
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import Compare, Row

Key = tuple[Scalar, ...]
_REDUCE: Mapping[str, Callable[[list[float]], float]] = {"avg": fmean, "min": min, "max": max}


def compared_rows(node: Compare, present: Sequence[Row], earlier: Mapping[int, Sequence[Row]]) -> list[Row]:
    """The present records in their order, then one for each key that only an earlier range has.

    `earlier` gives the records of each offset; where several have the same key the first counts. What a range
    lacks is null.
    """
    fields = node.input.schema.fields
    keys = [f.name for f in fields if f.key]
    found = {offset: _by_key(then, keys) for offset, then in earlier.items()}
    rows = [dict(row) for row in present]
    known = {_key(row, keys) for row in rows}
    for key in dict.fromkeys(key for then in found.values() for key in then):
        if key not in known:
            rows.append({f.name: None for f in fields} | dict(zip(keys, key, strict=True)))
    for row in rows:
        key = _key(row, keys)
        for made, compared, shift in added_fields(node.input.schema, node.shifts):
            cells = [found[offset].get(key, {}).get(compared.name) for offset in shift.offsets_ms]
            row[made.name] = _reduced(cells, shift.reduce)
    return rows


def _by_key(rows: Sequence[Row], keys: Sequence[str]) -> dict[Key, Row]:
    return {_key(row, keys): row for row in reversed(rows)}


def _key(row: Row, keys: Sequence[str]) -> Key:
    return tuple(row[name] for name in keys)


def _reduced(cells: Sequence[Scalar], reduce: str | None) -> Scalar:
    if reduce is None:
        return cells[0]
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    return _REDUCE[reduce](numbers) if numbers else None
