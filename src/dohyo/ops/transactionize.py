"""transactionize: rows that belong together because they share a value of one of several fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.budget import in_time
from dohyo.ops.context import CheckContext, fail, known, refuse_fixed, refuse_twice
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.steps import Pipeline, plan_of_steps, read_pipeline
from dohyo.plan.nodes import Each, Given, Local, Plan, Row
from dohyo.plan.schema import NEWEST_FIRST, Field
from dohyo.plan.types import BOOL, LONG

MOST_LOGS = 1_000_000


@dataclass(frozen=True)
class Bounds:
    """What ends a group. `start`, `end`: texts that a message begins or ends one with; `strict`: groups that
    lack it are left out.
    """

    span_ms: int | None = None
    pause_ms: int | None = None
    logs: int | None = None
    start: str | None = None
    end: str | None = None
    strict_start: bool = False
    strict_end: bool = False
    keep_orphans: bool = True


@dataclass(frozen=True)
class TransactionizeClause:
    fields: tuple[tree.FieldRef, ...]
    name: tree.FieldRef
    bounds: Bounds
    inner: Pipeline | None


def read_clause(reader: Reader) -> TransactionizeClause:
    first = reader.peek()
    fields = reader.fields()
    name = reader.field() if reader.word("as") else tree.FieldRef("_group", span=first.span)
    bounds = Bounds()
    while not reader.at_end() and reader.peek().text != "(":
        if not reader.punct(","):
            bounds = _read_bound(reader, bounds)
    inner = None if reader.at_end() else read_pipeline(reader)
    return TransactionizeClause(fields, name, bounds, inner)


def _read_bound(reader: Reader, bounds: Bounds) -> Bounds:
    if reader.option("maxspan"):
        return replace(bounds, span_ms=reader.period()[0])
    if reader.option("maxpause"):
        return replace(bounds, pause_ms=reader.period()[0])
    if reader.option("maxlogs"):
        return replace(bounds, logs=int(reader.integer(1, MOST_LOGS).value))
    if reader.option("startswith"):
        return replace(bounds, start=reader.string().value, strict_start=_read_strict(reader))
    if reader.option("endswith"):
        return replace(bounds, end=reader.string().value, strict_end=_read_strict(reader))
    if reader.option("keeporphans"):
        return replace(bounds, keep_orphans=reader.expect_word("true", "false").word == "true")
    hint = 'maxspan=1h, maxpause=5m, maxlogs=10, startswith="a", endswith="b";strict, keeporphans=true'
    reader.fail("option-unknown", f"transactionize has no option {reader.peek().text}", hints=(hint,))


def _read_strict(reader: Reader) -> bool:
    return bool(reader.punct(";") and reader.expect_word("strict"))


def to_plan(clause: TransactionizeClause, plan: Plan, context: CheckContext) -> Plan:
    refuse_twice(clause.fields)
    refuse_fixed([clause.name], plan.schema)
    bounds = clause.bounds
    needed = {"_raw": bounds.start is not None or bounds.end is not None}
    needed["_messagetime"] = bounds.span_ms is not None or bounds.pause_ms is not None
    for name, is_needed in needed.items():
        if is_needed and plan.schema.find(name) is None:
            fail("messages-needed", f"this option of transactionize needs {name}", clause.fields[0].span)
    plan = with_custom_fields(plan, clause.fields)
    fields = tuple(known(plan.schema, one.name, one.span).name for one in clause.fields)
    group = clause.name.name
    kinds = {"": LONG, "_duration": LONG, "_size": LONG, "_orphaned": BOOL}
    added = [Field(f"{group}{ending}", kind, key=True) for ending, kind in kinds.items()]
    run = Grouping(fields, group, bounds, plan.schema.order == NEWEST_FIRST)
    grouped = Local(plan, "transactionize", run, plan.schema.with_fields(added))
    if clause.inner is None:
        return grouped
    inner_context = replace(context, drops=[], beneath=[])
    inner = plan_of_steps(clause.inner.steps, Given(grouped.schema), inner_context)
    return Each(grouped, group, inner, inner.schema)


@dataclass(frozen=True)
class Grouping:
    """Reference implementation: rows with the number of their group, in the order they came."""

    fields: tuple[str, ...]
    name: str
    bounds: Bounds
    newest_first: bool

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        numbers: dict[int, list[int]] = {}
        for place, root in enumerate(_roots(rows, self.fields)):
            numbers.setdefault(root, []).append(place)
        groups = [
            (places, orphan)
            for members in in_time(numbers.values(), "transactionize")
            for places, orphan in self._groups(rows, members)
        ]
        groups.sort(key=lambda group: min(group[0]))
        marks = {
            place: mark
            for number, (places, orphan) in enumerate(groups, 1)
            for mark in [self._mark(rows, number, places, orphan)]
            for place in places
        }
        return [{**row, **marks[place]} for place, row in enumerate(rows) if place in marks]

    def _groups(self, rows: list[Row], members: list[int]) -> Iterator[tuple[list[int], bool]]:
        """The parts of what belongs together, with whether each is an orphan."""
        if all(_missing(rows[members[0]][name]) for name in self.fields):
            if self.bounds.keep_orphans:
                yield from (([place], True) for place in members)
            return
        ordered = members[::-1] if self.newest_first else list(members)
        ordered.sort(key=lambda place: _when(rows[place]))
        for part in self._parts(rows, ordered):
            starts = self.bounds.start is None or _fits(rows[part[0]], self.bounds.start)
            ends = self.bounds.end is None or _fits(rows[part[-1]], self.bounds.end)
            if (starts or not self.bounds.strict_start) and (ends or not self.bounds.strict_end):
                yield part, False

    def _parts(self, rows: list[Row], ordered: list[int]) -> Iterator[list[int]]:
        """Cut where a bound is met."""
        part: list[int] = []
        for place in ordered:
            if part and self._is_over(rows, part, place):
                yield part
                part = []
            part.append(place)
        if part:
            yield part

    def _is_over(self, rows: list[Row], part: Sequence[int], place: int) -> bool:
        bounds, time = self.bounds, _when(rows[place])
        return (
            (bounds.span_ms is not None and time - _when(rows[part[0]]) > bounds.span_ms)
            or (bounds.pause_ms is not None and time - _when(rows[part[-1]]) > bounds.pause_ms)
            or (bounds.logs is not None and len(part) >= bounds.logs)
            or (bounds.start is not None and _fits(rows[place], bounds.start))
            or (bounds.end is not None and _fits(rows[part[-1]], bounds.end))
        )

    def _mark(self, rows: list[Row], number: int, places: Sequence[int], orphan: bool) -> Row:
        times = [_when(rows[place]) for place in places]
        values = (number, max(times) - min(times), len(places), orphan)
        endings = ("", "_duration", "_size", "_orphaned")
        return {f"{self.name}{ending}": value for ending, value in zip(endings, values, strict=True)}


def _roots(rows: list[Row], fields: Sequence[str]) -> list[int]:
    """For each row the first row that it belongs together with, directly or by others (union-find)."""
    parents = list(range(len(rows)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    seen: dict[tuple[str, object], int] = {}
    for place, row in enumerate(in_time(rows, "transactionize")):
        for name in fields:
            if not _missing(value := row[name]):
                one, other = root(seen.setdefault((name, value), place)), root(place)
                parents[max(one, other)] = min(one, other)
    return [root(place) for place in range(len(rows))]


def _missing(value: object) -> bool:
    return value is None or value == ""


def _when(row: Row) -> int:
    return int(row.get("_messagetime") or 0)


def _fits(row: Row, text: str) -> bool:
    """Whether the message has the text, in which `*` stands for any."""
    message, at = str(row["_raw"] or ""), 0
    for part in text.split("*"):
        found = message.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


TRANSACTIONIZE = Operator(
    names=("transactionize",),
    syntax="transactionize <field>[, ...] [as <name>] [maxspan=<length>] [maxpause=<length>]"
    ' [maxlogs=<number>] [startswith="<text>"[;strict]] [endswith="<text>"[;strict]]'
    " [keeporphans=true|false] [(<operators>)]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Puts rows into one group that share a value of one of the fields, directly or by other rows. Adds"
        " _group, _group_duration in milliseconds, _group_size and _group_orphaned.",
        (
            ("field", "rows without a value in any of them are orphans, each a group of its own"),
            ("maxspan", "a group lasts no longer; maxpause: its messages lie no farther apart"),
            ("maxlogs", "a group has no more messages"),
            ("startswith", "a message with this text begins a group; endswith: it ends one"),
            ("strict", "groups that do not begin or end so are left out"),
            ("keeporphans", "false leaves orphans out"),
            ("operators", "run for each group on its own, such as merge"),
        ),
        see=("merge", "transaction", "join"),
        example='* | parse "id=*;" as id nodrop | transactionize id (merge id takeFirst, _raw)',
    ),
)
