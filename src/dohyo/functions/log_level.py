"""The level that a message says it has."""

from __future__ import annotations

import re

from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, plain, text
from dohyo.plan.types import TEXT

_SEARCHED = 1024
"""Characters from the start of a message in which its level is looked for."""
_WORDS = {
    "fatal": ("fatal", "critical", "crit", "emergency", "emerg", "panic"),
    "error": ("error", "err", "severe"),
    "warn": ("warning", "warn"),
    "info": ("information", "info", "notice"),
    "debug": ("debug",),
    "trace": ("trace", "finest"),
}
_LEVELS = {word: level for level, words in _WORDS.items() for word in words}
_NAMED = rf"(?i)\"(?:level|severity|loglevel|log_level|lvl)\"\s*:\s*\"({'|'.join(_LEVELS)})\""
_WORD = rf"(?i)(?:^|[^0-9A-Za-z_])({'|'.join(_LEVELS)})(?:[^0-9A-Za-z_]|$)"


def log_level(raw: str) -> str | None:
    """The level in a JSON member named for it, else the first word in the text that names one.

    >>> log_level('2026-01-31 WARNING disk'), log_level('{"a":"error","level":"info"}'), log_level("x")
    ('warn', 'info', None)
    """
    start = raw[:_SEARCHED]
    found = re.search(_NAMED, start, re.ASCII) or re.search(_WORD, start, re.ASCII)
    return _LEVELS[found[1].lower()] if found else None


def _log_level_sql(raw: Sql) -> Sql:
    start = call("substringUTF8", raw, plain(1), plain(_SEARCHED))
    named = call("extract", start, text(_NAMED))
    word = call("lower", call("if", call("empty", named), call("extract", start, text(_WORD)), named))
    words, levels = call("array", *map(text, _LEVELS)), call("array", *map(text, _LEVELS.values()))
    return call("nullIf", call("transform", word, words, levels, text("")), text(""))


fn(
    "log_level",
    (TEXT,),
    TEXT,
    hidden=True,
    sql=_log_level_sql,
    rows=log_level,
)
