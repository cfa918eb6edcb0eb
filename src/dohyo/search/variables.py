"""`{{variable}}` in the text of a query: values filled in before it is read, places found again in the text
as typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.lang.words import as_part, as_word, escaped

_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
# A string, which may miss its end, or a comment: whichever begins first hides the marks of the other.
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*(?:"|$)|//[^\n]*|/\*.*?\*/', re.DOTALL)

Value = str | Sequence[str]


@dataclass(frozen=True)
class Piece:
    """`filled` of the new text stands where `typed` stood."""

    typed: Span
    filled: Span


@dataclass(frozen=True)
class Filled:
    """A query with its variables filled in, and where they were."""

    text: str
    typed: str
    pieces: tuple[Piece, ...] = ()

    def place(self, span: Span) -> Span:
        """The span of the typed text that one of the filled text came from; a variable is one place."""
        return Span(
            self._at(span.start, end=False),
            max(self._at(span.end, end=True), self._at(span.start, end=False)),
        )

    def _at(self, position: int, end: bool) -> int:
        moved = 0
        for piece in self.pieces:
            if position < piece.filled.start or (end and position == piece.filled.start):
                break
            if position < piece.filled.end or (end and position == piece.filled.end):
                return piece.typed.end if end else piece.typed.start
            moved = piece.typed.end - piece.filled.end
        return position + moved

    def problems(self, found: Sequence[Problem]) -> list[Problem]:
        """The problems with their places in the typed text. A fix that would change a filled-in value is left
        out.
        """
        return [
            replace(
                problem,
                span=problem.span and self.place(problem.span),
                fixes=tuple(
                    replace(fix, span=self.place(fix.span))
                    for fix in problem.fixes
                    if not any(
                        fix.span.start < p.filled.end and p.filled.start < fix.span.end for p in self.pieces
                    )
                ),
            )
            for problem in found
        ]


def fill_in(typed: str, values: Mapping[str, Value]) -> Filled:
    """The text with each `{{name}}` (any case) outside comments replaced by its value.

    A value never changes the query's shape: inside quotes its quotes and backslashes are escaped; outside, it
    comes in quotes where it holds pipes, quotes, parentheses or comments, and behind `=` where it is not one
    plain word.
    Several values become `(a OR b)` outside quotes; inside quotes they are a problem, as is a name without a
    value. Raises ProblemError.
    """
    by_name = {name.lower(): value for name, value in values.items()}
    pieces: list[Piece] = []
    parts: list[str] = []
    inside = [(match.span(), match[0][0] == '"') for match in _STRING_OR_COMMENT.finditer(typed)]
    at, length = 0, 0
    for match in _PLACE.finditer(typed):
        around = [is_string for (start, end), is_string in inside if start <= match.start() < end]
        if around == [False]:
            continue
        quoted = bool(around)
        span = Span(*match.span())
        written = escaped if quoted else as_word if typed[: span.start].endswith("=") else as_part
        value = _shown(match[1], by_name, written, span, typed)
        parts += [typed[at : span.start], value]
        length += span.start - at
        pieces.append(Piece(span, Span(length, length + len(value))))
        length, at = length + len(value), span.end
    parts.append(typed[at:])
    return Filled("".join(parts), typed, tuple(pieces))


def _shown(
    name: str, values: Mapping[str, Value], written: Callable[[str], str], span: Span, typed: str
) -> str:
    if name.lower() not in values:
        hint = f"variables here: {', '.join(sorted(values))}" if values else "this dashboard has no variables"
        problem = Problem("variable-unknown", f"there is no variable named {name}", span, (hint,))
        raise ProblemError([problem], typed)
    value = values[name.lower()]
    if not isinstance(value, str):
        if len(value) == 1:
            value = value[0]
        elif written is not escaped:
            return "(" + " OR ".join(map(written, value)) + ")" if value else "*"
        else:
            message = f"variable {name} has several values, which cannot stand inside quotes"
            raise ProblemError([Problem("variable-several", message, span, ("choose one value",))], typed)
    return written(value)
