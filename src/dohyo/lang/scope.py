"""The scope: the keyword expression before the first pipe (search language, section 3.1)."""

from __future__ import annotations

import re

from dohyo.base.problem import Problem, Span
from dohyo.lang import tree
from dohyo.lang.tokens import (
    LONGEST_WORD,
    SUBQUERY_HEAD,
    LexError,
    end_of_bracket,
    end_of_string,
    skip_blank,
    unescaped,
    unfilled,
)

_FIELD = re.compile(r'(%"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.@-]*)\s*(!?=|[<>]=?)(?!=)')
_ESCAPED = re.compile(r"\\([^\w*?])")
"""A backslash before a letter or a wildcard is one of a path: `C:\\logs\\*`."""
_DEEPEST = 100


def read_scope(text: str, start: int, end: int) -> tree.ScopeNode:
    """The tree of `text[start:end]`; an empty scope is everything. Raises LexError with the problem's
    place.
    """
    scanner = _Scanner(text, start, end)
    if scanner.done():
        return tree.Everything(span=Span(start, start))
    node = scanner.read_or(0)
    if not scanner.done():
        raise LexError(
            Problem(
                "left-over",
                "a closing parenthesis has no opening one",
                Span(scanner.at, scanner.at + 1),
                ("remove it, or open one before it",),
            )
        )
    return node


