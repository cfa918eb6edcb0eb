"""Runs a plan node by node over lists of rows.

Rows come in one order: messages newest first; records by their keys, ascending, nulls last; a sort keeps the
order before it between rows that are equal in its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.linear import first_groups
from dohyo.functions.looking_around import groups_in_time
from dohyo.functions.regex import all_matches, compiled
from dohyo.functions.table import RunContext
from dohyo.ops.aggregates import AGGREGATES
from dohyo.ops.subquery import range_of, resolved
from dohyo.oracle.compared import compared_rows
from dohyo.oracle.values import grouped, ordered, value_of
from dohyo.oracle.windows import window_values
from dohyo.plan import nodes
from dohyo.plan.expr import Apply, Expr, Lit, Ref, Scalar
from dohyo.plan.hot import HotField
from dohyo.plan.nodes import Plan, Row
from dohyo.plan.places import places_of
from dohyo.plan.schema import NEWEST_FIRST, Schema, SortKey
from dohyo.plan.scope import scope_matches
from dohyo.plan.types import TEXT

CUSTOM_FIELDS = "_fields"
MOST_COMBINATIONS = 1_000_000
"""Most rows of a join that is not left to the engine."""
Message = Mapping[str, Any]
Key = tuple[Scalar, ...]


class LookupAnswers(Protocol):
    """What a lookup needs: values of `columns` for keys of the columns `on`; unknown keys are left out."""

    def answers(
        self, source: str, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]
    ) -> Mapping[Key, Sequence[Scalar]]: ...


def run_plan(
    plan: Plan, messages: Sequence[Message], run: RunContext, lookups: LookupAnswers | None = None
) -> list[Row]:
    """The rows of the plan by their fields' names, in order.

    `messages` feed the scans: keyed by lower-case field names, with custom fields by lower-case names in
    `_fields`. ProblemError where an operator refuses the rows.
    """
    plan = resolved(plan, lambda query: run_plan(query.plan, messages, range_of(query, run), lookups), run)
    hidden = _hidden(plan)
    rows = _Interpreter(messages, run, lookups).rows(plan)
    return [{name: row[name] for name in row if name not in hidden} for row in rows] if hidden else rows


def _hidden(plan: Plan) -> frozenset[str]:
    """Names of what messages carry beside the fields of the plan."""
    leaf = nodes.chain(plan)[0]
    return _carried(plan) - set(plan.schema.names()) if isinstance(leaf, nodes.Scan) else frozenset()


def _carried(plan: Plan) -> frozenset[str]:
    """Names that rows carry although no schema has them: custom fields, stored extractions."""
    leaf = nodes.chain(plan)[0]
    if isinstance(leaf, nodes.Scan):
        return frozenset([CUSTOM_FIELDS, *(one.field for one in leaf.hot)])
    return leaf.beside if isinstance(leaf, nodes.Rows) else frozenset()


@dataclass(frozen=True)
class _Interpreter:
    messages: Sequence[Message]
    run: RunContext
    lookups: LookupAnswers | None

    def rows(self, plan: Plan) -> list[Row]:
        rows: list[Row] = []
        for node in nodes.chain(plan):
            with places_of(node):
                rows = _NODES[type(node)](self, node, rows)
        return rows

    def over(self, plan: Plan, rows: list[Row], schema: Schema) -> list[Row]:
        """Rows of a plan inside a node, that stands on these."""
        return self.rows(nodes.placed(plan, nodes.Rows(schema, rows)))


def _scan(here: _Interpreter, node: nodes.Scan, rows: list[Row]) -> list[Row]:
    start_ms, end_ms = here.run.start_ms, here.run.end_ms
    time = "_receipttime" if here.run.by_receipt else "_messagetime"
    found = [
        _message_row(here, node, message)
        for message in here.messages
        if start_ms <= message[time] < end_ms and scope_matches(node.scope, message)
    ]
    return _sorted(found, NEWEST_FIRST)


def _message_row(here: _Interpreter, node: nodes.Scan, message: Message) -> Row:
    given = {f.name: "" for f in node.schema if f.type == TEXT} | dict(message)
    given.setdefault("_receipttime", given["_messagetime"])
    given["_size"] = len(given["_raw"].encode())
    hot = {one.field: value_of(_extraction(one), here.run)(given) for one in node.hot}
    row = {name: given[name] for name in (*node.schema.names(), *(key.name for key in NEWEST_FIRST))}
    return row | {CUSTOM_FIELDS: given.get(CUSTOM_FIELDS, {})} | hot


def _extraction(hot: HotField) -> Expr:
    """What a stored extraction stands for."""
    source = Apply("json_text", (Ref("_raw", TEXT),), TEXT)
    return Apply("json_value", (source, Lit(hot.path, TEXT)), TEXT)


def _given_rows(here: _Interpreter, node: nodes.Rows, rows: list[Row]) -> list[Row]:
    return [dict(row) for row in node.rows]


def _extend(here: _Interpreter, node: nodes.Extend, rows: list[Row]) -> list[Row]:
    made = {name: value_of(value, here.run) for name, value in node.values}
    return [_fitted(node, row, {name: value(row) for name, value in made.items()}) for row in rows]


def _fitted(node: Any, row: Row, made: Row) -> Row:
    """The row with new values, named and ordered by the node's schema; what no schema knows stays."""
    spelled = {f.name.lower(): f.name for f in node.input.schema}
    fields = {f.name: made[f.name] if f.name in made else row[spelled[f.name.lower()]] for f in node.schema}
    return fields | {name: row[name] for name in row if name.lower() not in spelled}


