"""JSON paths in SQL: the value at a path, whether it is there, the JSON part of a message.

Hot fields and the compiler both build their SQL here, so that a stored value cannot differ from a computed
one. What a path finds is said in `json_path`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from dohyo.plan.json_path import (
    FIRST_BRACKET,
    FIRST_OBJECT,
    MOST_LEVELS,
    Choice,
    Deep,
    Every,
    Many,
    Path,
    Slice,
    Step,
    split_path,
)
from dohyo.plan.sqltree import Sql, call, fn1, fn2, null, plain, text

_PLAIN_KEY = re.compile(r"(?!null$)[A-Za-z0-9_]+")
"""A tuple of the engine cannot have an element named null."""


def json_text_sql(raw: Sql) -> Sql:
    """The JSON part of a message: the message where it looks like JSON, else what is found in it.

    Where columns are made on insert the engine computes both sides of every `if`, so each search is given
    an empty text where its answer is not asked for.
    """
    trimmed = call("trimBoth", raw, text(" \t\r\n"))
    ends = call("concat", call("left", trimmed, plain(1)), call("right", trimmed, plain(1)))
    at_once = call("and", call("startsWith", raw, text("{")), call("endsWith", raw, text("}")))
    # The first question answers for most messages, without a copy of any.
    looks_like_json = call("or", at_once, call("in", ends, call("tuple", text("{}"), text("[]"))))
    searched = call("if", looks_like_json, text(""), raw)
    found = call("extract", searched, text(FIRST_OBJECT))
    searched = call("if", call("empty", found), searched, text(""))
    found = call("if", call("empty", found), call("extract", searched, text(FIRST_BRACKET)), found)
    return call("if", looks_like_json, raw, found)


def _keys(path: Sequence[str | int]) -> list[Sql]:
    return [text(step) if isinstance(step, str) else plain(step + 1 if step >= 0 else step) for step in path]


def value_sql(source: Sql, path: Path) -> Sql:
    """Nullable text of the value at the path; null where it is absent or JSON null."""
    before, rest = split_path(path)
    if not rest:
        value = call("JSONExtract", source, *_keys(before), text("Nullable(String)"))
        return _where_arrays(source, before, value, null())
    return many_sql(start_sql(source, before), rest)


def members_sql(source: Sql, keys: Sequence[str | int | Many]) -> Sql:
    """Values of plain keys of an object as a tuple, by one reading of the text; each as `value_sql` gives it.

    Of an array the engine would fill the tuple by places, so there the text is left out.
    """
    first = call("substring", call("trimLeft", source, text(" \t\r\n")), plain(1), plain(1))
    of_object = call("if", call("equals", first, text("{")), source, text(""))
    elements = ", ".join(f"`{key}` Nullable(String)" for key in keys) or "`_` Nullable(String)"
    return call("JSONExtract", of_object, text(f"Tuple({elements})"))


def is_plain_key(path: Path) -> bool:
    """Whether `members_sql` can read the path: one key that may name an element of a tuple."""
    return len(path) == 1 and isinstance(path[0], str) and _PLAIN_KEY.fullmatch(path[0]) is not None


def start_sql(source: Sql, path: Sequence[str | int]) -> Sql:
    """Raw text of the value at a path that leads to one place; empty where it is absent."""
    return _where_arrays(source, path, call("JSONExtractRaw", source, *_keys(path)), text(""))


def many_sql(start: Sql, path: Path) -> Sql:
    """Nullable text of the array of all that a path, whose first step may lead to many places, finds from a
    value on.
    """
    first = call("substring", start, plain(1), plain(1))
    if path == (Every(),):
        is_array = call("equals", first, text("["))
        listed = _joined(_matches(call("if", is_array, text(""), start), path))
        listed = call("if", is_array, start, listed)
    else:
        listed = _joined(_matches(start, path))
    if _names(path[0]):
        found = call("notEquals", listed, text("[]"))
    else:
        found = call("in", first, call("tuple", text("["), text("{")))
    return call("if", found, call("toNullable", listed), null())


def _names(step: Step) -> bool:
    """Whether a step that may lead to several places is absent where it leads to none."""
    return isinstance(step, Deep) or (
        isinstance(step, Choice) and any(isinstance(s, str) for s in step.steps)
    )


def _where_arrays(source: Sql, path: Sequence[str | int], value: Sql, otherwise: Sql) -> Sql:
    """The value where every place is asked of an array; the engine would count an object's keys too."""
    asked = [
        call("equals", call("JSONType", source, *_keys(path[:i])), text("Array"))
        for i, step in enumerate(path)
        if isinstance(step, int)
    ]
    if not asked:
        return value
    return call("if", asked[0] if len(asked) == 1 else call("and", *asked), value, otherwise)


