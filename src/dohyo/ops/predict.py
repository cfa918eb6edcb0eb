"""predict: the trend of a series, and how it may go on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.functions.casts import text_to_double
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import NUMBER, TIME_SUFFIXES
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.outlier import slices_of
from dohyo.plan.nodes import Local, Plan, Row
from dohyo.plan.schema import Field
from dohyo.plan.types import DOUBLE, LONG

MOST_POINTS, MOST_SLICES, MOST_FORECAST, MOST_WINDOW = 10_000, 20_000, 100, 1_000
FORECAST = 3
_WIDEST = 200
"""Terms of an automatic auto-regression at most."""


@dataclass(frozen=True)
class PredictClause:
    """`window`: terms of the auto-regression, None for an automatic number, 0 for a line alone."""

    field: tree.FieldRef
    period_ms: int
    window: int | None
    forecast: int
    span: Span = dataclasses.field(compare=False)


def read_clause(reader: Reader) -> PredictClause:
    field = reader.field()
    first = reader.expect_word("by")
    period_ms = reader.period()[0]
    if period_ms < 1:
        reader.fail("period-short", "a step lasts at least a millisecond", reader.span_from(first))
    window: int | None = None
    model, forecast = "linear", FORECAST
    while not reader.at_end():
        if reader.punct(","):
            continue
        if reader.option("model"):
            model = reader.expect_word("ar", "linear").word
        elif reader.option("ar.window"):
            window = int(reader.integer(1, MOST_WINDOW).value)
        elif reader.option("forecast"):
            forecast = _read_forecast(reader, period_ms)
        else:
            hint = f"predict {field.name} by 1m model=ar, ar.window=20, forecast=5"
            reader.fail(
                "option-expected", f"predict does not expect {reader.peek().text} here", hints=(hint,)
            )
    return PredictClause(field, period_ms, window if model == "ar" else 0, forecast, field.span)


def _read_forecast(reader: Reader, period_ms: int) -> int:
    """A number of steps, or a length of time."""
    token = reader.peek()
    if token.kind == NUMBER and token.suffix in TIME_SUFFIXES:
        steps = math.ceil(reader.period()[0] / period_ms)
    else:
        steps = int(reader.integer(0).value)
    return steps


def to_plan(clause: PredictClause, plan: Plan, context: CheckContext) -> Plan:
    field = known(plan.schema, clause.field.name, clause.field.span)
    slices = slices_of(plan.schema, clause.field, "predict")
    others = [f.name for f in plan.schema if f.key and f.name != slices.name]
    if others:
        hint = f"group by {slices.name} alone"
        message = f"predict follows one series, and here are also the values of {others[0]}"
        fail("series-several", message, clause.span, hint)
    if clause.forecast > MOST_FORECAST:
        message = f"a forecast has at most {MOST_FORECAST} steps, not {clause.forecast:,}; so many are made"
        context.warn("forecast-cut", message, clause.span)
        clause = replace(clause, forecast=MOST_FORECAST)
    names = [f"{field.name}_predicted", f"{field.name}_error"]
    names += [] if clause.window == 0 else [f"{field.name}_linear"]
    schema = plan.schema.with_fields(Field(name, DOUBLE) for name in names)
    return Local(plan, "predict", _running(clause, field, slices.name, plan.schema.names()), schema)


def _running(
    clause: PredictClause, field: Field, time: str, names: Sequence[str]
) -> Callable[[list[Row], RunContext], list[Row]]:
    def run(rows: list[Row], run: RunContext) -> list[Row]:
        if len(rows) > MOST_POINTS:
            _too_many(f"predict takes at most {MOST_POINTS:,} points, here are {len(rows):,}", clause.span)
        known_rows = sorted((row for row in rows if row[time] is not None), key=lambda row: row[time])  # type: ignore[arg-type, return-value]
        if not known_rows:
            return []
        placed = _placed(known_rows, time, clause)
        missing = max(placed) + 1 - len(placed)
        if missing:
            message = f"predict counts {missing:,} slices without a record as 0"
            run.warn(Problem("slices-missing", message, clause.span, severity="warning"))
        return _predicted(clause, field, time, names, placed)

    return run


def _placed(rows: Sequence[Row], time: str, clause: PredictClause) -> dict[int, Row]:
    """Rows by the number of their step; the last one of a step counts."""
    start = int(rows[0][time] or 0)
    placed = {round((int(row[time] or 0) - start) / clause.period_ms): row for row in rows}
    if max(placed) >= MOST_SLICES:
        _too_many(f"predict takes at most {MOST_SLICES:,} steps from first to last", clause.span)
    return placed


def _too_many(message: str, span: Span) -> None:
    hint = "take longer slices, or a shorter time range"
    raise ProblemError([Problem("too-many-rows", message, span, (hint,))])


def _predicted(
    clause: PredictClause, field: Field, time: str, names: Sequence[str], placed: dict[int, Row]
) -> list[Row]:
    """A row for each step, those to come among them."""
    start = int(placed[0][time] or 0)
    steps = max(placed) + 1
    actual = [text_to_double(placed[at][field.name]) or 0.0 if at in placed else 0.0 for at in range(steps)]
    line = linear(actual, steps + clause.forecast)
    predicted = line if clause.window == 0 else auto_regressive(actual, line, clause.window)
    zero = 0 if field.type == LONG else 0.0
    found: list[Row] = []
    for at, value in enumerate(predicted):
        row: Row = dict.fromkeys(names) | {time: start + at * clause.period_ms}
        if at < steps:
            row |= {field.name: zero} | placed.get(at, {})
        error = value - actual[at] if at < steps else None
        row |= {f"{field.name}_predicted": value, f"{field.name}_error": error}
        found.append(row | ({} if clause.window == 0 else {f"{field.name}_linear": line[at]}))
    return found


def linear(values: Sequence[float], count: int) -> list[float]:
    """The line of least squares through the values, at so many places.

    >>> linear([1.0, 2.0, 3.0], 4)
    [1.0, 2.0, 3.0, 4.0]
    """
    middle, mean = (len(values) - 1) / 2, math.fsum(values) / len(values)
    spread = math.fsum((at - middle) ** 2 for at in range(len(values)))
    joint = math.fsum((at - middle) * (value - mean) for at, value in enumerate(values))
    slope = joint / spread if spread else 0.0
    return [mean + slope * (at - middle) for at in range(count)]


def auto_regressive(values: Sequence[float], line: Sequence[float], window: int | None) -> list[float]:
    """The line and what values before say about the distance to it; beyond the values, predictions serve.

    The terms solve the Yule-Walker equations of the distances.
    """
    terms = min(window or min(len(values) // 2, _WIDEST), len(values) - 1)
    away = [value - on_line for value, on_line in zip(values, line, strict=False)]
    weights = _yule_walker(away, terms)
    predicted = []
    for at, on_line in enumerate(line):
        before = away[max(at - terms, 0) : at][::-1]
        distance = math.fsum(weight * one for weight, one in zip(weights, before, strict=False))
        if at >= len(values):
            away.append(distance)
        predicted.append(on_line + distance)
    return predicted


def _yule_walker(values: Sequence[float], terms: int) -> list[float]:
    """Weights of the last values, the latest first, by the recursion of Levinson and Durbin."""
    size = len(values)
    shared = [
        math.fsum(a * b for a, b in zip(values[lag:], values, strict=False)) for lag in range(terms + 1)
    ]
    weights: list[float] = []
    error = shared[0]
    if error <= 1e-12 * size:
        return weights
    for order in range(1, terms + 1):
        known_part = math.fsum(w * shared[order - 1 - i] for i, w in enumerate(weights))
        reflection = (shared[order] - known_part) / error
        weights = [w - reflection * v for w, v in zip(weights, weights[::-1], strict=True)] + [reflection]
        error *= 1 - reflection**2
        if error <= 1e-12 * shared[0]:
            break
    return weights


PREDICT = Operator(
    names=("predict",),
    syntax="predict <field> by <length> [model=linear|ar][, ar.window=<number>]"
    "[, forecast=<number>|<length>]",
    parse=read_clause,
    check=to_plan,
    stage="after grouping",
    traits=Traits(order="sets", split="gather", live_tail=False),
    help=Help(
        "Fits a line, or an auto-regression, to a series and goes on with it. Adds <field>_predicted and"
        " <field>_error (predicted minus actual); with model=ar also <field>_linear.",
        (
            ("length", "how long a step is, as in timeslice; a step without a record counts as 0"),
            ("model", "linear, as it is unless told otherwise, or ar"),
            (
                "ar.window",
                f"how many steps before count, at most {MOST_WINDOW:,}; half of them unless told otherwise",
            ),
            (
                "forecast",
                f"steps to come, or their length; {FORECAST} unless told otherwise, at most {MOST_FORECAST}",
            ),
        ),
        see=("outlier", "timeslice"),
        example="* | timeslice 1h | count by _timeslice | predict _count by 1h forecast=5",
    ),
)
