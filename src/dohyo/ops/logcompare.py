"""logcompare: what messages look like now, beside what they looked like before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from math import inf, log

from dohyo.base.problem import ProblemError, Span
from dohyo.functions.table import RunContext
from dohyo.lang.reader import Reader
from dohyo.lang.timerange import parse_time
from dohyo.ops.context import CheckContext
from dohyo.ops.logreduce import SIGNATURE
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.parse import raw_text
from dohyo.ops.signatures import COUNT, MASKED, counted, signature_id, signatures
from dohyo.ops.steps import parenthesised
from dohyo.plan.nodes import Local, Plan, Row
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT

USUAL_SHIFT_MS = 86_400_000
_FIELDS = (
    Field("_signature_id", TEXT),
    SIGNATURE,
    Field(COUNT, LONG),
    Field("_deltaPercentage", DOUBLE),
    Field("_anomalyScore", DOUBLE),
    Field("_isNew", BOOL),
)


@dataclass(frozen=True)
class CompareClause:
    """`baseline`: text of another query, written where it stands, None for the same one."""

    shift_ms: int
    baseline: str | None
    span: Span = field(compare=False)
    start_time: str | None = None
    end_time: str | None = None

    def earlier(self, run: RunContext) -> RunContext:
        """The run of the baseline: its own range, of the same length where only its start is given."""
        if self.start_time is None:
            return run.earlier(self.shift_ms)
        start_ms = parse_time(self.start_time, run.now_ms, run.zone)
        end_ms = start_ms + run.end_ms - run.start_ms
        if self.end_time is not None:
            end_ms = parse_time(self.end_time, run.now_ms, run.zone)
        return replace(run, start_ms=start_ms, end_ms=end_ms, shift_ms=run.shift_ms + run.start_ms - start_ms)


def read_clause(reader: Reader) -> CompareClause:
    first = reader.peek()
    shift_ms, baseline, span = USUAL_SHIFT_MS, None, first.span
    times: dict[str, str] = {}
    while not reader.at_end():
        if reader.word("timeshift"):
            shift_ms = reader.period()[0]
        elif (word := reader.peek().word) in ("start_time", "end_time"):
            times[word] = _read_time(reader)
        elif reader.word("baseline"):
            span = parenthesised(reader)
            baseline = " " * (span.start + 1) + reader.text[span.start + 1 : span.end - 1]
        elif not reader.punct(","):
            reader.expect_end()
    if "end_time" in times and "start_time" not in times:
        reader.fail("word-expected", "an end_time needs a start_time", first.span)
    return CompareClause(shift_ms, baseline, span, **times)


def _read_time(reader: Reader) -> str:
    """A time of the baseline as typed, such as 2021-01-06T12:00:00-08:00; it ends at the first blank."""
    reader.take()
    first = reader.take()
    while not reader.at_end() and reader.peek().span.start == reader.last_span().end:
        reader.take()
    span = reader.span_from(first)
    text = reader.text[span.start : span.end].rstrip(".,")
    try:
        parse_time(text, 0)
    except ProblemError as refused:
        problem = refused.problems[0]
        reader.fail(problem.code, problem.message, span, problem.hints)
    return text


def to_plan(clause: CompareClause, plan: Plan, context: CheckContext) -> Plan:
    before = plan if clause.baseline is None else context.child(clause.baseline, clause.span)
    target, baseline = (counted(one, raw_text(one), ()) for one in (plan, before))
    schema = Schema(_FIELDS, aggregate=True)
    return Local(target, "logcompare", compared, schema, other=baseline, other_run=clause.earlier)


def compared(rows: list[Row], run: RunContext, before: list[Row]) -> list[Row]:
    """Reference implementation: patterns of both together, the greatest change first."""
    texts = [str(row[MASKED]) for row in (*rows, *before)]
    found = signatures(texts, "logcompare")
    now, then = Counter[str](), Counter[str]()
    for place, (row, signature) in enumerate(zip((*rows, *before), found, strict=True)):
        (now if place < len(rows) else then)[signature] += int(row[COUNT] or 0)
    kinds = sorted({*now, *then})
    records = [_record(signature, now, then, len(kinds)) for signature in kinds]
    return sorted(records, key=lambda row: -float(row["_anomalyScore"] or 0))


def _record(signature: str, now: Counter[str], then: Counter[str], kinds: int) -> Row:
    here, there = now[signature], then[signature]
    share, share_then = here / max(now.total(), 1), there / max(then.total(), 1)
    delta = 100 * (share - share_then) / share_then if share_then else inf
    # The part of the symmetric Kullback-Leibler divergence that is this signature's, with one half added to
    # each count so that no share is zero.
    p, q = (here + 0.5) / (now.total() + kinds / 2), (there + 0.5) / (then.total() + kinds / 2)
    return {
        "_signature_id": signature_id(signature),
        SIGNATURE.name: signature,
        COUNT: here,
        "_deltaPercentage": delta,
        "_anomalyScore": (p - q) * log(p / q),
        "_isNew": not there,
    }


LOGCOMPARE = Operator(
    names=("logcompare",),
    syntax="logcompare [timeshift <length>|start_time <time> [end_time <time>]] [baseline (<query>)]",
    parse=read_clause,
    check=to_plan,
    rows=compared,
    traits=Traits(order="loses", split="gather", live_tail=False),
    help=Help(
        "Counts messages by pattern as logreduce does, and says how that changed since an earlier time.",
        (
            ("timeshift", "how much earlier; a day unless said otherwise"),
            ("start_time", "when the earlier time begins, instead of a shift"),
            ("end_time", "when it ends; as long after its beginning as this search unless said otherwise"),
            ("baseline", "another query for the earlier time; without it the same one"),
        ),
        see=("logreduce", "compare"),
        example="* | logcompare timeshift -24h | where (_isNew)",
    ),
)
