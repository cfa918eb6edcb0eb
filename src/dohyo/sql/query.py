"""Plan nodes as nested selects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext
from dohyo.ops.aggregates import AGGREGATES
from dohyo.plan import nodes
from dohyo.plan.nodes import Plan
from dohyo.plan.schema import NEWEST_FIRST
from dohyo.plan.scope import scope_sql
from dohyo.plan.sqltree import Sql, alias, call, column, fn1, null, plain, select, text, within
from dohyo.plan.types import BOOL, TEXT
from dohyo.sql.expressions import INPUT, column_name, expr_to_sql, field_sql
from dohyo.sql.joins import joined, looked_up
from dohyo.sql.json_values import values_over
from dohyo.sql.needed import CUSTOM_FIELDS, needed_only
from dohyo.sql.relation import Relation, order_names, passed
from dohyo.sql.windows import windowed

EVENTS = "events"
_TIMES = ("_messagetime", "_receipttime")
_STORED = {CUSTOM_FIELDS: "fields", "_size": "_raw"}
"""Columns of the table that fields are made from, where the names differ."""
_MATCHES, _MATCH, _PLACE, _RANK = "$matches", "$match", "$place", "$rank"


def plan_to_sql(plan: Plan, run: RunContext) -> exp.Select:
    """The whole query: the plan's fields in order, named by `column_name`; rows in their order."""
    relation = _relation(needed_only(plan), run)
    shown = [passed(column_name(f.name)) for f in plan.schema]
    return relation.bare(shown, order=relation.ordering())


def _relation(plan: Plan, run: RunContext) -> Relation:
    return _PRINTERS[type(plan)](plan, run)


def _scan(plan: nodes.Scan, run: RunContext) -> Relation:
    """Messages of the scope and the range; below it stands the table alone, so that its index serves."""
    hot = {one.field.lower(): one for one in plan.hot}
    names = [f.name for f in plan.schema if f.name.lower() not in hot]
    stored = dict.fromkeys([*(_STORED.get(name, name) for name in names), *(k.name for k in NEWEST_FIRST)])
    taken = [
        alias(call("tupleElement", column(one.column), text(one.name)), column_name(name))
        for name, one in hot.items()
    ]
    from_ms, to_ms = run.start_ms, run.end_ms
    conditions: list[Sql] = [
        exp.GTE(this=column("_messagetime"), expression=_moment(from_ms)),
        exp.LT(this=column("_messagetime"), expression=_moment(to_ms)),
        scope_sql(plan.scope),
    ]
    table = select([*map(column, stored), *taken], exp.to_table(EVENTS), where=conditions)
    shown = [
        passed(column_name(f.name)) if f.name.lower() in hot else alias(_scanned(f.name), column_name(f.name))
        for f in plan.schema
    ]
    order = order_names(0, len(NEWEST_FIRST))
    ordered = [alias(_scanned(key.name), name) for key, name in zip(NEWEST_FIRST, order, strict=True)]
    directions = tuple((name, key.ascending) for key, name in zip(NEWEST_FIRST, order, strict=True))
    return Relation(select([*shown, *ordered], within(table, INPUT)), plan.schema, directions)


def _moment(at_ms: int) -> Sql:
    return call("fromUnixTimestamp64Milli", call("toInt64", text(str(at_ms))), text("UTC"))


def _scanned(name: str) -> Sql:
    """A message field as the value model has it."""
    if name in _TIMES:
        return call("toUnixTimestamp64Milli", column(name, INPUT))
    if name == "_messageid":
        return call("toInt64", column(name, INPUT))
    if name == "_size":
        return call("toInt64", call("length", column("_raw", INPUT)))
    return column(_STORED.get(name, name), INPUT)


def _extend(plan: nodes.Extend, run: RunContext) -> Relation:
    source, made = values_over(_relation(plan.input, run), dict(plan.values), run)
    fields = [made[f.name] if f.name in made else _kept(f.name, source) for f in plan.schema]
    return Relation(source.over(fields), plan.schema, source.order)


def _kept(name: str, source: Relation) -> Sql:
    """A field of the input, maybe under another spelling."""
    found = source.schema.find(name)
    assert found is not None, name
    return alias(field_sql(found.name), column_name(name))


def _filter(plan: nodes.Filter, run: RunContext) -> Relation:
    source = _relation(plan.input, run)
    kept = source.over(source.columns(), where=[expr_to_sql(plan.condition, run)])
    return Relation(kept, plan.schema, source.order)


