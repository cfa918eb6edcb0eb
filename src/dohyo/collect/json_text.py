"""Takes JSON records out of a larger text without changing a letter of their values."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MOST_DIGITS = 4_000  # Python refuses to make longer numbers of a text


def _whole_number(text: str) -> Any:
    return int(text) if len(text) < MOST_DIGITS else text


DECODER = json.JSONDecoder(parse_int=_whole_number)
BLANK = re.compile(r"[ \t\r\n]*")
NO_BLANK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^ \t\r\n"]+', re.DOTALL)


class Member(NamedTuple):
    """A JSON value and the text it was read from."""

    value: Any
    text: str


def compact(text: str) -> str:
    """The (good) JSON on one line, without white space outside strings; numbers and escapes stay as written.

    >>> compact('{ "a" : 1.50,\\n "b c": "\\\\u00e9 x" }')
    '{"a":1.50,"b c":"\\\\u00e9 x"}'
    """
    return "".join(NO_BLANK.findall(text))


def object_with_list(text: str, name: str) -> tuple[dict[str, Any], list[Member] | None]:
    """A JSON object's members, and those of its list `name` each with its own text (None: no such list).

    ValueError where the text is not one JSON object.

    >>> object_with_list('{"n": 1, "value": [{"a": 1.0}]}', "value")
    ({'n': 1}, [Member(value={'a': 1.0}, text='{"a": 1.0}')])
    """
    others: dict[str, Any] = {}
    members: list[Member] | None = None
    at = _after(text, _blank(text, 0), "{")
    while not text.startswith("}", at):
        if others or members is not None:
            at = _blank(text, _after(text, at, ","))
        key, at = DECODER.raw_decode(text, at)
        if not isinstance(key, str):
            raise ValueError("a name is needed in an object")
        at = _after(text, _blank(text, at), ":")
        if key == name and text.startswith("[", at):
            members, at = _list_members(text, at)
        else:
            others[key], at = DECODER.raw_decode(text, at)
        at = _blank(text, at)
    if _blank(text, at + 1) != len(text):
        raise ValueError(f"more text follows the object at letter {at + 2}")
    return others, members


def _list_members(text: str, at: int) -> tuple[list[Member], int]:
    members: list[Member] = []
    at = _after(text, at, "[")
    while not text.startswith("]", at):
        if members:
            at = _after(text, at, ",")
        value, end = DECODER.raw_decode(text, at)
        members.append(Member(value, text[at:end]))
        at = _blank(text, end)
    return members, at + 1


def _blank(text: str, at: int) -> int:
    match = BLANK.match(text, at)
    return match.end() if match else at


def _after(text: str, at: int, mark: str) -> int:
    """Past the mark and the white space behind it."""
    if not text.startswith(mark, at):
        raise ValueError(f'"{mark}" is needed at letter {at + 1}')
    return _blank(text, at + 1)
