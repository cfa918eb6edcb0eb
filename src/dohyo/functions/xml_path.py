r"""Values of XML at a path, for `parse xml`: from the root on to an element, an attribute or text.

Owns the paths and how XML is cut into elements. The message may have text around the XML; what is not
well-formed leads to nothing. Both engines cut a text into tokens and count how deep each one lies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.regex import compiled
from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, fn1, fn2, null, plain, text
from dohyo.plan.types import TEXT

_NAME_START = r"[A-Za-z_\x{80}-\x{10ffff}]"
_INSIDE = r"""(?:[^>"']|"[^"]*"|'[^']*')*"""
_TOKEN = (
    r"<!--(?s:.*?)-->|<!\[CDATA\[(?s:.*?)\]\]>|"
    rf"</?{_NAME_START}{_INSIDE}>|<[?!][^>]*>|[^<]+|<"
)
_OPENS, _CLOSES, _WHOLE = rf"^<{_NAME_START}", rf"^</{_NAME_START}", r"(?s)^<[^!?].*/>$"
_CONTENT = rf"(?s)^<{_INSIDE}>(.*)</[^>]*>$"
_CDATA = r"(?s)^<!\[CDATA\[(.*)\]\]>$"
_TAG_NAME = r"^<([^\s/>]+)"
_BETWEEN = "\x00"
"""Stands between the texts of an element, where an element of its own is."""

_STEP = re.compile(r"/(?:(text\(\))|(@)?([^\s/@\[\]()*.=:][^\s/@\[\]()*=]*)((?:\[[^\]]*\])*))")
_PREDICATE = re.compile(
    r"""\[\s*(?:(\d+)|(last\(\))|@([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+)))\s*\]"""
)


@dataclass(frozen=True)
class Predicate:
    """The element at a place, counted from 1, -1 being the last, or those with an attribute's value."""

    place: int = 0
    attribute: str = ""
    value: str = ""


@dataclass(frozen=True)
class Step:
    name: str
    predicates: tuple[Predicate, ...] = ()


@dataclass(frozen=True)
class XmlPath:
    """Elements from the root on; at the end maybe an attribute, or the text."""

    steps: tuple[Step, ...]
    attribute: str = ""
    is_text: bool = False


@cache
def read_xml_path(path: str) -> XmlPath:
    """ProblemError `xml-path`.

    >>> read_xml_path("/a/@id").steps, read_xml_path("/a/@id").attribute
    ((Step(name='a', predicates=()),), 'id')
    """
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if not found or (at and (steps == [] or path[at - 1] == "/")):
            break
        at = found.end()
        if found[1] or found[2]:
            if at == len(path) and steps and not found[4]:
                return XmlPath(tuple(steps), found[3] if found[2] else "", bool(found[1]))
            break
        steps.append(Step(found[3], _predicates(path, found[4])))
    else:
        if steps:
            return XmlPath(tuple(steps))
    _fail(f"{path} is no path that parse xml takes")


def _predicates(path: str, written: str) -> tuple[Predicate, ...]:
    predicates: list[Predicate] = []
    at = 0
    while at < len(written):
        found = _PREDICATE.match(written, at)
        if not found or found[1] == "0":
            _fail(f"{path} asks for {written[at:]}, which parse xml does not take")
        value = next((one for one in found.groups()[3:] if one is not None), "")
        place = -1 if found[2] else int(found[1] or 0)
        predicates.append(Predicate(place, found[3] or "", value))
        at = found.end()
    return tuple(predicates)


def _fail(message: str) -> NoReturn:
    hint = "such as /a/b[2]/text(), /a/b[@id=7]/@name or /a/b[last()]"
    raise ProblemError([Problem("xml-path", message, hints=(hint,))])


# ---- reference implementation ----


def _is(token: str, pattern: str) -> bool:
    return compiled(pattern).search(token) is not None


def _placed_tokens(content: str) -> list[tuple[str, int]]:
    """Tokens with how deep what follows each of them lies."""
    depth = 0
    found = []
    for match in compiled(_TOKEN).finditer(content):
        token = match[0]
        depth += 0 if _is(token, _WHOLE) else _is(token, _OPENS) - _is(token, _CLOSES)
        found.append((token, depth))
    return found


def _elements(content: str) -> list[str]:
    """XML of the elements on the first level."""
    elements = []
    group: list[str] = []
    for token, depth in _placed_tokens(content):
        if group or _is(token, _OPENS):
            group.append(token)
        if depth == 0 and group and (_is(token, _CLOSES) or _is(token, _WHOLE)):
            elements.append("".join(group))
            group = []
    return elements


def _content(element: str) -> str:
    found = compiled(_CONTENT).search(element)
    return found[1] if found else ""


def _attribute_regex(name: str) -> str:
    quoted = re.sub(r"([^0-9A-Za-z_])", r"\\\1", name)
    return rf"""^<[^\s/>]+{_ATTRIBUTES}\s{quoted}\s*=\s*(?:"([^"]*)"|'([^']*)')"""


_ATTRIBUTES = r"""(?:\s+[^\s=>/"']+\s*=\s*(?:"[^"]*"|'[^']*'))*?"""


def _attribute(element: str, name: str) -> str | None:
    found = compiled(_attribute_regex(name)).search(element)
    return _decoded((found[1] or "") + (found[2] or "")) if found else None


_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def _decoded(value: str) -> str:
    """With the characters that references stand for."""

    def character(found: re.Match[str]) -> str:
        code = int(found[2]) if found[2] else int(found[3] or "0", 16)
        return _NAMED[found[1]] if found[1] else chr(code) if code < 0x110000 else found[0]

    return _REFERENCE.sub(character, value)


def _text(element: str) -> str:
    """The first of the texts between an element's own elements."""
    parts = []
    for token, depth in _placed_tokens(_content(element)):
        is_tag = _is(token, _OPENS) or _is(token, _CLOSES)
        cdata = compiled(_CDATA).search(token)
        if is_tag:
            parts.append(_BETWEEN)
        elif depth == 0 and cdata:
            parts.append(cdata[1].replace("&", "&amp;"))
        elif depth == 0 and not token.startswith(("<!", "<?")):
            parts.append(token)
    return _decoded(next((part for part in "".join(parts).split(_BETWEEN) if part), ""))


def _chosen(elements: list[str], step: Step) -> list[str]:
    found = [one for one in elements if compiled(_TAG_NAME).search(one)[1] == step.name]  # type: ignore[index]
    for predicate in step.predicates:
        if predicate.place:
            at = predicate.place - (predicate.place > 0)
            found = found[at : at + 1] if at >= 0 else found[-1:]
        else:
            found = [one for one in found if _attribute(one, predicate.attribute) == predicate.value]
    return found


def xml_value(source: str, path: str) -> str | None:
    """The first value at the path; None where there is none.

    >>> xml_value('<a><b id="1">x &lt; y</b><b id="2"/></a>', "/a/b[@id=1]/text()")
    'x < y'
    """
    read = read_xml_path(path)
    elements = [source]
    for number, step in enumerate(read.steps):
        elements = [e for one in elements for e in _chosen(_elements(_content(one) if number else one), step)]
    if read.attribute:
        return next((v for one in elements if (v := _attribute(one, read.attribute)) is not None), None)
    if read.is_text:
        return next((v for one in elements if (v := _text(one))), None)
    return elements[0] if elements else None


# ---- SQL ----


def _let(value: Sql, build: Callable[[Sql], Sql]) -> Sql:
    """What `build` makes of a value, which is computed and written once."""
    return call("arrayElement", call("arrayMap", fn1(build), call("array", value)), plain(1))


def _match(token: Sql, *patterns: str) -> Sql:
    found = [call("match", token, text(pattern)) for pattern in patterns]
    return found[0] if len(found) == 1 else call("or", *found)


def _depths(tokens: Sql) -> Sql:
    """How deep what follows each token lies."""

    def step(token: Sql) -> Sql:
        opens, closes = _match(token, _OPENS), _match(token, _CLOSES)
        return call("if", _match(token, _WHOLE), plain(0), call("minus", opens, closes))

    return call("arrayCumSum", fn1(step), tokens)


def _elements_sql(content: Sql) -> Sql:
    """Array of the XML of the elements on the first level."""

    def ends(token: Sql, depth: Sql) -> Sql:
        return call("and", call("equals", depth, plain(0)), _match(token, _CLOSES, _WHOLE))

    def cut(tokens: Sql) -> Sql:
        flags = call("arrayMap", fn2(ends), tokens, _depths(tokens))
        last = call("arrayLastIndex", fn1(lambda flag: flag), flags)
        whole = call("arraySlice", tokens, plain(1), last)
        flags = call("arraySlice", flags, plain(1), last)
        groups = call("arrayReverseSplit", fn2(lambda token, flag: flag), whole, flags)
        return call("arrayMap", fn1(joined), groups)

    def joined(group: Sql) -> Sql:
        first = call("arrayFirstIndex", fn1(lambda token: _match(token, _OPENS)), group)
        element = call("arrayStringConcat", call("arraySlice", group, call("greatest", first, plain(1))))
        return call("if", call("equals", first, plain(0)), text(""), element)

    found = _let(call("extractAll", content, text(_TOKEN)), cut)
    return call("arrayFilter", fn1(lambda one: call("notEmpty", one)), found)


def _attribute_sql(element: Sql, name: str) -> Sql:
    """The value, not null; empty where there is none."""
    groups = call("extractGroups", element, text(_attribute_regex(name)))
    return call("decodeXMLComponent", call("arrayStringConcat", groups))


def _text_sql(element: Sql) -> Sql:
    def part(token: Sql, depth: Sql) -> Sql:
        cdata = call("replaceAll", call("extract", token, text(_CDATA)), text("&"), text("&amp;"))
        is_tag = _match(token, _OPENS, _CLOSES)
        within = call("notEquals", depth, plain(0))
        passed = call(
            "or", within, call("startsWith", token, text("<!")), call("startsWith", token, text("<?"))
        )
        return call(
            "multiIf", is_tag, text(_BETWEEN),
            call("and", call("not", within), _match(token, _CDATA)), cdata, passed, text(""), token,
        )  # fmt: skip

    tokens = call("extractAll", call("extract", element, text(_CONTENT)), text(_TOKEN))
    parts = _let(tokens, lambda found: call("arrayMap", fn2(part), found, _depths(found)))
    texts = call("splitByChar", text(_BETWEEN), call("arrayStringConcat", parts))
    first = call("arrayFirst", fn1(lambda one: call("notEmpty", one)), texts)
    return call("decodeXMLComponent", first)


def _chosen_sql(elements: Sql, step: Step) -> Sql:
    def named(one: Sql) -> Sql:
        return call("equals", call("extract", one, text(_TAG_NAME)), text(step.name))

    found = call("arrayFilter", fn1(named), elements)
    for predicate in step.predicates:
        if predicate.place:
            found = call("arraySlice", found, plain(predicate.place), plain(1))
        else:
            found = call("arrayFilter", fn1(lambda one, p=predicate: _has_value(one, p)), found)  # type: ignore[misc]
    return found


def _has_value(element: Sql, predicate: Predicate) -> Sql:
    value = _attribute_sql(element, predicate.attribute)
    has = call("equals", value, text(predicate.value))
    return (
        has if predicate.value else call("and", has, _match(element, _attribute_regex(predicate.attribute)))
    )


def _xml_value_sql(source: Sql, path_literal: Sql) -> Sql:
    path = read_xml_path(str(path_literal.this))
    elements = _chosen_sql(_elements_sql(source), path.steps[0])
    for step in path.steps[1:]:

        def below(one: Sql, step: Step = step) -> Sql:
            return _chosen_sql(_elements_sql(call("extract", one, text(_CONTENT))), step)

        elements = call("arrayFlatten", call("arrayMap", fn1(below), elements))
    return _first_value_sql(elements, path)


def _first_value_sql(elements: Sql, path: XmlPath) -> Sql:
    values = elements
    if path.attribute:
        has = fn1(lambda one: _match(one, _attribute_regex(path.attribute)))
        values = call(
            "arrayMap",
            fn1(lambda one: _attribute_sql(one, path.attribute)),
            call("arrayFilter", has, elements),
        )
    elif path.is_text:
        values = call(
            "arrayFilter", fn1(lambda one: call("notEmpty", one)), call("arrayMap", fn1(_text_sql), elements)
        )

    def first(found: Sql) -> Sql:
        one = call("toNullable", call("arrayElement", found, plain(1)))
        return call("if", call("empty", found), null(), one)

    return _let(values, first)


fn(
    "xml_value",
    (TEXT, TEXT),
    TEXT,
    hidden=True,
    literal=(1,),
    sql=_xml_value_sql,
    rows=xml_value,
)
