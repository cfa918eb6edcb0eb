"""json: fields from JSON by path."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.base.problem import Problem, ProblemError
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, refuse_fixed, refuse_twice
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.json_path import read_path, shown_path
from dohyo.plan.nodes import Extend, Filter, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT


@dataclass(frozen=True)
class JsonClause:
    source: tree.FieldRef | None
    keys: tuple[tree.String, ...]
    names: tuple[tree.FieldRef, ...]
    nodrop: bool


def read_clause(reader: Reader) -> JsonClause:
    source: tree.FieldRef | None = None
    keys: tuple[tree.String, ...] = ()
    names: tuple[tree.FieldRef, ...] = ()
    nodrop = False
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("nodrop"):
            nodrop = True
        elif reader.word("auto"):
            hint = 'name the keys: json "a", "b.c" as a, c'
            message = "json auto is not available yet"
            reader.fail("operator-unsupported", message, reader.last_span(), (hint,))
        elif not keys:
            keys = reader.strings()
        elif not names and reader.word("as"):
            names = reader.names()
        else:
            reader.fail("left-over", f"json does not expect {reader.peek().text} here")
    if not keys:
        message = "json needs at least one key in double quotes"
        reader.fail("string-expected", message, hints=('json "a.b" as b',))
    if names and len(names) != len(keys):
        span = names[0].span.to(names[-1].span)
        reader.fail("alias-count", f"{len(keys)} keys but {len(names)} names after as", span)
    return JsonClause(source, keys, names, nodrop)


def to_plan(clause: JsonClause, plan: Plan, context: CheckContext) -> Plan:
    base = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    source = applied("json_text", [base])
    paths = [_path(key) for key in clause.keys]
    fields = clause.names or tuple(tree.FieldRef(key.value, span=key.span) for key in clause.keys)
    refuse_twice(fields)
    refuse_fixed(fields, plan.schema)
    names = [field.name for field in fields]
    if not clause.nodrop:
        for path in paths:
            plan = Filter(plan, applied("json_present", [source, path]))
    values = tuple(
        (name, _value(source, path, plan.schema.find(name) if clause.nodrop else None))
        for name, path in zip(names, paths, strict=True)
    )
    return Extend(plan, values, plan.schema.with_fields(Field(name, TEXT) for name in names))


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
    syntax='json [field=<field>] "<path>"[, "<path>"]... [as <name>[, <name>]...] [nodrop]',
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Takes values out of JSON. Rows that lack one of the paths are dropped unless nodrop is said.",
        (
            ("path", "such as a.b[0], a[*].b or ['odd name']"),
            ("nodrop", "keep the row, the value being null"),
        ),
        see=("parse", "parse regex"),
        example='* | json "id", "evidence[*]" as id, evidence nodrop',
    ),
)
