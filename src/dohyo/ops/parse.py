"""parse and parse regex: fields from text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext
from dohyo.ops.expressions import applied, checked_regex, coerced, field_value
from dohyo.ops.json import raw_text
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Expr, Ref
from dohyo.plan.nodes import Capture, Filter, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import BOOL, TEXT


@dataclass(frozen=True)
class CaptureClause:
    """Both operators end as a regular expression whose groups fill `names`."""

    source: tree.FieldRef | None
    pattern: str
    names: tuple[str, ...]
    nodrop: bool
    many: bool = False


def read_anchor(reader: Reader) -> CaptureClause:
    source, pattern, names, nodrop = None, None, (), False
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("nodrop"):
            nodrop = True
        elif pattern is None:
            pattern = reader.string()
        elif not names and reader.word("as"):
            names = reader.names()
        else:
            reader.fail("left-over", f"parse does not expect {reader.peek().text} here")
    if pattern is None:
        reader.fail("string-expected", "parse needs a pattern in double quotes", hints=('parse "user=*," as user',))
    if "**" in pattern.value:
        reader.fail("pattern-stars", "two * next to each other leave open where the first one ends", pattern.span)
    stars = pattern.value.count("*")
    if stars != len(names) or not stars:
        span = names[0].span.to(names[-1].span) if names else pattern.span
        reader.fail("alias-count", f"{stars} * in the pattern but {len(names)} names after as", span)
    return CaptureClause(source, anchor_regex(pattern.value), tuple(name.name for name in names), nodrop)


def anchor_regex(pattern: str) -> str:
    r"""Each `*` takes as little as it can; one at the end takes the rest of the line.

    >>> anchor_regex("a=*, b=*")
    'a=([\\s\\S]*?), b=([^\\r\\n]*)'
    """
    parts = [re.escape(part).replace("\\ ", " ") for part in pattern.split("*")]
    return "".join(part + ("" if i == len(parts) - 1 else r"([^\r\n]*)" if i == len(parts) - 2 and not parts[-1] else r"([\s\S]*?)") for i, part in enumerate(parts))


def read_regex(reader: Reader) -> CaptureClause:
    source, pattern, nodrop, many = None, None, False, False
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("nodrop"):
            nodrop = True
        elif reader.word("multi"):
            many = True
        elif pattern is None:
            pattern = reader.pattern()
        else:
            reader.fail("left-over", f"parse regex does not expect {reader.peek().text} here")
    if pattern is None:
        reader.fail("string-expected", "parse regex needs a regular expression in double quotes", hints=('parse regex "user=(?<user>\\w+)"',))
    plain, names = groups_of(reader, pattern)
    return CaptureClause(source, plain, names, nodrop, many)


_GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?P?<([A-Za-z_]\w*)>|\?<?[=!]|\?[:a-zA-Z>-]|)", re.DOTALL)


def groups_of(reader: Reader, pattern: tree.String) -> tuple[str, tuple[str, ...]]:
    """The pattern with its named groups made plain ones, and their names in order."""
    names: list[str] = []

    def plain(match: re.Match[str]) -> str:
        if match[1]:
            names.append(match[1])
            return "("
        if match[0] == "(":
            reader.fail("group-unnamed", "every group has to have a name, or be written (?:...)", pattern.span, ("(?<name>...)",))
        return match[0]

    text = _GROUP.sub(plain, pattern.value)
    if not names:
        reader.fail("group-missing", "the regular expression names no group, so it gives no field", pattern.span, ("(?<name>...)",))
    if len({name.lower() for name in names}) != len(names):
        reader.fail("group-twice", "two groups have the same name", pattern.span)
    return checked_regex(text, pattern.span), tuple(names)


MATCHED = "_matched:"
"""Prefix of the hidden field that remembers which rows a `nodrop` parse has matched."""


def to_plan(clause: CaptureClause, plan: Plan, context: CheckContext) -> Plan:
    """A row that an earlier nodrop parse of the same field matched is not dropped by a later one."""
    source = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    remembered = [f.name for f in plan.schema if f.name.startswith(MATCHED) and set(f.name[len(MATCHED) :].split(",")) & {n.lower() for n in clause.names}]
    mark = MATCHED + ",".join(name.lower() for name in clause.names)
    tracked = clause.nodrop or bool(remembered)
    fields = [Field(name, TEXT) for name in clause.names] + ([Field(mark, BOOL)] if tracked else [])
    keep = clause.nodrop or bool(remembered)
    result: Plan = Capture(plan, source, clause.pattern, clause.names, clause.many, keep, plan.schema.with_fields(fields), mark if tracked else None)
    if remembered:
        either: Expr = Ref(mark, BOOL)
        for name in remembered:
            either = applied("or", [either, Ref(name, BOOL)]) if name != mark else either
        result = result if clause.nodrop else Filter(result, either)
    return result


_NODROP = ("nodrop", "keep rows that do not match, the fields being null")
PARSE = Operator(
    names=("parse",),
    syntax='parse [field=<field>] "<text>*<text>" as <name>[, <name>]... [nodrop]',
    parse=read_anchor,
    check=to_plan,
    help=Help("Takes the text between anchors; each * fills one name.", (_NODROP,), see=("parse regex", "json"), example='* | parse "user=*," as user'),
)
PARSE_REGEX = Operator(
    names=("parse regex", "extract"),
    syntax='parse regex [field=<field>] "<regular expression with named groups>" [nodrop] [multi]',
    parse=read_regex,
    check=to_plan,
    help=Help("Fields from the named groups of a regular expression.", (_NODROP, ("multi", "one row for each match")), see=("parse",), example='* | parse regex "status=(?<status>\\d+)"'),
)
