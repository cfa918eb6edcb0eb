"""Reads the `$filter` of alerts_v2: the documented properties, `eq ne gt ge lt le and or not`, `( )`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dohyo.graphsim import enums
from dohyo.graphsim.stamps import ticks

# What a filter sees of an alert: text of the text properties (or None), ticks of the dates (or None).
Visible = Mapping[str, str | int | None]
Test = Callable[[Visible], bool]

DATES = frozenset({"createdDateTime", "lastUpdateDateTime"})
MEMBERS: dict[str, frozenset[str]] = {
    "classification": frozenset(enums.CLASSIFICATION),
    "determination": frozenset(enums.DETERMINATION),
    "severity": frozenset(enums.SEVERITY),
    "serviceSource": frozenset(enums.SERVICE_SOURCE),
    "status": frozenset(enums.STATUS),
}
PROPERTIES = frozenset({"assignedTo", *DATES, *MEMBERS})
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
TOKEN = re.compile(r"\s+|(?P<text>'(?:[^']|'')*')|(?P<paren>[()])|(?P<word>[^\s()']+)")


class FilterError(ValueError):
    """The filter is not one the service takes; the text is the message of its 400."""


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int


def read_filter(text: str) -> Test:
    """The test a filter stands for. FilterError names the place of what is not understood.

    >>> test = read_filter("severity eq 'high' and not (status eq 'resolved')")
    >>> test({"severity": "high", "status": "new"})
    True
    """
    reader = FilterReader(tokens_of(text))
    test = reader.either()
    if reader.ahead is not None:
        raise reader.complaint()
    return test


def tokens_of(text: str) -> list[Token]:
    found, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise FilterError(f"There is an unterminated string literal at position {position} in '{text}'.")
        if match.lastgroup:
            found.append(Token(match.lastgroup, match[0], position))
        position = match.end()
    return found


class FilterReader:
    """Recursive descent over the tokens; `or` binds weakest, then `and`, then `not`."""

    def __init__(self, found: list[Token]) -> None:
        self.left = found[::-1]

    @property
    def ahead(self) -> Token | None:
        return self.left[-1] if self.left else None

    def complaint(self) -> FilterError:
        if self.ahead is None:
            return FilterError("Syntax error: the filter ends too early.")
        return FilterError(f"Syntax error at position {self.ahead.position} near '{self.ahead.text}'.")

    def take(self, *texts: str) -> bool:
        if self.ahead is not None and self.ahead.kind != "text" and self.ahead.text in texts:
            self.left.pop()
            return True
        return False

    def either(self) -> Test:
        tests = [self.both()]
        while self.take("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda alert: any(test(alert) for test in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self.take("and"):
            tests.append(self.single())
        return tests[0] if len(tests) == 1 else lambda alert: all(test(alert) for test in tests)

    def single(self) -> Test:
        if self.take("not"):
            test = self.single()
            return lambda alert: not test(alert)
        if self.take("("):
            test = self.either()
            if not self.take(")"):
                raise self.complaint()
            return test
        return self.comparison()

    def comparison(self) -> Test:
        name = self.word()
        if name not in PROPERTIES:
            raise FilterError(
                f"Could not find a property named '{name}' that can be filtered on type 'alert'."
            )
        sign = self.word()
        if sign not in COMPARE:
            raise FilterError(f"The operator '{sign}' is not supported in a filter on '{name}'.")
        return compared(name, sign, self.literal(name, sign))

    def word(self) -> str:
        if self.ahead is None or self.ahead.kind != "word":
            raise self.complaint()
        return self.left.pop().text

    def literal(self, name: str, sign: str) -> str | int | None:
        if self.ahead is None or self.ahead.kind == "paren":
            raise self.complaint()
        token = self.left.pop()
        if token.text == "null":
            return None
        if name in DATES:
            return date_literal(token, name, sign)
        if token.kind != "text":
            raise FilterError(
                f"'{name}' needs a quoted literal, not '{token.text}' at position {token.position}."
            )
        value = token.text[1:-1].replace("''", "'")
        if sign not in ("eq", "ne"):
            raise FilterError(f"The operator '{sign}' is not supported in a filter on '{name}'.")
        if value not in MEMBERS.get(name, (value,)):
            raise FilterError(f"'{value}' is not a member of the enumeration of '{name}'.")
        return value


def date_literal(token: Token, name: str, sign: str) -> int:
    if token.kind != "word":
        raise FilterError(
            f"A binary operator with incompatible types was detected: '{name}' {sign} {token.text}."
        )
    try:
        return ticks(token.text)
    except ValueError:
        raise FilterError(
            f"The literal '{token.text}' at position {token.position} is not a date-time."
        ) from None


def compared(name: str, sign: str, value: str | int | None) -> Test:
    """Null equals only null, and is neither before nor after anything."""
    compare = COMPARE[sign]
    if sign in ("eq", "ne"):
        return lambda alert: compare(alert[name], value)
    return lambda alert: value is not None and alert[name] is not None and compare(alert[name], value)
