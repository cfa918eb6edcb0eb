"""parse xml: fields from XML by path."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dohyo.base.problem import ProblemError
from dohyo.functions.xml_path import read_xml_path
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import STRING
from dohyo.ops.context import CheckContext, refuse_fixed, refuse_twice
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.json import raw_text
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Expr, Lit, Ref
from dohyo.plan.nodes import Extend, Filter, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT


@dataclass(frozen=True)
class XmlClause:
    source: tree.FieldRef | None
    paths: tuple[tree.String, ...]
    names: tuple[tree.FieldRef, ...]
    nodrop: bool


def read_clause(reader: Reader) -> XmlClause:
    source: tree.FieldRef | None = None
    paths: tuple[tree.String, ...] = ()
    names: tuple[tree.FieldRef, ...] = ()
    nodrop = False
    while not reader.at_end():
        if reader.option("field"):
            source = reader.field()
        elif reader.word("nodrop"):
            nodrop = True
        elif not paths and reader.peek().kind == STRING:
            paths = reader.strings()
        elif not names and reader.word("as"):
            names = reader.names()
        else:
            reader.fail("left-over", f"parse xml does not expect {reader.peek().text} here")
    if not paths:
        message = "parse xml needs at least one path in double quotes"
        reader.fail("string-expected", message, hints=('parse xml "/a/b/text()" as b',))
    if names and len(names) != len(paths):
        span = names[0].span.to(names[-1].span)
        hint = "after as stands one name for each path"
        reader.fail("alias-count", f"paths: {len(paths)}, names after as: {len(names)}", span, (hint,))
    return XmlClause(source, paths, names, nodrop)


def to_plan(clause: XmlClause, plan: Plan, context: CheckContext) -> Plan:
    source = coerced(field_value(clause.source, plan.schema), TEXT) if clause.source else raw_text(plan)
    fields = clause.names or tuple(tree.FieldRef(path.value, span=path.span) for path in clause.paths)
    refuse_twice(fields)
    refuse_fixed(fields, plan.schema)
    made: dict[str, Expr] = {}
    for field, path in zip(fields, clause.paths, strict=True):
        value: Expr = applied("xml_value", [source, _checked(path)])
        existing = plan.schema.find(field.name)
        if clause.nodrop and existing and existing.type == TEXT:
            value = applied("first_known", [value, Ref(existing.name, TEXT)])
        made[field.name] = value
    plan = Extend(plan, tuple(made.items()), plan.schema.with_fields(Field(name, TEXT) for name in made))
    for name in () if clause.nodrop else made:
        plan = Filter(plan, applied("not", [applied("isNull", [Ref(name, TEXT)])]))
    return plan


def _checked(path: tree.String) -> Lit:
    try:
        read_xml_path(path.value)
    except ProblemError as refused:
        raise ProblemError([replace(one, span=path.span) for one in refused.problems]) from None
    return Lit(path.value, TEXT)


PARSE_XML = Operator(
    names=("parse xml",),
    syntax='parse xml [field=<field>] "<path>"[, "<path>"]... [as <name>[, <name>]...] [nodrop]',
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Takes values out of XML. Rows that lack one of the paths are dropped unless nodrop is said.",
        (
            ("path", "from the root on, such as /a/b[2]/text(), /a/b[@id=7]/@name or /a/b[last()]"),
            ("nodrop", "keep the row, the value being null"),
        ),
        see=("parse", "json"),
        example='* | parse xml "/event/user/@name", "/event/text()" as user, text nodrop',
    ),
)
