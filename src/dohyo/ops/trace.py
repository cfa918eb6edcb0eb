"""trace: messages that hang together by ids, from one id on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dohyo.base.problem import Span
from dohyo.functions.looking_around import groups_in_time
from dohyo.functions.regex import group_names
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.expressions import checked_regex
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.parse import raw_text
from dohyo.plan.nodes import Local, Plan, Row

Direction = Literal["both", "forward", "backward"]


@dataclass(frozen=True)
class TraceClause:
    pattern: tree.String
    start: tree.String
    direction: Direction


def read_clause(reader: Reader) -> TraceClause:
    direction: Direction = "both"
    if reader.punct("+"):
        direction = "forward"
    elif reader.punct("-"):
        direction = "backward"
    pattern = reader.pattern()
    reader.punct(",")
    return TraceClause(pattern, reader.string(), direction)


def to_plan(clause: TraceClause, plan: Plan, context: CheckContext) -> Plan:
    raw_text(plan)
    pattern = checked_regex(clause.pattern.value, clause.pattern.span)
    if len(group_names(pattern)) != 1:
        hint = 'trace "ID=([0-9a-fA-F]{4})" "7F92"'
        message = "the regular expression of trace has one group, which is the id"
        fail("group-count", message, clause.pattern.span, hint)
    run = Trace(pattern, clause.start.value, clause.direction, clause.pattern.span)
    return Local(plan, "trace", run, plan.schema)


@dataclass(frozen=True)
class Trace:
    """Reference implementation. A message with a known id makes all its ids known."""

    pattern: str
    start: str
    direction: Direction
    span: Span

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        texts = [str(row["_raw"] or "") for row in rows]
        found = groups_in_time(self.pattern, texts, self.span)
        ids = [{one for groups in matches for one in groups if one} for matches in found]
        if self.direction == "both":
            kept = self._all_linked(ids)
        else:
            forward = self.direction == "forward"
            when = sorted(range(len(rows)), key=lambda at: (int(rows[at]["_messagetime"] or 0), -at))
            kept = self._in_time_order(ids, when if forward else when[::-1])
        return [row for place, row in enumerate(rows) if place in kept]

    def _in_time_order(self, ids: list[set[str]], order: Iterable[int]) -> set[int]:
        """An id is followed from the message on that made it known."""
        known, kept = {self.start}, set()
        for place in order:
            if known & ids[place]:
                known |= ids[place]
                kept.add(place)
        return kept

    def _all_linked(self, ids: list[set[str]]) -> set[int]:
        having: defaultdict[str, list[int]] = defaultdict(list)
        for place, some in enumerate(ids):
            for one in some:
                having[one].append(place)
        known, left, kept = {self.start}, [self.start], set()
        while left:
            for place in having[left.pop()]:
                if place not in kept:
                    kept.add(place)
                    left += ids[place] - known
                    known |= ids[place]
        return kept


TRACE = Operator(
    names=("trace",),
    syntax='trace [+|-] "<regular expression with one group>" "<first id>"',
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Keeps the messages that hang together with an id: one with a known id makes its others known.",
        (
            ("group", "what an id is in a message"),
            ("+", "follows ids forward in time only; - backward only"),
        ),
        see=("sessionize", "transactionize"),
        example='* | trace "user=(\\w+)" "u1"',
    ),
)
