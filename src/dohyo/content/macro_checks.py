"""Conditions on the arguments of a macro: expressions of the query language over the arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from dohyo.base.problem import ProblemError
from dohyo.functions.table import RunContext
from dohyo.lang.reader import ParseStop, Reader
from dohyo.lang.tokens import LexError, tokens_of, unescaped
from dohyo.ops.context import CheckContext
from dohyo.ops.expressions import condition
from dohyo.oracle.values import value_of
from dohyo.plan.expr import Expr
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import DOUBLE, TEXT

_RUN = RunContext(0, 0, 0)
_NUMBER = "Number"
_PARAMETER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def condition_of(text: str, arguments: Mapping[str, str]) -> Expr:
    """The condition, a parameter in it written `name` or `{{name}}`; `arguments` gives their types by name.

    ValueError that says what is wrong with it.
    """
    written = _PARAMETER.sub(lambda found: found[1], text)
    fields = tuple(Field(name, DOUBLE if kind == _NUMBER else TEXT) for name, kind in arguments.items())
    try:
        reader = Reader(tokens_of(written, 0, len(written)), written)
        read = reader.expr()
        reader.expect_end()
        return condition(read, Schema(fields, aggregate=True), CheckContext(_RUN))
    except (LexError, ParseStop) as stop:
        raise ValueError(stop.problem.message) from None
    except ProblemError as refused:
        raise ValueError(refused.problems[0].message) from None


def complaint_of(
    arguments: Mapping[str, str], validations: Sequence[Mapping[str, str]]
) -> Callable[[Sequence[str]], str | None]:
    """From the arguments of a call to the message of the first condition that they do not meet."""
    checks = [
        (value_of(condition_of(one["evalExpression"], arguments), _RUN), one["errorMessage"])
        for one in validations
    ]

    def complaint(given: Sequence[str]) -> str | None:
        pairs = zip(arguments.items(), given, strict=True)
        row = {name: _value(text, kind) for (name, kind), text in pairs}
        return next((message for meets, message in checks if not meets(row)), None)

    return complaint


def _value(text: str, kind: str) -> str | float | None:
    if kind == _NUMBER:
        read = tokens_of(text.lstrip("-"), 0, len(text.lstrip("-")))[0].value
        return (-1 if text.startswith("-") else 1) * float(read)
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return unescaped(text[1:-1]) if quoted else text
