"""Reads the declarative resources of published apps: HCL, as far as resources are written in it.

A body is a list of entries, an attribute `(name, value)` or a `Block`. Values are JSON values; what only the
tool that applies the resources can know (`data.x.id`, a condition) stays as the text `${...}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from dohyo.base.problem import Problem, ProblemError, Span

MOST_CHARACTERS = 8 * 1024 * 1024
MOST_DEPTH = 64
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_HEREDOC = re.compile(r"<<(-?)[ \t]*([A-Za-z_]\w*)[ \t]*\r?\n")
_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w*-]+|\[(?:\d+|\"[^\"\n]*\"|\*)\])*")
_MEMBER = re.compile(r"\.([A-Za-z_][\w-]*)")
_ABOVE = re.compile(r"^(?:\$\{[^}]*\})?(?:\.{0,2}/+)*")
_PLAIN = re.compile(r'[^"\\$%\n]+')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_END = re.compile(r"[ \t\r]*(?:\n|\}|$|#|//|,|\]|\))")

Resolve = Callable[[str], Any]
"""The value of a reference such as `var.scope_key`; None where it is not known."""


@dataclass(frozen=True)
class Block:
    kind: str
    labels: tuple[str, ...]
    body: Body

    def blocks(self, kind: str) -> list[Block]:
        return [one for one in self.body if isinstance(one, Block) and one.kind == kind]

    def block(self, kind: str) -> Block | None:
        return next(iter(self.blocks(kind)), None)

    @property
    def values(self) -> dict[str, Any]:
        return dict(one for one in self.body if isinstance(one, tuple))


Entry = Block | tuple[str, Any]
Body = list[Entry]


def read_hcl(text: str, resolve: Resolve = lambda _: None, files: Mapping[str, str] | None = None) -> Body:
    """The entries of a file. ProblemError `declared-resource` with the place for what cannot be read.

    >>> read_hcl('a = "x ${var.b}"', {"var.b": "y"}.get)
    [('a', 'x y')]
    """
    if len(text) > MOST_CHARACTERS:
        raise ProblemError([Problem("declared-resource", "a file of resources has at most 8 MB")])
    reader = _Reader(text, resolve, files or {})
    return reader.body(0, at_top=True)


class _Reader:
    def __init__(self, text: str, resolve: Resolve, files: Mapping[str, str]) -> None:
        self.text, self.resolve, self.files = text, resolve, files
        self.at = 0

    def fail(self, message: str) -> NoReturn:
        raise ProblemError([Problem("declared-resource", message, Span(self.at, self.at + 1))])

    def skip(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def take(self, mark: str) -> bool:
        self.skip()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def need(self, mark: str) -> None:
        if not self.take(mark):
            self.fail(f"{mark} is expected here")

    def name(self) -> str:
        self.skip()
        if not (found := _NAME.match(self.text, self.at)):
            self.fail("a name is expected here")
        self.at = found.end()
        return found[0]

    def body(self, depth: int, *, at_top: bool = False) -> Body:
        if depth > MOST_DEPTH:
            self.fail(f"blocks lie more than {MOST_DEPTH} deep in each other")
        found: Body = []
        while True:
            self.skip()
            if self.at >= len(self.text):
                return found if at_top else self.fail("a block opens and never closes")
            if not at_top and self.take("}"):
                return found
            found.append(self.entry(depth))

    def entry(self, depth: int) -> Entry:
        name = self.string(quoted=True) if self.text[self.at] == '"' else self.name()
        self.skip()
        if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
            self.at += 1
            return str(name), self.value(depth)
        labels = []
        while not self.take("{"):
            is_quoted = self.text[self.at : self.at + 1] == '"'
            labels.append(str(self.string(quoted=True)) if is_quoted else self.name())
        return Block(str(name), tuple(labels), self.body(depth + 1))

    # Values

    def value(self, depth: int) -> Any:
        self.skip()
        start = self.at
        found = self.operand(depth)
        if _END.match(self.text, self.at):
            return found
        self.skip()
        if self.text[self.at : self.at + 1] in ("", "}", "]", ")", ",", "\n") or self._line_ended(start):
            return found
        self._to_end_of_expression()
        return f"${{{self.text[start : self.at].strip()}}}"

    def _line_ended(self, start: int) -> bool:
        return "\n" in self.text[self.text.rfind("\n", start, self.at) : self.at] and bool(
            _NAME.match(self.text, self.at) or self.text[self.at : self.at + 1] == '"'
        )

    def _to_end_of_expression(self) -> None:
        """Past a condition or arithmetic, which stays a text."""
        depth = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.string(quoted=True)
                continue
            depth += (char in "([{") - (char in ")]}")
            if depth < 0 or (not depth and char in "\n,"):
                return
            self.at += 1

    def operand(self, depth: int) -> Any:
        if depth > MOST_DEPTH:
            self.fail(f"values lie more than {MOST_DEPTH} deep in each other")
        text, at = self.text, self.at
        if text.startswith('"', at):
            return self.string(quoted=True)
        if found := _HEREDOC.match(text, at):
            return self.heredoc(found)
        if self.take("["):
            return self.items("]", lambda: self.value(depth + 1))
        if self.take("{"):
            return dict(self.items("}", lambda: self.pair(depth + 1)))
        if self.take("("):
            inner = self.value(depth + 1)
            self.need(")")
            return inner
        if found := _NUMBER.match(text, at):
            self.at = found.end()
            return json.loads(found[0])
        if found := _REFERENCE.match(text, at):
            self.at = found.end()
            return self.named(found[0], depth)
        self.fail("a value is expected here")

    def items(self, end: str, read: Callable[[], Any]) -> list[Any]:
        found = []
        while not self.take(end):
            if self.at >= len(self.text):
                self.fail(f"{end} is expected here")
            found.append(read())
            self.take(",")
        return found

    def pair(self, depth: int) -> tuple[str, Any]:
        self.skip()
        if self.take("("):
            key = self.value(depth)
            self.need(")")
        else:
            key = self.string(quoted=True) if self.text[self.at : self.at + 1] == '"' else self.name()
        if not self.take("=") and not self.take(":"):
            self.fail("= is expected here")
        return str(key), self.value(depth)

    def named(self, name: str, depth: int) -> Any:
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        if self.text.startswith("(", self.at):
            start = self.at
            self.at += 1
            arguments = self.items(")", lambda: self.value(depth + 1))
            return self.members(self.called(name, arguments, self.text[start : self.at]))
        known = self.resolve(name)
        return f"${{{name}}}" if known is None else known

    def members(self, value: Any) -> Any:
        """The member of an object that `.name` behind a call asks for."""
        while found := _MEMBER.match(self.text, self.at):
            self.at = found.end()
            value = value.get(found[1]) if isinstance(value, dict) else f"{value}{found[0]}"
        return value

    def called(self, name: str, arguments: list[Any], source: str) -> Any:
        if name == "jsonencode" and len(arguments) == 1:
            return json.dumps(arguments[0], ensure_ascii=False, separators=(",", ":"))
        if name in ("file", "templatefile") and arguments:
            path = _ABOVE.sub("", str(arguments[0]))
            named = [text for name, text in self.files.items() if f"/{name}".endswith(f"/{path}")]
            if len(named) == 1:
                return named[0]
        if name == "jsondecode" and len(arguments) == 1:
            try:
                return json.loads(str(arguments[0]))
            except (ValueError, RecursionError):
                return f"${{{name}{source}}}"
        if name == "merge" and all(isinstance(one, dict) for one in arguments):
            return {key: value for one in arguments for key, value in one.items()}
        if name in ("tostring", "trimspace", "chomp", "tonumber", "tobool") and len(arguments) == 1:
            return arguments[0]
        if name == "join" and len(arguments) == 2 and isinstance(arguments[1], list):
            return str(arguments[0]).join(map(str, arguments[1]))
        if name == "format" and arguments and str(arguments[0]).count("%s") == len(arguments) - 1:
            return str(arguments[0]).replace("%s", "{}").format(*arguments[1:])
        return f"${{{name}{source}}}"

    # Texts

    def string(self, *, quoted: bool) -> Any:
        """A quoted text; one that is nothing but a place is the value of the place."""
        self.at += 1
        parts: list[Any] = []
        while True:
            if found := _PLAIN.match(self.text, self.at):
                parts.append(found[0])
                self.at = found.end()
            char = self.text[self.at : self.at + 1]
            if char in ("", "\n"):
                self.fail("a text opens and never closes")
            self.at += 1
            if char == '"':
                return parts[0] if len(parts) == 1 else "".join(map(_text, parts))
            parts.append(self.escaped() if char == "\\" else self.place(char))

    def escaped(self) -> str:
        char = self.text[self.at : self.at + 1]
        width = {"u": 4, "U": 8}.get(char, 0)
        digits = self.text[self.at + 1 : self.at + 1 + width]
        self.at += 1 + width
        if not width:
            return _ESCAPES.get(char, f"\\{char}")
        try:
            return chr(int(digits, 16))
        except ValueError:
            self.fail("a character has four or eight hexadecimal digits")

    def place(self, mark: str) -> Any:
        """After `$` or `%`: a place, an escaped one (`$${`), or the character itself."""
        if self.text.startswith(mark + "{", self.at):
            self.at += 2
            return mark + "{"
        if not self.text.startswith("{", self.at):
            return mark
        start = self.at
        self.at += 1
        self.skip()
        found = _REFERENCE.match(self.text, self.at)
        if mark == "$" and found and self.text.startswith("}", found.end()):
            self.at = found.end() + 1
            known = self.resolve(found[0])
            return f"${{{found[0]}}}" if known is None else known
        self.at = start + 1
        self._to_end_of_expression()
        self.need("}")
        return mark + self.text[start : self.at]

    def heredoc(self, found: re.Match[str]) -> str:
        self.at = found.end()
        closing = re.compile(rf"^[ \t]*{found[2]}[ \t]*\r?$", re.MULTILINE)
        end = closing.search(self.text, self.at)
        if end is None:
            self.fail(f"the text up to {found[2]} never ends")
        text = self.text[self.at : end.start()].replace("\r\n", "\n")
        if found[1]:
            lines = text.split("\n")
            indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
            text = "\n".join(line[min(indents, default=0) :] for line in lines)
        self.at = end.end()
        return re.sub(r"(\$?)\$\{([^{}]*)\}", self._filled, text)

    def _filled(self, match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        known = self.resolve(match[2].strip())
        return match[0] if known is None else _text(known)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
