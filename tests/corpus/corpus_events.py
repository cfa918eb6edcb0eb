"""Messages made to match a query: what its parse operators look for, what its conditions ask, its keywords.

A query is read from its tree; the values of a field are those that it is compared with, or patterns filled
in.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from corpus_patterns import text_of_anchor, text_of_regex, text_of_wildcard

from dohyo.functions.dates import format_date
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.ops.json import JsonClause
from dohyo.ops.keyvalue import KeyValueClause
from dohyo.ops.parse import AnchorClause, RegexClause
from dohyo.ops.parse_xml import XmlClause
from dohyo.ops.separated import SeparatedClause
from dohyo.ops.where import AssignClause
from dohyo.plan.json_path import Choice, read_path

RAW = "_raw"
MESSAGES = 8
_METADATA = ("_sourcecategory", "_sourcehost", "_sourcename", "_source", "_collector")


@dataclass
class Wanted:
    """What a query asks of each field, by lower-case name.

    `values`: texts that it is compared with. `texts`: what is parsed from it. `paths`: JSON in it, and which
    field each path gives. `made_of`: fields that are made from others. `dates`: patterns of dates in it.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[Any]] = field(default_factory=dict)
    paths: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    made_of: dict[str, list[str]] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    finds_all: bool = False

    def add(self, where: dict[str, list[Any]], name: str, value: Any) -> None:
        where.setdefault(name.lower(), []).append(value)


def _parts(node: Any) -> Iterator[Any]:
    """Every tree node inside a clause, outer ones first."""
    if isinstance(node, tree.Node):
        yield node
    if is_dataclass(node) and not isinstance(node, type):
        for one in fields(node):
            yield from _parts(getattr(node, one.name))
    elif isinstance(node, tuple | list):
        for one in node:
            yield from _parts(one)


def wanted_of(query: tree.Query) -> Wanted:
    wanted = Wanted()
    for step in query.steps:
        _from_clause(step.clause, wanted)
        for node in _parts(step.clause):
            _from_node(node, wanted)
    return wanted


def _from_clause(clause: Any, wanted: Wanted) -> None:
    source = getattr(clause, "source", None)
    name = source.name if isinstance(source, tree.FieldRef) else RAW
    if isinstance(clause, JsonClause):
        wanted.finds_all |= clause.levels is not None
        made = clause.names or clause.keys
        for key, one in zip(clause.keys, made, strict=True):
            wanted.add(
                wanted.paths, name, (key.value, one.name if isinstance(one, tree.FieldRef) else one.value)
            )
            wanted.made.add((one.name if isinstance(one, tree.FieldRef) else one.value).lower())
    elif isinstance(clause, AnchorClause):
        for pattern, names in clause.patterns:
            wanted.add(wanted.texts, name, ("anchor", pattern.value, [n.name for n in names]))
            wanted.made |= {n.name.lower() for n in names}
    elif isinstance(clause, RegexClause):
        wanted.add(wanted.texts, name, ("regex", clause.pattern.value, []))
        wanted.made |= {n.lower() for n in re.findall(r"\(\?P?<(\w+)>", clause.pattern.value)}
    elif isinstance(clause, KeyValueClause):
        wanted.finds_all |= clause.mode == "auto"
        for key, one in zip(clause.keys, clause.names or clause.keys, strict=True):
            made_name = one.name if isinstance(one, tree.FieldRef) else one.value
            wanted.add(wanted.texts, name, ("anchor", f" {key.value}=*]", [made_name]))
            wanted.made.add(made_name.lower())
    elif isinstance(clause, SeparatedClause):
        names = dict(clause.slots)
        last = max(names, default=1)
        pattern = clause.characters[0].join("*" for _ in range(last))
        filled = [names[i].name if i in names else f"_{i}" for i in range(1, last + 1)]
        wanted.add(wanted.texts, name, ("anchor", pattern, filled))
        wanted.made |= {n.name.lower() for n in names.values()}
    elif isinstance(clause, XmlClause):
        wanted.add(wanted.texts, name, ("xml", [path.value for path in clause.paths], []))
    elif isinstance(clause, AssignClause) and clause.name:
        for node in _parts(clause.value):
            if isinstance(node, tree.FieldRef):
                wanted.add(wanted.made_of, clause.name.name, node.name.lower())
        wanted.made.add(clause.name.name.lower())