def _project(plan: nodes.Project, run: RunContext) -> Relation:
    source = _relation(plan.input, run)
    fields = [_kept(name, source) for name in plan.schema.names()]
    return Relation(source.over(fields), plan.schema, source.order)


def _capture(plan: nodes.Capture, run: RunContext) -> Relation:
    source = _relation(plan.input, run)
    return _every_match(plan, source, run) if plan.many else _first_match(plan, source, run)


def _searched(plan: nodes.Capture, run: RunContext) -> tuple[Sql, Sql, Sql]:
    """Text and pattern as the engine's functions take them, and whether there is a text."""
    source = expr_to_sql(plan.source, run)
    return call("ifNull", source, text("")), text("(?-s)" + plan.pattern), call("isNotNull", source)


def _first_match(plan: nodes.Capture, source: Relation, run: RunContext) -> Relation:
    searched, pattern, there = _searched(plan, run)
    is_match = call("and", there, call("match", searched, pattern))
    found = [
        alias(call("extractGroups", searched, pattern), _MATCHES),
        alias(is_match, _PLACE),
    ]
    inner = Relation(source.over([*source.columns(), *found]), source.schema, source.order)
    fields = _captured(plan, source, column(_MATCHES, INPUT), column(_PLACE, INPUT))
    captured = inner.over(fields, where=() if plan.keep else [column(_PLACE, INPUT)])
    return Relation(captured, plan.schema, source.order)


def _every_match(plan: nodes.Capture, source: Relation, run: RunContext) -> Relation:
    """All matches as an array of arrays of groups, then a row for each."""
    searched, pattern, there = _searched(plan, run)
    found = call("extractAllGroupsVertical", searched, pattern)
    if (
        len(plan.names) == 1 and (body := whole_match(plan.pattern)) is not None
    ):  # matches without groups are found twice as fast
        whole = call("extractAll", searched, text("(?-s)" + body))
        found = call("arrayMap", fn1(lambda match: call("array", match)), whole)
    is_there = exp.Lambda(this=there, expressions=[exp.to_identifier("one")])
    matches = alias(call("arrayFilter", is_there, found), _MATCHES)
    with_matches = Relation(source.over([*source.columns(), matches]), source.schema, source.order)
    match = alias(call("arrayJoin", _numbered_matches(plan)), _MATCH)
    rows = Relation(with_matches.over([*source.columns(), match]), source.schema, source.order)
    place, groups = (call("tupleElement", column(_MATCH, INPUT), plain(i)) for i in (1, 2))
    fields = _captured(plan, source, groups, call("greater", place, plain(0)))
    counted = order_names(len(source.order), 1)[0]
    captured = rows.over([*fields, alias(place, counted)])
    return Relation(captured, plan.schema, (*source.order, (counted, True)))


def _numbered_matches(plan: nodes.Capture) -> Sql:
    """Matches with their numbers, from 1; one without groups, numbered 0, where none is and the row stays."""
    matches = column(_MATCHES, INPUT)
    numbered = call("arrayZip", call("arrayEnumerate", matches), matches)
    if not plan.keep:
        return numbered
    nothing = call("array", call("tuple", call("toUInt32", plain(0)), call("emptyArrayString")))
    return call("if", call("empty", matches), nothing, numbered)


def whole_match(pattern: str) -> str | None:
    r"""The inside of a pattern that is one group and nothing else, where the group is the whole match.

    >>> whole_match(r"(a(?:b|\))+)"), whole_match("(a)(?:b)")
    ('a(?:b|\\))+', None)
    """
    depth, at, in_class = 0, 0, False
    if not pattern.startswith("(") or pattern.startswith("(?"):
        return None
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            at += pattern[at + 1 : at + 2] == "]"
        else:
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0 and at < len(pattern) - 1:
                return None
        at += 1
    return pattern[1:-1]


def _captured(plan: nodes.Capture, source: Relation, groups: Sql, is_match: Sql) -> list[Sql]:
    """The plan's fields: groups where there is a match, else what the field was before."""
    places = {name.lower(): i for i, name in enumerate(plan.names, 1)}

    def field(name: str) -> Sql:
        if name == plan.matched:
            return alias(call("CAST", is_match, text("Nullable(Bool)")), column_name(name))
        place = places.get(name.lower())
        if place is None:
            return _kept(name, source)
        before = source.schema.find(name)
        otherwise = null() if before is None or before.type != TEXT else field_sql(before.name)
        group = call("arrayElement", groups, plain(place))
        return alias(call("if", is_match, group, otherwise), column_name(name))

    return [field(f.name) for f in plan.schema]


