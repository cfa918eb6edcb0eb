"""JSON paths of the `json` operator: one reading, and what a path means in SQL and in Python, side by side.

A path is a tuple of steps: a key (text), an index (whole number, negative from the end) or ANY (`*`). Values
follow the published rules: a string without quotes, an object or array as compact JSON text, a path with a
wildcard as the JSON array of all matches. Hot fields and the compiler both build their SQL here, so that a
stored value cannot differ from a computed one.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import orjson

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.sqltree import Sql, call, fn1, null, plain, text

ANY = "*any*"
Step = str | int
Path = tuple[Step, ...]
_PART = re.compile(
    r"\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|(-?\d+)|(\*))\s*\]|\.?(\*)(?=\.|\[|$)|\.?([^.\[\]]+)"
)


def read_path(path: str) -> Path:
    """Steps of a path. ProblemError `json-path` for what is none, or is a kind of path that is not supported
    yet.

    >>> read_path("a.b[0]['@odata.type']") == ("a", "b", 0, "@odata.type")
    True
    """
    rest = path.strip()
    if ".." in rest or re.search(r"\[\s*(?:-?\d*\s*:|-?\d+\s*,|\(|\?)", rest):
        raise ProblemError(
            [
                Problem(
                    "json-path-unsupported",
                    f"the JSON path {path} uses a kind of step that Dohyo does not have yet",
                    hints=("keys, [n], [*] and ['odd name'] work",),
                )
            ]
        )
    rest = rest[1:] if rest.startswith("$") and rest[1:2] in (".", "[", "") else rest
    steps: list[Step] = []
    at = 0
    while at < len(rest):
        match = _PART.match(rest, at)
        if not match:
            raise ProblemError(
                [Problem("json-path", f"{path} is no JSON path", hints=("such as a.b[0].c or ['odd name']",))]
            )
        single, double, index, star, bare_star, key = match.groups()
        if index is not None:
            steps.append(int(index))
        elif star or bare_star:
            steps.append(ANY)
        else:
            named = single if single is not None else double if double is not None else key
            steps.append(re.sub(r"\\(.)", r"\1", named) if key is None else named)
        at = match.end()
    if not steps:
        raise ProblemError([Problem("json-path", "a JSON path names at least one key")])
    return tuple(steps)


def shown_path(path: Path) -> str:
    """One spelling for each path, whatever was typed: what hot fields are compared by."""
    return "".join(
        "[*]"
        if step == ANY
        else f"[{step}]"
        if isinstance(step, int)
        else "['" + step.replace("\\", "\\\\").replace("'", "\\'") + "']"
        for step in path
    )


# ---- SQL ----


def _keys(path: Path) -> list[Sql]:
    return [text(step) if isinstance(step, str) else plain(step + 1 if step >= 0 else step) for step in path]


def json_text_sql(raw: Sql) -> Sql:
    """The JSON part of a message: the message itself, or from the first `{` (else the first `[`) on."""
    first = call("substring", call("trimLeft", raw), plain(1), plain(1))
    inside: Sql = text("")
    for bracket in "[{":
        at = call("position", raw, text(bracket))
        inside = call("if", call("greater", at, plain(0)), call("substring", raw, at), inside)
    return call("if", call("in", first, call("tuple", text("{"), text("["))), raw, inside)


def value_sql(source: Sql, path: Path) -> Sql:
    """Nullable text of the value at the path; null where it is absent or JSON null."""
    if ANY not in path:
        return call("JSONExtract", source, *_keys(path), text("Nullable(String)"))
    first = path.index(ANY)
    start = call("JSONExtractRaw", source, *_keys(path[:first])) if first else source
    kind = call("substring", start, plain(1), plain(1))
    if path.count(ANY) == 1 and first == len(path) - 1:
        listed = call("if", call("equals", kind, text("[")), start, _joined(_matches(start, path[first:])))
    else:
        listed = _joined(_matches(start, path[first:]))
    return call(
        "if", call("in", kind, call("tuple", text("["), text("{"))), call("toNullable", listed), null()
    )


def _joined(matches: Sql) -> Sql:
    return call("concat", text("["), call("arrayStringConcat", matches, text(",")), text("]"))


def _matches(start: Sql, path: Path) -> Sql:
    """Array of the raw texts of all matches of a path that begins with a wildcard."""
    found = call("array", start)
    for step in path:
        if step == ANY:
            found = call("arrayFlatten", call("arrayMap", fn1(_children), found))
        else:
            raw = fn1(partial(_raw_at, step))
            found = call("arrayFilter", fn1(lambda x: call("notEmpty", x)), call("arrayMap", raw, found))
    return found


def _raw_at(step: Step, value: Sql) -> Sql:
    return call("JSONExtractRaw", value, *_keys((step,)))


def _children(value: Sql) -> Sql:
    """Array of the raw texts of an array's elements or an object's values."""
    is_object = call("equals", call("substring", value, plain(1), plain(1)), text("{"))
    second = fn1(lambda pair: call("tupleElement", pair, plain(2)))
    of_object = call("arrayMap", second, call("JSONExtractKeysAndValuesRaw", value))
    return call("if", is_object, of_object, call("JSONExtractArrayRaw", value))


def present_sql(source: Sql, path: Path) -> Sql:
    """Whether the path leads somewhere, JSON null included; a wildcard path is there when its array is."""
    if ANY in path:
        return call("isNotNull", value_sql(source, path))
    return call("JSONHas", source, *_keys(path))


# ---- Python ----


def json_text(raw: str) -> str:
    """As `json_text_sql`."""
    if raw.lstrip()[:1] in ("{", "["):
        return raw
    for bracket in "{[":
        if (at := raw.find(bracket)) >= 0:
            return raw[at:]
    return ""


def loaded(source: str | None) -> Any:
    """The value a JSON text holds; None when it is none."""
    try:
        return orjson.loads(source or "")
    except orjson.JSONDecodeError:
        return None


def found_in(value: Any, path: Path) -> tuple[bool, str | None]:
    """Whether the path leads somewhere, and the value's text."""
    if ANY in path:
        first = path.index(ANY)
        present, start = _walk(value, path[:first])
        if not present or not isinstance(start, list | dict):
            return False, None
        return True, orjson.dumps(_all(start, path[first:])).decode()
    present, leaf = _walk(value, path)
    return present, shown(leaf)


def _walk(value: Any, path: Path) -> tuple[bool, Any]:
    for step in path:
        keyed = isinstance(value, dict) and isinstance(step, str) and step in value
        if not keyed and not (
            isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value)
        ):
            return False, None
        value = value[step]
    return True, value


def _all(value: Any, path: Path) -> list[Any]:
    found = [value]
    for step in path:
        if step == ANY:
            found = [
                child
                for one in found
                for child in (one if isinstance(one, list) else one.values() if isinstance(one, dict) else ())
            ]
        else:
            found = [leaf for one in found for present, leaf in [_walk(one, (step,))] if present]
    return found


def shown(value: Any) -> str | None:
    """A JSON value as the text that queries see."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else str(value)
