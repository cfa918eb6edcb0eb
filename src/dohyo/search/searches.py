"""One place that knows how to answer a query text: compile it, run it, count its messages over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dohyo.base.problem import Problem, ProblemError
from dohyo.compile import CompileContext, Compiled, compile_query, readable
from dohyo.functions.table import RunContext
from dohyo.lang.macros import Macro
from dohyo.ops.message_fields import message_field
from dohyo.plan import nodes
from dohyo.plan.expr import Apply, Expr, Lit, Ref
from dohyo.plan.nodes import AggregateCall, LookupTable, Plan, chain
from dohyo.plan.schema import Field, Schema
from dohyo.plan.scope import AUDIT_INDEXES, fields_asked, indexes_named, without_indexes
from dohyo.plan.types import BOOL, LONG, TIME
from dohyo.search.limits import Limits
from dohyo.search.lookups import Lookups
from dohyo.search.result import Bucket, Result
from dohyo.search.run import Engine, Runner, run_query
from dohyo.sql.query import SQL_NODES

_MESSAGE_NODES = (nodes.Scan, nodes.Extend, nodes.Filter, nodes.Project, nodes.Capture)
_SECOND = 1000
_WIDTHS = [
    w * _SECOND
    for w in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
]
MOST_BUCKETS = 120
MOST_PARTS = 7
FIRST_MESSAGES = 200
MANY_MESSAGES = 20_000
MANY_GROUPED = 500_000
FIRST_PART = 10
"""The newest tenth of the messages of a long search is grouped before all are."""
MOST_COUNTED = 100_000
OTHER, NONE = "Other", "none"


def _without(plan: Plan, unusual: Iterable[str], closed: Iterable[str]) -> Plan:
    """The plan with scopes that leave these partitions out."""

    def narrowed(node: Plan) -> Plan:
        if isinstance(node, nodes.Scan):
            if refused := next((name for name in indexes_named(node.scope) if name.lower() in closed), None):
                message, hint = (
                    f"{refused} may not be read by you",
                    "it needs the capability searchAuditIndex",
                )
                raise ProblemError([Problem("index-closed", message, hints=(hint,))])
            return replace(node, scope=without_indexes(node.scope, unusual, closed))
        if isinstance(node, nodes.Subqueries):
            return replace(
                node,
                queries=tuple(replace(q, plan=_without(q.plan, unusual, closed)) for q in node.queries),
            )
        return node

    return nodes.rewritten(plan, narrowed)


@dataclass
class Searches:
    """Answers queries over one store. Safe for threads. `tables` gives lookup tables by their `path://`
    address; `indexed`: the engine's messages have the text index; `unusual` gives names of partitions that
    only a query which names some reads; `macros` the macros by name.
    """

    engine: Engine
    tables: Callable[[str], LookupTable | None] = lambda path: None
    limits: Limits = field(default_factory=Limits)
    lookups: Lookups | None = None
    indexed: bool = True
    unusual: Callable[[], Iterable[str]] = tuple
    macros: Callable[[], Mapping[str, Macro]] = dict

    def __post_init__(self) -> None:
        self.lookups = self.lookups or Lookups(tables=self.tables)

    def readable(self, text: str) -> None:
        """ProblemError where the text is no query."""
        readable(text, self.macros())

    def compiled(self, text: str, run: RunContext) -> Compiled:
        """The query's plan. ProblemError with places in `text` where it is wrong."""
        known = CompileContext(run, self.engine.hot_fields(), self.tables, self.macros(), self.indexed)
        compiled, unusual = compile_query(text, known), frozenset(self.unusual())
        closed = frozenset() if run.audited else AUDIT_INDEXES
        return replace(compiled, plan=_without(compiled.plan, unusual, closed))

    def result(
        self,
        compiled: Compiled,
        run: RunContext,
        query_id: str | None = None,
        *,
        most_messages: int | None = None,
    ) -> Result:
        """Rows of the query, cut at the limits."""
        limits = replace(self.limits, messages=most_messages) if most_messages else self.limits
        return run_query(compiled, self.engine, run, limits, self.lookups, query_id)

    def meant(self, compiled: Compiled) -> list[str]:
        """What a query that found nothing may have meant by `name=value` in its scope."""
        first = chain(compiled.plan)[0]
        asked = next(fields_asked(first.scope), None) if isinstance(first, nodes.Scan) else None
        if asked is None:
            return []
        name, value = asked.field, asked.value
        return [
            f"{name}={value} before the first | asks for a field that came with the messages, or for these "
            f'words; a key of JSON is asked for after it: | json "{name}" | where {name} = "{value}"'
        ]

    def newest_insert(self) -> int:
        """A number that changes with every insert."""
        return self.engine.newest_insert()

    def messages(self, compiled: Compiled, run: RunContext, query_id: str | None = None) -> Result:
        """The messages that a query with grouping groups, newest first; none of a lookup table."""
        if not isinstance(chain(compiled.plan)[0], nodes.Scan):
            return Result((), (), (), False, message_count=0)
        plan = message_plan(compiled.plan)
        return run_query(
            replace(compiled, plan=plan, schema=plan.schema, is_aggregate=False, warnings=()),
            self.engine, run, self.limits, self.lookups, query_id,
        )  # fmt: skip

    def histogram(self, compiled: Compiled, run: RunContext, query_id: str | None = None) -> list[Bucket]:
        """Messages over time, newest bucket first, empty buckets too; the oldest may be shorter than the
        others.
        """
        counts = {age: count for age, count in self._counted_by_age(compiled, run, (), query_id)}
        width = bucket_width(run.end_ms - run.start_ms)
        return [
            Bucket(
                start := max(run.start_ms, run.end_ms - age - width),
                run.end_ms - age - start,
                counts.get(age, 0),
            )
            for age in _ages(compiled, run)
        ]

    def first_messages(
        self, compiled: Compiled, run: RunContext, buckets: Sequence[Bucket], query_id: str | None = None
    ) -> Result | None:
        """The newest messages of a long search, which are there long before all are; `buckets` newest first.

        None where the search is short, or where its operators have to see everything first.
        """
        plain = all(isinstance(node, _MESSAGE_NODES) for node in chain(compiled.plan))
        if not plain or run.by_receipt or sum(bucket.count for bucket in buckets) < MANY_MESSAGES:
            return None
        seen = 0
        for bucket in buckets:
            seen += bucket.count
            if seen >= FIRST_MESSAGES:
                break
        since = Apply("ge", (Ref("_messagetime", TIME), Lit(bucket.start_ms, TIME)), BOOL)
        plan = nodes.rewritten(
            compiled.plan, lambda node: nodes.Filter(node, since) if isinstance(node, nodes.Scan) else node
        )
        return self.result(replace(compiled, plan=plan, warnings=()), run, query_id)

    def first_records(
        self, compiled: Compiled, run: RunContext, buckets: Sequence[Bucket], query_id: str | None = None
    ) -> tuple[Result, int] | None:
        """The records of the newest messages of a long search, and since when these are; `buckets` newest
        first. None where the search is short, or where its operators do more than one statement says.
        """
        total = sum(bucket.count for bucket in buckets)
        steps = chain(compiled.plan)
        plain = isinstance(steps[0], nodes.Scan) and all(isinstance(one, SQL_NODES) for one in steps[1:])
        if not plain or total < MANY_GROUPED:
            return None
        seen, start_ms = 0, run.end_ms
        for bucket in buckets:
            seen, start_ms = seen + bucket.count, bucket.start_ms
            if seen * FIRST_PART >= total:
                break
        if seen * 2 > total:  # it would take as long as all
            return None
        return self.result(compiled, replace(run, start_ms=start_ms), query_id), start_ms

    def histogram_by(self, compiled: Compiled, run: RunContext, name: str) -> dict[str, list[int]]:
        """Messages over time for each value of a field, the commonest value first, those beyond `MOST_PARTS`
        together under OTHER, those without one under NONE; one count for each bucket of `histogram`.
        """
        schema = message_plan(compiled.plan).schema
        known = schema.find(name)
        value = Ref(known.name, known.type) if known else message_field(name, schema)
        key = Field("_part", value.type, key=True)
        ages = {age: place for place, age in enumerate(_ages(compiled, run))}
        parts: dict[str, list[int]] = {}
        for age, part, count in self._counted_by_age(compiled, run, ((key, value),)):
            parts.setdefault(NONE if part in (None, "") else str(part), [0] * len(ages))[ages[age]] += count
        ordered = sorted(parts.items(), key=lambda part: (part[0] == NONE, -sum(part[1]), part[0]))
        rest = [counts for _, counts in ordered[MOST_PARTS:]]
        shown = dict(ordered[:MOST_PARTS])
        return shown | {OTHER: [sum(counts) for counts in zip(*rest, strict=True)]} if rest else shown

    def _counted_by_age(
        self,
        compiled: Compiled,
        run: RunContext,
        keys: tuple[tuple[Field, Expr], ...],
        query_id: str | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Beginning of a bucket as its age, values of the keys, number of messages."""
        if not _ages(compiled, run):
            return
        width = bucket_width(run.end_ms - run.start_ms)
        slot = Apply("slice_start", (_age(run), Lit(width, LONG), Lit(0, LONG)), TIME)
        plan = message_plan(compiled.plan)
        made = (Field("_age", TIME, key=True), *(field for field, _ in keys))
        values = (("_age", slot), *((field.name, value) for field, value in keys))
        counted = nodes.Aggregate(
            nodes.Extend(plan, values, plan.schema.with_fields(made)),
            tuple(field.name for field in made),
            (AggregateCall("count", None, "_count", LONG),),
            Schema((*made, Field("_count", LONG)), aggregate=True),
        )
        runner = Runner(self.engine, run, self.limits, self.lookups or Lookups(), query_id)
        for age, *parts, count in runner.result(counted, MOST_COUNTED)[1]:
            if age is not None and count is not None:
                yield (int(age), *parts, int(count))  # type: ignore[call-overload]

    def cancel(self, query_id: str) -> None:
        """Stop the statement of this id, if it runs."""
        self.engine.cancel(query_id)


def _ages(compiled: Compiled, run: RunContext) -> range:
    """How long before the end of the range its buckets end; none for rows of a lookup table, which are no
    messages.
    """
    length = run.end_ms - run.start_ms
    if length <= 0 or not isinstance(chain(compiled.plan)[0], nodes.Scan):
        return range(0)
    return range(0, length, bucket_width(length))


def _age(run: RunContext) -> Apply:
    """How long before the last millisecond of the range a message was, or was received."""
    time = "_receipttime" if run.by_receipt else "_messagetime"
    return Apply("sub", (Lit(run.end_ms - 1, LONG), Ref(time, TIME)), LONG)


def bucket_width(length_ms: int) -> int:
    """Width of a histogram bucket: the smallest round one that gives at most 120 buckets."""
    return next(
        (width for width in _WIDTHS if length_ms <= width * MOST_BUCKETS), -(-length_ms // MOST_BUCKETS)
    )


def message_plan(plan: Plan) -> Plan:
    """The part of a plan that still gives messages: up to the first grouping, limit or local operator, with
    the time of the message in its fields.
    """
    found: Plan | None = None
    for node in chain(plan):
        if not isinstance(node, _MESSAGE_NODES) or node.schema.find("_messagetime") is None:
            break
        found = node
    assert found is not None, "a plan begins with messages"
    return found
