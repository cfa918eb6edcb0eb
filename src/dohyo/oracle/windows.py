"""Values of window functions, series by series."""

from __future__ import annotations

from collections.abc import Sequence

from dohyo.ops.windows import WINDOWS
from dohyo.plan.expr import Scalar


def window_values(
    function: str, values: Sequence[Scalar], first: int | None, last: int | None
) -> list[Scalar]:
    """For each place of a series what the function makes of the values from `first` to `last` away."""
    made = WINDOWS[function]
    if first is None and last is None:
        return [_of(function, values)] * len(values)
    if first is None and made.folds:
        return _folded(function, values, last or 0)
    size = len(values)
    starts = [0 if first is None else max(at + first, 0) for at in range(size)]
    stops = [size if last is None else max(at + last + 1, 0) for at in range(size)]
    return [_of(function, values[start:stop]) for start, stop in zip(starts, stops, strict=True)]


def _folded(function: str, values: Sequence[Scalar], last: int) -> list[Scalar]:
    """From the start of the series on, each answer made of the one before it."""
    answers: list[Scalar] = []
    answer: Scalar = None
    for value in values:
        answer = _of(function, [answer, value])
        answers.append(answer)
    nothing: list[Scalar] = [None] * min(-last, len(values))
    return (nothing + answers)[: len(values)]


def _of(function: str, values: Sequence[Scalar]) -> Scalar:
    known = [value for value in values if value is not None]
    answer: Scalar = WINDOWS[function].rows(known) if known else None
    return answer
