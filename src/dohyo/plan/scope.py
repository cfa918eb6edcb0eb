"""What a scope means, in SQL over the events and in Python over one message (search language, section 3).

A term is a run of ASCII letters and digits and of any characters beyond ASCII; everything else separates. A
keyword matches whole terms in any case, next to each other with the same separators between them; a run of
white space equals one space. `*` and `?` stand for characters of one term.

Python finds a keyword by a regular expression over the folded message. SQL asks the text index for the terms
first, those with wildcards by looking them up in the index's own dictionary, and verifies what the index
cannot know by the same regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.lang import tree
from dohyo.plan.sqltree import Sql, call, column, plain, select, text

_TERM = "[0-9a-z\u0080-\U0010ffff]"
_OTHER = "[^0-9a-z\u0080-\U0010ffff]"
_BLANKS = " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
_BLANK = r"[\t\n\x0b\x0c\r\x1c-\x1f ]"
_PART = re.compile(rf"(?P<blank>{_BLANK}+)|(?P<term>(?:{_TERM}|\*|\?)+)|(?P<separator>.)", re.DOTALL)
_QUOTED_PART = re.compile(rf"(?P<blank>{_BLANK}+)|(?P<term>{_TERM}+)|(?P<separator>.)", re.DOTALL)
_MOST_TOKENS = 4_000
"""A wildcard that fits more terms of the index than this is searched in the messages instead."""
_NUMBERS = ("_messageid", "_size")
_COLUMNS = ("_sourcecategory", "_collector", "_source", "_sourcehost", "_sourcename", "_view")
_SYNONYMS = {"_index": "_view"}
_TIERS = ("continuous", "all")
"""All messages lie in the continuous tier."""
DEFAULT_INDEX = "sumologic_default"
"""The name of messages that are in no partition; their `_view` is empty."""
AUDIT_EVENTS = "sumologic_audit_events"
AUDIT_INDEXES = frozenset({"sumologic_audit", AUDIT_EVENTS})
"""Who did what; not everybody may read it."""
INTERNAL_INDEXES = AUDIT_INDEXES | {"sumologic_system_events", "sumologic_volume"}
"""What Dohyo writes about itself. Only a search that names one reads it."""


def folded(value: str) -> str:
    """Without difference of case, as the engine's caseFoldUTF8 makes it: σ is ς, and ß is ss."""
    return value.casefold()


# ---- keywords ----


@dataclass(frozen=True)
class _Part:
    """A piece of a keyword: a whole term, a `wild` pattern of one, a separator or white space."""

    kind: str
    text: str

    @property
    def asks_index(self) -> bool:
        """Whether the text index can narrow down the messages by it."""
        return self.kind == "term" or (self.kind == "wild" and self.text.strip("*?") != "")

    def regex(self) -> str:
        if self.kind == "blank":
            return _BLANK + "+"
        return _pattern(self.text, _TERM) if self.kind == "wild" else _escaped(self.text)


def _parts(term: tree.Term) -> list[_Part]:
    found = []
    reader = _QUOTED_PART if term.quoted else _PART
    for match in reader.finditer(folded(term.text).strip(_BLANKS)):
        kind = match.lastgroup or ""
        is_wild = kind == "term" and not term.quoted and ("*" in match[0] or "?" in match[0])
        found.append(_Part("wild" if is_wild else kind, match[0]))
    return found


def _escaped(value: str) -> str:
    """The text as a regular expression that RE2 and Python read alike."""
    return "".join(c if c.isalnum() or ord(c) > 127 else f"\\x{ord(c):02x}" for c in value)


def _pattern(value: str, one: str) -> str:
    """A text with wildcards as a regular expression; `one` is any character that a wildcard stands for."""
    pieces = re.split(r"([*?])", value)
    return "".join({"*": one + "*", "?": one}.get(piece, _escaped(piece)) for piece in pieces)


