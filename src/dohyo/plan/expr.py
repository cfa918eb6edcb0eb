"""Typed expressions. After checking there are only three kinds: literal, field, function applied to
expressions.

Operators of the language (`+`, `=`, `and`, `matches`, `in`, `if`) and coercions are functions of the table in
`functions` like any other, so adding meaning never adds a node kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dohyo.base.problem import Span
from dohyo.plan.types import Type

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Lit:
    value: Scalar
    type: Type


@dataclass(frozen=True)
class Ref:
    """A field of the input, by its canonical (declared) spelling."""

    name: str
    type: Type


@dataclass(frozen=True)
class Apply:
    """`function` is the canonical name of a row of the function table. `span` is where the user wrote it."""

    function: str
    args: tuple[Expr, ...]
    type: Type
    span: Span | None = field(default=None, compare=False)


Expr = Lit | Ref | Apply


def parts(expr: Expr) -> Iterator[Apply]:
    """Every application in an expression, the outer ones first."""
    if isinstance(expr, Apply):
        yield expr
        for arg in expr.args:
            yield from parts(arg)


def refs(expr: Expr) -> Iterator[str]:
    """Names of the fields that an expression reads."""
    if isinstance(expr, Ref):
        yield expr.name
    elif isinstance(expr, Apply):
        for arg in expr.args:
            yield from refs(arg)


def replaced(expr: Expr, others: Mapping[Apply, Expr]) -> Expr:
    """The expression with every application that is a key of `others` put in place."""
    if not isinstance(expr, Apply):
        return expr
    if expr in others:
        return others[expr]
    return replace(expr, args=tuple(replaced(arg, others) for arg in expr.args))
