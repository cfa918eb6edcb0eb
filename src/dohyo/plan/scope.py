"""What a scope means, in SQL over the events and in Python over one message (search language, section 3).

A term is a run of ASCII letters and digits and of any other characters beyond ASCII; everything else
separates. A keyword matches whole terms in any case, next to each other with the same separators between
them; a run of white space equals one space. `*` and `?` stand for characters of one term. Both sides verify
with the same regular expression; SQL asks the text index for the whole terms first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.lang import tree
from dohyo.plan.sqltree import Sql, call, column, text

_TERM = "[0-9a-z\u0080-\U0010ffff]"
_OTHER = "[^0-9a-z\u0080-\U0010ffff]"
_BLANK = r"[\t\n\x0b\x0c\r\x1c-\x1f ]"
_PART = re.compile(rf"(\s+)|([*?])|({_TERM}+)|(.)", re.DOTALL)
_NUMBERS = ("_messageid", "_size")
_COLUMNS = ("_sourcecategory", "_collector", "_source", "_sourcehost", "_sourcename", "_view")
_SYNONYMS = {"_index": "_view"}
_TIERS = ("continuous", "all")
"""All messages lie in the continuous tier."""


def folded(value: str) -> str:
    """Without difference of case, as the engine's caseFoldUTF8 makes it: σ is ς, and ß is ss."""
    return value.casefold()


# ---- keywords ----


def keyword_regex(term: tree.Term) -> str:
    """The regular expression, for RE2 and Python, that a keyword is in lower-case text. Empty: every text."""
    parts = _parts(term)
    if all(part == "*" for part, _ in parts):
        return ""
    body = "".join(_written(part, kind) for part, kind in parts)
    before = f"(?:^|{_OTHER})" if parts[0][1] == "term" else ""
    after = f"(?:{_OTHER}|$)" if parts[-1][1] == "term" else ""
    return before + body + after


def _parts(term: tree.Term) -> list[tuple[str, str]]:
    """Pieces with their kind: `blank`, `wild`, `term` (a literal run) or `separator`."""
    value = folded(term.text).strip()
    found = []
    for blank, wild, run, other in _PART.findall(value):
        kind = "blank" if blank else "wild" if wild and not term.quoted else "term" if run else "separator"
        found.append((blank or wild or run or other, kind))
    return found


def _written(part: str, kind: str) -> str:
    if kind == "blank":
        return _BLANK + "+"
    if kind == "wild":
        return _TERM + ("*" if part == "*" else "")
    return re.escape(part).replace("\\ ", " ")


def whole_terms(term: tree.Term) -> list[str]:
    """The ASCII terms that a message must have for the keyword to be in it; the index is asked for them.

    >>> whole_terms(tree.Term("com.*.services*")), whole_terms(tree.Term("Foo_bar"))
    (['com'], ['foo', 'bar'])
    """
    parts = _parts(term)
    kinds = ["separator", *(kind for _, kind in parts), "separator"]
    return [
        part
        for i, (part, kind) in enumerate(parts, 1)
        if kind == "term" and part.isascii() and "wild" not in (kinds[i - 1], kinds[i + 1])
    ]


def _keyword_sql(term: tree.Term) -> Sql:
    pattern = keyword_regex(term)
    if not pattern:
        return exp.true()
    asked = whole_terms(term)
    found = call("hasAllTokens", column("_raw"), call("array", *map(text, asked))) if asked else None
    if found is not None and asked == [folded(term.text).strip()]:
        return found
    verified = call("match", call("caseFoldUTF8", column("_raw")), text(pattern))
    return verified if found is None else call("and", found, verified)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _keyword_in(term: tree.Term, message: str) -> bool:
    pattern = keyword_regex(term)
    return not pattern or _compiled(pattern).search(folded(message)) is not None


# ---- fields ----


def _value_regex(value: str) -> str:
    """A value with wildcards as a regular expression over the whole lower-case field."""
    pieces = re.split(r"([*?])", folded(value))
    return "".join({"*": ".*", "?": "."}.get(piece, re.escape(piece).replace("\\ ", " ")) for piece in pieces)


def _has_wildcard(term: tree.FieldTerm) -> bool:
    return not term.quoted and ("*" in term.value or "?" in term.value)


def _is_any(term: tree.FieldTerm) -> bool:
    return term.value == "*" and not term.quoted


def _value_sql(value: Sql, term: tree.FieldTerm) -> Sql:
    if _is_any(term):
        return call("notEmpty", value)
    lowered = call("caseFoldUTF8", value)
    if _has_wildcard(term):
        return call("match", lowered, text(f"(?s)^{_value_regex(term.value)}$"))
    return exp.EQ(this=lowered, expression=text(folded(term.value)))


def _value_is(value: str, term: tree.FieldTerm) -> bool:
    if _is_any(term):
        return value != ""
    if _has_wildcard(term):
        return _compiled(_value_regex(term.value)).fullmatch(folded(value)) is not None
    return folded(value) == folded(term.value)


def _as_keyword(term: tree.FieldTerm) -> tree.Term | None:
    """`id=5` as text, for messages without such a field; nothing where any value would do."""
    return None if _is_any(term) else tree.Term(f"{term.field}={term.value}", term.quoted)


def _field_sql(term: tree.FieldTerm) -> Sql:
    name = _SYNONYMS.get(term.field.lower(), term.field.lower())
    if name == "_datatier":
        return exp.true() if _is_any(term) or folded(term.value) in _TIERS else exp.false()
    if name == "_size":
        return _value_sql(call("toString", call("length", column("_raw"))), term)
    if name in _NUMBERS:
        return _value_sql(call("toString", column(name)), term)
    if name in _COLUMNS:
        return _value_sql(column(name), term)
    custom = call("arrayElement", column("fields"), text(name))
    found = _value_sql(custom, term)
    keyword = _as_keyword(term)
    return (
        found
        if keyword is None
        else call("or", found, call("and", call("empty", custom), _keyword_sql(keyword)))
    )


def _field_matches(term: tree.FieldTerm, message: Mapping[str, Any]) -> bool:
    name = _SYNONYMS.get(term.field.lower(), term.field.lower())
    if name == "_datatier":
        return _is_any(term) or folded(term.value) in _TIERS
    if name == "_size":
        return _value_is(str(len(str(message["_raw"]).encode())), term)
    if name in (*_NUMBERS, *_COLUMNS):
        return _value_is(str(message.get(name, "")), term)
    custom = str((message.get("_fields") or {}).get(name, ""))
    keyword = _as_keyword(term)
    if custom or keyword is None:
        return _value_is(custom, term)
    return _value_is(custom, term) or _keyword_in(keyword, str(message["_raw"]))


# ---- the whole scope ----


def scope_sql(scope: tree.ScopeNode) -> Sql:
    """The scope as a condition over the table of events."""
    if isinstance(scope, tree.Everything):
        return exp.true()
    if isinstance(scope, tree.Term):
        return _keyword_sql(scope)
    if isinstance(scope, tree.FieldTerm):
        return _field_sql(scope)
    if isinstance(scope, tree.ScopeNot):
        return call("not", scope_sql(scope.operand))
    if isinstance(scope, tree.ScopeAnd | tree.ScopeOr):
        name = "and" if isinstance(scope, tree.ScopeAnd) else "or"
        return call(name, *(scope_sql(one) for one in scope.operands))
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