def keyword_regex(term: tree.Term) -> str:
    """The regular expression, for RE2 and Python, that a keyword is in folded text. Empty: every text.

    >>> keyword_regex(tree.Term("*456*"))
    '456'
    """
    parts = _parts(term)
    if not parts or (len(parts) == 1 and not parts[0].text.strip("*") and parts[0].kind == "wild"):
        return ""
    starts_open = parts[0].kind == "wild" and parts[0].text.startswith("*")
    ends_open = parts[-1].kind == "wild" and parts[-1].text.endswith("*")
    body = "".join(part.regex() for part in parts)
    # A pattern that is open at an end needs no boundary there, and what it is open for need not be read.
    body = body[len(_TERM + "*") if starts_open else 0 : -len(_TERM + "*") if ends_open else None]
    before = "" if starts_open or parts[0].kind == "separator" else f"(?:^|{_OTHER})"
    after = "" if ends_open or parts[-1].kind == "separator" else f"(?:{_OTHER}|$)"
    return before + body + after


def _keyword_sql(term: tree.Term, indexed: bool) -> Sql:
    pattern = keyword_regex(term)
    if not pattern:
        return exp.true()
    parts = _parts(term)
    verified = call("match", _folded_raw(), text(pattern))
    if not indexed:
        verified = _unfolded(term, parts, pattern, verified)
        narrowed = _may_have(parts)
        return verified if narrowed is None else call("and", narrowed, verified)
    if len(parts) == 1 and parts[0].asks_index:
        return _has_terms([parts[0].text]) if parts[0].kind == "term" else _has_wild(parts[0], verified)
    whole = [part.text for part in parts if part.kind == "term"]
    asked = [_has_terms(whole)] if whole else []
    asked += [_has_wild(part, exp.true()) for part in parts if part.kind == "wild" and part.asks_index]
    return call("and", *asked, verified) if asked else verified


_ODD = (
    "\u00df\u0130\u0149\u017f\u01f0\u1e96\u1e97\u1e98\u1e99\u1e9a"
    "\u1e9e\u212a\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06"
)
_FOLDED_INTO_ASCII = {letter: letter.casefold() for letter in _ODD}
"""Letters beyond ASCII that fold to ASCII, wholly or in part, such as the long s."""


def _may_have(parts: list[_Part]) -> Sql | None:
    """What every message with the keyword meets and what is quick to ask without folding the message: the
    longest piece of ASCII in any case, or a letter that folds into it. None where there is no such piece.
    """
    pieces = [(piece, part.kind) for part in parts if part.kind in ("term", "wild")
              for piece in re.split(r"[*?]", part.text) if piece and piece.isascii()]  # fmt: skip
    if not pieces:
        return None
    piece, kind = max(pieces, key=lambda one: len(one[0]))
    # Of a whole term nothing overlaps its ends; of a piece between wildcards the first letters may.
    folding = [
        letter
        for letter, into in _FOLDED_INTO_ASCII.items()
        if (into in piece if kind == "term" else set(into) & set(piece))
    ]
    found: list[Sql] = [
        exp.GT(this=call("positionCaseInsensitive", column("_raw"), text(piece)), expression=plain(0))
    ]
    if folding:
        found.append(call("multiSearchAny", column("_raw"), call("array", *map(text, folding))))
    return call("or", *found) if folding else found[0]


def _unfolded(term: tree.Term, parts: list[_Part], pattern: str, verified: Sql) -> Sql:
    """What is verified, without folding the message, which takes longer than all the rest. A keyword of ASCII
    needs that only where a letter folds into it. A letter may fold into several, which `?` would tell.
    """
    wild = [part.text for part in parts if part.kind == "wild"]
    if not term.text.isascii() or any("?" in text for text in wild):
        return verified
    whole = folded(term.text)
    folding = [letter for letter, into in _FOLDED_INTO_ASCII.items()
               if (set(into) & set(whole) if wild else into in whole)]  # fmt: skip
    as_it_is = call("match", column("_raw"), text("(?i)" + pattern))
    if not folding:
        return as_it_is
    has_odd = call("multiSearchAny", column("_raw"), call("array", *map(text, folding)))
    return call("or", as_it_is, call("and", has_odd, verified))


