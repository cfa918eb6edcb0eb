r"""Values of a text that a character separates, as in comma-separated lines.

A value may stand in quotes, with blanks around them; there a doubled quote is one, and the separator is a
character like any other. The escape character makes the next one plain.
"""

from __future__ import annotations

from dohyo.functions.regex import compiled
from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, null, plain, text
from dohyo.plan.types import TEXT


def _one(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"


def values_regex(characters: str) -> str:
    """RE2: a value and the separator after it; one group for what stood in quotes, one for what did not.

    `characters` are separator, quote and escape.
    """
    separator, quote, escape = (_one(character) for character in characters)
    escaped = rf"{escape}[\s\S]"
    quoted = rf"{quote}((?:[^{quote}{escape}]|{escaped}|{quote}{quote})*){quote}"
    bare = rf"((?:[^{separator}{escape}]|{escaped}|{escape})*)"
    return rf"(?:[\t ]*{quoted}[\t ]*|{bare}){separator}"


def _unescaping(characters: str) -> str:
    return rf"{_one(characters[2])}([\s\S])"


def value_at(source: str, characters: str, position: str) -> str | None:
    """The value at a place, counted from 1; None after the last one.

    >>> value_at('a,"b ""x"", c",d', ',"' + "\\\\", "2")
    'b "x", c'
    """
    pattern = compiled(values_regex(characters))
    for number, found in enumerate(pattern.finditer(source + characters[0]), 1):
        if number == int(position):
            quoted, bare = (compiled(_unescaping(characters)).sub(r"\1", one or "") for one in found.groups())
            return quoted.replace(characters[1] * 2, characters[1]) + bare
    return None


def _value_at_sql(source: Sql, characters_literal: Sql, position_literal: Sql) -> Sql:
    characters, position = str(characters_literal.this), int(str(position_literal.this))
    whole = call("concat", source, text(characters[0]))
    found = call("extractAllGroupsVertical", whole, text(values_regex(characters)))
    groups = call("arrayElement", found, plain(position))

    def group(number: int) -> Sql:
        unescaping = text(_unescaping(characters))
        return call("replaceRegexpAll", call("arrayElement", groups, plain(number)), unescaping, text(r"\1"))

    quoted = call("replaceAll", group(1), text(characters[1] * 2), text(characters[1]))
    value = call("toNullable", call("concat", quoted, group(2)))
    return call("if", call("less", call("length", found), plain(position)), null(), value)


fn(
    "separated_value",
    (TEXT, TEXT, TEXT),
    TEXT,
    hidden=True,
    literal=(1, 2),
    sql=_value_at_sql,
    rows=value_at,
)
