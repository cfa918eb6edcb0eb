"""sessionize: messages of several systems linked by values that they share."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.linear import first_groups
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.budget import in_time
from dohyo.ops.context import CheckContext, fail, refuse_twice
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.parse import anchor_regex, raw_text
from dohyo.plan.nodes import Local, Plan, Project, Row
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import TEXT, TIME

MOST_SESSIONS = 100_000
_VALUE = re.compile(r"\*|\$([A-Za-z_]\w*)")
_TIME, _RAW = "_messagetime", "_raw"


@dataclass(frozen=True)
class AnchorClause:
    pattern: tree.String
    names: tuple[tree.FieldRef, ...]


@dataclass(frozen=True)
class SessionizeClause:
    anchors: tuple[AnchorClause, ...]


def read_clause(reader: Reader) -> SessionizeClause:
    anchors = [_read_anchor(reader)]
    while reader.punct(","):
        anchors.append(_read_anchor(reader))
    if len(anchors) < 2:
        hint = 'sessionize "id=* start" as (id), "id=$id took *" as (time)'
        reader.fail("anchor-expected", "sessionize links at least two patterns", hints=(hint,))
    return SessionizeClause(tuple(anchors))


def _read_anchor(reader: Reader) -> AnchorClause:
    in_parentheses = reader.punct("(")
    pattern = reader.string()
    if in_parentheses:
        reader.expect_punct(")")
    if "**" in pattern.value:
        message = "two * next to each other leave open where the first one ends"
        reader.fail("pattern-stars", message, pattern.span)
    names = reader.names_before_string() if reader.word("as") else ()
    stars = pattern.value.count("*")
    if stars != len(names):
        span = names[0].span.to(names[-1].span) if names else pattern.span
        hint = "after as stands one name for each *"
        reader.fail("alias-count", f"* in the pattern: {stars}, names after as: {len(names)}", span, (hint,))
    return AnchorClause(pattern, names)


def to_plan(clause: SessionizeClause, plan: Plan, context: CheckContext) -> Plan:
    raw_text(plan)
    known: dict[str, None] = {}
    anchors: list[Anchor] = []
    for clause_anchor in clause.anchors:
        refuse_twice(clause_anchor.names)
        anchor = _anchor(clause_anchor, known)
        shared = [name for name in anchor.names if name in known]
        if anchors and not shared:
            hint = f"such as ${next(iter(known), 'id')} in the place of a value"
            fail(
                "anchor-link",
                "this pattern has no value of those before it",
                clause_anchor.pattern.span,
                hint,
            )
        known.update(dict.fromkeys(anchor.names))
        anchors.append(anchor)
    fields = [Field(name, TEXT) for name in known] + [Field(_TIME, TIME), Field(_RAW, TEXT)]
    plan = Project(plan, plan.schema.only([_RAW, _TIME]))
    return Local(plan, "sessionize", Sessions(tuple(anchors)), Schema(tuple(fields), aggregate=True))


@dataclass(frozen=True)
class Anchor:
    """A regular expression whose groups give these names; those of earlier anchors have to agree."""

    pattern: str
    names: tuple[str, ...]


def _anchor(clause: AnchorClause, known: dict[str, None]) -> Anchor:
    """`$name` takes a value like `*`, one that an earlier pattern took."""
    spelled = {name.lower(): name for name in known}
    given = iter(clause.names)
    names: list[str] = []

    def star(found: re.Match[str]) -> str:
        if found[0] == "*":
            new = next(given).name
            names.append(spelled.get(new.lower(), new))
        elif found[1].lower() in spelled:
            names.append(spelled[found[1].lower()])
        else:
            return found[0]
        return "*"

    pattern = _VALUE.sub(star, clause.pattern.value)
    for one, other in pairwise(_places(pattern)):
        if other == one + 1:
            message = "two values next to each other leave open where the first one ends"
            fail("pattern-stars", message, clause.pattern.span)
    return Anchor(anchor_regex(pattern) if "*" in pattern else re.escape(pattern), tuple(names))


def _places(pattern: str) -> list[int]:
    return [at for at, char in enumerate(pattern) if char == "*"]


@dataclass(frozen=True)
class _Session:
    values: dict[str, str]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Sessions:
    """Reference implementation: one row for each combination of messages that the patterns link."""

    anchors: tuple[Anchor, ...]

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        sessions = [_Session({}, ())]
        for anchor in self.anchors:
            sessions = self._linked(anchor, sessions, rows)
        return [self._row(session, rows) for session in sessions]

    def _linked(self, anchor: Anchor, sessions: list[_Session], rows: list[Row]) -> list[_Session]:
        """Each session so far with every message that the pattern fits and that has its values."""
        shared = [name for name in dict.fromkeys(anchor.names) if sessions and name in sessions[0].values]
        fitting: defaultdict[tuple[str, ...], list[tuple[int, dict[str, str]]]] = defaultdict(list)
        matches = first_groups(anchor.pattern, [str(row[_RAW] or "") for row in rows])
        for place, groups in enumerate(matches):
            values = _values(anchor, groups)
            if values is not None:
                fitting[tuple(values[name] for name in shared)].append((place, values))
        linked: list[_Session] = []
        for session in in_time(sessions, "sessionize"):
            for place, values in fitting.get(tuple(session.values[name] for name in shared), ()):
                if place not in session.rows:
                    linked.append(_Session({**session.values, **values}, (*session.rows, place)))
            if len(linked) > MOST_SESSIONS:
                message = f"sessionize would find more than {MOST_SESSIONS:,} sessions"
                hint = "let the patterns share more values, or take a shorter time range"
                raise ProblemError([Problem("too-many-rows", message, hints=(hint,))])
        return linked

    def _row(self, session: _Session, rows: list[Row]) -> Row:
        members = [rows[place] for place in session.rows]
        times = [int(row[_TIME] or 0) for row in members]
        raw = "\n".join(str(row[_RAW] or "") for row in members)
        return {**session.values, _TIME: min(times), _RAW: raw}


def _values(anchor: Anchor, groups: tuple[str, ...] | None) -> dict[str, str] | None:
    """What the pattern takes out of a message; None where it does not fit or a name has two values."""
    if groups is None:
        return None
    values: dict[str, str] = {}
    for name, value in zip(anchor.names, groups, strict=True):
        if values.setdefault(name, value) != value:
            return None
    return values


SESSIONIZE = Operator(
    names=("sessionize",),
    syntax='sessionize "<text>*<text>" as (<name>[, ...]), "<text>$<name><text>*" as (<name>[, ...])[, ...]',
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Links messages by values: a later pattern names a value that an earlier one took by $name."
        " One row for each session, with its values, its messages a line each, and its earliest time.",
        (("name", "each * fills one; a name that an earlier pattern has means the same value"),),
        see=("trace", "join", "transactionize"),
        example='* | sessionize "start * <" as (task), "user=*, status=* stop $task <" as (user, status)',
    ),
)