def _folded_raw() -> Sql:
    """The expression that the text index is over."""
    return call("caseFoldUTF8", column("_raw"))


def _has_terms(terms: list[str]) -> Sql:
    return call("hasAllTokens", _folded_raw(), call("array", *map(text, terms)))


def _has_wild(part: _Part, otherwise: Sql) -> Sql:
    """Whether a term of the pattern is in the message; `otherwise` where too many terms are of it."""
    token = column("token")
    prefix = re.split(r"[*?]", part.text)[0]
    # The dictionary is sorted, so what its terms begin with is found fast.
    is_such = [call("startsWith", token, text(prefix))] if prefix else []
    if part.text != prefix + "*":
        is_such.append(call("match", token, text(f"(?s)^{_pattern(part.text, '.')}$")))
    dictionary = call(
        "mergeTreeTextIndex", call("currentDatabase"), exp.column("events"), exp.column("terms")
    )
    some = exp.ParameterizedAgg(this="groupUniqArray", expressions=[plain(_MOST_TOKENS + 1)], params=[token])
    tokens = exp.Subquery(this=select([some], exp.Table(this=dictionary), where=is_such))
    has_one = call("hasAnyTokens", _folded_raw(), tokens)
    too_many = call("greater", call("length", tokens.copy()), plain(_MOST_TOKENS))
    # Of an `if` over a constant one side is left, which the index answers under `not` too.
    return call("if", too_many, otherwise, has_one)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _keyword_in(term: tree.Term, message: str) -> bool:
    pattern = keyword_regex(term)
    return not pattern or _compiled(pattern).search(folded(message)) is not None


# ---- fields ----


def _has_wildcard(term: tree.FieldTerm) -> bool:
    return not term.quoted and ("*" in term.value or "?" in term.value)


def _is_any(term: tree.FieldTerm) -> bool:
    return term.value == "*" and not term.quoted


def indexes_named(scope: tree.ScopeNode) -> Iterator[str]:
    """Names of partitions, as written, in any part of the scope."""
    if isinstance(scope, tree.FieldTerm):
        if _SYNONYMS.get(scope.field.lower(), scope.field.lower()) == "_view":
            yield scope.value
    elif isinstance(scope, tree.ScopeNot):
        yield from indexes_named(scope.operand)
    elif isinstance(scope, tree.ScopeAnd | tree.ScopeOr):
        for operand in scope.operands:
            yield from indexes_named(operand)


def fields_asked(scope: tree.ScopeNode) -> Iterator[tree.FieldTerm]:
    """The terms that ask for a value of a custom field, other than under `not`."""
    if isinstance(scope, tree.FieldTerm):
        if not scope.field.startswith("_"):
            yield scope
    elif isinstance(scope, tree.ScopeAnd | tree.ScopeOr):
        for operand in scope.operands:
            yield from fields_asked(operand)


def without_indexes(scope: tree.ScopeNode, unusual: Iterable[str], closed: Iterable[str]) -> tree.ScopeNode:
    """The scope without messages of these partitions: `unusual` ones unless it names partitions itself,
    `closed` ones in any case.
    """
    names = {*closed, *(() if any(True for _ in indexes_named(scope)) else unusual)}
    left_out = tuple(tree.ScopeNot(tree.FieldTerm("_view", name, quoted=True)) for name in sorted(names))
    return tree.ScopeAnd((scope, *left_out)) if left_out else scope


def _value_sql(value: Sql, term: tree.FieldTerm) -> Sql:
    if _is_any(term):
        return call("notEmpty", value)
    lowered = call("caseFoldUTF8", value)
    if _has_wildcard(term):
        return call("match", lowered, text(f"(?s)^{_pattern(folded(term.value), '.')}$"))
    return exp.EQ(this=lowered, expression=text(folded(term.value)))


