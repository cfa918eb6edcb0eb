"""json: fields from JSON by path."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.base.problem import Problem, ProblemError
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail
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
    source, nodrop, keys, names = None, False, (), ()
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("nodrop"):
            nodrop = True
        elif reader.word("auto"):
            reader.fail("operator-unsupported", "json auto is not available yet", reader.last_span(), ("name the keys: json \"a\", \"b.c\" as a, c",))
        elif not keys:
            keys = reader.strings()
        elif not names and reader.word("as"):
            names = reader.names()
        else:
            reader.fail("left-over", f"json does not expect {reader.peek().text} here")
    if not keys:
        reader.fail("string-expected", "json needs at least one key in double quotes", hints=('json "a.b" as b',))
    if names and len(names) != len(keys):
        reader.fail("alias-count", f"{len(keys)} keys but {len(names)} names after as", names[0].span.to(names[-1].span))
    return JsonClause(source, keys, names, nodrop)


def to_plan(clause: JsonClause, plan: Plan, context: CheckContext) -> Plan:
    base = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    source = applied("json_text", [base])
    paths = [_path(key) for key in clause.keys]
    names = [name.name for name in clause.names] or [key.value for key in clause.keys]
    if not clause.nodrop:
        for path in paths:
            plan = Filter(plan, applied("json_present", [source, path]))
    values = tuple((name, applied("json_value", [source, path])) for name, path in zip(names, paths, strict=True))
    return Extend(plan, values, plan.schema.with_fields(Field(name, TEXT) for name in names))


def raw_text(plan: Plan) -> Expr:
    """The message text, for operators that read it unless told otherwise."""
    if plan.schema.find("_raw"):
        return Ref("_raw", TEXT)
    fail("messages-needed", "after a grouping there is no message text any more", None, "say which field to read: field=...")


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
        (("path", "such as a.b[0], a[*].b or ['odd name']"), ("nodrop", "keep the row, the value being null")),
        see=("parse", "parse regex"),
        example='* | json "id", "evidence[*]" as id, evidence nodrop',
    ),
)
