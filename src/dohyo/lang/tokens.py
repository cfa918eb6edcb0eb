"""The tokens of a pipeline step (search language, section 2) and the cutting of a query at its pipes.

The scope before the first pipe has rules of its own (`scope`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dohyo.base.problem import Fix, Problem, Span

# Suffixes are case-sensitive; times are in milliseconds.
SIZE_SUFFIXES = {
    "K": 10**3, "k": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip
TIME_SUFFIXES = {
    "ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w":
    604_800_000,
}  # fmt: skip

WORD, QUOTED, STRING, CHAR, NUMBER, REGEX, PATH, MACRO, SUBQUERY, PUNCT, END = (
    "word", "quoted field", "string", "character", "number", "regex", "path", "macro", "subquery",
    "punctuation", "end",
)  # fmt: skip

_WORD = re.compile(r"[^\W\d][\w.@]*(?:\[\d+\][\w.@]*)*|@[\w.]+")
"""With places in arrays, as `json auto` names its fields: `ev[0].t`."""
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+(?![A-Za-z]))?")
_SUFFIX = re.compile(r"[A-Za-z]+")
_PUNCT = re.compile(r"&&|\|\||==|!=|<>|<=|>=|[-+*/%=<>!(),?:\[\]{};.#&^$~\\|]")
_SPACED_FIELD = re.compile(r'%[ \t]+"')
_OLD_FIELD = re.compile(r"%[A-Za-z_][\w.\[\]]*")
_PATH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(\"(?:[^\"\\]|\\.)*\"|[^\s|,()]*)")
_CHAR = re.compile(r"'(\\?.)'")
SUBQUERY_HEAD = re.compile(r"\[\s*subquery\b", re.IGNORECASE)
_BEFORE_OPERANDS = frozenset(("matches", "contains", "in", "and", "or", "not", "by", "as", "where"))
LONGEST_WORD = 2300
_MOST_DIGITS = 200
"""A whole number of more is taken as a double, which may be infinite."""
_TYPOGRAPHIC = "“”„‟«»‘’‚‛"
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Token:
    """`text` is the source text; `value` a number's value, a string's text with escapes resolved, a
    name without quotes.
    """

    kind: str
    text: str
    value: str | int | float
    span: Span
    suffix: str = ""

    @property
    def word(self) -> str:
        """Lower-case text of a word, else the empty string."""
        return self.text.lower() if self.kind == WORD else ""


class LexError(Exception):
    """Carries the problem; the step that holds it is skipped."""

    def __init__(self, problem: Problem):
        self.problem = problem


def unescaped(body: str) -> str:
    r"""A string literal's body with `\"`, `\\`, `\n`, `\r`, `\t` resolved; any other backslash stays.

    >>> unescaped(r'a\"b\d')
    'a"b\\d'
    """
    return re.sub(
        r"\\(.)", lambda m: ESCAPES.get(m[1], m[1] if m[1] in '"\\' else m[0]), body, flags=re.DOTALL
    )


def regex_body(body: str) -> str:
    r"""A string literal's body as a regular expression: only `\"` is resolved, every other escape is
    the regex's own."""
    return re.sub(r"\\(.)", lambda m: '"' if m[1] == '"' else m[0], body, flags=re.DOTALL)


def end_of_string(text: str, start: int) -> int:
    """Index after the closing quote of the string that opens at `start`; -1 when it never closes."""
    i = start + 1
    while i < len(text):
        if text[i] == "\\":
            i += 2
        elif text[i] == '"':
            return i + 1
        else:
            i += 1
    return -1


def end_of_bracket(text: str, start: int, end: int) -> int:
    """Index after the bracket that closes the one at `start`; brackets in strings do not count."""
    i, depth = start, 0
    while i < end:
        if text[i] == '"':
            stop = end_of_string(text, i)
            i = end if stop < 0 else stop
            continue
        depth += {"[": 1, "]": -1}.get(text[i], 0)
        i += 1
        if depth == 0:
            return i
    raise LexError(
        Problem("bracket-open", "this bracket never closes", Span(start, start + 1), ("add a closing ]",))
    )


