"""Messages counted by what they look like: the part that logreduce and logcompare share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from dohyo.ops.budget import in_time
from dohyo.ops.drain import patterns
from dohyo.ops.expressions import applied
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Aggregate, AggregateCall, Extend, Filter, Plan
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import LONG, TEXT

MASKED = f"{HIDDEN}masked"
"""The text of a message with `*` for everything that holds a digit."""
COUNT = "_count"
MOST_CHARACTERS = 16_384
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE = r"(?:Z| ?[+-]\d{2}:?\d{2})?"
_DATE = (
    rf"\d{{4}}[-/]\d{{2}}[-/]\d{{2}}(?:[T ]\d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d+)?{_ZONE})?"
    rf"|\d{{1,2}}/(?:{_MONTH}|\d{{2}})/\d{{4}}[: ]\d{{2}}:\d{{2}}:\d{{2}}(?: [+-]\d{{4}})?"
    rf"|{_MONTH} +\d{{1,2}}(?:,? \d{{4}})? \d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d+)?"
)
_WITH_DIGIT = r"\b[A-Za-z_]*\d\w*(?:[.:-]\w+)*"
_MASKS = ((r"https?://[^\s\"'<>]+", r"\$URL"), (_DATE, r"\$DATE"), (_WITH_DIGIT, "*"))


def masked(text: Expr) -> Expr:
    """The text without what is different in every message: addresses, dates, numbers, ids."""
    text = applied("substring", [text, Lit(0, LONG), Lit(MOST_CHARACTERS, LONG)])
    for pattern, mask in _MASKS:
        text = applied("replace_regex", [text, Lit(pattern, TEXT), Lit(mask, TEXT)])
    return text


def with_masked(plan: Plan, text: Expr) -> Plan:
    """The rows that have the text, masked in the field MASKED."""
    plan = Extend(plan, ((MASKED, masked(text)),), plan.schema.with_fields([Field(MASKED, TEXT)]))
    return Filter(plan, applied("not", [applied("isNull", [Ref(MASKED, TEXT)])]))


def counted(plan: Plan, text: Expr, groups: Sequence[Field]) -> Plan:
    """How often each masked text is in each group; so many messages become few rows."""
    keys = (*groups, Field(MASKED, TEXT))
    schema = Schema((*keys, Field(COUNT, LONG)), aggregate=True)
    call = AggregateCall("count", None, COUNT, LONG)
    return Aggregate(with_masked(plan, text), tuple(key.name for key in keys), (call,), schema)


def signatures(texts: Sequence[str], operator: str) -> list[str]:
    """The signature of each masked text. ProblemError `too-slow`."""
    distinct = sorted(set(texts))
    found = {text: one for text, one in zip(distinct, patterns(in_time(distinct, operator)), strict=True)}
    return [found[text].text() for text in texts]


def signature_id(signature: str) -> str:
    """A name of the signature that is the same in every search: 16 hexadecimal digits."""
    return hashlib.sha256(signature.encode()).hexdigest()[:16].upper()
