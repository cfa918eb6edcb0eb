"""JSON objects out of a text that may be broken in places: each with its own letters, the breaks named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from dohyo.collect.json_text import object_with_list

DECODER = json.JSONDecoder()
BLANK = re.compile(r"[ \t\r\n]*")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]]')
END_OF_WORD = re.compile(r"[,\]\n]")
QUOTED_LETTERS = 60
# Sentences of the decoder that do not name what people see.
REASONS = {
    "Invalid control character at": "no JSON: the text in quotes does not end on its line",
    "Unterminated string starting at": "no JSON: the text in quotes has no end",
    "Expecting property name enclosed in double quotes": "no JSON: a name in double quotes is needed",
    "Extra data": "no JSON: more text follows the object",
}
DEPTH_MARKS = {"{": 1, "[": 1, "}": -1, "]": -1}


class Found(NamedTuple):
    """A JSON object and the text it was read from."""

    value: dict[str, Any]
    text: str


class Broken(NamedTuple):
    """What could not be read: the place from 1 where it is known, the reason, the first letters there."""

    line: int | None
    column: int | None
    reason: str
    quote: str


class OpenText(NamedTuple):
    """How a line leaves the brackets: how many stay open, and whether a string does not end."""

    depth: int
    has_open_string: bool


def whole_object(text: str) -> dict[str, Any] | None:
    """The object, if the text is one and nothing else."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def open_text(line: str) -> OpenText:
    """What is open behind the line.

    >>> open_text('{"a": [1, "}"')
    OpenText(depth=2, has_open_string=False)
    """
    bare = STRING.sub("", line)
    depth = sum(bare.count(mark) * step for mark, step in DEPTH_MARKS.items())
    return OpenText(depth, '"' in bare)


def objects_in(text: str, first_line: int) -> Iterator[Found | Broken]:
    """The objects that stand one after another in the text, which begins at line `first_line` of its file."""
    at = _blank(text, 0)
    while at < len(text):
        try:
            value, end = DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            yield broken(text, error, first_line)
            return
        if not isinstance(value, dict):
            yield broken_at(text, at, "a record is a JSON object", first_line)
            return
        yield from answer_or_record(Found(value, text[at:end]))
        at = _blank(text, end)


def objects_of_array(text: str) -> Iterator[Found | Broken]:
    """The objects of a text that is one JSON array; what is broken is left out, the rest goes on."""
    at = _blank(text, _blank(text, 0) + 1)
    while not text.startswith("]", at):
        found, at = _member(text, at)
        yield found
        if text.startswith(",", at):
            at = _blank(text, at + 1)
        elif at >= len(text):
            yield broken_at(text, len(text), "the list does not end", 1)
            return
        elif isinstance(found, Found) and not text.startswith("]", at):
            yield broken_at(text, at, "a comma is needed between records", 1)
            at = text.find("{", at) if "{" in text[at:] else len(text)
    if (at := _blank(text, at + 1)) < len(text):
        yield broken_at(text, at, "more text follows the list", 1)


def _member(text: str, at: int) -> tuple[Found | Broken, int]:
    """The member at this place, and where reading goes on."""
    try:
        value, end = DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError) as error:
        return broken(text, error, 1), _behind_broken(text, at)
    if not isinstance(value, dict):
        return broken_at(text, at, "a record is a JSON object", 1), _blank(text, end)
    return Found(value, text[at:end]), _blank(text, end)


def _behind_broken(text: str, at: int) -> int:
    """Behind the brackets that open here, or at an earlier line that begins an object as far in."""
    if text[at] not in "{[":
        end = END_OF_WORD.search(text, at)
        return _blank(text, end.start() if end else len(text))
    closed = _closed(text, at)
    begin = text.rfind("\n", 0, at) + 1
    indent = text[begin:at]
    if not indent.strip():
        here = text.find(f"\n{indent}{{", at)
        if here >= 0 and (here < closed or text[closed - 1] != "}"):
            return here + 1 + len(indent)
    return _blank(text, closed)


def _closed(text: str, at: int) -> int:
    """Behind the brackets that open here; the end of the text where they do not close."""
    depth = 0
    for token in TOKEN.finditer(text, at):
        depth += DEPTH_MARKS.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return len(text)


def answer_or_record(found: Found) -> Iterator[Found]:
    """A saved answer of Microsoft Graph gives its alerts, any other object itself."""
    listed = found.value.get("value")
    others = [key for key in found.value if key != "value"]
    if (
        not isinstance(listed, list)
        or not all(isinstance(member, dict) for member in listed)
        or not all(key.startswith("@odata.") for key in others)
        or not (listed or others)
    ):
        yield found
        return
    for member in object_with_list(found.text, "value")[1] or ():
        yield Found(member.value, member.text)


def broken(text: str, error: Exception, first_line: int) -> Broken:
    """The place where a decoder gave up."""
    if isinstance(error, json.JSONDecodeError):
        reason = REASONS.get(error.msg, f"no JSON: {error.msg[:1].lower()}{error.msg[1:]}")
        return broken_at(text, error.pos, reason, first_line)
    return broken_at(text, 0, "no JSON of reasonable depth", first_line)


def broken_at(text: str, at: int, reason: str, first_line: int) -> Broken:
    begin = text.rfind("\n", 0, at) + 1
    quote = text[begin : begin + 1024].partition("\n")[0].strip()[:QUOTED_LETTERS]
    return Broken(first_line + text.count("\n", 0, at), at - begin + 1, reason, quote)


def _blank(text: str, at: int) -> int:
    match = BLANK.match(text, at)
    return match.end() if match else at
