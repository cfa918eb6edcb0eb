"""What published content leaves to its installation, found and filled in.

Four spellings are in use: `$$name`, a whole scope or the value behind `field=`; `<NAME>`, the value behind
`field=`; `{{name}}` in a query of a dashboard that has no such variable; and the variable `Logsdatasource`,
whose default is the scope of every query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dohyo.base.problem import Problem, ProblemError
from dohyo.content.places import PLACE, QUERY_KEYS, fill_query
from dohyo.content.refusals import too_deep
from dohyo.lang.words import as_word

Kind = Literal["scope", "value", "variable"]
CODE = "parameter"
DEFAULT_FIELD = "_sourceCategory"
MOST_CHARACTERS = 1024
SCOPE_VARIABLE = re.compile(r"logs?_?data_?source\d*", re.IGNORECASE)
DOLLAR = re.compile(r'(=\s*)"\$\$(\w+)"|(=\s*)?\$\$(\w+)')
ANGLE = re.compile(
    r'(=\s*)"<([A-Za-z][\w -]{0,60})>"'
    r"|(?:(=\s*)|(?:^|(?<=[\s(])))<([A-Za-z][\w -]{0,60})>(?=[\s)|]|$)"
)
NO_QUERIES = frozenset(
    (
        "properties",
        "visualSettings",
        "structure",
        "text",
        "title",
        "name",
        "description",
        "label",
        "displayName",
    )
)
"""Keys of texts for readers, and of JSON in texts."""
_PAIR = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*=\s*(\"(?:\\.|[^\"\\])*\"|\S+)\s*")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"")


@dataclass(frozen=True)
class Parameter:
    """A `scope` takes `field=value` or more of a scope, a `value` and a `variable` one value."""

    name: str
    kind: Kind
    default: str = ""

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "kind": self.kind, "default": self.default}


def parameters_of(definition: Any) -> list[Parameter]:
    """What the definition asks for, by name; `default` is what it has itself."""
    found: dict[str, Parameter] = {}
    for one in _all(definition):
        before = found.get(one.name)
        # Where a name stands for a whole scope once, it can be filled everywhere only with one.
        if before is None or (before.kind == "value" and one.kind == "scope"):
            found[one.name] = one
    return [found[name] for name in sorted(found, key=str.lower)]


def _all(definition: Any) -> list[Parameter]:
    try:
        return list(_found(definition, frozenset()))
    except RecursionError:
        raise too_deep() from None


def demo_values(asked: list[Parameter], category: str) -> dict[str, str]:
    """What each parameter is where all messages are in one source category."""
    return {one.name: category if one.kind == "value" else f'{DEFAULT_FIELD}="{category}"' for one in asked}


def _found(value: Any, known: frozenset[str], key: str = "") -> Iterator[Parameter]:
    if isinstance(value, Mapping):
        names = known | _own_names(value)
        if is_scope_variable(value):
            yield Parameter(value["name"], "variable", str(value.get("defaultValue") or ""))
        for name, child in value.items():
            yield from _found(child, names, name)
    elif isinstance(value, list):
        for child in value:
            yield from _found(child, known, key)
    elif isinstance(value, str):
        if "$$" in value and key not in NO_QUERIES:
            yield from map(_asked, DOLLAR.finditer(value))
        if key in QUERY_KEYS:
            yield from map(_asked, ANGLE.finditer(scope_of(value)))
            for name in PLACE.findall(value):
                if name.lower() not in known:
                    yield Parameter(name, "value")


def is_scope_variable(value: Mapping[str, Any]) -> bool:
    """Whether this is the variable of a dashboard that holds the scope of its queries."""
    name = value.get("name")
    return "sourceDefinition" in value and isinstance(name, str) and bool(SCOPE_VARIABLE.fullmatch(name))


def _asked(match: re.Match[str]) -> Parameter:
    name, before = _parts(match)
    return Parameter(name, "value" if before else "scope")


def _parts(match: re.Match[str]) -> tuple[str, str]:
    """The parameter's name and the `=` that stands before it, if one does."""
    return match[2] or match[4], match[1] or match[3] or ""


def _own_names(value: Mapping[str, Any]) -> frozenset[str]:
    """Names of the variables of a dashboard and of the parameters of a search."""
    given = [value.get("variables"), value.get("queryParameters")]
    root = value.get("rootPanel")
    if isinstance(root, Mapping):
        given.append(root.get("variables"))
    own = [one for part in given if isinstance(part, list) for one in part if isinstance(one, Mapping)]
    return frozenset(str(one.get("name")).lower() for one in own)


