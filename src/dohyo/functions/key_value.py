r"""Values that stand beside their key in a text, as `user=bob`, `"user": "bob"` or `user -> bob`.

Owns how keys, separators and values are told apart. A key stands alone, not in a longer word; one with blanks
stands in quotes. A value is what stands in quotes, else it goes on to a blank, a comma, a semicolon or a
bracket that closes more than it opens.
"""

from __future__ import annotations

import re

from dohyo.functions.regex import compiled
from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, fn1, null, plain, text
from dohyo.plan.types import TEXT

MOST_PAIRS = 100
SEPARATORS = r"[\t ]+=[\t ]+|=|[\t ]*(?::|->)[\t ]*"
"""RE2: what stands between key and value; a blank belongs to `=` only on both sides."""
_VALUE = (
    r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|((?:[^\s,;\"'()\[\]{}]|\([^\s()]*\)|\[[^\s\[\]]*\]|\{[^\s{}]*\})*)"
)
_START = r"(?:^|[^0-9A-Za-z_.\-])"


def _escaped(literal: str) -> str:
    return re.sub(r"([^0-9A-Za-z_ ])", r"\\\1", literal) if literal.isascii() else re.escape(literal)


def key_regex(key: str, separators: str = SEPARATORS) -> str:
    """RE2: the key with its separator and value; its groups are the value's ways of being written.

    >>> [group for group in compiled(key_regex("user")).search("id=1, user: 'bob b'").groups() if group]
    ['bob b']
    """
    return rf"{_START}[\"']?{_escaped(key)}[\"']?(?:{separators})(?:{_VALUE})"


def pair_regex(separators: str = SEPARATORS) -> str:
    """RE2: any key with its separator and value: the key in one of two groups, the value in one of three."""
    key = r"[\"']([^\"'\r\n]+)[\"']|([A-Za-z_][0-9A-Za-z_.\-]*)"
    return rf"{_START}(?:{key})(?:{separators})(?:{_VALUE})"


def separators_of(delimiter: str) -> str:
    """RE2 for what stands between key and value where the query says it."""
    return rf"[\t ]*{_escaped(delimiter)}[\t ]*"


def after_key_regex(key: str, pattern: str) -> str:
    """RE2: the nearest match of a pattern after the key."""
    return rf"{_START}[\"']?{_escaped(key)}[\s\S]*?(?:{pattern})"


def field_name(key: str) -> str:
    """The field that a key gives.

    >>> field_name("user-name")
    'user_name'
    """
    return re.sub(r"[^A-Za-z0-9_]", "_", key)


# ---- one key ----


def _first_value(source: str, pattern: str) -> str | None:
    found = compiled(pattern).search(source)
    return "".join(group or "" for group in found.groups()) if found else None


fn(
    "kv_value",
    (TEXT, TEXT),
    TEXT,
    hidden=True,
    literal=(1,),
    rows=_first_value,
    sql=lambda source, pattern: call(
        "if",
        call("match", source, pattern),
        call("toNullable", call("arrayStringConcat", call("extractGroups", source, pattern))),
        null(),
    ),
)


def _value_of_key(source: str, key: str, pattern: str) -> str | None:
    """The second group of the first match whose first group is the key."""
    groups = (found.groups(default="") for found in compiled(pattern).finditer(source))
    return next((one[1] for one in groups if one[0] == key), None)


def _value_of_key_sql(source: Sql, key: Sql, pattern: Sql) -> Sql:
    groups = call("extractAllGroupsVertical", source, pattern)
    has_key = fn1(lambda one: call("equals", call("arrayElement", one, plain(1)), key))
    found = call("arrayFilter", has_key, groups)
    value = call("arrayElement", call("arrayElement", found, plain(1)), plain(2))
    return call("if", call("empty", found), null(), call("toNullable", value))


fn(
    "kv_regex_value",
    (TEXT, TEXT, TEXT),
    TEXT,
    hidden=True,
    literal=(1, 2),
    rows=_value_of_key,
    sql=_value_of_key_sql,
)


# ---- all pairs ----


def _pairs(source: str, separators: str) -> list[tuple[str, str]]:
    found = compiled(pair_regex(separators)).finditer(source)
    groups = [[group or "" for group in one.groups()] for one in found][:MOST_PAIRS]
    return [(field_name("".join(one[:2])), "".join(one[2:])) for one in groups]


def auto_value(source: str | None, name: str, separators: str) -> str | None:
    """The value of the last pair whose key gives this field name."""
    values = [value for key, value in _pairs(source or "", separators) if key.lower() == name.lower()]
    return values[-1] if values else None


def auto_names(source: str | None, separators: str) -> list[str]:
    return [key for key, _ in _pairs(source or "", separators)]


def _auto_value_sql(source: Sql, name: Sql, separators: Sql) -> Sql:
    pattern = text(pair_regex(str(separators.this)))
    groups = call("extractAllGroupsVertical", call("ifNull", source, text("")), pattern)
    pairs = call("arraySlice", groups, plain(1), plain(MOST_PAIRS))

    def part(pair: Sql, start: int, length: int) -> Sql:
        return call("arrayStringConcat", call("arraySlice", pair, plain(start), plain(length)))

    def is_wanted(pair: Sql) -> Sql:
        key = call("replaceRegexpAll", part(pair, 1, 2), text("[^A-Za-z0-9_]"), text("_"))
        return call("equals", call("lower", key), text(str(name.this).lower()))

    wanted = call("arrayFilter", fn1(is_wanted), pairs)
    value = part(call("arrayElement", wanted, plain(-1)), 3, 3)
    return call("if", call("empty", wanted), null(), call("toNullable", value))


fn(
    "kv_auto_value",
    (TEXT, TEXT, TEXT),
    TEXT,
    hidden=True,
    nulls="handles",
    literal=(1, 2),
    sql=_auto_value_sql,
    rows=auto_value,
    extra={"names": auto_names},
)
