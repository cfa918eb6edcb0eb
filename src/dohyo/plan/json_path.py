"""JSON paths of the `json` operator: one reading, and what a path finds in Python; `json_sql` says it in SQL.

A path is a tuple of steps: a key (text), an index (whole number, negative from the end), EVERY (`*`), DEEP
(`..`), a Slice (`[1:3]`) or a Choice (`[0,2]`). Values follow the published rules: a string without quotes,
an object or array as compact JSON text, a path that may lead to several places as the JSON array of all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from dohyo.base.problem import Problem, ProblemError

MOST_LEVELS = 64
"""So deep `..` descends."""


@dataclass(frozen=True)
class Every:
    """All elements of an array, all values of an object."""


@dataclass(frozen=True)
class Deep:
    """The value itself and everything in it, in the order it is written."""


@dataclass(frozen=True)
class Slice:
    """The elements from `start` to before `stop`, `step` apart; negative places count from the end."""

    start: int | None
    stop: int | None
    step: int = 1


@dataclass(frozen=True)
class Choice:
    """These keys, or the elements at these places, in this order."""

    steps: tuple[str | int, ...]


EVERY, DEEP = Every(), Deep()
Many = Every | Deep | Slice | Choice
Step = str | int | Many
Path = tuple[Step, ...]

_SPACE = r"\s*"
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ITEM = re.compile(rf"{_SPACE}(?:({_QUOTED})|(-?\d+)){_SPACE}(,|\])")
_BRACKET = re.compile(
    rf"\[{_SPACE}(?:(\*)|(-?\d*){_SPACE}:{_SPACE}(-?\d*)(?:{_SPACE}:{_SPACE}(\d+))?"
    rf"|\(@\.length{_SPACE}-{_SPACE}(\d+)\)){_SPACE}\]"
)
_KEY = re.compile(r"[^.\[\]]+")
_COMPUTED = re.compile(r"\[\s*[?(]")
_FUNCTION = re.compile(r"\.\w+\(\)$")


def _fail(code: str, message: str, hint: str) -> NoReturn:
    raise ProblemError([Problem(code, message, hints=(hint,))])


def read_path(path: str) -> Path:
    """Steps of a path. ProblemError `json-path` for what is none, `json-path-unsupported` for a step that
    computes.

    >>> read_path("a.b[0]['@odata.type']") == ("a", "b", 0, "@odata.type")
    True
    >>> read_path("$..id[-1:]") == (DEEP, "id", Slice(-1, None))
    True
    """
    text = path.strip()
    at = 1 if text.startswith("$") and text[1:2] in (".", "[", "") else 0
    steps: list[Step] = []
    while at < len(text):
        step, at = _step_at(text, at)
        steps.append(step)
    if (not steps and text != "$") or (steps and steps[-1] == DEEP):
        _fail("json-path", "a JSON path names at least one key", "such as a.b[0].c or ['odd name']")
    return tuple(steps)


def _step_at(text: str, at: int) -> tuple[Step, int]:
    if text.startswith("..", at):
        return DEEP, at + 2
    if _FUNCTION.match(text, at):
        _computes(text)
    at += text[at] == "."
    if text.startswith("[", at):
        return _bracket_at(text, at)
    if found := _KEY.match(text, at):
        return (EVERY if found[0] == "*" else found[0]), found.end()
    _fail("json-path", f"{text} is no JSON path", "such as a.b[0].c or ['odd name']")


def _bracket_at(text: str, at: int) -> tuple[Step, int]:
    if found := _BRACKET.match(text, at):
        every, start, stop, step, from_end = found.groups()
        if every:
            return EVERY, found.end()
        if from_end:  # [(@.length-1)] is the last element
            return -int(from_end), found.end()
        first, after = (int(bound) if bound else None for bound in (start, stop))
        return Slice(first, after, max(int(step or 1), 1)), found.end()
    if _COMPUTED.match(text, at):
        _computes(text)
    items: list[str | int] = []
    at += 1
    while found := _ITEM.match(text, at):
        items.append(int(found[2]) if found[2] else re.sub(r"\\(.)", r"\1", found[1][1:-1]))
        at = found.end()
        if found[3] == "]":
            return (items[0] if len(items) == 1 else Choice(tuple(items))), at
    _fail("json-path", f"{text} is no JSON path", "such as a.b[0].c or ['odd name']")


def _computes(text: str) -> NoReturn:
    _fail(
        "json-path-unsupported",
        f"the JSON path {text} computes a value, which Dohyo's paths do not",
        "take the whole array with [*], then use where, parse or a function",
    )


def many(path: Path) -> bool:
    """Whether the path may lead to several places."""
    return any(isinstance(step, Many) for step in path)


def split_path(path: Path) -> tuple[tuple[str | int, ...], Path]:
    """The steps that lead to one place, and the rest, which begins with one that may lead to several."""
    at = next((i for i, step in enumerate(path) if isinstance(step, Many)), len(path))
    return path[:at], path[at:]  # type: ignore[return-value]


def shown_path(path: Path) -> str:
    """One spelling for each path, whatever was typed: what hot fields are compared by.

    >>> shown_path(read_path("$.a.b[*]..c[1:]"))
    "['a']['b'][*]..['c'][1:]"
    """
    return "".join(_shown_step(step) for step in path) or "$"


def _shown_step(step: Step) -> str:
    if isinstance(step, Every):
        return "[*]"
    if isinstance(step, Deep):
        return ".."
    if isinstance(step, Slice):
        bounds = ["" if bound is None else str(bound) for bound in (step.start, step.stop)]
        return f"[{':'.join(bounds)}{f':{step.step}' if step.step > 1 else ''}]"
    return f"[{','.join(map(_shown_item, step.steps if isinstance(step, Choice) else (step,)))}]"


def _shown_item(step: str | int) -> str:
    return str(step) if isinstance(step, int) else "'" + re.sub(r"(['\\])", r"\\\1", step) + "'"


# ---- what a path finds ----


_MEMBER = r'\{\s*"(?:[^"\\]|\\.)*"\s*:'
FIRST_OBJECT = rf"(?s){_MEMBER}.*\}}|\[\s*{_MEMBER}.*\]"
"""RE2: from the first object with a member, or array that begins with one, to the last closing bracket."""
FIRST_BRACKET = r"(?s)\{.*\}|\[.*\]"
"""RE2: from the first bracket to the last one that closes its kind."""


def json_text(raw: str) -> str:
    """The JSON part of a message: the message where it is an object or an array from its first to its last
    character, else what the patterns above find in it.
    """
    trimmed = raw.strip(" \t\r\n")
    if (trimmed[:1], trimmed[-1:]) in (("{", "}"), ("[", "]")):
        return raw
    found = re.search(FIRST_OBJECT, raw) or re.search(FIRST_BRACKET, raw)
    return found[0] if found else ""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of keys that are there twice the first counts, as in the engine."""
    return dict(reversed(pairs)) if len({key for key, _ in pairs}) < len(pairs) else dict(pairs)


