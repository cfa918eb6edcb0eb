"""What an operator's check may know of the world, and where it leaves warnings and rows to drop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from dohyo.base.problem import Fix, Problem, ProblemError, Span
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.plan.expr import Expr
from dohyo.plan.nodes import Filter, LookupTable, Plan
from dohyo.plan.schema import HIDDEN, Field, Schema


def _no_child(text: str, span: Span) -> Plan:
    fail("subquery-place", "a query cannot stand inside another one here", span)


@dataclass
class CheckContext:
    """`tables` gives the lookup table at an address such as `path:///Library/x`, or None. `child` gives the
    plan of another query, its text written where it stands in this one; the span is that of the whole.
    `drops` collects conditions that rows must meet (isPrivateIP), `beneath` what an expression needs done to
    its rows first (a subquery, a lookup). `indexed`: the messages have the text index.
    """

    run: RunContext
    tables: Callable[[str], LookupTable | None] = lambda path: None
    child: Callable[[str, Span], Plan] = _no_child
    warnings: list[Problem] = field(default_factory=list)
    drops: list[Expr] = field(default_factory=list)
    beneath: list[Callable[[Plan], Plan]] = field(default_factory=list)
    indexed: bool = True

    def keeping(self, plan: Plan) -> Plan:
        """The plan with what was collected since the last call put on top."""
        for prepare in self.beneath:
            plan = prepare(plan)
        for condition in self.drops:
            plan = Filter(plan, condition)
        self.beneath, self.drops = [], []
        return plan

    def warn(self, code: str, message: str, span: Span | None, *hints: str) -> None:
        """Leave a warning; the query runs all the same."""
        self.warnings.append(Problem(code, message, span, tuple(hints), severity="warning"))


def fail(code: str, message: str, span: Span | None, *hints: str, fixes: tuple[Fix, ...] = ()) -> NoReturn:
    """Refuse the operator with one problem."""
    raise ProblemError([Problem(code, message, span, tuple(hints), fixes)])


def known(schema: Schema, name: str, span: Span) -> Field:
    """The field of this name; a problem with near-miss and list where there is none."""
    found = schema.find(name)
    if found:
        return found
    near = schema.near(name)
    shown = [f for f in schema.names() if not f.startswith("_" if schema.open else HIDDEN)]
    listed = ", ".join(shown)
    hints = ([f"{near} is available here"] if near else []) + ([f"fields so far: {listed}"] if listed else [])
    fail(
        "field-unknown",
        f'no field named "{name}" at this point',
        span,
        *hints,
        fixes=(Fix(span, near, f"Use {near}"),) if near else (),
    )


FIXED = ("_messagetime", "_messageid", "_fields")
"""Fields of a message that other parts rely on: its place in the order. `as` may still change its time."""


def refuse_fixed(names: Iterable[tree.FieldRef], schema: Schema) -> None:
    """A problem where one of these names is a field that messages keep as it is."""
    for name in names:
        if not schema.aggregate and name.name.lower() in FIXED:
            hint = "give the result another name with as"
            fail("field-fixed", f"{name.name} of a message cannot be changed", name.span, hint)


def refuse_twice(names: Iterable[tree.FieldRef]) -> None:
    """A problem where two of these names are one field."""
    seen: set[str] = set()
    for name in names:
        if name.name.lower() in seen:
            fail("field-twice", f"{name.name} is named twice", name.span, "leave one of them out")
        seen.add(name.name.lower())