def _joined(matches: Sql) -> Sql:
    return call("concat", text("["), call("arrayStringConcat", matches, text(",")), text("]"))


def _matches(start: Sql, path: Path) -> Sql:
    """Array of the raw texts of all matches of a path from one value on."""
    found = call("array", start)
    for step in path:
        found = call("arrayFlatten", call("arrayMap", fn1(partial(_stepped, step)), found))
    return found


def _stepped(step: Step, value: Sql) -> Sql:
    """Array of the raw texts that a step leads to."""
    if isinstance(step, Every):
        return children_sql(value)
    if isinstance(step, Deep):
        return _descended(value)
    if isinstance(step, Slice):
        return _sliced(step, call("JSONExtractArrayRaw", value))
    steps: tuple[str | int, ...] = step.steps if isinstance(step, Choice) else (step,)
    found = [
        _where_arrays(value, (one,), call("JSONExtractRaw", value, *_keys((one,))), text("")) for one in steps
    ]
    return call("arrayFilter", fn1(lambda one: call("notEmpty", one)), call("array", *found))


def children_sql(value: Sql) -> Sql:
    """Array of the raw texts of an array's elements or an object's values."""
    is_object = call("equals", call("substring", value, plain(1), plain(1)), text("{"))
    second = fn1(lambda pair: call("tupleElement", pair, plain(2)))
    of_object = call("arrayMap", second, call("JSONExtractKeysAndValuesRaw", value))
    return call("if", is_object, of_object, call("JSONExtractArrayRaw", value))


def _sliced(step: Slice, elements: Sql) -> Sql:
    size = call("toInt64", call("length", elements))
    start, stop = _place(step.start, size, plain(0)), _place(step.stop, size, size)

    def within(_: Sql, number: Sql) -> Sql:
        at = call("minus", call("toInt64", number), plain(1))
        inside = [call("greaterOrEquals", at, start), call("less", at, stop)]
        if step.step > 1:
            apart = call("modulo", call("minus", at, start), plain(step.step))
            inside.append(call("equals", apart, plain(0)))
        return call("and", *inside)

    return call("arrayFilter", fn2(within), elements, call("arrayEnumerate", elements))


def _place(bound: int | None, size: Sql, otherwise: Sql) -> Sql:
    if bound is None or bound >= 0:
        return otherwise if bound is None else plain(bound)
    return call("greatest", call("plus", size, plain(bound)), plain(0))


def depth_sql(value: Sql) -> Sql:
    """How many brackets are open at once at most."""
    without_texts = call("replaceRegexpAll", value, text(r'"(?:[^"\\]|\\.)*"'), text(""))
    brackets = call("extractAll", without_texts, text(r"[\[\]{}]"))
    step = fn1(
        lambda one: call("if", call("in", one, call("tuple", text("["), text("{"))), plain(1), plain(-1))
    )
    return call("arrayMax", call("arrayConcat", call("array", plain(0)), call("arrayCumSum", step, brackets)))


def _descended(value: Sql) -> Sql:
    """The value and everything in it, level by level; each bears its place, by which all are put in order."""
    levels = call("range", call("least", depth_sql(value), plain(MOST_LEVELS)))

    def below(one: Sql) -> Sql:
        place, raw = call("tupleElement", one, plain(1)), call("tupleElement", one, plain(2))
        placed = fn2(lambda child, number: call("tuple", call("arrayPushBack", place, number), child))
        found = children_sql(raw)
        return call("arrayMap", placed, found, call("arrayEnumerate", found))

    def deeper(state: Sql, _: Sql) -> Sql:
        found = call("arrayFlatten", call("arrayMap", fn1(below), call("tupleElement", state, plain(1))))
        return call("tuple", found, call("arrayConcat", call("tupleElement", state, plain(2)), found))

    nowhere = call("CAST", call("array"), text("Array(UInt32)"))
    start = call("array", call("tuple", nowhere, value))
    state = call("arrayFold", fn2(deeper), levels, call("tuple", start, start))
    ordered = call(
        "arraySort",
        fn1(lambda one: call("tupleElement", one, plain(1))),
        call("tupleElement", state, plain(2)),
    )
    return call("arrayMap", fn1(lambda one: call("tupleElement", one, plain(2))), ordered)


def present_sql(source: Sql, path: Path) -> Sql:
    """Whether the path leads somewhere, JSON null included; see `json_path.found_at`."""
    before, rest = split_path(path)
    if rest:
        return call("isNotNull", value_sql(source, path))
    there = call("JSONHas", source, *_keys(before))
    return _where_arrays(source, before, there, plain(0))
