"""Errors as data: one object that text, JSON and the editor all print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters `[start, end)` in the text the user typed."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement that would mend the problem: put `text` in place of `span`."""

    span: Span
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, said in one plain sentence, with the place and a way out.

    `code` is stable (`field-unknown`, `alias-count`, ...). `severity` is `error` (refused) or `warning` (runs
    all the same).
    """

    code: str
    message: str
    span: Span | None = None
    hints: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    severity: Literal["error", "warning"] = "error"

    def place(self, text: str) -> tuple[int, int] | None:
        """Line and column, both from 1, of the span's start in `text`."""
        if self.span is None:
            return None
        before = text[: self.span.start]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def shown(self, text: str) -> str:
        """The problem as a terminal prints it: sentence, the line with the place underlined, hints.

        >>> print(Problem("field-unknown", 'no field named "b"', Span(8, 9)).shown("* | sum(b)"))
        error[field-unknown]: no field named "b"
          1 | * | sum(b)
            |         ^
        """
        lines = [f"{self.severity}[{self.code}]: {self.message}"]
        place = self.place(text)
        if place is not None and self.span is not None:
            row, column = place
            source = text.split("\n")[row - 1]
            width = max(1, min(self.span.end - self.span.start, len(source) - column + 1))
            gutter = len(str(row))
            lines.append(f"  {row} | {source}")
            lines.append(f"  {' ' * gutter} | {' ' * (column - 1)}{'^' * width}")
        lines += [f"  hint: {hint}" for hint in self.hints]
        return "\n".join(lines)

    def as_json(self, text: str) -> dict[str, object]:
        """The shape the API and the editor get."""
        place = self.place(text)
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "span": None if self.span is None else {"start": self.span.start, "end": self.span.end},
            "line": place[0] if place else None,
            "column": place[1] if place else None,
            "hints": list(self.hints),
            "fixes": [
                {"start": fix.span.start, "end": fix.span.end, "text": fix.text, "label": fix.label}
                for fix in self.fixes
            ],
        }


@dataclass
class ProblemError(Exception):
    """Raised where one or more problems stop the work; carries the text their spans point into."""

    problems: Sequence[Problem]
    text: str = field(default="")

    def __str__(self) -> str:
        return "\n".join(problem.shown(self.text) for problem in self.problems)
