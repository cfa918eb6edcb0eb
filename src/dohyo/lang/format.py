"""One way to lay a query out: scope first, one operator a line, single blanks; comments and texts stay
as they are.
"""

from __future__ import annotations

from dohyo.lang.tokens import END, PUNCT, LexError, Token, cut_at_pipes, skip_blank, tokens_of

_TIGHT_BEFORE = {",", ")", "]", ";", "."}
_TIGHT_AFTER = {"(", "[", "!", "."}


def format_query(text: str) -> str:
    """The query laid out anew. Text that does not lex is returned as it stands."""
    try:
        pieces = cut_at_pipes(text)
        steps = [_formatted(text, start, end) for start, end in pieces[1:]]
    except LexError:
        return text
    scope = _trimmed(text[slice(*pieces[0])])  # blanks inside may belong to a phrase
    return "\n".join([*([scope] if scope else []), *steps])


def _trimmed(scope: str) -> str:
    """The scope without the blanks around it; one after a backslash belongs to its word."""
    found = scope.strip()
    backslashes = len(found) - len(found.rstrip("\\"))
    after = scope.lstrip()[len(found) : len(found) + 1]
    return found + after if backslashes % 2 else found


def _formatted(text: str, start: int, end: int) -> str:
    """One step with its comments: those before the operator on lines of their own, later ones where
    they stood.
    """
    tokens = tokens_of(text, start, end)
    lead = _comments(text, start, tokens[0].span.start)
    line = "| "
    for before, token in zip([None, *tokens], tokens, strict=False):
        gap = _comments(text, before.span.end, token.span.start) if before else []
        if gap:
            line += "".join(f" {comment}" + ("\n  " if comment.startswith("//") else " ") for comment in gap)
        elif before and token.kind != END and _blank_between(text, before, token):
            line += " "
        line += token.text
    return "\n".join([*lead, line.rstrip()])


def _comments(text: str, start: int, end: int) -> list[str]:
    found, i = [], start
    while i < end:
        while i < end and (text[i].isspace() or text[i] == "\ufeff"):
            i += 1
        stop = skip_blank(text, i, i + 1) if i < end else end
        if i < end and text.startswith("//", i):
            line_end = text.find("\n", i)
            stop = end if line_end < 0 else min(line_end, end)
        elif i < end and text.startswith("/*", i):
            close = text.find("*/", i + 2)
            stop = end if close < 0 else close + 2
        if i < end:
            found.append(text[i:stop].rstrip())
        i = max(stop, i + 1)
    return found


def _blank_between(text: str, before: Token, token: Token) -> bool:
    """Blanks as written, except that none stand before a comma and one stands after it."""
    written = before.span.end < token.span.start
    if token.kind == PUNCT and token.text in _TIGHT_BEFORE:
        return False
    if before.kind == PUNCT and before.text in _TIGHT_AFTER:
        return False
    if before.kind == PUNCT and before.text == ",":
        return True
    return written or {before.kind, token.kind} <= {"word", "string", "number"}
