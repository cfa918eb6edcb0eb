"""What a search gives: fields and rows, and its messages over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import pyarrow as pa

from dohyo.base.problem import Problem
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field


def internal_problem(error: Exception) -> Problem:
    """What a person is told of a mistake of Dohyo's own: its kind only, the log has the rest."""
    hint = "the server's log has the details"
    return Problem("search-failed", f"the search failed inside Dohyo: {type(error).__name__}", hints=(hint,))


class ArrowRows(Sequence[tuple[Scalar, ...]]):
    """Rows of an Arrow table, made into Python values only where they are read."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, at: int) -> tuple[Scalar, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[Scalar, ...]]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            part = self._table.slice(start, max(stop - start, 0))
            return list(zip(*(column.to_pylist() for column in part.columns), strict=True))[::step]
        return self[at : at + 1][0]

    def __iter__(self) -> Iterator[tuple[Scalar, ...]]:
        for batch in self._table.to_batches(max_chunksize=4096):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


@dataclass(frozen=True)
class Result:
    """Fields and rows in order. `cut`: more rows were there than the limit; `message_count`: rows of a search
    without grouping, None with one.
    """

    fields: tuple[Field, ...]
    rows: Sequence[tuple[Scalar, ...]]
    warnings: tuple[str, ...]
    is_aggregate: bool
    cut: bool = False
    message_count: int | None = None


@dataclass(frozen=True)
class Bucket:
    """Messages in `[start_ms, start_ms + length_ms)`."""

    start_ms: int
    length_ms: int
    count: int
