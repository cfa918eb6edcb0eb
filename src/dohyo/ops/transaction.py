"""transaction: rows of one id as a run through states."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dohyo.base.problem import Span
from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.aggregates import AGGREGATES, AggregateFunction
from dohyo.ops.budget import in_time
from dohyo.ops.context import CheckContext, fail, known, refuse_twice
from dohyo.ops.expressions import applied, checked, coerced, field_value
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.parse import raw_text
from dohyo.ops.rows import with_custom_fields
from dohyo.plan.expr import Apply, Expr, Lit, Ref
from dohyo.plan.nodes import Aggregate, AggregateCall, Extend, Filter, Local, Plan, Project, Row
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import DOUBLE, LONG, TEXT, TIME

START, END = "_start_time", "_end_time"
STATE = f"{HIDDEN}state"
RESULTS = ("transactions", "transaction", "states", "flow")


@dataclass(frozen=True)
class StateClause:
    """A state is entered where `text` is the field (`is_pattern`: matches it); `field` None: the message."""

    text: str
    is_pattern: bool
    field: tree.FieldRef | None
    name: str
    span: Span = dataclasses.field(compare=False)


@dataclass(frozen=True)
class TransactionClause:
    ids: tuple[tree.FieldRef, ...]
    fringe_ms: int
    states: tuple[StateClause, ...]
    results: str
    shown: tuple[ShownClause, ...] = ()


@dataclass(frozen=True)
class ShownClause:
    """`sum(bytes) for login as sent`: an aggregate of the rows of a transaction or of one of its states."""

    function: AggregateFunction
    value: tree.Expr | None
    state: tree.FieldRef | None
    name: str
    span: Span = dataclasses.field(compare=False)


def read_clause(reader: Reader) -> TransactionClause:
    reader.expect_word("on")
    ids = reader.fields()
    fringe_ms = reader.period()[0] if reader.option("fringe") else 0
    states: list[StateClause] = []
    while reader.word("with") or (states and reader.punct(",") and (reader.word("with") or True)):
        states += _read_states(reader) if reader.word("states") else [_read_match(reader)]
    if not states:
        hint = 'with "*start*" as started, "*stop*" as stopped, or: with states a, b in field'
        reader.fail("state-expected", "transaction needs states", hints=(hint,))
    results = "transaction"
    if reader.word("results"):
        reader.expect_word("by")
        results = reader.expect_word(*RESULTS).word.replace("transactions", "transaction")
    shown: list[ShownClause] = []
    while results == "transaction" and (reader.word("showing") or (shown and reader.punct(","))):
        shown.append(_read_shown(reader))
    return TransactionClause(ids, fringe_ms, tuple(states), results, tuple(shown))


def _read_shown(reader: Reader) -> ShownClause:
    first = reader.take()
    function = AGGREGATES.get(first.word)
    if function is None or function.params or function.timed:
        message, hint = f"{first.text or 'the end'} cannot be shown of a transaction", "such as sum(bytes)"
        reader.fail("aggregate-unknown", message, first.span, (hint,))
    value = None
    if reader.punct("("):
        if not reader.punct("*") and reader.peek().text != ")":
            value = reader.expr()
        reader.expect_punct(")")
    if value is None and function.arg != "optional":
        message = f"{function.name} needs a field in parentheses"
        reader.fail("argument-count", message, reader.span_from(first), (f"{function.name}(bytes)",))
    state = reader.field() if reader.word("for") else None
    name = reader.field().name if reader.word("as") else function.default
    return ShownClause(function, value, state, name, reader.span_from(first))


def _read_match(reader: Reader) -> StateClause:
    pattern = reader.string()
    field = reader.field() if reader.word("in") else None
    reader.expect_word("as")
    name = reader.field()
    return StateClause(pattern.value, True, field, name.name, name.span)


def _read_states(reader: Reader) -> list[StateClause]:
    """`a, b as c, "d e" in field`."""
    found = [_read_state(reader)]
    while reader.punct(","):
        found.append(_read_state(reader))
    field = reader.field() if reader.word("in") else None
    return [replace(state, field=field) for state in found]


def _read_state(reader: Reader) -> StateClause:
    if reader.peek().kind == "string":
        read = reader.string()
        state, span = read.value, read.span
    else:
        named = reader.field()
        state, span = named.name, named.span
    name = reader.field().name if reader.word("as") else state
    return StateClause(state, False, None, name, span)


def to_plan(clause: TransactionClause, plan: Plan, context: CheckContext) -> Plan:
    refuse_twice(clause.ids)
    refuse_twice(tree.FieldRef(state.name, span=state.span) for state in clause.states)
    if plan.schema.find("_messagetime") is None:
        fail(
            "messages-needed", "transaction needs the time of the messages, _messagetime", clause.ids[0].span
        )
    plan = with_custom_fields(plan, clause.ids)
    ids = [replace(known(plan.schema, one.name, one.span), key=True) for one in clause.ids]
    plan = _with_state(clause.states, plan)
    wanted: list[Expr] = [Ref(STATE, TEXT), *(Ref(one.name, one.type) for one in ids)]
    for value in wanted:
        plan = Filter(plan, applied("not", [applied("isNull", [value])]))
    names = [state.name for state in clause.states]
    if clause.results == "flow":
        return _flow(plan, ids, _Fringe(clause.fringe_ms))
    if clause.results == "states":
        return _within_fringe(_by_states(plan, ids), clause.fringe_ms)
    shown = [_shown(one, names, plan, context) for one in clause.shown]
    made = _by_transactions(plan, ids, names, shown)
    return _within_fringe(made, clause.fringe_ms)


def _with_state(states: Sequence[StateClause], plan: Plan) -> Plan:
    """The state that a row enters, the first that fits, null for none."""
    value: Expr = Lit(None, TEXT)
    for state in reversed(states):
        source = coerced(field_value(state.field, plan.schema), TEXT) if state.field else raw_text(plan)
        fits = applied("matches" if state.is_pattern else "eq", [source, Lit(state.text, TEXT)])
        value = applied("if", [fits, Lit(state.name, TEXT), value])
    return Extend(plan, ((STATE, value),), plan.schema.with_fields([Field(STATE, TEXT)]))


def _times() -> tuple[AggregateCall, AggregateCall]:
    when = Ref("_messagetime", TIME)
    return AggregateCall("min", when, START, TIME), AggregateCall("max", when, END, TIME)


def _shown(clause: ShownClause, states: Sequence[str], plan: Plan, context: CheckContext) -> AggregateCall:
    function = clause.function
    value = checked(clause.value, plan.schema, context) if clause.value else Lit(1, LONG)
    if function.arg == "double" or (function.arg == "number" and not value.type.numeric):
        value = coerced(value, DOUBLE)
    elif function.arg == "text":
        value = coerced(value, TEXT)
    kind = value.type
    if clause.state is not None:
        name = next((one for one in states if one.lower() == clause.state.name.lower()), None)
        if name is None:
            hint = f"there are {', '.join(states)}"
            fail("state-unknown", f"no state is named {clause.state.name}", clause.state.span, hint)
        here = applied("eq", [Ref(STATE, TEXT), Lit(name, TEXT)])
        value = applied("if", [here, value, Lit(None, kind)])
    return AggregateCall(function.name, value, clause.name, function.result(kind))


def _by_transactions(
    plan: Plan, ids: Sequence[Field], states: Sequence[str], shown: Sequence[AggregateCall]
) -> Plan:
    """How often each state was entered, then what else is shown."""
    calls = list(_times())
    for state in states:
        here = applied("eq", [Ref(STATE, TEXT), Lit(state, TEXT)])
        one: Apply = applied("if", [here, Lit(1, LONG), Lit(0, LONG)])
        calls.append(AggregateCall("sum", one, state, LONG))
    return _grouped(plan, list(ids), [*calls, *shown])


def _by_states(plan: Plan, ids: Sequence[Field]) -> Plan:
    """Each state of each transaction: when, and how often."""
    state = Field("state", TEXT, key=True)
    plan = Extend(plan, ((state.name, Ref(STATE, TEXT)),), plan.schema.with_fields([state]))
    return _grouped(plan, [*ids, state], [*_times(), AggregateCall("count", None, "_count", LONG)])


def _grouped(plan: Plan, keys: list[Field], calls: list[AggregateCall]) -> Plan:
    names = [key.name.lower() for key in keys]
    for call in calls:
        if call.name.lower() in names:
            message, hint = f"two fields would be named {call.name}", "give one of them another name with as"
            fail("field-twice", message, None, hint)
        names.append(call.name.lower())
    schema = Schema((*keys, *(Field(call.name, call.type) for call in calls)), aggregate=True)
    return Aggregate(plan, tuple(key.name for key in keys), tuple(calls), schema)


def _within_fringe(plan: Plan, fringe_ms: int) -> Plan:
    """Without transactions that may go on outside the time range."""
    if not fringe_ms:
        return plan
    first = applied("add", [applied("queryStartTime", []), Lit(fringe_ms, LONG)])
    last = applied("sub", [applied("queryEndTime", []), Lit(fringe_ms, LONG)])
    plan = Filter(plan, applied("ge", [Ref(END, TIME), first]))
    return Filter(plan, applied("le", [Ref(START, TIME), last]))


def _flow(plan: Plan, ids: Sequence[Field], fringe: _Fringe) -> Plan:
    read = [*(f.name for f in ids), STATE, "_messagetime", "_messageid"]
    plan = Project(plan, plan.schema.only(read))
    names = tuple(f.name for f in ids)
    states = (Field("fromstate", TEXT), Field("tostate", TEXT), Field("latency", LONG))
    return Local(plan, "transaction", _Flow(names, fringe), Schema((*ids, *states), aggregate=True))


@dataclass(frozen=True)
class _Fringe:
    length_ms: int

    def holds(self, start_ms: int, end_ms: int, run: RunContext) -> bool:
        if not self.length_ms:
            return True
        return end_ms >= run.start_ms + self.length_ms and start_ms <= run.end_ms - self.length_ms


@dataclass(frozen=True)
class _Flow:
    """From each state to the next other one, in the order of time."""

    ids: tuple[str, ...]
    fringe: _Fringe

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        found: dict[tuple[str, ...], list[Row]] = {}
        for row in reversed(rows):  # the newest came first; of one time the earlier number is the earlier one
            key = tuple(any_to_text(row[name]) or "" for name in self.ids)
            found.setdefault(key, []).append(row)
        made: list[Row] = []
        for _, members in in_time(sorted(found.items()), "transaction"):
            members.sort(key=_when)
            if self.fringe.holds(_when(members[0]), _when(members[-1]), run):
                made += self._steps(members)
        return made

    def _steps(self, members: list[Row]) -> list[Row]:
        ids = {name: members[0][name] for name in self.ids}
        return [
            {
                **ids,
                "fromstate": before[STATE],
                "tostate": after[STATE],
                "latency": _when(after) - _when(before),
            }
            for before, after in pairwise(members)
            if before[STATE] != after[STATE]
        ]


def _when(row: Row) -> int:
    return int(row["_messagetime"] or 0)


TRANSACTION = Operator(
    names=("transaction",),
    syntax="transaction on <field>[, ...] [fringe=<length>]"
    ' with "<pattern>" [in <field>] as <state>[, with ...]'
    " or with states <state>[, ...] [in <field>] [results by transactions|states|flow]"
    " [showing <aggregate> [for <state>] [as <name>][, ...]]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="loses", split="gather", live_tail=False),
    help=Help(
        "Follows ids through states that messages tell of.",
        (
            ("field", "the id; rows of the same one are a transaction"),
            ("state", "a row enters the first state whose pattern fits the message, or that the field names"),
            ("fringe", "leaves out transactions that end or begin so near the ends of the time range"),
            ("transactions", "one row an id: when it began and ended, how often it entered each state"),
            ("states", "one row for each state of an id"),
            ("showing", "beside the transactions: aggregates of their rows, or of those of one state"),
            ("flow", "one row for each change of state: fromstate, tostate and latency in milliseconds"),
        ),
        see=("transactionize", "sessionize"),
        example='* | parse "user=*," as id | transaction on id with "*start*" as init, "*stop*" as done',
    ),
)