class _Scanner:
    def __init__(self, text: str, start: int, end: int):
        self.text, self.at, self.end = text, start, end

    def done(self) -> bool:
        self.at = skip_blank(self.text, self.at, self.end)
        return self.at >= self.end

    def word_ahead(self) -> str:
        """The boolean word that stands next, lower case, or nothing."""
        self.done()
        match = re.compile(r"(and|or|not)(?=[\s()\"!]|$)", re.IGNORECASE).match(self.text, self.at, self.end)
        return match[1].lower() if match else ""

    def read_or(self, depth: int) -> tree.ScopeNode:
        if depth > _DEEPEST:
            raise LexError(
                Problem(
                    "too-deep", f"a scope nests at most {_DEEPEST} levels deep", Span(self.at, self.at + 1)
                )
            )
        found = [self.read_and(depth)]
        while self.word_ahead() == "or":
            self.at += 2
            found.append(self.read_and(depth))
        return (
            found[0] if len(found) == 1 else tree.ScopeOr(tuple(found), span=found[0].span.to(found[-1].span))
        )

    def read_and(self, depth: int) -> tree.ScopeNode:
        found = [self.read_not(depth)]
        while True:
            word = self.word_ahead()
            if self.done() or word == "or" or self.text[self.at] == ")":
                break
            if word == "and":
                self.at += 3
            found.append(self.read_not(depth))
        return (
            found[0]
            if len(found) == 1
            else tree.ScopeAnd(tuple(found), span=found[0].span.to(found[-1].span))
        )

    def read_not(self, depth: int) -> tree.ScopeNode:
        start = skip_blank(self.text, self.at, self.end)
        if self.word_ahead() == "not":
            self.at += 3
        elif not self.done() and self.text[self.at] == "!":
            self.at += 1
        else:
            return self.read_atom(depth)
        if depth > _DEEPEST:
            raise LexError(
                Problem("too-deep", f"a scope nests at most {_DEEPEST} levels deep", Span(start, start + 1))
            )
        operand = self.read_not(depth + 1)
        return tree.ScopeNot(operand, span=Span(start, operand.span.end))

    def read_atom(self, depth: int) -> tree.ScopeNode:
        if self.done() or self.text[self.at] == ")" or self.word_ahead() in ("and", "or"):
            raise LexError(
                Problem(
                    "keyword-expected",
                    "a keyword is expected here",
                    Span(self.at, self.at + 1),
                    ('a word, a "phrase" or field=value',),
                )
            )
        start, char = self.at, self.text[self.at]
        if char == "(":
            self.at += 1
            if not self.done() and self.text[self.at] == ")":
                self.at += 1
                return tree.Everything(span=Span(start, self.at))
            inner = self.read_or(depth + 1)
            if self.done() or self.text[self.at] != ")":
                raise LexError(
                    Problem(
                        "parenthesis-open",
                        "this parenthesis never closes",
                        Span(start, start + 1),
                        ("add a closing )",),
                    )
                )
            self.at += 1
            return inner
        if char == "[":
            return self.read_subquery()
        if match := _FIELD.match(self.text, self.at, self.end):
            return self.read_field(match)
        value, quoted = self.read_value()
        span = Span(start, self.at)
        if value == "*" and not quoted:
            return tree.Everything(span=span)
        return tree.Term(value, quoted, span=span)

    def read_subquery(self) -> tree.ScopeNode:
        start = self.at
        if not SUBQUERY_HEAD.match(self.text, start, self.end):
            hint = 'text with brackets stands in quotes: "[error]"'
            message = "a bracket opens a subquery here, and none follows"
            raise LexError(Problem("subquery-expected", message, Span(start, start + 1), (hint,)))
        self.at = end_of_bracket(self.text, start, self.end)
        return tree.ScopeSubquery(self.text[start : self.at], span=Span(start, self.at))

    def read_field(self, match: re.Match[str]) -> tree.ScopeNode:
        start, operator = self.at, match[2]
        name = unescaped(match[1][2:-1]) if match[1].startswith("%") else match[1]
        self.at = match.end()
        if operator in ("<", ">", "<=", ">="):
            place = Span(match.start(2), match.end(2))
            hint = "compare after the first pipe: | where field > 5"
            raise LexError(
                Problem("scope-comparison", f"{operator} is not part of the scope", place, (hint,))
            )
        while self.at < self.end and self.text[self.at].isspace():  # `_sourceName=/*` opens no comment
            self.at += 1
        if self.at >= self.end or self.text[self.at] in "()|":
            raise LexError(
                Problem(
                    "value-expected",
                    f"a value is expected after {name}{operator}",
                    Span(self.at, self.at + 1),
                    (f"{name}=* finds all that have one",),
                )
            )
        value, quoted = self.read_value()
        node = tree.FieldTerm(name, value, quoted, span=Span(start, self.at))
        return node if operator == "=" else tree.ScopeNot(node, span=node.span)

    def read_value(self) -> tuple[str, bool]:
        """A quoted text, or a run without blanks, quotes and parentheses."""
        start = self.at
        if self.text[start] == '"':
            stop = end_of_string(self.text, start)
            if stop < 0 or stop > self.end:
                raise LexError(
                    Problem(
                        "string-open",
                        "a phrase opens here and never closes",
                        Span(start, start + 1),
                        ('add a closing "',),
                    )
                )
            self.at = stop
            return unescaped(self.text[start + 1 : stop - 1]), True
        if self.text.startswith("{{", start):
            stop = self.text.find("}}", start)
            stop = start + 2 if stop < 0 else stop + 2
            raise LexError(unfilled(self.text[start:stop], Span(start, stop)))
        while self.at < self.end and not self.text[self.at].isspace() and self.text[self.at] not in '()"|':
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at = min(max(self.at, start + 1), self.end)
        word = self.text[start : self.at]
        if (place := word.find("{{")) >= 0 and "}}" in word:
            raise LexError(unfilled(word[place : word.find("}}") + 2], Span(start + place, self.at)))
        if any(char in "“”„" for char in word):
            hint = 'a phrase stands in straight double quotes: "..."'
            raise LexError(
                Problem(
                    "typographic-quote",
                    "a typographic quote is not a quote here",
                    Span(start, self.at),
                    (hint,),
                )
            )
        if len(word) > LONGEST_WORD:
            raise LexError(
                Problem(
                    "word-too-long", f"a word has at most {LONGEST_WORD:,} characters", Span(start, self.at)
                )
            )
        return _ESCAPED.sub(r"\1", word), False
