"""The syntax tree of a query: what was written, with spans, before any meaning.

Spans are left out of equality, so that a formatted query equals its original.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dohyo.base.problem import Span

_NOWHERE = Span(0, 0)


@dataclass(frozen=True)
class Node:
    span: Span = field(default=_NOWHERE, compare=False, kw_only=True)


# ---- expressions (search language, section 7) ----


@dataclass(frozen=True)
class Expr(Node):
    """Any expression."""


@dataclass(frozen=True)
class Number(Expr):
    """`value` has the suffix applied (`1.5s` is 1500, `1Ki` 1024); an int where the result is whole
    and written without point.
    """

    value: int | float
    text: str


@dataclass(frozen=True)
class String(Expr):
    """A double-quoted literal, escapes resolved. In a regular expression place the raw body matters:
    `raw` keeps it.
    """

    value: str
    raw: str = field(default="", compare=False)


@dataclass(frozen=True)
class Boolean(Expr):
    value: bool


@dataclass(frozen=True)
class Null(Expr):
    pass


@dataclass(frozen=True)
class Regex(Expr):
    """`/.../` after `matches` or in `replace`; `\\/` already turned to `/`."""

    pattern: str


@dataclass(frozen=True)
class FieldRef(Expr):
    """A bare or %"quoted" field name, spelled as typed."""

    name: str


@dataclass(frozen=True)
class Call(Expr):
    """A function call, also `if(c, a, b)`; `c ? a : b` is read as `if`. `name` as typed; look it up
    case-insensitively.
    """

    name: str
    args: tuple[Expr, ...]
    name_span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True)
class Unary(Expr):
    """`op` is `-` or `not` (also written `!`)."""

    op: str
    operand: Expr


@dataclass(frozen=True)
class Binary(Expr):
    """`op` is one of `* / % + - = != < <= > >= and or matches contains`; `==`, `<>`, `&&`, `||` are
    normalised to these.
    """

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class In(Expr):
    """`x in (a, b)` or `x not in (a, b)`."""

    operand: Expr
    items: tuple[Expr, ...]
    negated: bool = False


@dataclass(frozen=True)
class Subquery(Expr):
    """`[subquery ...: child | compose ...]` in an expression or in the scope; parsed, run by a later
    release.
    """

    text: str


# ---- scope (section 3) ----


@dataclass(frozen=True)
class ScopeNode(Node):
    """Any part of a scope."""


@dataclass(frozen=True)
class Everything(ScopeNode):
    """`*` or an empty scope."""


@dataclass(frozen=True)
class Term(ScopeNode):
    """A keyword or a quoted phrase. `text` as typed, without quotes; `quoted` means `*` and `?` are
    literal.
    """

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class FieldTerm(ScopeNode):
    """`field=value`; wildcards only when not quoted. The value `*` means: has a value."""

    field: str
    value: str
    quoted: bool = False


@dataclass(frozen=True)
class ScopeNot(ScopeNode):
    operand: ScopeNode


@dataclass(frozen=True)
class ScopeAnd(ScopeNode):
    operands: tuple[ScopeNode, ...]


@dataclass(frozen=True)
class ScopeOr(ScopeNode):
    operands: tuple[ScopeNode, ...]


@dataclass(frozen=True)
class ScopeSubquery(ScopeNode):
    text: str


# ---- pipeline ----


@dataclass(frozen=True)
class Step(Node):
    """One operator of the pipeline. `clause` is the operator's own dataclass, read by `Operator.parse`."""

    operator: str
    clause: Any


@dataclass(frozen=True)
class Query(Node):
    """A whole query: scope and steps. `text` is what was typed."""

    scope: ScopeNode
    steps: tuple[Step, ...]
    text: str = field(default="", compare=False)
