"""The inputs of a package filled into its resources when it is installed.

Resources hold `{{scope_key}}` and the like. They are filled in the parsed document, so that no value can
break its JSON, and in queries so that no value can change what the query does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dohyo.lang.words import as_word, escaped

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
VARIABLE_NAME_INPUT = "scope_key_variable_display_name"
VARIABLE_NAME = "Logsdatasource"
QUERY_KEYS = ("queryString", "queryText", "query", "searchQuery")
# A string, a comment or a place, whichever begins first.
_PART = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|\{\{\s*\w+\s*\}\}', re.DOTALL)


def fill(value: Any, inputs: Mapping[str, str], key: str = "") -> Any:
    """The JSON value with the places of `inputs` filled; other places stay.

    >>> fill({"queryText": "{{k}}={{v}} | count"}, {"k": "_source", "v": 'a "b"'})
    {'queryText': '_source="a \\\\"b\\\\"" | count'}
    """
    if isinstance(value, dict):
        return {name: fill(child, inputs, name) for name, child in value.items()}
    if isinstance(value, list):
        return [fill(child, inputs, key) for child in value]
    if not isinstance(value, str):
        return value
    return fill_query(value, inputs) if key in QUERY_KEYS else _fill_text(value, inputs)


def _fill_text(text: str, inputs: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: inputs.get(place[1], place[0]), text)


def fill_query(text: str, inputs: Mapping[str, str]) -> str:
    """The query with its places filled: in strings escaped, elsewhere as one word."""

    def part(match: re.Match[str]) -> str:
        whole = match[0]
        if whole.startswith('"'):
            return _fill_text(whole, {name: escaped(value) for name, value in inputs.items()})
        place = PLACE.fullmatch(whole)
        return as_word(inputs[place[1]]) if place and place[1] in inputs else whole

    return _PART.sub(part, text)


def places(value: Any, key: str = "") -> Iterator[str]:
    """Names of all places in the queries of a JSON value."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from places(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from places(child, key)
    elif isinstance(value, str) and key in QUERY_KEYS:
        yield from PLACE.findall(value)