def _value_is(value: str, term: tree.FieldTerm) -> bool:
    if _is_any(term):
        return value != ""
    if _has_wildcard(term):
        return _compiled(_pattern(folded(term.value), ".")).fullmatch(folded(value)) is not None
    return folded(value) == folded(term.value)


def _as_keyword(term: tree.FieldTerm) -> tree.Term | None:
    """`id=5` as text, for messages without such a field; nothing where any value would do."""
    return None if _is_any(term) else tree.Term(f"{term.field}={term.value}", term.quoted)


def _field_sql(term: tree.FieldTerm, indexed: bool) -> Sql:
    name = _SYNONYMS.get(term.field.lower(), term.field.lower())
    if name == "_datatier":
        return exp.true() if _is_any(term) or folded(term.value) in _TIERS else exp.false()
    if name == "_size":
        return _value_sql(call("toString", call("length", column("_raw"))), term)
    if name in _NUMBERS:
        return _value_sql(call("toString", column(name)), term)
    if name == "_view":
        shown = call("if", call("empty", column(name)), text(DEFAULT_INDEX), column(name))
        return _value_sql(shown, term)
    if name in _COLUMNS:
        return _value_sql(column(name), term)
    custom = call("arrayElement", column("fields"), text(name))
    found = _value_sql(custom, term)
    keyword = _as_keyword(term)
    return (
        found
        if keyword is None
        else call("or", found, call("and", call("empty", custom), _keyword_sql(keyword, indexed)))
    )


def _field_matches(term: tree.FieldTerm, message: Mapping[str, Any]) -> bool:
    name = _SYNONYMS.get(term.field.lower(), term.field.lower())
    if name == "_datatier":
        return _is_any(term) or folded(term.value) in _TIERS
    if name == "_size":
        return _value_is(str(len(str(message["_raw"]).encode())), term)
    if name == "_view":
        return _value_is(str(message.get(name) or DEFAULT_INDEX), term)
    if name in (*_NUMBERS, *_COLUMNS):
        return _value_is(str(message.get(name, "")), term)
    custom = str((message.get("_fields") or {}).get(name, ""))
    keyword = _as_keyword(term)
    if custom or keyword is None:
        return _value_is(custom, term)
    return _value_is(custom, term) or _keyword_in(keyword, str(message["_raw"]))


# ---- the whole scope ----


def scope_sql(scope: tree.ScopeNode, *, indexed: bool = True) -> Sql:
    """The scope as a condition over the table of events; `indexed`: the table has the text index."""
    if isinstance(scope, tree.Everything):
        return exp.true()
    if isinstance(scope, tree.Term):
        return _keyword_sql(scope, indexed)
    if isinstance(scope, tree.FieldTerm):
        return _field_sql(scope, indexed)
    if isinstance(scope, tree.ScopeNot):
        return call("not", scope_sql(scope.operand, indexed=indexed))
    if isinstance(scope, tree.ScopeAnd | tree.ScopeOr):
        name = "and" if isinstance(scope, tree.ScopeAnd) else "or"
        return call(name, *(scope_sql(one, indexed=indexed) for one in scope.operands))
    raise ProblemError([_unresolved(scope)])


def scope_matches(scope: tree.ScopeNode, message: Mapping[str, Any]) -> bool:
    """Whether a message is in the scope. Keys are lower-case field names; `_fields` holds custom fields."""
    if isinstance(scope, tree.Everything):
        return True
    if isinstance(scope, tree.Term):
        return _keyword_in(scope, str(message["_raw"]))
    if isinstance(scope, tree.FieldTerm):
        return _field_matches(scope, message)
    if isinstance(scope, tree.ScopeNot):
        return not scope_matches(scope.operand, message)
    if isinstance(scope, tree.ScopeAnd):
        return all(scope_matches(one, message) for one in scope.operands)
    if isinstance(scope, tree.ScopeOr):
        return any(scope_matches(one, message) for one in scope.operands)
    raise ProblemError([_unresolved(scope)])


def _unresolved(scope: tree.ScopeNode) -> Problem:
    return Problem("subquery-unsupported", "a subquery in the scope cannot run here", scope.span)