_READER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_first_wins)


def loaded(source: str | None) -> Any:
    """The value a JSON text holds; None when it is none."""
    try:
        return _READER.decode(source or "")
    except (ValueError, RecursionError):
        return None


@cache
def _read(path: str) -> Path:
    return read_path(path)


def found_at(source: str | None, path: str) -> tuple[bool, str | None]:
    """Whether the path leads somewhere in a JSON text, and the text of what is there."""
    value = loaded(source)
    before, rest = split_path(_read(path))
    present, start = _walk(value, before)
    if not rest:
        return present and (bool(before) or value is not None), shown(start)
    found = _found([start], rest)
    if not present or not isinstance(start, list | dict) or (not found and _names(rest[0])):
        return False, None
    return True, compact(found)


def _names(step: Step) -> bool:
    """Whether a step that may lead to several places is absent where it leads to none."""
    return isinstance(step, Deep) or (
        isinstance(step, Choice) and any(isinstance(s, str) for s in step.steps)
    )


def _walk(value: Any, path: tuple[str | int, ...]) -> tuple[bool, Any]:
    for step in path:
        if not _has(value, step):
            return False, None
        value = value[step]
    return True, value


def _has(value: Any, step: str | int) -> bool:
    if isinstance(step, str):
        return isinstance(value, dict) and step in value
    return isinstance(value, list) and -len(value) <= step < len(value)


def _found(values: list[Any], path: Path) -> list[Any]:
    for step in path:
        values = [found for value in values for found in _stepped(value, step)]
    return values


def _stepped(value: Any, step: Step) -> list[Any]:
    if isinstance(step, Every):
        return children(value)
    if isinstance(step, Deep):
        return list(_descended(value, MOST_LEVELS))
    if isinstance(step, Slice):
        return value[step.start : step.stop : step.step] if isinstance(value, list) else []
    steps = step.steps if isinstance(step, Choice) else (step,)
    return [value[one] for one in steps if _has(value, one)]


def children(value: Any) -> list[Any]:
    """Elements of an array, values of an object, nothing else."""
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []


def _descended(value: Any, levels: int) -> Iterator[Any]:
    yield value
    if levels:
        for child in children(value):
            yield from _descended(child, levels - 1)


def shown(value: Any) -> str | None:
    """A JSON value as the text that queries see."""
    return value if value is None or isinstance(value, str) else compact(value)


def compact(value: Any) -> str:
    """JSON without blanks; numbers in their shortest form, `/` and letters of all scripts as they are.

    >>> compact({"a": [1.50, 1e22, "é/"]})
    '{"a":[1.5,1e22,"é/"]}'
    """
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(key)}:{compact(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, float):
        return number_text(value)
    # The engine escapes the two line separators that JavaScript once took for line ends.
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def number_text(value: float) -> str:
    """Shortest text of a double: in digits between 1e-6 and 1e21, else with an exponent.

    >>> number_text(1.50), number_text(100000.0), number_text(1e-7), number_text(-0.0)
    ('1.5', '100000', '1e-7', '-0')
    """
    if value.is_integer() and abs(value) < 1e21:
        return "-0" if str(value) == "-0.0" else str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    if -7 < int(exponent) < 0:
        return f"{value:.{len(mantissa.replace('-', '').replace('.', '')) - 1 - int(exponent)}f}"
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
