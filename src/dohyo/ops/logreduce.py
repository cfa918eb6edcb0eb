"""logreduce: messages counted by the pattern they follow, and details: the messages of one pattern."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log

from dohyo.base.problem import Span
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import PUNCT
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.expressions import coerced, field_value
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.parse import raw_text
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.signatures import COUNT, MASKED, counted, signature_id, signatures
from dohyo.plan.expr import Expr, Scalar
from dohyo.plan.nodes import Local, Plan, Row
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import DOUBLE, LONG, TEXT

MOST_SIGNATURES = 10_000
CRITERIA = ("mostcommon", "leastcommon")
_TROUBLE = ("error", "fail", "exception", "fatal", "critical", "denied", "refused", "timeout", "panic")
SIGNATURE = Field("signature", TEXT, also=("_signature",))


@dataclass(frozen=True)
class ReduceClause:
    """`field` None: the message; `criteria` None: what is most worth a look first."""

    field: tree.FieldRef | None
    groups: tuple[tree.FieldRef, ...]
    limit: int
    criteria: str | None


def read_clause(reader: Reader) -> ReduceClause:
    field, limit, criteria = None, MOST_SIGNATURES, None
    groups: tuple[tree.FieldRef, ...] = ()
    if reader.punct("("):
        field = reader.field()
        reader.expect_punct(")")
    while not reader.at_end():
        if reader.option("field"):
            field = reader.field()
        elif reader.word("by"):
            groups = reader.names()
        elif reader.option("limit"):
            limit = int(reader.integer(1, MOST_SIGNATURES).value)
        elif reader.option("criteria"):
            criteria = reader.expect_word(*CRITERIA).word
        elif reader.peek().word == "optimize":
            message = "logreduce optimize needs signatures of earlier searches, which Dohyo does not keep"
            reader.fail("logreduce-optimize", message, hints=("leave optimize out",))
        elif not reader.punct(","):
            reader.expect_end()
    return ReduceClause(field, groups, limit, criteria)


def to_plan(clause: ReduceClause, plan: Plan, context: CheckContext) -> Plan:
    plan, text = text_of(plan, clause.field)
    plan = with_custom_fields(plan, clause.groups)
    groups = [known(plan.schema, name.name, name.span) for name in clause.groups]
    groups = [replace(group, key=True) for group in dict.fromkeys(groups)]
    names = tuple(group.name for group in groups)
    shown = [SIGNATURE, Field(COUNT, LONG)]
    whole = [Field("_signature_id", TEXT), *shown, Field("relevance", DOUBLE)]
    schema = Schema((*groups, *(shown if groups else whole)), aggregate=True)
    reduction = Reduction(names, clause.limit, clause.criteria)
    return Local(counted(plan, text, groups), "logreduce", reduction, schema)


def text_of(plan: Plan, field: tree.FieldRef | None) -> tuple[Plan, Expr]:
    """What is looked at: a field, or the message."""
    if field is None:
        return plan, raw_text(plan)
    plan = with_custom_fields(plan, (field,))
    return plan, coerced(field_value(field, plan.schema), TEXT)


@dataclass(frozen=True)
class Reduction:
    """Signatures of counted texts; the reference implementation of logreduce."""

    groups: tuple[str, ...]
    limit: int
    criteria: str | None

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        found = signatures([str(row[MASKED]) for row in rows], "logreduce")
        totals: Counter[str] = Counter()
        counts: defaultdict[tuple[Scalar, ...], Counter[str]] = defaultdict(Counter)
        for row, signature in zip(rows, found, strict=True):
            totals[signature] += int(row[COUNT] or 0)
            counts[tuple(row[name] for name in self.groups)][signature] += int(row[COUNT] or 0)
        rank = _order(self.criteria, totals)
        first = sorted(totals, key=lambda one: (rank(one), one))[: self.limit]
        if not self.groups:
            return [_shown(signature, totals) for signature in first]
        return [
            {**dict(zip(self.groups, group, strict=True)), SIGNATURE.name: signature, COUNT: held[signature]}
            for group, held in counts.items()
            for signature in first
            if held[signature]
        ]


def _order(criteria: str | None, totals: Mapping[str, int]) -> Callable[[str], float]:
    if criteria is None:
        return lambda signature: -relevance(signature, totals)
    sign = -1 if criteria == "mostcommon" else 1
    return lambda signature: sign * totals[signature]


def _shown(signature: str, totals: Mapping[str, int]) -> Row:
    return {
        "_signature_id": signature_id(signature),
        SIGNATURE.name: signature,
        COUNT: totals[signature],
        "relevance": relevance(signature, totals),
    }


def relevance(signature: str, totals: Mapping[str, int]) -> float:
    """0 to 10: seven for how rare it is, three for a word that tells of trouble."""
    whole = sum(totals.values())
    rarity = log(whole / totals[signature]) / log(whole) if whole > 1 else 0.0
    trouble = any(word in signature.lower() for word in _TROUBLE)
    return round(7 * rarity + 3 * trouble, 2)


@dataclass(frozen=True)
class DetailsClause:
    ids: tuple[str, ...]
    span: Span = field(compare=False)


def read_details(reader: Reader) -> DetailsClause:
    """Ids are digits and letters, bare or in quotes."""
    if reader.at_end() or reader.peek().kind == PUNCT or reader.peek().word == "as":
        reader.fail(
            "signature-expected", "the id of a signature is expected here", hints=("its _signature_id",)
        )
    first, text = reader.peek(), reader.rest_text()
    while not reader.at_end():
        reader.take()
    ids = tuple(part.strip('"').upper() for part in text.replace(",", " ").split())
    return DetailsClause(ids, reader.span_from(first))


def details_to_plan(clause: DetailsClause, plan: Plan, context: CheckContext) -> Plan:
    """The messages that logreduce counted, back from before the counting."""
    if not (isinstance(plan, Local) and isinstance(plan.run, Reduction)):
        hint = "logreduce | details 0123456789ABCDEF"
        fail("details-place", "details stands directly after logreduce", clause.span, hint)
    messages = plan.input.input  # type: ignore[union-attr]  # below the count

    def run(rows: list[Row], context: RunContext) -> list[Row]:
        found = signatures([str(row[MASKED]) for row in rows], "details")
        return [row for row, one in zip(rows, found, strict=True) if signature_id(one) in clause.ids]

    return Local(messages, "details", run, messages.schema)


LOGREDUCE = Operator(
    names=("logreduce", "summarize"),
    syntax="logreduce [field=<field>] [by <field>[, ...]] [limit=<number>] [criteria=mostcommon|leastcommon]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="loses", split="gather", live_tail=False),
    help=Help(
        "Counts messages by the pattern they follow; * stands for what differs, $DATE and $URL for these.",
        (
            ("field", "what is looked at; without it the message"),
            ("by", "counts the patterns in each group"),
            ("limit", "so many patterns at most"),
            ("criteria", "the most or the least frequent first; without it rare ones and those of trouble"),
        ),
        see=("details", "logreduce keys", "logreduce values", "logcompare"),
        example="* | logreduce limit=20 criteria=mostcommon",
    ),
)
DETAILS = Operator(
    names=("details",),
    syntax="details <signature id>",
    parse=read_details,
    check=details_to_plan,
    traits=Traits(split="gather", live_tail=False),
    help=Help(
        "The messages of one pattern of the logreduce before it.",
        (("signature id", "as logreduce gives it in _signature_id"),),
        see=("logreduce",),
        example="* | logreduce | details 5E49ECE1AFDBA000",
    ),
)