def skip_blank(text: str, i: int, end: int) -> int:
    """Index of the next character that is neither white space nor comment.

    Raises LexError for a comment that never closes, lest it hide the rest of the query.
    """
    while i < end:
        if text[i].isspace() or text[i] == "\ufeff":
            i += 1
        elif text.startswith("//", i):
            stop = text.find("\n", i)
            i = end if stop < 0 else min(stop, end)
        elif text.startswith("/*", i):
            stop = text.find("*/", i + 2)
            if stop < 0:
                place = Span(i, i + 2)
                raise LexError(
                    Problem("comment-open", "a comment opens here and never closes", place, ("add */",))
                )
            i = stop + 2
        else:
            break
    return min(i, end)


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """Tokens of `text[start:end]`, closed by an END token. Raises LexError for what is no token at all."""
    found: list[Token] = []
    i = skip_blank(text, start, end)
    while i < end:
        token = _token_at(text, i, end, found[-1] if found else None)
        if token.kind in (WORD, QUOTED) and len(token.text) > LONGEST_WORD:
            raise LexError(
                Problem("word-too-long", f"a word has at most {LONGEST_WORD:,} characters", token.span)
            )
        found.append(token)
        i = skip_blank(text, token.span.end, end)
    found.append(Token(END, "", "", Span(i, i)))
    return found


def _token_at(text: str, i: int, end: int, before: Token | None) -> Token:
    char = text[i]
    if char == '"':
        return _string(text, i, end, STRING, i)
    if char == "%" and text.startswith('%"', i):
        return _string(text, i, end, QUOTED, i + 1)
    if char == "%" and _operand_expected(before) and (m := _SPACED_FIELD.match(text, i)):
        return _string(text, i, end, QUOTED, m.end() - 1)
    if char == "%" and _operand_expected(before) and (m := _OLD_FIELD.match(text, i)):
        return Token(QUOTED, m[0], m[0][1:], Span(i, m.end()))
    if char == "/" and _operand_expected(before) and not text.startswith("//", i):
        return _regex(text, i, end)
    if char == "[" and SUBQUERY_HEAD.match(text, i):
        return Token(SUBQUERY, text[i : (stop := end_of_bracket(text, i, end))], "", Span(i, stop))
    if char == "`":
        stop = text.find("`", i + 1)
        if stop < 0:
            raise LexError(
                Problem("macro-open", "a macro call opens with a back quote and never closes", Span(i, i + 1))
            )
        return Token(MACRO, text[i : stop + 1], text[i + 1 : stop], Span(i, stop + 1))
    if text.startswith("{{", i):
        stop = text.find("}}", i)
        stop = i + 2 if stop < 0 else stop + 2
        raise LexError(unfilled(text[i:stop], Span(i, stop)))
    if m := _PATH.match(text, i):
        body = m[2]
        value = unescaped(body[1:-1]) if body.startswith('"') else body
        return Token(PATH, m[0], f"{m[1].lower()}://{value}", Span(i, m.end()))
    if m := _WORD.match(text, i):
        return Token(WORD, m[0].rstrip("."), m[0].rstrip("."), Span(i, i + len(m[0].rstrip("."))))
    if char.isdigit() or (char == "." and text[i + 1 : i + 2].isdigit()):
        return _number(text, i)
    if m := _PUNCT.match(text, i):
        return Token(PUNCT, m[0], m[0], Span(i, m.end()))
    if char in _TYPOGRAPHIC:
        hint = 'string literals stand in straight double quotes: "..."'
        raise LexError(
            Problem(
                "typographic-quote",
                f"the typographic quote {char} is not a quote here",
                Span(i, i + 1),
                (hint,),
            )
        )
    if char == "'" and before and before.text == "=" and (m := _CHAR.match(text, i)):
        return Token(CHAR, m[0], ESCAPES.get(m[1][1:], m[1][-1]), Span(i, m.end()))
    if char == "'":
        raise LexError(_single_quote(text, i, end))
    raise LexError(_unknown_character(char, Span(i, i + 1)))


def _unknown_character(char: str, span: Span) -> Problem:
    if char.isprintable():
        return Problem("character-unknown", f"the character {char!r} has no meaning here", span)
    name = unicodedata.name(char, "a control character").lower()
    message = f"an invisible character stands here, U+{ord(char):04X} {name}"
    return Problem("character-unknown", message, span, ("remove it",), (Fix(span, "", "Remove it"),))


def _single_quote(text: str, i: int, end: int) -> Problem:
    """The problem of a text in single quotes, mended where it closes in its line."""
    message, hint = "a single quote does not open a string", "strings stand in double quotes"
    closed = re.compile(r"'([^'\"\n]*)'").match(text, i, end)
    if closed is None:
        return Problem("single-quote", message, Span(i, i + 1), (hint,))
    fix = Fix(Span(i, closed.end()), f'"{closed[1]}"', "Use double quotes")
    return Problem("single-quote", message, fix.span, (f"{hint}: {fix.text}",), (fix,))


