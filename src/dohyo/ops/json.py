"""json: fields from JSON by path."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.functions.json_auto import MOST_LEVELS, options_text
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import STRING, WORD
from dohyo.ops.context import CheckContext, fail, refuse_fixed, refuse_twice
from dohyo.ops.discovered import with_discovered, with_found
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.json_path import read_path, shown_path
from dohyo.plan.nodes import Extend, Filter, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import LONG, TEXT

_LENGTH = re.compile(r"(.+?)\.length\(\)")
"""The one function that published paths end with."""


@dataclass(frozen=True)
class JsonClause:
    """`levels` is set with `auto`: all fields are found, the keys named in the way of `json auto`."""

    source: tree.FieldRef | None
    keys: tuple[tree.String, ...]
    names: tuple[tree.FieldRef, ...]
    nodrop: bool
    levels: int | None = None
    extract_arrays: bool = False
    ref_only: bool = False


def read_clause(reader: Reader) -> JsonClause:
    source: tree.FieldRef | None = None
    keys: tuple[tree.String, ...] = ()
    names: tuple[tree.FieldRef, ...] = ()
    said: dict[str, Span] = {}
    levels = MOST_LEVELS
    while not reader.at_end():
        token = reader.peek()
        if reader.option("field"):
            source = reader.field()
        elif reader.word("auto", "extractarrays", "refonly", "nodrop"):
            said[token.word] = token.span
        elif reader.word("maxdepth"):
            reader.punct("=")
            levels = int(reader.integer(1, MOST_LEVELS).value)
            said["maxdepth"] = token.span
        elif not keys and (token.kind == STRING or reader.word("keys")):
            keys = reader.strings()
        elif keys and len(names) == len(keys) and reader.another_string():  # "a" as x, "b" as y
            keys += reader.strings()
        elif len(names) < max(len(keys), 1) and reader.word("as"):
            names += reader.names_before_string()
        elif not keys and token.kind == WORD:
            reader.fail_for_string("keys of json stand in double quotes")
        else:
            reader.fail("left-over", f"json does not expect {token.text} here")
    _check_read(reader, keys, names, said)
    auto = levels if "auto" in said else None
    return JsonClause(source, keys, names, "nodrop" in said, auto, "extractarrays" in said, "refonly" in said)


def _check_read(
    reader: Reader, keys: tuple[tree.String, ...], names: tuple[tree.FieldRef, ...], said: dict[str, Span]
) -> None:
    """Complains about options that do not go together."""
    if "auto" not in said:
        for option in ("maxdepth", "extractarrays", "refonly"):
            if option in said:
                message = f"{option} belongs to json auto"
                reader.fail("option-place", message, said[option], (f"json auto {option}",))
        if not keys:
            message = "json needs at least one key in double quotes"
            reader.fail("string-expected", message, hints=('json "a.b" as b', "json auto"))
    if names and len(names) != len(keys):
        span = names[0].span.to(names[-1].span)
        hint = "after as stands one name for each key, and without as the keys are the names"
        reader.fail("alias-count", f"keys: {len(keys)}, names after as: {len(names)}", span, (hint,))


def to_plan(clause: JsonClause, plan: Plan, context: CheckContext) -> Plan:
    base = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    source = applied("json_text", [base])
    fields = clause.names or tuple(tree.FieldRef(key.value, span=key.span) for key in clause.keys)
    refuse_twice(fields)
    refuse_fixed(fields, plan.schema)
    if clause.levels is not None:
        options = options_text(clause.levels, clause.extract_arrays)
        plan = with_discovered(plan, "json_auto_value", source, options, not clause.ref_only)
        return with_found(
            plan, [(key.value, field.name) for key, field in zip(clause.keys, fields, strict=True)]
        )
    names = [field.name for field in fields]
    before = plan.schema
    values: list[tuple[str, Expr]] = []
    for key, name in zip(clause.keys, names, strict=True):
        value: Expr
        is_there: Expr
        if counted := _LENGTH.fullmatch(key.value):
            value = _length(source, _path(replace(key, value=counted[1])))
            is_there = applied("not", [applied("isNull", [value])])
        else:
            path = _path(key)
            value = _value(source, path, before.find(name) if clause.nodrop else None)
            is_there = _is_there(source, path)
        values.append((name, value))
        plan = plan if clause.nodrop else Filter(plan, is_there)
    return Extend(plan, tuple(values), plan.schema.with_fields(Field(name, TEXT) for name in names))


def _length(source: Expr, path: Lit) -> Expr:
    """The number of elements of the array at the path, null where none is."""
    size = applied("jsonArraySize", [applied("json_value", [source, path])])
    is_array = applied("ge", [size, Lit(0, LONG)])
    return applied("if", [is_array, coerced(size, TEXT), Lit(None, TEXT)])


def parses_by_itself(step: tree.Step) -> bool:
    """Whether the step is `json auto`, beside which Auto Parse Mode would find the same fields again."""
    return isinstance(step.clause, JsonClause) and step.clause.levels is not None


def with_auto_parsed(plan: Plan) -> Plan:
    """The plan with the JSON fields of its messages that it names, as in Auto Parse Mode."""
    source = applied("json_text", [raw_text(plan)])
    return with_discovered(plan, "json_auto_value", source, options_text(MOST_LEVELS, False), shown=False)


def _is_there(source: Expr, path: Lit) -> Expr:
    """Whether the path leads somewhere. A value says so; only without one the text is read again."""
    no_value = applied("isnull", [applied("json_value", [source, path])])
    return applied("or", [applied("not", [no_value]), applied("json_present", [source, path])])


def _value(source: Expr, path: Lit, existing: Field | None) -> Expr:
    """What stands at the path; a field that exists already stays as it is where nothing does."""
    value = applied("json_value", [source, path])
    if existing is None or existing.type != TEXT:
        return value
    return applied("if", [applied("json_present", [source, path]), value, Ref(existing.name, TEXT)])


def raw_text(plan: Plan) -> Expr:
    """The message text, for operators that read it unless told otherwise."""
    if plan.schema.find("_raw"):
        return Ref("_raw", TEXT)
    message = "after a grouping there is no message text any more"
    fail("messages-needed", message, None, "say which field to read: field=...")


def _path(key: tree.String) -> Lit:
    try:
        return Lit(shown_path(read_path(key.value)), TEXT)
    except ProblemError as error:
        first = error.problems[0]
        raise ProblemError([Problem(first.code, first.message, key.span, first.hints)]) from None


JSON = Operator(
    names=("json",),
    syntax='json [field=<field>] "<path>"[, ...] [as <name>[, ...]] [nodrop]'
    ' or json auto [field=<field>] [maxdepth <number>] [extractarrays] [keys "<name>"[, ...]'
    " [as <name>[, ...]]] [refonly]",
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Takes values out of JSON. Rows that lack one of the paths are dropped unless nodrop is said.",
        (
            ("path", "such as a.b[0], a[*].b, a[-1:], a..b or ['odd name']"),
            ("nodrop", "keep the row, the value being null"),
            ("auto", "every value is a field, named by where it stands: o.k, ev[0].t; no row is dropped"),
            ("maxdepth", "with auto, how many levels are taken apart; below them stands JSON text"),
            ("extractarrays", "with auto, arrays without objects are taken apart too"),
            ("keys", "with auto, fields that get a name of their own"),
            ("refonly", "with auto, results show only the fields that the query names"),
        ),
        see=("parse", "parse regex", "keyvalue"),
        example='* | json "id", "evidence[*]" as id, evidence nodrop',
    ),
)
