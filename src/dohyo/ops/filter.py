"""filter: the records that other operators leave something of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import fields_from_rows
from dohyo.ops.steps import Pipeline, plan_of_steps, read_pipeline
from dohyo.plan.nodes import Given, Matching, Plan

_NOT_INSIDE = ("compare", "filter")


@dataclass(frozen=True)
class FilterClause:
    fields: tuple[tree.FieldRef, ...]
    pipeline: Pipeline


def read_clause(reader: Reader) -> FilterClause:
    fields = reader.names()
    reader.expect_word("in")
    return FilterClause(fields, read_pipeline(reader))


def to_plan(clause: FilterClause, plan: Plan, context: CheckContext) -> Plan:
    names = tuple(known(plan.schema, one.name, one.span).name for one in clause.fields)
    _check_inside(clause.pipeline)
    inner = plan_of_steps(clause.pipeline.steps, Given(plan.schema), replace(context, drops=[], beneath=[]))
    for name, field in zip(names, clause.fields, strict=True):
        if not fields_from_rows(inner):
            known(inner.schema, name, field.span)
    return Matching(plan, inner, names)


def _check_inside(pipeline: Pipeline) -> None:
    hint = "filter _count in (sort by _count | limit 3)"
    if pipeline.scope_span:
        message = "inside filter stand operators; it works on the records that are there"
        fail("scope-place", message, pipeline.scope_span, hint)
    if not pipeline.steps:
        fail("operator-expected", "filter needs operators in its parentheses", pipeline.span, hint)
    for step in pipeline.steps:
        if step.operator in _NOT_INSIDE:
            fail("operator-place", f"{step.operator} cannot stand inside filter", step.span)


FILTER = Operator(
    names=("filter",),
    syntax="filter <field>[, <field>]... in (<operators>)",
    parse=read_clause,
    check=to_plan,
    stage="after grouping",
    traits=Traits(order="keeps", split="gather", live_tail=False),
    help=Help(
        "Runs operators on the records and keeps those records whose fields are in what comes out.",
        (("operators", "such as sort and limit; the records themselves are not changed by them"),),
        see=("where", "topk", "outlier"),
        example="* | timeslice 1h | count by _timeslice, _source"
        " | filter _source in (sum(_count) as all by _source | sort by all | limit 2)",
    ),
)
