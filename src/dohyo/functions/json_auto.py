"""Fields of JSON that are named by where they stand, as `json auto` gives them: `o.k`, `ev[0].t`.

Owns which values are fields of their own. Objects are taken apart; arrays only if they hold an object, or all
with `extract_arrays`; below `levels` everything stays JSON text. Blanks in keys become `_`; letters of a name
count alike in both cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dohyo.functions.table import fn
from dohyo.plan.json_path import loaded, shown
from dohyo.plan.json_sql import depth_sql
from dohyo.plan.sqltree import Sql, call, fn1, fn2, null, plain, text
from dohyo.plan.types import TEXT

MOST_LEVELS = 64
_STEP = re.compile(r"(?:^|\.)([^.\[\]]+)|\[(\d{1,9})\]")
Steps = list[str | int]


def lower(name: str) -> str:
    """Lower case of ASCII letters only, as the engine compares keys.

    >>> lower("ÉA")
    'Éa'
    """
    return "".join(char.lower() if char.isascii() else char for char in name)


def name_steps(name: str) -> Steps:
    """Keys and indexes that a name most likely stands for; none where it is not written so.

    >>> name_steps("ev[0].t"), name_steps("[0].a"), name_steps("a..b")
    (['ev', 0, 't'], [0, 'a'], [])
    """
    steps: Steps = []
    at = 0
    while at < len(name):
        found = _STEP.match(name, at)
        if not found:
            return []
        steps.append(found[1] if found[1] is not None else int(found[2]))
        at = found.end()
    return steps


def likely_paths(name: str) -> list[Steps]:
    """What a name may stand for, the likeliest first: each `.` a step, the last one part of a key, all.

    >>> likely_paths("a.@odata.type")
    [['a', '@odata', 'type'], ['a', '@odata.type'], ['a.@odata.type']]
    """
    steps = name_steps(name)
    paths: list[Steps] = [steps] if steps else []
    if len(steps) > 1 and isinstance(steps[-1], str) and isinstance(steps[-2], str):
        paths.append([*steps[:-2], f"{steps[-2]}.{steps[-1]}"])
    whole: Steps = [name]
    return paths if whole in paths else [*paths, whole]


_JOINT = re.compile(r"(?=([A-Za-z0-9@$-]*)([._\[])([A-Za-z0-9@$-]*))")


def odd_parts(name: str) -> list[str]:
    """Parts of keys, one of which stands in the JSON where the name is none of its likely paths.

    >>> odd_parts("a_b.c")
    ['a b', 'b.c']
    """
    found: dict[int, str] = {}
    for one in _JOINT.finditer(name):
        found.setdefault(one.start(2), one[1] + (" " if one[2] == "_" else one[2]) + one[3])
    return list(found.values())


# ---- reference implementation ----


def _apart(value: Any, level: int, levels: int, extract: bool) -> list[tuple[str | int, Any]] | None:
    """The parts of a value that is taken apart, None for one that is a field itself."""
    if level < levels and isinstance(value, dict):
        return list(value.items())
    if level < levels and isinstance(value, list) and (extract or any(isinstance(v, dict) for v in value)):
        return list(enumerate(value))
    return None


def leaves(
    value: Any, levels: int, extract: bool, name: str = "", level: int = 0
) -> Iterator[tuple[str, Any]]:
    """Names and values of the fields, in the order they are written."""
    parts = _apart(value, level, levels, extract)
    if parts is None:
        if name:
            yield name, value
        return
    for step, part in parts:
        shown_step = (
            f"[{step}]" if isinstance(step, int) else f"{'.' if name else ''}{step}".replace(" ", "_")
        )
        yield from leaves(part, levels, extract, name + shown_step, level + 1)


def _direct(value: Any, steps: Steps, levels: int, extract: bool) -> tuple[bool, Any]:
    """The field that the steps lead to."""
    for level, step in enumerate(steps):
        parts = _apart(value, level, levels, extract)
        found = [part for key, part in parts or () if _same(key, step)]
        if not found:
            return False, None
        value = found[0]
    there = bool(steps) and _apart(value, len(steps), levels, extract) is None
    return there, value if there else None


def _same(key: str | int, step: str | int) -> bool:
    return lower(key) == lower(step) if isinstance(key, str) and isinstance(step, str) else key == step


def options_text(levels: int, extract: bool) -> str:
    """The options of `json auto` as the literal that the function takes.

    >>> read_options(options_text(3, True))
    (3, True)
    """
    return f"{levels}{' extract' if extract else ''}"


def read_options(options: str) -> tuple[int, bool]:
    levels, _, extract = options.partition(" ")
    return int(levels), bool(extract)


def auto_value(source: str | None, name: str, options: str) -> str | None:
    """The text of the field of this name; None where there is none."""
    value = loaded(source)
    levels, extract = read_options(options)
    for steps in likely_paths(name):
        there, found = _direct(value, steps, levels, extract)
        if there:
            return shown(found)
    if not any(lower(part) in lower(source or "") for part in odd_parts(name)):
        return None
    named = (leaf for full, leaf in leaves(value, levels, extract) if lower(full) == lower(name))
    return shown(next(named, None))


def auto_names(source: str | None, options: str) -> list[str]:
    return [name for name, _ in leaves(loaded(source), *read_options(options))]


# ---- SQL ----


def _begins(raw: Sql, bracket: str) -> Sql:
    return call("startsWith", raw, text(bracket))


def _has_object(raw: Sql) -> Sql:
    return call("arrayExists", fn1(lambda one: _begins(one, "{")), call("JSONExtractArrayRaw", raw))


def _is_apart(raw: Sql, extract: bool) -> Sql:
    """Whether a value above the last level is taken apart."""
    is_array = _begins(raw, "[")
    return call("or", _begins(raw, "{"), is_array if extract else call("and", is_array, _has_object(raw)))


def _raw_at(source: Sql, steps: Steps) -> Sql:
    keys = [text(step) if isinstance(step, str) else plain(step + 1) for step in steps]
    return call("JSONExtractRawCaseInsensitive", source, *keys)


def _direct_sql(source: Sql, steps: Steps, levels: int, extract: bool) -> Sql:
    """The raw text of the field that the steps lead to; empty where there is none."""
    raw = _raw_at(source, steps)
    held = []
    for level, step in enumerate(steps):
        if isinstance(step, int):
            array = _raw_at(source, steps[:level])
            apart = _begins(array, "[") if extract else call("and", _begins(array, "["), _has_object(array))
            held.append(apart)
    if len(steps) < levels:
        held.append(call("not", _is_apart(raw, extract)))
    if not held:
        return raw
    return call("if", held[0] if len(held) == 1 else call("and", *held), raw, text(""))


def _searched_sql(source: Sql, name: str, levels: int, extract: bool) -> Sql:
    """The raw text of the field of this name, by naming all; empty where there is none."""
    wanted = text(lower(name))

    def below(one: Sql) -> Sql:
        place, full, raw = (call("tupleElement", one, plain(i)) for i in (1, 2, 3))
        return call(
            "if", _begins(raw, "{"), _values_below(place, full, raw), _elements_below(place, full, raw)
        )

    def deeper(state: Sql, _: Sql) -> Sql:
        is_apart = fn1(lambda one: _is_apart(call("tupleElement", one, plain(3)), extract))
        apart = call("arrayFilter", is_apart, call("tupleElement", state, plain(1)))
        found = call("arrayFlatten", call("arrayMap", fn1(below), apart))
        return call("tuple", found, call("arrayConcat", call("tupleElement", state, plain(2)), found))

    start = call("array", call("tuple", _no_place(), text(""), call("JSONExtractRaw", source)))
    state = call(
        "arrayFold",
        fn2(deeper),
        call("range", call("least", depth_sql(source), plain(levels))),
        call("tuple", start, start),
    )
    ordered = call(
        "arraySort",
        fn1(lambda one: call("tupleElement", one, plain(1))),
        call("tupleElement", state, plain(2)),
    )

    def is_wanted(one: Sql) -> Sql:
        place, full, raw = (call("tupleElement", one, plain(i)) for i in (1, 2, 3))
        is_last = call(
            "or", call("equals", call("length", place), plain(levels)), call("not", _is_apart(raw, extract))
        )
        return call("and", call("equals", call("lower", full), wanted), is_last)

    return call("tupleElement", call("arrayFirst", fn1(is_wanted), ordered), plain(3))


def _no_place() -> Sql:
    return call("CAST", call("array"), text("Array(UInt32)"))


def _values_below(place: Sql, full: Sql, raw: Sql) -> Sql:
    def named(pair: Sql, number: Sql) -> Sql:
        key = call("replaceAll", call("tupleElement", pair, plain(1)), text(" "), text("_"))
        dot = call("if", call("empty", full), text(""), text("."))
        longer = call("concat", call("replaceAll", full, text(" "), text("_")), dot, key)
        return call(
            "tuple", call("arrayPushBack", place, number), longer, call("tupleElement", pair, plain(2))
        )

    pairs = call("JSONExtractKeysAndValuesRaw", raw)
    return call("arrayMap", fn2(named), pairs, call("arrayEnumerate", pairs))


def _elements_below(place: Sql, full: Sql, raw: Sql) -> Sql:
    def named(one: Sql, number: Sql) -> Sql:
        index = call("toString", call("minus", number, plain(1)))
        longer = call("concat", full, text("["), index, text("]"))
        return call("tuple", call("arrayPushBack", place, number), longer, one)

    elements = call("JSONExtractArrayRaw", raw)
    return call("arrayMap", fn2(named), elements, call("arrayEnumerate", elements))


def _auto_value_sql(source: Sql, name_literal: Sql, options_literal: Sql) -> Sql:
    """The likely paths; a search where none leads to a field and a part of an odd key stands in the text."""
    name = str(name_literal.this)
    levels, extract = read_options(str(options_literal.this))
    source = call("ifNull", source, text(""))
    paths = [steps for steps in likely_paths(name) if len(steps) <= levels]
    raws = [_direct_sql(source, steps, levels, extract) for steps in paths] or [text("")]
    raw = raws[0] if len(raws) == 1 else call("arrayFirst", fn1(_there), call("array", *raws))
    if parts := odd_parts(name):
        may_stand = call("multiSearchAnyCaseInsensitive", source, call("array", *map(text, parts)))
        # Other rows give the search an empty text. An `if` around it would make all of them slower.
        searched = call("if", call("and", call("empty", raw), may_stand), source, text(""))
        raw = call("concat", raw, _searched_sql(searched, name, levels, extract))
    return call("if", call("empty", raw), null(), call("JSONExtract", raw, text("Nullable(String)")))


def _there(raw: Sql) -> Sql:
    return call("notEmpty", raw)


fn(
    "json_auto_value",
    (TEXT, TEXT, TEXT),
    TEXT,
    hidden=True,
    nulls="handles",
    literal=(1, 2),
    sql=_auto_value_sql,
    rows=auto_value,
    extra={"names": auto_names},
)