def _filter(here: _Interpreter, node: nodes.Filter, rows: list[Row]) -> list[Row]:
    condition = value_of(node.condition, here.run)
    return [row for row in rows if condition(row)]


def _project(here: _Interpreter, node: nodes.Project, rows: list[Row]) -> list[Row]:
    kept = {name for name in node.schema.names()}
    fitted = (_fitted(node, row, {}) for row in rows)
    kept |= _carried(node)
    return [{name: row[name] for name in row if name in kept} for row in fitted]


def _capture(here: _Interpreter, node: nodes.Capture, rows: list[Row]) -> list[Row]:
    source = value_of(node.source, here.run)
    texts = [None if (text := source(row)) is None else str(text) for row in rows]
    found: list[Row] = []
    for row, matches in zip(rows, _matches(here, node, texts), strict=True):
        for groups in matches:
            found.append(_captured(node, row, dict(zip(node.names, groups, strict=True)), True))
        if not matches and node.keep:
            found.append(_captured(node, row, _unmatched(node, row), False))
    return found


def _matches(
    here: _Interpreter, node: nodes.Capture, texts: Sequence[str | None]
) -> Iterable[Sequence[Sequence[str]]]:
    """Of each text the groups of its matches, the first one alone unless `many`."""
    if here.run.bounded and node.many:
        return groups_in_time(node.pattern, texts)
    if here.run.bounded:
        return ([] if one is None else [one] for one in first_groups(node.pattern, texts))
    pattern = compiled(node.pattern)
    matches = ([] if text is None else [m.groups("") for m in all_matches(pattern, text)] for text in texts)
    return matches if node.many else (one[:1] for one in matches)


def _unmatched(node: nodes.Capture, row: Row) -> Row:
    """A field of text that is there already stays as it is."""
    before = {name: node.input.schema.find(name) for name in node.names}
    return {name: row[f.name] if f and f.type == TEXT else None for name, f in before.items()}


def _captured(node: nodes.Capture, row: Row, groups: Row, is_match: bool) -> Row:
    spelled = {name.lower(): value for name, value in groups.items()}
    made = {f.name: spelled[f.name.lower()] for f in node.schema if f.name.lower() in spelled}
    return _fitted(node, row, made | ({node.matched: is_match} if node.matched else {}))


def _aggregate(here: _Interpreter, node: nodes.Aggregate, rows: list[Row]) -> list[Row]:
    args = [value_of(one.arg, here.run) if one.arg else None for one in node.calls]
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(grouped(row[key]) for key in node.keys), []).append(row)
    records = []
    for members in groups.values():
        record = {key: members[0][key] for key in node.keys}
        for one, arg in zip(node.calls, args, strict=True):
            record[one.name] = len(members) if arg is None else _called(one, [arg(row) for row in members])
        records.append(record)
    return _sorted(records, [SortKey(key, True) for key in node.keys])


def _called(one: nodes.AggregateCall, values: list[Scalar]) -> Scalar:
    function = AGGREGATES[one.function]
    known = [value for value in values if value is not None]
    return function.rows(known, one.params) if known else 0 if function.counts else None


def _sort(here: _Interpreter, node: nodes.Sort, rows: list[Row]) -> list[Row]:
    return _sorted(rows, node.keys)


def _sorted(rows: list[Row], keys: Sequence[SortKey]) -> list[Row]:
    """Sorted by each key alone, the last one first: every sort keeps the order before it."""
    for key in reversed(keys):
        rows = sorted(rows, key=_by(key), reverse=not key.ascending)
    return rows


def _by(key: SortKey) -> Callable[[Row], Any]:
    return lambda row: ordered(row.get(key.name), key.ascending)


def _limit(here: _Interpreter, node: nodes.Limit, rows: list[Row]) -> list[Row]:
    seen: dict[Key, int] = {}
    found = []
    for row in rows:
        group = tuple(grouped(row[name]) for name in node.by)
        seen[group] = rank = seen.get(group, 0) + 1
        if rank <= node.count:
            found.append(_fitted(node, row, {node.rank: rank}) if node.rank else row)
    return found


