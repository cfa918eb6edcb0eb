"""Where nodes that may fail when they run were written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dohyo.base.problem import ProblemError, Span
from dohyo.plan.nodes import Compare, Each, Leaf, Local, Lookup, Matching, Plan, with_input

_OF_THE_SEARCH = "search-"
"""Codes of problems that begin so are those of the whole search: its time, its memory."""


def said_at(plan: Plan, below: Plan, span: Span) -> Plan:
    """The plan whose nodes above `below` were written at this place."""
    made: list[Plan] = []
    while plan is not below and not isinstance(plan, Leaf):
        made.append(plan)
        plan = plan.input
    for node in reversed(made):
        may_fail = isinstance(node, Local | Compare | Each | Matching | Lookup) and node.span is None
        plan = replace(node, input=plan, span=span) if may_fail else with_input(node, plan)  # type: ignore[call-arg, arg-type]
    return plan


@contextmanager
def places_of(node: Plan) -> Iterator[None]:
    """Problems that say no place get the node's while it runs."""
    try:
        yield
    except ProblemError as error:
        span = getattr(node, "span", None)
        error.problems = [
            one if one.span or one.code.startswith(_OF_THE_SEARCH) else replace(one, span=span)
            for one in error.problems
        ]
        raise
