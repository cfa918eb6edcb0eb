"""parse and parse regex: fields from text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dohyo.functions.looking_around import consuming_end, needs_backtracking
from dohyo.functions.regex import backtracking, group_names, may_be_empty, of_java
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, refuse_fixed, refuse_twice
from dohyo.ops.expressions import applied, checked_regex, coerced, field_value
from dohyo.ops.json import raw_text
from dohyo.ops.operator import Help, Operator
from dohyo.ops.parse_outside import searched_outside
from dohyo.plan.expr import Expr, Ref
from dohyo.plan.nodes import Capture, Filter, Plan
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import BOOL, TEXT


@dataclass(frozen=True)
class AnchorClause:
    """Patterns, each with the names of its stars."""

    source: tree.FieldRef | None
    patterns: tuple[tuple[tree.String, tuple[tree.FieldRef, ...]], ...]
    nodrop: bool


@dataclass(frozen=True)
class RegexClause:
    source: tree.FieldRef | None
    pattern: tree.String
    nodrop: bool
    many: bool


def read_anchor(reader: Reader) -> AnchorClause:
    """`"a=*," as a`, or several patterns with commas between them."""
    source: tree.FieldRef | None = None
    patterns: list[tree.String] = []
    names: list[tuple[tree.FieldRef, ...]] = []
    nodrop = False
    if reader.peek().word == "using":
        message = "parse using takes an expression that Sumo Logic keeps in its library"
        itself = 'write the expression itself: parse "* - * [*]" as a, b, c'
        reader.fail("operator-impossible", message, hints=(itself,))
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("nodrop"):
            nodrop = True
        elif not patterns or (names[-1] and reader.another_string()):
            patterns.append(reader.string())
            names.append(())
        elif not names[-1] and reader.word("as"):
            names[-1] = reader.names_before_string()
        else:
            reader.fail("left-over", f"parse does not expect {reader.peek().text} here")
    if not patterns:
        hint = ('parse "user=*," as user',)
        reader.fail("string-expected", "parse needs a pattern in double quotes", hints=hint)
    pairs = tuple(zip(patterns, names, strict=True))
    for pattern, named in pairs:
        _check_stars(reader, pattern, named)
    return AnchorClause(source, pairs, nodrop)


def _check_stars(reader: Reader, pattern: tree.String, names: tuple[tree.FieldRef, ...]) -> None:
    if "**" in pattern.value:
        message = "two * next to each other leave open where the first one ends"
        reader.fail("pattern-stars", message, pattern.span)
    stars = pattern.value.count("*")
    if stars != len(names) or not stars:
        span = names[0].span.to(names[-1].span) if names else pattern.span
        hint = "after as stands one name for each *"
        reader.fail("alias-count", f"* in the pattern: {stars}, names after as: {len(names)}", span, (hint,))


def anchor_regex(pattern: str) -> str:
    r"""Each `*` takes as little as it can; one at the end takes the rest of the line.

    >>> anchor_regex("a=*, b=*")
    'a=([\\s\\S]*?), b=([^\\r\\n]*)'
    """
    *before, last = [
        re.escape(part).replace("\\ ", " ").replace("\\\n", "\\n") for part in pattern.split("*")
    ]
    to_line_end = r"([^\r\n]*)"
    return r"([\s\S]*?)".join(before) + (r"([\s\S]*?)" + last if last else to_line_end)


def read_regex(reader: Reader) -> RegexClause:
    source: tree.FieldRef | None = None
    pattern: tree.String | None = None
    nodrop = many = False
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
        message, hint = "parse regex needs a regular expression in double quotes", "user=(?<user>\\w+)"
        reader.fail("string-expected", message, hints=(f'parse regex "{hint}"',))
    return RegexClause(source, pattern, nodrop, many)


def anchor_to_plan(clause: AnchorClause, plan: Plan, context: CheckContext) -> Plan:
    fields = [name for _, names in clause.patterns for name in names]
    refuse_twice(fields)
    refuse_fixed(fields, plan.schema)
    for pattern, named in clause.patterns:
        names = tuple(name.name for name in named)
        plan = _captured(clause, anchor_regex(pattern.value), names, False, plan)
    return plan


def regex_to_plan(clause: RegexClause, plan: Plan, context: CheckContext) -> Plan:
    pattern, names = named_groups(clause.pattern, clause.many)
    refuse_fixed([tree.FieldRef(name, span=clause.pattern.span) for name in names], plan.schema)
    return _captured(clause, pattern, names, clause.many, plan)


_OPENED = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?P?<\w+>", re.DOTALL)


def named_groups(pattern: tree.String, many: bool = False) -> tuple[str, tuple[str, ...]]:
    """The pattern as it is searched and the names of its groups in order.

    Look-around and back-references are accepted, as in Java; a look-ahead at the end is one that the engine
    can do without, where only the first match counts.
    """
    text = of_java(pattern.value)
    if needs_backtracking(text):
        text = (None if many else consuming_end(text)) or text
    if not needs_backtracking(text):
        checked_regex(text, pattern.span)
    found = group_names(text) if not needs_backtracking(text) else backtracking(text)[1]
    names = tuple(name for name in found if name is not None)
    hint = "(?<name>...)"
    if len(names) < len(found):
        fail("group-unnamed", "every group has to have a name, or be written (?:...)", pattern.span, hint)
    if not names:
        message = "the regular expression names no group, so it gives no field"
        fail("group-missing", message, pattern.span, hint)
    if len({name.lower() for name in names}) != len(names):
        fail("group-twice", "two groups have the same name", pattern.span, "case makes no difference")
    return text if needs_backtracking(text) else plain_groups(text), names


def plain_groups(pattern: str) -> str:
    """The pattern with its named groups made plain ones."""
    return _OPENED.sub(lambda one: "(" if one[0][0] == "(" else one[0], pattern)


MATCHED = f"{HIDDEN}matched:"
"""Prefix of the hidden fields that remember which rows a `nodrop` parse has matched."""


def _captured(
    clause: AnchorClause | RegexClause, pattern: str, names: tuple[str, ...], many: bool, plan: Plan
) -> Plan:
    """A row that an earlier nodrop parse of the same field matched is not dropped by a later one."""
    source = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    remembered = _marks_of(names, plan.schema)
    mark = _new_mark(names, plan.schema) if clause.nodrop or remembered else None
    fields = [Field(name, TEXT) for name in names] + ([Field(mark, BOOL)] if mark else [])
    schema = plan.schema.with_fields(fields)
    keep = clause.nodrop or bool(remembered)
    capture = Capture(plan, source, pattern, names, many, keep, schema, mark)
    result: Plan = capture
    if isinstance(clause, RegexClause) and (needs_backtracking(pattern) or (many and may_be_empty(pattern))):
        result = searched_outside(capture, clause.pattern.span)
    if clause.nodrop or mark is None:
        return result
    either: Expr = Ref(mark, BOOL)
    for name in remembered:
        either = applied("or", [either, Ref(name, BOOL)])
    return Filter(result, either)


def _marks_of(names: tuple[str, ...], schema: Schema) -> list[str]:
    wanted = {name.lower() for name in names}
    marks = [f.name for f in schema if f.name.startswith(MATCHED)]
    return [mark for mark in marks if wanted & set(mark.removeprefix(MATCHED).partition(":")[2].split(","))]


def _new_mark(names: tuple[str, ...], schema: Schema) -> str:
    """`<MATCHED><number>:<fields>`: parses that fill the same fields have different marks."""
    number = sum(f.name.startswith(MATCHED) for f in schema)
    return f"{MATCHED}{number}:{','.join(name.lower() for name in names)}"


_NODROP = ("nodrop", "keep rows that do not match, the fields being null")
PARSE = Operator(
    names=("parse",),
    syntax='parse [field=<field>] "<text>*<text>" as <name>[, <name>]...[, "<text>*" as <name>]... [nodrop]',
    parse=read_anchor,
    check=anchor_to_plan,
    help=Help(
        "Takes the text between anchors; each * fills one name.",
        (_NODROP,),
        see=("parse regex", "json"),
        example='* | parse "user=*," as user',
    ),
)
PARSE_REGEX = Operator(
    names=("parse regex", "extract"),
    syntax='parse regex [field=<field>] "<regular expression with named groups>" [nodrop] [multi]',
    parse=read_regex,
    check=regex_to_plan,
    help=Help(
        "Fields from the named groups of a regular expression.",
        (_NODROP, ("multi", "one row for each match")),
        see=("parse",),
        example='* | parse regex "status=(?<status>\\d+)"',
    ),
)
