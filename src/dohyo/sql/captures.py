"""Fields from the groups of regular expressions."""

from __future__ import annotations

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext
from dohyo.plan import nodes
from dohyo.plan.sqltree import Sql, call, column, fn1, null, plain, text
from dohyo.plan.types import TEXT
from dohyo.sql.expressions import named
from dohyo.sql.relation import Relation, Value

_SIZE = 8
"""Parts of an expression that is made here, about."""


def captured(plan: nodes.Capture, rows: Relation, run: RunContext) -> Relation:
    """The fields: groups where there is a match, else what the field was before."""
    source = column(named(plan.source, rows, run, "source"))
    size = rows.value(source.name).size
    searched, there = call("ifNull", source, text("")), call("isNotNull", source)
    if plan.many:
        return _every_match(plan, rows, searched, there)
    pattern = text("(?-s)" + plan.pattern)
    found = call("extractGroups", searched, pattern)
    groups = column(rows.define(Value(found, size + _SIZE, object()), "groups"))
    # Without a match there are no groups, with one there is one at least.
    is_match = call("and", there, call("notEmpty", groups))
    matched = rows.define(Value(is_match, 2 * size + _SIZE, object()), "matched")
    if not plan.keep:
        rows.filter(column(matched))
    return _with_fields(plan, rows, groups, column(matched))


def _every_match(plan: nodes.Capture, rows: Relation, searched: Sql, there: Sql) -> Relation:
    """All matches as an array of arrays of groups, then a row for each."""
    found = call("extractAllGroupsVertical", searched, text("(?-s)" + plan.pattern))
    if len(plan.names) == 1 and (body := whole_match(plan.pattern)) is not None:
        # matches without groups are found twice as fast
        whole = call("extractAll", searched, text("(?-s)" + body))
        found = call("arrayMap", fn1(lambda match: call("array", match)), whole)
    is_there = exp.Lambda(this=there, expressions=[exp.to_identifier("one")])
    matches = rows.define(Value(call("arrayFilter", is_there, found), _SIZE, object()), "matches")
    rows.begin_anew()
    one = call("arrayJoin", _numbered_matches(plan, column(matches)))
    match = rows.define(Value(one, _SIZE, object()), "match")
    rows.begin_anew()
    place, groups = (call("tupleElement", column(match), plain(i)) for i in (1, 2))
    counted = rows.define(Value(place, 2, object()), "place")
    rows.order = (*rows.order, (counted, True))
    is_match = rows.define(Value(call("greater", column(counted), plain(0)), 4, object()), "matched")
    return _with_fields(plan, rows, groups, column(is_match))


def _numbered_matches(plan: nodes.Capture, matches: Sql) -> Sql:
    """Matches with their numbers, from 1; one without groups, numbered 0, where none is and the row stays."""
    numbered = call("arrayZip", call("arrayEnumerate", matches), matches)
    if not plan.keep:
        return numbered
    nothing = call("array", call("tuple", call("toUInt32", plain(0)), call("emptyArrayString")))
    return call("if", call("empty", matches), nothing, numbered)


def _with_fields(plan: nodes.Capture, rows: Relation, groups: Sql, is_match: Sql) -> Relation:
    made: dict[str, str] = {}
    for place, name in enumerate(plan.names, 1):
        before = plan.input.schema.find(name)
        otherwise = null() if before is None or before.type != TEXT else rows.field(before.name)
        taken = call("if", is_match, call("arrayElement", groups, plain(place)), otherwise)
        made[name] = rows.define(Value(taken, _size(taken, rows), object()), name)
    if plan.matched:
        said = call("CAST", is_match, text("Nullable(Bool)"))
        made[plan.matched] = rows.define(Value(said, _size(said, rows), object()), "matched")
    rows.set_fields(plan.schema.names(), made)
    return rows


def _size(made: Sql, rows: Relation) -> int:
    """Parts of an expression with those of the values it refers to; in a chain of parses they add up."""
    return _SIZE + sum(rows.value(one.name).size for one in made.find_all(exp.Column))


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