def _aggregate(plan: nodes.Aggregate, run: RunContext) -> Relation:
    source = _relation(plan.input, run)
    first_is_least: Sql = plain(0)
    if any(AGGREGATES[one.function].needs_order for one in plan.calls):
        source, first_is_least = _numbered(source)
    keys = [alias(field_sql(key), column_name(key)) for key in plan.keys]
    calls = [_call_sql(one, first_is_least, run) for one in plan.calls]
    order = order_names(0, len(plan.keys))
    copies = [alias(field_sql(key), name) for key, name in zip(plan.keys, order, strict=True)]
    # Without keys SQL answers a row even where there is no input.
    having = None if plan.keys else exp.GT(this=call("count"), expression=plain(0))
    group = [field_sql(key) for key in plan.keys]
    grouped = source.bare([*keys, *calls, *copies], group=group, having=having)
    return Relation(grouped, plan.schema, tuple((name, True) for name in order))


def _call_sql(one: nodes.AggregateCall, order: Sql, run: RunContext) -> Sql:
    function = AGGREGATES[one.function]
    if one.arg is None:
        made: Sql = call("toInt64", call("count"))
    else:
        made = function.sql(expr_to_sql(one.arg, run), one.params, order)
    if one.type == BOOL:
        made = call("CAST", made, text("Nullable(Bool)"))
    return alias(made, column_name(one.name))


def _numbered(source: Relation) -> tuple[Relation, Sql]:
    """The relation with a hidden column that counts its rows in order."""
    number = alias(_row_number(source, ()), _RANK)
    counted = source.over([*source.columns(), number])
    numbered = Relation(counted, source.schema, source.order)
    return numbered, column(_RANK, INPUT)


def _row_number(source: Relation, groups: Iterable[str]) -> Sql:
    window = exp.Window(
        this=call("row_number"),
        partition_by=[field_sql(name) for name in groups],
        order=exp.Order(expressions=source.ordering()) if source.order else None,
    )
    return call("toInt64", window)


def _sort(plan: nodes.Sort, run: RunContext) -> Relation:
    """Earlier order decides between rows that are equal in the new keys."""
    source = _relation(plan.input, run)
    names = order_names(len(source.order), len(plan.keys))
    copies = [alias(field_sql(key.name), name) for key, name in zip(plan.keys, names, strict=True)]
    with_keys = source.over([*source.columns(), *copies])
    order = tuple((name, key.ascending) for key, name in zip(plan.keys, names, strict=True))
    return Relation(with_keys, plan.schema, (*order, *source.order))


def _limit(plan: nodes.Limit, run: RunContext) -> Relation:
    source = _relation(plan.input, run)
    if not plan.by and plan.rank is None:
        first = source.over(source.columns(), order=source.ordering(), limit=plan.count)
        return Relation(first, plan.schema, source.order)
    rank = column_name(plan.rank) if plan.rank else _RANK
    kept = [c for f, c in zip(source.schema, source.columns(), strict=True) if column_name(f.name) != rank]
    ranked = source.over([*kept, alias(_row_number(source, plan.by), rank)])
    inner = Relation(ranked, plan.schema, source.order)
    best = exp.LTE(this=column(rank, INPUT), expression=plain(plan.count))
    return Relation(inner.over(inner.columns(), where=[best]), plan.schema, source.order)


def _window(plan: nodes.Window, run: RunContext) -> Relation:
    return windowed(plan, _relation(plan.input, run), run)


def _join(plan: nodes.Join, run: RunContext) -> Relation:
    return joined(plan, [_relation(table.plan, run) for table in plan.tables])


def _looked_up(plan: nodes.LookedUp, run: RunContext) -> Relation:
    return looked_up(plan, _relation(plan.input, run))


_PRINTERS: dict[type, Callable[[Any, RunContext], Relation]] = {
    nodes.Scan: _scan,
    nodes.Extend: _extend,
    nodes.Filter: _filter,
    nodes.Project: _project,
    nodes.Capture: _capture,
    nodes.Aggregate: _aggregate,
    nodes.Sort: _sort,
    nodes.Limit: _limit,
    nodes.Window: _window,
    nodes.Join: _join,
    nodes.LookedUp: _looked_up,
}
SQL_NODES = tuple(_PRINTERS)
"""Kinds of nodes that SQL can say."""