def scope_of(query: str) -> str:
    """What stands before the first `|` outside quotes.

    >>> scope_of('a "x|y" | count')
    'a "x|y" '
    """
    hidden = _QUOTED.sub(lambda match: "_" * len(match[0]), query)
    return query[:at] if (at := hidden.find("|")) >= 0 else query


def filled(definition: Any, values: Mapping[str, str]) -> Any:
    """The definition with these parameters filled in everywhere; others stay as they are.

    ProblemError for a value that would do more than choose messages.
    """
    for name, value in values.items():
        check_value(name, value)
    given = {name: value for name, value in values.items() if value.strip()}
    try:
        return _filled(definition, given, frozenset()) if given else definition
    except RecursionError:
        raise too_deep() from None


def check_value(name: str, value: str) -> None:
    """ProblemError for a value with a step, a comment or a line break outside quotes."""
    bare = _QUOTED.sub("", value)
    if len(value) > MOST_CHARACTERS or not value.isprintable() or re.search(r'[|"`]|//|/\*|\{\{|\}\}', bare):
        hint = f'such as {DEFAULT_FIELD}=Labs/App or {DEFAULT_FIELD}="two words"'
        message = f"{name}: a value is one line of a scope, without | and comments, with closed quotes"
        raise ProblemError([Problem(CODE, message, hints=(hint,))])


def _filled(value: Any, given: Mapping[str, str], known: frozenset[str], key: str = "") -> Any:
    if isinstance(value, dict):
        names = known | _own_names(value)
        made = {name: _filled(child, given, names, name) for name, child in value.items()}
        if is_scope_variable(made) and made["name"] in given:
            made = with_default(made, given[made["name"]])
        return made
    if isinstance(value, list):
        return [_filled(child, given, known, key) for child in value]
    if not isinstance(value, str):
        return value
    if "$$" in value and key not in NO_QUERIES:
        value = DOLLAR.sub(lambda match: _scope(match, given), value)
    if key in QUERY_KEYS:
        scope = scope_of(value)
        value = ANGLE.sub(lambda match: _scope(match, given), scope) + value[len(scope) :]
        value = fill_query(value, {n: v for n, v in given.items() if n.lower() not in known})
    return value


def with_default(variable: Mapping[str, Any], value: str) -> dict[str, Any]:
    """The scope variable with another default; a list of its own has the value too."""
    pair = _PAIR.fullmatch(value)
    plain = pair[2].strip('"') if pair else value
    source = variable["sourceDefinition"]
    if isinstance(source, Mapping) and "values" in source:
        source = {**source, "values": plain}
    return {**variable, "defaultValue": plain, "sourceDefinition": source}


def _scope(match: re.Match[str], given: Mapping[str, str]) -> str:
    """The value in its place: `field=value` behind a field is its value, a value alone is a scope's."""
    name, before = _parts(match)
    return _as_written(match, replacement(given[name], before)) if name in given else match[0]


def _as_written(match: re.Match[str], text: str) -> str:
    """The text in quotes where the parameter stands in them: behind `|` a bare word is a field."""
    if match[1] is None or text.endswith('"'):
        return text
    return f'{match[1]}"{text.removeprefix(match[1])}"'


def replacement(value: str, before: str) -> str:
    """
    >>> replacement("_source=a", "="), replacement("Labs/App", ""), replacement("a b", "= ")
    ('=a', '_sourceCategory=Labs/App', '= "a b"')
    """
    pair = _PAIR.fullmatch(value)
    if before:
        return before + (pair[2] if pair else value if _QUOTED.fullmatch(value) else as_word(value))
    if pair or re.search(r'[=("*\s]', value):
        return value
    return f"{DEFAULT_FIELD}={as_word(value)}"


def with_places(definition: Any, place: Callable[[str, str], str]) -> Any:
    """The definition with `place(name, what stands before it)` for each parameter of `$$` and `<>`."""

    def put(match: re.Match[str]) -> str:
        return _as_written(match, place(*_parts(match)))

    def inside(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: inside(child, name) for name, child in value.items()}
        if isinstance(value, list):
            return [inside(child, key) for child in value]
        if not isinstance(value, str):
            return value
        if "$$" in value and key not in NO_QUERIES:
            value = DOLLAR.sub(put, value)
        if key in QUERY_KEYS:
            scope = scope_of(value)
            value = ANGLE.sub(put, scope) + value[len(scope) :]
        return value

    return inside(definition)
