"""A cursor over the tokens of one pipeline step, which operators read their own clauses with."""

from __future__ import annotations

from typing import NoReturn

from dohyo.base.problem import Fix, Problem, Span
from dohyo.lang import tree
from dohyo.lang.tokens import CHAR, END, NUMBER, PUNCT, QUOTED, STRING, TIME_SUFFIXES, WORD, Token, regex_body

LONGEST_PERIOD_MS = 100 * 366 * 86_400_000


class ParseStop(Exception):
    """Ends the reading of one step; the parser records the problem and goes on at the next `|`."""

    def __init__(self, problem: Problem):
        self.problem = problem


class Reader:
    """Starts after the operator's name; `rewind()` goes back to it (aggregates read their own names).

    Every method that does not find what it wants raises ParseStop with the place and what would stand there.
    """

    def __init__(self, tokens: list[Token], text: str, start: int = 0):
        self.tokens = tokens
        self.text = text
        self.at = start

    def rewind(self) -> None:
        self.at = 0

    def peek(self, k: int = 0) -> Token:
        return self.tokens[min(self.at + k, len(self.tokens) - 1)]

    def at_end(self) -> bool:
        return self.peek().kind == END

    def take(self) -> Token:
        token = self.peek()
        if token.kind != END:
            self.at += 1
        return token

    def last_span(self) -> Span:
        """Span of the token read last, for places after the end of what was written."""
        return self.tokens[max(self.at - 1, 0)].span

    def rest_text(self) -> str:
        """What is left of the step, as typed; reads nothing."""
        return self.text[self.peek().span.start : self.tokens[-1].span.start].rstrip()

    def span_from(self, token: Token) -> Span:
        return token.span.to(self.last_span())

    # ---- words and punctuation ----

    def word(self, *words: str) -> bool:
        """Consume the next token if it is one of these words, in any case."""
        if self.peek().word in words:
            self.at += 1
            return True
        return False

    def expect_word(self, *words: str) -> Token:
        if self.peek().word in words:
            return self.take()
        self.fail("word-expected", f"{' or '.join(words)} is expected here")

    def punct(self, text: str) -> bool:
        if self.peek().kind == PUNCT and self.peek().text == text:
            self.at += 1
            return True
        return False

    def expect_punct(self, text: str) -> Token:
        if self.peek().kind == PUNCT and self.peek().text == text:
            return self.take()
        self.fail("punctuation-expected", f"{text} is expected here")

    def option(self, name: str) -> bool:
        """Consume `name =`, as in `field=x`."""
        if self.peek().word == name and self.peek(1).kind == PUNCT and self.peek(1).text == "=":
            self.at += 2
            return True
        return False

    # ---- literals and names ----

    def string(self) -> tree.String:
        token = self.peek()
        if token.kind != STRING:
            self.fail_for_string("a string in double quotes is expected here")
        self.take()
        return tree.String(str(token.value), token.text[1:-1], span=token.span)

    def fail_for_string(self, message: str, hints: tuple[str, ...] = ()) -> NoReturn:
        """Complain that a string is missing here; a word that stands here only lacks its quotes."""
        token = self.peek()
        if token.kind != WORD:
            self.fail("string-expected", message, hints=hints)
        quoted = f'"{token.text}"'
        fixes = (Fix(token.span, quoted, f"Put {token.text} in quotes"),)
        self.fail("string-expected", message, hints=(f"in quotes: {quoted}", *hints), fixes=fixes)

    def char(self) -> tree.String:
        """One character, `'x'` or `"x"`, as in `delim=':'`."""
        token = self.peek()
        if token.kind not in (CHAR, STRING) or len(str(token.value)) != 1:
            self.fail("character-expected", "one character is expected here", hints=("such as ','",))
        self.take()
        return tree.String(str(token.value), token.text[1:-1], span=token.span)

    def pattern(self) -> tree.String:
        """A string read as a regular expression: only `\\"` is an escape of the string."""
        read = self.string()
        return tree.String(regex_body(read.raw), read.raw, span=read.span)

    def strings(self) -> tuple[tree.String, ...]:
        found = [self.string()]
        while self.punct(","):
            found.append(self.string())
        return tuple(found)

    def number(self) -> tree.Number:
        sign = -1 if self.punct("-") else 1
        token = self.peek()
        if token.kind != NUMBER:
            self.fail("number-expected", "a number is expected here", hints=("such as 10",))
        self.take()
        assert isinstance(token.value, int | float)
        return tree.Number(sign * token.value, token.text, span=token.span)

    def integer(self, low: int = 0, high: int = 2**63 - 1) -> tree.Number:
        """A whole number between `low` and `high`, both allowed."""
        read = self.number()
        if not isinstance(read.value, int) or not low <= read.value <= high:
            self.fail("number-range", f"a whole number from {low:,} to {high:,} is expected here", read.span)
        return read

    def field(self) -> tree.FieldRef:
        if self.peek().text == "%" and self.peek(1).kind == WORD:  # `top 10 %user`, the old spelling
            self.take()
        token = self.peek()
        if token.kind not in (WORD, QUOTED):
            self._no_field(token)
        self.take()
        return tree.FieldRef(str(token.value), span=token.span)

    def _no_field(self, token: Token) -> NoReturn:
        hint, fixes = 'names with other characters are written %"..."', tuple[Fix, ...]()
        if token.kind == STRING:
            hint, fixes = (
                f"a field is written %{token.text}",
                (Fix(token.span, f"%{token.text}", "Use a field"),),
            )
        elif token.kind == END and self.tokens[max(self.at - 1, 0)].text == ",":
            hint = "remove the comma, or name another field"
        self.fail("field-expected", "a field name is expected here", hints=(hint,), fixes=fixes)

    def fields(self) -> tuple[tree.FieldRef, ...]:
        """A comma-separated list of fields."""
        found = [self.field()]
        while self.punct(","):
            found.append(self.field())
        return tuple(found)

    def names(self) -> tuple[tree.FieldRef, ...]:
        """A list of fields, with or without parentheses around it."""
        if self.punct("("):
            found = self.fields()
            self.expect_punct(")")
            return found
        return self.fields()

    def names_before_string(self) -> tuple[tree.FieldRef, ...]:
        """A list of fields which ends where a text follows a comma."""
        if self.peek().text == "(":
            return self.names()
        names = [self.field()]
        while self.peek(1).kind != STRING and self.punct(","):
            names.append(self.field())
        return tuple(names)

    def another_string(self) -> bool:
        """Consume a comma with a text after it."""
        return self.peek(1).kind == STRING and self.punct(",")

    def period(self) -> tuple[int, str, Span]:
        """A length of time (`5m`, `1 h`, `-1d`): milliseconds (never negative), its text without sign
        and blanks, its span.
        """
        first = self.peek()
        self.punct("-")
        token = self.peek()
        if token.kind != NUMBER:
            self.fail("period-expected", "a length of time is expected here", hints=("such as 5m, 1h or 1d",))
        self.take()
        assert isinstance(token.value, int | float)
        if token.suffix in TIME_SUFFIXES:
            return self._whole_ms(token.value, first), token.text, self.span_from(first)
        unit = self.peek()
        if token.suffix or unit.kind != WORD or unit.text[:1] not in TIME_SUFFIXES:
            self.fail("period-unit", "a unit is expected after the number", hints=("s, m, h, d or w",))
        self.take()
        name = unit.text if unit.text in TIME_SUFFIXES else unit.text[:1]
        length_ms = self._whole_ms(token.value * TIME_SUFFIXES[name], first)
        return length_ms, f"{token.text}{name}", self.span_from(first)

    def _whole_ms(self, value: float, first: Token) -> int:
        if value > LONGEST_PERIOD_MS:
            self.fail("period-long", "a length of time is at most a hundred years", self.span_from(first))
        return int(value)

    def expr(self) -> tree.Expr:
        from dohyo.lang.expr import read_expr  # the expression grammar reads through this class

        return read_expr(self)

    # ---- complaints ----

    def expect_end(self) -> None:
        """Complain about what is left over after a whole clause."""
        if not self.at_end():
            self.fail("left-over", f"nothing is expected after this point, but {self.peek().text} follows")

    def fail(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        hints: tuple[str, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> NoReturn:
        if span is None:
            span = self.peek().span
            if self.at_end() and self.at > 0:
                end = self.last_span().end
                span = Span(end, end + 1)
        raise ParseStop(Problem(code, message, span, tuple(hints), fixes))
