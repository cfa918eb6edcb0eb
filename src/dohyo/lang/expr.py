"""The expression grammar (search language, section 7), read with precedence climbing."""

from __future__ import annotations

from dohyo.base.problem import Fix
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import CHAR, NUMBER, PATH, PUNCT, QUOTED, REGEX, STRING, SUBQUERY, WORD, Token

_SAME = {"==": "=", "<>": "!=", "&&": "and", "||": "or"}
_COMPARE = {"=", "!=", "<", "<=", ">", ">="}
_DEEPEST = 60
_LONGEST = 60
"""So many terms may stand in a row between operators that go from left to right."""


def read_expr(reader: Reader, depth: int = 0) -> tree.Expr:
    """One expression, as far as it goes; `c ? a : b` becomes a call of `if`."""
    if depth > _DEEPEST:
        reader.fail("too-deep", f"expressions nest at most {_DEEPEST} levels deep")
    condition = _or(reader, depth)
    if reader.punct("?"):
        yes = read_expr(reader, depth + 1)
        reader.expect_punct(":")
        no = read_expr(reader, depth + 1)
        return tree.Call(
            "if", (condition, yes, no), span=condition.span.to(no.span), name_span=condition.span
        )
    return condition


def _operator(reader: Reader) -> str:
    token = reader.peek()
    if token.kind == PUNCT:
        return _SAME.get(token.text, token.text)
    return token.word


def _joined(op: str, left: tree.Expr, right: tree.Expr) -> tree.Expr:
    return tree.Binary(op, left, right, span=left.span.to(right.span))


def _or(reader: Reader, depth: int) -> tree.Expr:
    parts = [_and(reader, depth)]
    while _operator(reader) == "or":
        reader.take()
        parts.append(_and(reader, depth))
    return _balanced("or", parts)


def _and(reader: Reader, depth: int) -> tree.Expr:
    parts = [_not(reader, depth)]
    while _operator(reader) == "and":
        reader.take()
        parts.append(_not(reader, depth))
    return _balanced("and", parts)


def _balanced(op: str, parts: list[tree.Expr]) -> tree.Expr:
    """The parts joined as a tree that is low however many they are; it does not matter which come first."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return _joined(op, _balanced(op, parts[:middle]), _balanced(op, parts[middle:]))


def _within_length(reader: Reader, terms: int) -> int:
    """One term more of a chain whose terms go from left to right."""
    if terms >= _LONGEST:
        reader.fail("too-deep", f"an expression has at most {_LONGEST} terms in a row")
    return terms + 1


def _not(reader: Reader, depth: int) -> tree.Expr:
    """The word `not` takes a whole comparison; `!` binds like a minus sign."""
    token = reader.peek()
    if token.word == "not":
        reader.take()
        if depth > _DEEPEST:
            reader.fail("too-deep", f"expressions nest at most {_DEEPEST} levels deep")
        operand = _not(reader, depth + 1)
        return tree.Unary("not", operand, span=token.span.to(operand.span))
    return _comparison(reader, depth)


def _comparison(reader: Reader, depth: int) -> tree.Expr:
    left, terms = _sum(reader, depth), 0
    while True:
        op, terms = _operator(reader), _within_length(reader, terms)
        if op in _COMPARE or op in ("matches", "contains"):
            reader.take()
            left = _joined(op, left, _sum(reader, depth))
        elif op == "in" or (op == "not" and reader.peek(1).word == "in"):
            left = _membership(reader, left, depth, negated=op == "not")
        elif op == "not" and reader.peek(1).word in ("matches", "contains"):
            reader.take()
            inner = reader.take().word
            compared = _joined(inner, left, _sum(reader, depth))
            left = tree.Unary("not", compared, span=compared.span)
        else:
            return left


def _membership(reader: Reader, left: tree.Expr, depth: int, negated: bool) -> tree.Expr:
    reader.take()
    if negated:
        reader.take()
    reader.expect_punct("(")
    items = [read_expr(reader, depth + 1)]
    while reader.punct(","):
        items.append(read_expr(reader, depth + 1))
    if reader.peek().kind in (STRING, NUMBER, WORD):
        reader.fail("punctuation-expected", "a comma or ) is expected here", hints=('in ("a", "b")',))
    close = reader.expect_punct(")")
    return tree.In(left, tuple(items), negated, span=left.span.to(close.span))


def _sum(reader: Reader, depth: int) -> tree.Expr:
    left, terms = _product(reader, depth), 1
    while (op := _operator(reader)) in ("+", "-"):
        terms = _within_length(reader, terms)
        reader.take()
        left = _joined(op, left, _product(reader, depth))
    return left


def _product(reader: Reader, depth: int) -> tree.Expr:
    left, terms = _unary(reader, depth), 1
    while (op := _operator(reader)) in ("*", "/", "%"):
        terms = _within_length(reader, terms)
        reader.take()
        left = _joined(op, left, _unary(reader, depth))
    return left


def _unary(reader: Reader, depth: int) -> tree.Expr:
    token = reader.peek()
    if token.kind == PUNCT and token.text in ("-", "+", "!"):
        reader.take()
        if depth > _DEEPEST:
            reader.fail("too-deep", f"expressions nest at most {_DEEPEST} levels deep")
        operand = _unary(reader, depth + 1)
        span = token.span.to(operand.span)
        if token.text == "+":
            return operand
        if token.text == "-" and isinstance(operand, tree.Number):
            return tree.Number(-operand.value, f"-{operand.text}", span=span)
        return tree.Unary("-" if token.text == "-" else "not", operand, span=span)
    return _primary(reader, depth)


def _primary(reader: Reader, depth: int) -> tree.Expr:
    token = reader.peek()
    if token.kind == NUMBER:
        return reader.number()
    if token.kind == STRING:
        return reader.string()
    if token.kind == PATH:  # the table of a lookup function
        reader.take()
        return tree.String(str(token.value), token.text, span=token.span)
    if token.kind == REGEX:
        reader.take()
        return tree.Regex(str(token.value), span=token.span)
    if token.kind == PUNCT and token.text == "(":
        return _parenthesised(reader, depth)
    if token.kind == SUBQUERY:
        reader.take()
        return tree.Subquery(token.text, span=token.span)
    if token.kind == QUOTED:
        return reader.field()
    if token.kind == WORD:
        return _named(reader, token, depth)
    if token.kind == CHAR:
        hint = f'strings stand in double quotes: "{token.value}"'
        fix = Fix(token.span, f'"{token.value}"', "Use double quotes")
        reader.fail("single-quote", "a single quote does not open a string", hints=(hint,), fixes=(fix,))
    reader.fail("expression-expected", "a value, a field or a function is expected here")


def _parenthesised(reader: Reader, depth: int) -> tree.Expr:
    reader.take()
    inner = read_expr(reader, depth + 1)
    reader.expect_punct(")")
    return inner


def _named(reader: Reader, token: Token, depth: int) -> tree.Expr:
    reader.take()
    if reader.punct("("):
        args: list[tree.Expr] = []
        if not reader.punct(")"):
            args.append(read_expr(reader, depth + 1))
            while reader.punct(","):
                args.append(read_expr(reader, depth + 1))
            reader.expect_punct(")")
        return tree.Call(token.text, tuple(args), span=reader.span_from(token), name_span=token.span)
    if token.word in ("true", "false"):
        return tree.Boolean(token.word == "true", span=token.span)
    if token.word == "null":
        return tree.Null(span=token.span)
    return tree.FieldRef(str(token.value), span=token.span)