def _from_node(node: Any, wanted: Wanted) -> None:
    if isinstance(node, tree.FieldRef):
        wanted.named.setdefault(node.name.lower(), node.name)
    if isinstance(node, tree.Binary) and node.op in ("=", "matches", "contains", ">", ">=", "<", "<="):
        for name in _names_in(node.left):
            for value in _literals(node.right, node.op):
                wanted.add(wanted.values, name, value)
    elif isinstance(node, tree.In):
        for name in _names_in(node.operand):
            for item in node.items:
                for value in _literals(item, "="):
                    wanted.add(wanted.values, name, value)
    elif isinstance(node, tree.Call) and node.name.lower() == "parsedate" and len(node.args) > 1:
        for name in _names_in(node.args[0]):
            if isinstance(node.args[1], tree.String):
                wanted.dates[name] = node.args[1].value


def _names_in(node: Any) -> list[str]:
    return [one.name.lower() for one in _parts(node) if isinstance(one, tree.FieldRef)]


def _literals(node: Any, op: str) -> list[str]:
    if isinstance(node, tree.String):
        return [text_of_wildcard(node.value) if op == "matches" else node.value]
    if isinstance(node, tree.Number):
        more = {">": 1, "<": -1}.get(op, 0)
        return [str(node.value + more)]
    if isinstance(node, tree.Regex):
        return [text_of_regex(node.pattern, random.Random(1))]
    return []


@dataclass
class Writer:
    """Writes one message. `choice` picks among several values."""

    wanted: Wanted
    run: RunContext
    choice: int
    depth: int = 0

    def value(self, name: str, default: str | None = None) -> str:
        """A text for the field, as queries ask it."""
        name = name.lower()
        if self.depth > 4:
            return "x"
        self.depth += 1
        try:
            return self._value(name, default)
        finally:
            self.depth -= 1

    def _value(self, name: str, default: str | None) -> str:
        wanted = self.wanted
        derived = [y for y, sources in wanted.made_of.items() if name in sources and y != name]
        for one in (name, *derived):
            if one in wanted.texts or (one in wanted.paths and one != RAW):
                return self.text(one)
        for one in (name, *derived):
            if one in wanted.dates:
                pattern = wanted.dates[one]
                return format_date(self.run, self.run.start_ms + 60_000 * self.choice, pattern) or "x"
        values = [v for one in (name, *derived) for v in wanted.values.get(one, ())]
        values = [v for v in values if v] or ([default] if default else [])
        if values:
            return values[self.choice % len(values)]
        if re.search(r"time|date|_at$|epoch", name):
            return str(self.run.start_ms + 60_000 * self.choice)
        if "mail" in name:
            return f"user{self.choice}@example.com"
        if re.search(r"ip$|_ip|^ip|addr", name):
            return ("8.8.8.8", "10.0.0.1", "192.0.2.7")[self.choice % 3]
        return (f"{name[:8]}1", "70", "12.5")[self.choice % 3]

    def asked(self, name: str) -> str | None:
        """The text of a field that the query asks for something, None for others."""
        lower = name.lower()
        derived = [y for y, sources in self.wanted.made_of.items() if lower in sources]
        places = (self.wanted.values, self.wanted.texts, self.wanted.paths, self.wanted.dates)
        return (
            self.value(name) if any(one in place for one in (lower, *derived) for place in places) else None
        )

    def text(self, name: str) -> str:
        """What all operators that read the field look for."""
        dice = random.Random(self.choice)
        found = []
        for kind, pattern, names in self.wanted.texts.get(name, ()):
            if kind == "anchor":
                found.append(text_of_anchor(pattern, [self.value(one) for one in names]))
            elif kind == "regex":
                found.append(text_of_regex(pattern, dice, self.asked))
            else:
                found.append("".join(self.xml(path) for path in pattern))
        if name in self.wanted.paths and (name != RAW or self.depth == 0):
            found.append(json.dumps(self.json(name)))
        return " ".join(dict.fromkeys(found))

    def json(self, name: str) -> Any:
        root: Any = {}
        for path, made in sorted(self.wanted.paths.get(name, ()), key=lambda one: len(one[0])):
            try:
                root = _with(root, list(read_path(path)), self.leaf(made))
            except Exception:  # a path of its own mistake finds nothing here either
                continue
        return root

    def leaf(self, made: str) -> Any:
        """A value of a JSON member: an object where JSON is read from it, else what its text says."""
        if made.lower() in self.wanted.paths and made.lower() not in self.wanted.texts:
            return self.json(made.lower())
        text = self.value(made)
        if re.fullmatch(r"-?\d{1,15}", text) and self.choice % 2:
            return int(text)
        return text

    def xml(self, path: str) -> str:
        steps = [re.sub(r"\[.*?\]", "", step) for step in path.strip("/").split("/")]
        names = [step for step in steps if not step.startswith(("@", "text("))]
        attribute = next((f" {step[1:]}='v'" for step in steps if step.startswith("@")), "")
        inner = "t"
        for place, one in enumerate(reversed(names)):
            inner = f"<{one}{attribute if place == 0 else ''}>{inner}</{one}>"
        return inner


