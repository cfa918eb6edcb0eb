"""infer: models that only Sumo Logic has; read, so that it can be refused with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.lang.reader import Reader
from dohyo.lang.tokens import PUNCT
from dohyo.ops.context import CheckContext, fail
from dohyo.ops.operator import Help, Operator
from dohyo.plan.nodes import Plan


@dataclass(frozen=True)
class InferClause:
    """`options` as they are written."""

    options: str


def read_clause(reader: Reader) -> InferClause:
    if reader.peek().kind == PUNCT or reader.peek().word == "as":
        reader.fail("option-expected", "infer takes options")  # so that a field may have this name
    options = reader.rest_text()
    while not reader.at_end():
        reader.take()
    return InferClause(options)


def to_plan(clause: InferClause, plan: Plan, context: CheckContext) -> Plan:
    message = "infer asks benchmark models that Sumo Logic keeps of its customers and that nobody else has"
    fail("operator-impossible", message, None, "compare with own earlier data: | compare timeshift 7d")


INFER = Operator(
    names=("infer",),
    syntax="infer <option>=<value>...",
    parse=read_clause,
    check=to_plan,
    help=Help(
        "Refused: it asks benchmark models that only Sumo Logic has.",
        see=("compare", "outlier", "predict"),
    ),
)