def _window(here: _Interpreter, node: nodes.Window, rows: list[Row]) -> list[Row]:
    arg = value_of(node.arg, here.run)
    series: dict[Key, list[int]] = {}
    for place, row in enumerate(rows):
        series.setdefault(tuple(grouped(row[name]) for name in node.by), []).append(place)
    made: dict[int, Scalar] = {}
    for places in series.values():
        for key in reversed(node.keys):
            by = _by(key)
            places.sort(key=lambda place, by=by: by(rows[place]), reverse=not key.ascending)  # type: ignore[misc]
        values = [arg(rows[place]) for place in places]
        made.update(zip(places, window_values(node.function, values, node.first, node.last), strict=True))
    return [_fitted(node, row, {node.name: made[place]}) for place, row in enumerate(rows)]


def _matching(here: _Interpreter, node: nodes.Matching, rows: list[Row]) -> list[Row]:
    inner = here.over(node.inner, rows, node.input.schema)
    found = {tuple(grouped(row.get(name)) for name in node.fields) for row in inner}
    return [row for row in rows if tuple(grouped(row[name]) for name in node.fields) in found]


def _local(here: _Interpreter, node: nodes.Local, rows: list[Row]) -> list[Row]:
    if node.other is None:
        return node.run(rows, here.run)
    earlier = replace(here, run=node.other_run(here.run))
    return node.run(rows, here.run, earlier.rows(node.other))


def _compare(here: _Interpreter, node: nodes.Compare, rows: list[Row]) -> list[Row]:
    offsets = {offset for shift in node.shifts for offset in shift.offsets_ms}
    earlier = {one: replace(here, run=here.run.earlier(one)).rows(node.input) for one in offsets}
    return compared_rows(node, rows, {one: earlier[one] for one in sorted(offsets)})


def _lookup(here: _Interpreter, node: nodes.Lookup, rows: list[Row]) -> list[Row]:
    assert here.lookups is not None, "a plan with a lookup needs its sources"
    keys = [tuple(row[name] for name, _ in node.on) for row in rows]
    on, columns = [column for _, column in node.on], [column for column, _ in node.columns]
    answers = here.lookups.answers(node.source, on, dict.fromkeys(keys), columns)
    nothing = [None] * len(columns)
    names = [name for _, name in node.columns]
    return [
        _fitted(node, row, dict(zip(names, answers.get(key, nothing), strict=True)))
        for row, key in zip(rows, keys, strict=True)
    ]


def _join(here: _Interpreter, node: nodes.Join, rows: list[Row]) -> list[Row]:
    """Table by table: to each combination so far the rows of the next one that agree with it."""
    combinations: list[list[Row]] = [[]]
    for number, table in enumerate(node.tables):
        keys = [key for key in node.keys if key.table == number]
        members: dict[Key, list[Row]] = {}
        for row in here.over(table.plan, rows, node.input.schema):
            members.setdefault(tuple(row[key.field] for key in keys), []).append(row)
        members = {key: found for key, found in members.items() if None not in key}
        longer = (
            [*combination, row]
            for combination in combinations
            for row in members.get(tuple(combination[key.other][key.other_field] for key in keys), ())
        )
        combinations = list(islice(longer, MOST_COMBINATIONS + 1))
        if len(combinations) > MOST_COMBINATIONS:
            message = f"a join would give more than {MOST_COMBINATIONS:,} rows"
            raise ProblemError([Problem("too-many-rows", message, hints=("compare more fields after on",))])
    origins = [(f.name, table, name) for f, (table, name) in zip(node.schema, node.fields, strict=True)]
    return [
        {field: combination[table][name] for field, table, name in origins}
        for combination in combinations
        if _is_within(node.window_ms, combination)
    ]


def _is_within(window_ms: int | None, combination: Sequence[Row]) -> bool:
    if window_ms is None:
        return True
    times: list[Any] = [row["_messagetime"] for row in combination]
    return max(times) - min(times) <= window_ms


def _each(here: _Interpreter, node: nodes.Each, rows: list[Row]) -> list[Row]:
    groups: dict[Scalar, list[Row]] = {}
    for row in rows:
        groups.setdefault(grouped(row[node.by]), []).append(row)
    return [row for members in groups.values() for row in here.over(node.plan, members, node.input.schema)]


_NODES: dict[type, Callable[[_Interpreter, Any, list[Row]], list[Row]]] = {
    nodes.Scan: _scan,
    nodes.Rows: _given_rows,
    nodes.Extend: _extend,
    nodes.Filter: _filter,
    nodes.Project: _project,
    nodes.Capture: _capture,
    nodes.Aggregate: _aggregate,
    nodes.Sort: _sort,
    nodes.Limit: _limit,
    nodes.Window: _window,
    nodes.Matching: _matching,
    nodes.Local: _local,
    nodes.Compare: _compare,
    nodes.Lookup: _lookup,
    nodes.Join: _join,
    nodes.Each: _each,
}