def _with(root: Any, path: list[Any], leaf: Any) -> Any:
    """The JSON value with a leaf at a path."""
    if not path:
        return root if isinstance(root, dict) and root and not isinstance(leaf, dict) else leaf
    step, rest = path[0], path[1:]
    if isinstance(step, Choice):
        step = step.steps[0]
    if isinstance(step, str):
        made = dict(root) if isinstance(root, dict) else {}
        made[step] = _with(made.get(step), rest, leaf)
        return made
    elements = list(root) if isinstance(root, list) else []
    if isinstance(step, int) and step >= 0:
        elements += [{} for _ in range(step + 1 - len(elements))]
        elements[step] = _with(elements[step], rest, leaf)
        return elements
    elements = elements or [None, None]
    return [_with(one, rest, leaf) for one in elements]


def messages_for(query: tree.Query, run: RunContext, count: int = MESSAGES) -> list[dict[str, Any]]:
    """Rows for `answers.messages_of`: of equal share in the last part of the range."""
    wanted = wanted_of(query)
    found = []
    for number in range(count):
        writer = Writer(wanted, run, number)
        row = _scope_row(query.scope, number)
        words = row.pop("words")
        parts = [*words, writer.text(RAW)]
        free = [n for n in wanted.named if n not in wanted.made and not n.startswith("_")]
        if wanted.finds_all:
            root = writer.json(RAW)
            for name in free:
                root = (
                    _with(root, list(name.split(".")), writer.leaf(name)) if isinstance(root, dict) else root
                )
            parts = [*words, json.dumps(root)]
        else:
            row |= {wanted.named[n]: writer.value(n) for n in free if number % 4 != 3}
        row |= {n: writer.value(n) for n in _METADATA if n in wanted.values and n not in row}
        row[RAW] = " ".join(part for part in parts if part and part != "{}")
        row["_messagetime"] = run.end_ms - 1 - (run.end_ms - run.start_ms) * number // (2 * count)
        found.append(row)
    return found


def _scope_row(scope: tree.ScopeNode, number: int) -> dict[str, Any]:
    """Metadata and words that the scope asks for."""
    row: dict[str, Any] = {"words": []}
    for node in _asked(scope, number):
        if isinstance(node, tree.Term):
            row["words"].append(node.text if node.quoted else text_of_wildcard(node.text))
        elif isinstance(node, tree.FieldTerm) and node.field.lower() not in ("_index", "_view", "_datatier"):
            value = node.value if node.quoted else text_of_wildcard(node.value)
            row[node.field] = value or "x"
    return row


def _asked(node: tree.ScopeNode, number: int) -> Iterable[tree.ScopeNode]:
    if isinstance(node, tree.ScopeAnd):
        return [one for part in node.operands for one in _asked(part, number)]
    if isinstance(node, tree.ScopeOr):
        return _asked(node.operands[number % len(node.operands)], number)
    return [] if isinstance(node, tree.ScopeNot) else [node]