def unfilled(text: str, span: Span) -> Problem:
    """The problem of a `{{variable}}` that nobody filled in."""
    name = text.strip("{} ")
    hint = "give it a value, or open the query from a dashboard that has this variable"
    return Problem("variable-unfilled", f"the variable {name} has no value", span, (hint,))


def _operand_expected(before: Token | None) -> bool:
    """Whether a `/` or `%` after this token opens an operand; between operands it divides."""
    if before is None or before.word in _BEFORE_OPERANDS:
        return True
    return before.kind == PUNCT and before.text not in {")", "]"}


def _string(text: str, start: int, end: int, kind: str, quote: int) -> Token:
    stop = end_of_string(text, quote)
    if stop < 0 or stop > end:
        raise LexError(
            Problem(
                "string-open",
                "a string opens here and never closes",
                Span(quote, quote + 1),
                ('add a closing "',),
            )
        )
    return Token(kind, text[start:stop], unescaped(text[quote + 1 : stop - 1]), Span(start, stop))


def _regex(text: str, start: int, end: int) -> Token:
    i = start + 1
    while i < end and text[i] != "/":
        i += 2 if text[i] == "\\" else 1
    if i >= end:
        raise LexError(
            Problem(
                "regex-open",
                "a regular expression opens here and never closes",
                Span(start, start + 1),
                ("add a closing /",),
            )
        )
    return Token(REGEX, text[start : i + 1], text[start + 1 : i].replace("\\/", "/"), Span(start, i + 1))


def _number(text: str, i: int) -> Token:
    match = _NUMBER.match(text, i)
    assert match is not None
    body, stop = match[0].rstrip(".") if match[0].endswith(".") else match[0], i + len(match[0].rstrip("."))
    value: int | float = int(body) if body.isdigit() and len(body) <= _MOST_DIGITS else float(body)
    suffix = _SUFFIX.match(text, stop)
    if suffix and (factor := TIME_SUFFIXES.get(suffix[0]) or SIZE_SUFFIXES.get(suffix[0])):
        scaled = value * factor
        value = int(scaled) if float(scaled).is_integer() else scaled
        stop = suffix.end()
        return Token(NUMBER, text[i:stop], value, Span(i, stop), suffix[0])
    return Token(NUMBER, text[i:stop], value, Span(i, stop))


def cut_at_pipes(text: str) -> list[tuple[int, int]]:
    """Ranges between the top-level `|` of a query: the scope first, then one for each operator.

    A `|` inside a string, comment, regular expression or any brackets does not separate.
    """
    pieces, start, depth, i, in_scope = [], 0, 0, 0, True
    written = 0  # end of what was written before, without blanks and comments after it
    while i < len(text):
        char = text[i]
        if char == '"':
            stop = end_of_string(text, i)
            i = written = len(text) if stop < 0 else stop
            continue
        if not in_scope and char == "'" and text[written - 1] == "=" and (m := _CHAR.match(text, i)):
            i = written = m.end()
            continue
        if char == "[" and SUBQUERY_HEAD.match(text, i):
            i = written = end_of_bracket(text, i, len(text))
            continue
        if text.startswith(("/*", "//"), i) and _comment_may_open(text, i, in_scope):
            i = skip_blank(text, i, len(text))
            continue
        if (
            not in_scope
            and char == "/"
            and (stop := _regex_end(text, text[max(start, written - 7) : written], i))
        ):
            i = written = stop
            continue
        if char in "([":
            depth += 1
        elif char in ")]":
            depth = max(0, depth - 1)
        elif char == "|" and text.startswith("||", i) and not in_scope:
            i = written = i + 2
            continue
        elif char == "|" and depth == 0:
            pieces.append((start, i))
            start, in_scope = i + 1, False
        i += 1
        written = written if char.isspace() else i
    pieces.append((start, len(text)))
    return pieces


def _comment_may_open(text: str, i: int, in_scope: bool) -> bool:
    """Whether `//` or `/*` at `i` opens a comment.

    In the scope only where a word could begin: `/var/log/*` and `https://x` are values. In a step
    `https://x` is an address.
    """
    if i == 0:
        return True
    return (
        text[i - 1].isspace() or text[i - 1] in '()"!' or text[:i].endswith("*/")
        if in_scope
        else text[i - 1] != ":"
    )


def _regex_end(text: str, before: str, i: int) -> int:
    """Index after the regular expression that opens at `i`, or 0 where the slash divides.

    `before`: the end of what was written before it.
    """
    if not (before.endswith((",", "(")) or before.lower() == "matches"):
        return 0
    j = i + 1
    while j < len(text) and text[j] not in "/\n":
        j += 2 if text[j] == "\\" else 1
    return j + 1 if j < len(text) and text[j] == "/" else 0
