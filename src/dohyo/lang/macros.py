"""Macros: `` `name(argument)` `` stands for a text that was given a name, put in before a query is read."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.lang.tokens import end_of_string

DEEPEST = 10
LONGEST = 150_000
"""Characters that a text with its macros may have."""
NAME = re.compile(r"^[A-Za-z_][\w.-]*$")
_CALL = re.compile(r"`\s*([A-Za-z_][\w.-]*)\s*(?:\((.*?)\)\s*)?`", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?[A-Za-z]{0,2}")


@dataclass(frozen=True)
class Macro:
    """A text with `{{parameter}}` where arguments go. The parameters in `numbers` take numbers only;
    `complaint` says of the arguments of a call what is wrong with them.
    """

    parameters: tuple[str, ...]
    text: str
    numbers: frozenset[str] = frozenset()
    complaint: Callable[[Sequence[str]], str | None] = field(default=lambda arguments: None, compare=False)


@dataclass
class Expanded:
    """A text with its macros put in, and where its parts came from."""

    text: str
    starts: list[int] = field(default_factory=lambda: [0])
    origins: list[Span | int] = field(default_factory=lambda: [0])
    """For each part its macro call, or where it begins in the text as typed."""

    def place(self, at: int) -> Span:
        """What was typed that the character stands for."""
        part = bisect_right(self.starts, at) - 1
        origin = self.origins[part]
        if isinstance(origin, Span):
            return origin
        typed = origin + at - self.starts[part]
        return Span(typed, typed + 1)

    def typed(self, problem: Problem) -> Problem:
        """The problem with its place in the text as typed; fixes inside a macro are left out."""
        if len(self.starts) == 1 or problem.span is None:
            return problem
        span = self._span(problem.span)
        fixes = tuple(
            replace(fix, span=self._span(fix.span)) for fix in problem.fixes if self._is_typed(fix.span)
        )
        return replace(problem, span=span, fixes=fixes)

    def _span(self, span: Span) -> Span:
        return self.place(span.start).to(self.place(max(span.end - 1, span.start)))

    def _is_typed(self, span: Span) -> bool:
        part = bisect_right(self.starts, span.start) - 1
        return isinstance(self.origins[part], int)


def expanded(text: str, macros: Mapping[str, Macro]) -> Expanded:
    """The text with all macros put in, those in macros too. ProblemError at the call."""
    if "`" not in text:
        return Expanded(text)
    made = ""
    starts: list[int] = []
    origins: list[Span | int] = []
    at = 0
    for call in _calls(text):
        starts.append(len(made))
        origins.append(at)
        made += text[at : call.start()]
        starts.append(len(made))
        origins.append(Span(call.start(), call.end()))
        made += _put_in(call, macros, Span(call.start(), call.end()), ())
        at = call.end()
        if len(made) > LONGEST:
            message = f"with its macros the query has more than {LONGEST:,} characters"
            raise ProblemError([Problem("query-too-long", message, Span(call.start(), call.end()))])
    starts.append(len(made))
    origins.append(at)
    return Expanded(made + text[at:], starts, origins)


def _calls(text: str) -> list[re.Match[str]]:
    """Macro calls; a back quote in a string is none."""
    found, at = [], 0
    while at < len(text):
        if text[at] == '"':
            stop = end_of_string(text, at)
            at = len(text) if stop < 0 else stop
        elif text[at] == "`" and (call := _CALL.match(text, at)):
            found.append(call)
            at = call.end()
        else:
            at += 1
    return found


def _put_in(call: re.Match[str], macros: Mapping[str, Macro], span: Span, outer: tuple[str, ...]) -> str:
    name, arguments = call[1], _arguments(call[2])
    macro = macros.get(name) or next((m for n, m in macros.items() if n.lower() == name.lower()), None)
    if macro is None:
        known = f"there are {', '.join(sorted(macros))}" if macros else "none is set up here"
        raise ProblemError([Problem("macro-unknown", f"no macro is named {name}", span, (known,))])
    if len(arguments) != len(macro.parameters):
        wanted = ", ".join(macro.parameters) or "none"
        message = f"the macro {name} takes {len(macro.parameters)} arguments, here are {len(arguments)}"
        raise ProblemError([Problem("argument-count", message, span, (f"its arguments: {wanted}",))])
    if name.lower() in outer or len(outer) >= DEEPEST:
        raise ProblemError([Problem("too-deep", f"the macro {name} contains itself", span)])
    for parameter, argument in zip(macro.parameters, arguments, strict=True):
        if parameter in macro.numbers and not _NUMBER.fullmatch(argument):
            message = f"{parameter} of the macro {name} takes a number, here is {argument[:60]}"
            raise ProblemError([Problem("argument-type", message, span)])
    if complaint := macro.complaint(arguments):
        raise ProblemError([Problem("argument-refused", complaint, span, (f"the macro {name} asks for it",))])
    text = macro.text
    for parameter, argument in zip(macro.parameters, arguments, strict=True):
        text = re.sub(r"\{\{\s*" + re.escape(parameter) + r"\s*\}\}", argument.replace("\\", r"\\"), text)
    made, at = "", 0
    for inner in _calls(text):
        made += text[at : inner.start()] + _put_in(inner, macros, span, (*outer, name.lower()))
        at = inner.end()
        if len(made) > LONGEST:
            break
    return made + text[at:]


def _arguments(written: str | None) -> list[str]:
    """Arguments without the blanks around them; a comma in a string does not part them."""
    if not (written or "").strip():
        return []
    assert written is not None
    found, start, at = [], 0, 0
    while at < len(written):
        if written[at] == '"':
            stop = end_of_string(written, at)
            at = len(written) if stop < 0 else stop
            continue
        if written[at] == ",":
            found.append(written[start:at].strip())
            start = at + 1
        at += 1
    return [*found, written[start:].strip()]
