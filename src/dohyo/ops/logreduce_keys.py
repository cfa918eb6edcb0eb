"""logreduce keys: structured messages counted by the keys they have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.budget import in_time
from dohyo.ops.context import CheckContext
from dohyo.ops.logreduce import text_of
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.signatures import COUNT, signature_id
from dohyo.plan.json_path import json_text
from dohyo.plan.nodes import Extend, Local, Plan, Project, Row
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import LONG, TEXT

MOST_KEYS = 100
MOST_DEPTH = 100
NO_KEYS = ("0" * 16, "unknown")
"""Id and schema of messages that have no keys."""
_ID, _SCHEMA = "_signature_id", "_schema"
_TEXT = f"{HIDDEN}keys"
_PAIR = re.compile(r"""([A-Za-z_][\w.-]*)\s*(?:=>|->|=|:)\s*(?:"(?:[^"\\]|\\.)*"|[^\s,;]+)""")


@dataclass(frozen=True)
class KeysClause:
    field: tree.FieldRef | None
    parser: str
    depth: int
    aggregate: bool


def read_clause(reader: Reader) -> KeysClause:
    field, parser, depth, aggregate = None, "json", 5, True
    while not reader.at_end():
        if reader.option("parser") or reader.word("parser"):
            parser = reader.expect_word("json", "keyvalue").word
        elif reader.option("maxdepth") or reader.word("maxdepth"):
            depth = int(reader.integer(1, MOST_DEPTH).value)
        elif reader.option("field") or reader.word("field"):
            field = reader.field()
        elif reader.word("noaggregate"):
            aggregate = False
        elif not reader.punct(","):
            reader.expect_end()
    return KeysClause(field, parser, depth, aggregate)


def to_plan(clause: KeysClause, plan: Plan, context: CheckContext) -> Plan:
    plan, text = text_of(plan, clause.field)
    plan = Extend(plan, ((_TEXT, text),), plan.schema.with_fields([Field(_TEXT, TEXT)]))
    keys = _from_json(clause.depth) if clause.parser == "json" else _from_pairs
    found = [Field(_ID, TEXT), Field(_SCHEMA, TEXT)]
    if not clause.aggregate:
        return Local(plan, "logreduce keys", _Keys(keys, False), plan.schema.with_fields(found))
    plan = Project(plan, plan.schema.only([_TEXT]))
    return Local(
        plan, "logreduce keys", _Keys(keys, True), Schema((*found, Field(COUNT, LONG)), aggregate=True)
    )


@dataclass(frozen=True)
class _Keys:
    keys: Callable[[str], list[str]]
    aggregate: bool

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        schemas = [self._schema(str(row[_TEXT] or "")) for row in in_time(rows, "logreduce keys")]
        if self.aggregate:
            counts = Counter(schemas).items()
            ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0][1]))
            return [{_ID: name, _SCHEMA: schema, COUNT: count} for (name, schema), count in ordered]
        return [
            {**row, _ID: name, _SCHEMA: schema} for row, (name, schema) in zip(rows, schemas, strict=True)
        ]

    def _schema(self, text: str) -> tuple[str, str]:
        keys = sorted({key.lower() for key in self.keys(text)[:MOST_KEYS]})
        schema = ", ".join(keys)
        return (signature_id(schema), schema) if keys else NO_KEYS


def _from_pairs(text: str) -> list[str]:
    return [found[1] for found in _PAIR.finditer(text)]


def _from_json(depth: int) -> Callable[[str], list[str]]:
    def keys(text: str) -> list[str]:
        try:
            return list(_leaves(orjson.loads(json_text(text)), depth, ""))
        except orjson.JSONDecodeError:
            return []

    return keys


def _leaves(value: object, depth: int, path: str) -> Iterator[str]:
    """Names of what holds no more keys, down to a depth; an array is such a thing."""
    if isinstance(value, dict) and value and depth:
        for key, inner in value.items():
            yield from _leaves(inner, depth - 1, f"{path}.{key}" if path else key)
    elif path:
        yield path


LOGREDUCE_KEYS = Operator(
    names=("logreduce keys",),
    syntax="logreduce keys [parser=json|keyvalue] [maxdepth=<number>] [field=<field>] [noaggregate]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="needs", split="gather", live_tail=False),
    help=Help(
        "Counts structured messages by the set of keys they have.",
        (
            ("parser", "how the messages are written; JSON unless said otherwise"),
            ("maxdepth", "so many levels of JSON are taken apart, 5 unless said otherwise"),
            ("field", "what is looked at; without it the message"),
            ("noaggregate", "keeps the messages and adds _signature_id and _schema"),
        ),
        see=("logreduce", "logreduce values"),
        example="* | logreduce keys",
    ),
)
