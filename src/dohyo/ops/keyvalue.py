"""keyvalue: fields from pairs of key and value in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dohyo.functions.key_value import (
    SEPARATORS,
    after_key_regex,
    field_name,
    key_regex,
    separators_of,
)
from dohyo.functions.regex import group_names
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import STRING, WORD
from dohyo.ops.context import CheckContext, fail, refuse_fixed, refuse_twice
from dohyo.ops.discovered import with_discovered, with_found
from dohyo.ops.expressions import applied, checked_regex, coerced, field_value, not_of_nothing
from dohyo.ops.json import raw_text
from dohyo.ops.operator import Help, Operator
from dohyo.ops.parse import plain_groups
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Extend, Filter, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT

Mode = Literal["infer", "auto", "regex"]


@dataclass(frozen=True)
class KeyValueClause:
    """`delimiter` stands between key and value; `pattern` belongs to the mode `regex`."""

    mode: Mode
    source: tree.FieldRef | None
    keys: tuple[tree.String, ...]
    names: tuple[tree.FieldRef, ...]
    pattern: tree.String | None
    delimiter: tree.String | None
    nodrop: bool
    ref_only: bool


def read_clause(reader: Reader) -> KeyValueClause:
    source: tree.FieldRef | None = None
    keys: tuple[tree.String, ...] = ()
    names: tuple[tree.FieldRef, ...] = ()
    pattern: tree.String | None = None
    delimiter: tree.String | None = None
    mode: Mode = "infer"
    nodrop = ref_only = False
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("infer"):
            mode = "infer"
        elif reader.word("auto"):
            mode = "auto"
        elif reader.word("regex"):
            mode, pattern = "regex", reader.pattern()
        elif reader.option("delim") or reader.word("delim"):
            delimiter = reader.string()
        elif reader.word("nodrop"):
            nodrop = True
        elif reader.word("refonly"):
            ref_only = True
        elif not keys and (reader.peek().kind == STRING or reader.word("keys")):
            keys = reader.strings()
        elif keys and len(names) == len(keys) and reader.another_string():  # "a" as x, "b" as y
            keys += reader.strings()
        elif len(names) < max(len(keys), 1) and reader.word("as"):
            names += reader.names_before_string()
        elif not keys and reader.peek().kind == WORD:
            reader.fail_for_string("keys of keyvalue stand in double quotes")
        else:
            reader.fail("left-over", f"keyvalue does not expect {reader.peek().text} here")
    if not keys and mode != "auto":
        hints = ('keyvalue "user", "id" as user, id', "keyvalue auto")
        reader.fail("string-expected", "keyvalue needs at least one key in double quotes", hints=hints)
    if names and len(names) != len(keys):
        span = names[0].span.to(names[-1].span)
        hint = "after as stands one name for each key, and without as the keys are the names"
        reader.fail("alias-count", f"keys: {len(keys)}, names after as: {len(names)}", span, (hint,))
    return KeyValueClause(mode, source, keys, names, pattern, delimiter, nodrop, ref_only)


def to_plan(clause: KeyValueClause, plan: Plan, context: CheckContext) -> Plan:
    source = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    fields = clause.names or tuple(tree.FieldRef(field_name(k.value), span=k.span) for k in clause.keys)
    refuse_twice(fields)
    refuse_fixed(fields, plan.schema)
    separators = separators_of(clause.delimiter.value) if clause.delimiter else SEPARATORS
    if clause.mode == "auto":
        plan = with_discovered(plan, "kv_auto_value", source, separators, not clause.ref_only)
        keys = [field_name(key.value) for key in clause.keys]
        return with_found(plan, zip(keys, (field.name for field in fields), strict=True))
    made = {
        field.name: _value(clause, key, source, separators)
        for field, key in zip(fields, clause.keys, strict=True)
    }
    if clause.nodrop:
        made = {name: _or_existing(value, plan.schema.find(name)) for name, value in made.items()}
    plan = Extend(plan, tuple(made.items()), plan.schema.with_fields(Field(name, TEXT) for name in made))
    for name in () if clause.nodrop else made:
        plan = Filter(plan, applied("not", [applied("isNull", [Ref(name, TEXT)])]))
    return plan


def _value(clause: KeyValueClause, key: tree.String, source: Expr, separators: str) -> Expr:
    if clause.pattern is None:
        return applied("kv_value", [source, Lit(key_regex(key.value, separators), TEXT)])
    pattern = plain_groups(checked_regex(clause.pattern.value, clause.pattern.span))
    groups = len(group_names(pattern))
    if groups == 1:
        return applied("kv_value", [source, Lit(after_key_regex(key.value, pattern), TEXT)])
    if groups == 2:
        pattern = not_of_nothing(pattern, clause.pattern.span)
        return applied("kv_regex_value", [source, Lit(key.value, TEXT), Lit(pattern, TEXT)])
    message = f"the regular expression of keyvalue has one group, or two: this one has {groups}"
    hint = r'keyvalue regex "(\w+)=(\w+)" keys "user"'
    fail("group-count", message, clause.pattern.span, hint)


def _or_existing(value: Expr, existing: Field | None) -> Expr:
    """The value; a field that exists already stays as it is where there is none."""
    if existing is None or existing.type != TEXT:
        return value
    return applied("first_known", [value, Ref(existing.name, TEXT)])


KEYVALUE = Operator(
    names=("keyvalue", "kv"),
    syntax='keyvalue [infer | auto | regex "<regular expression>"] [field=<field>] [delim "<text>"]'
    ' [keys] "<key>"[, ...] [as <name>[, ...]] [nodrop] [refonly]',
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Takes values out of pairs such as user=bob. Rows that lack a key are dropped unless nodrop is said.",
        (
            (
                "infer",
                "key and value with =, : or -> between them; this is how it works unless told otherwise",
            ),
            ("auto", "every pair is a field, named by its key; no row is dropped"),
            ("regex", "one group: the value, nearest after the key; two groups: key and value"),
            ("delim", "what stands between key and value"),
            ("nodrop", "keep the row, the value being null"),
            ("refonly", "with auto, results show only the fields that the query names"),
        ),
        see=("parse", "json", "split"),
        example='* | keyvalue "user", "id" as user, id nodrop',
    ),
)
