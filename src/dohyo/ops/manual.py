"""The manual of the language: a Markdown page for each operator, aggregate and function, made from the
registries. Its examples are the golden cases that both engines are tested by.

`python -m dohyo.ops.manual MANUAL CASES` writes the pages below MANUAL from the cases in the folder CASES.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dohyo.functions.table import ANY, NUMBER, SAME, Function, all_functions
from dohyo.ops.aggregates import AGGREGATES, AggregateFunction
from dohyo.ops.operator import Help, Operator, operators
from dohyo.plan.types import Type

Pages = dict[str, str]
"""Text of each page by its path below the manual."""
_HEADING = re.compile(r"^## ", re.MULTILINE)
_KINDS = {ANY: "any value", NUMBER: "number", SAME: "value"}
_NULLS = {
    "null": "With a null argument the result is null.",
    "false": "With a null argument the result is false.",
    "handles": "",
}
_AGGREGATES: Mapping[str, tuple[str, str]] = {
    "count": (
        "How many rows there are, or how many have a value in the field.",
        "* | count by _sourcecategory",
    ),
    "count_distinct": ("How many different values there are, exactly.", "* | count_distinct(_sourcehost)"),
    "sum": ("The sum of the numbers.", "* | sum(_size) by _sourcecategory"),
    "avg": ("The mean of the numbers.", "* | avg(_size) by _sourcecategory"),
    "min": ("The smallest number.", "* | min(_size)"),
    "max": ("The largest number.", "* | max(_size)"),
    "first": (
        "The value of the first row in the order of the rows: of messages the newest.",
        "* | first(_raw)",
    ),
    "last": ("The value of the last row in the order of the rows: of messages the oldest.", "* | last(_raw)"),
    "pct": (
        "Percentiles, exactly, between two values in proportion; 50 where none is said.",
        "* | pct(_size, 95)",
    ),
    "pct_sampling": ("The same as pct: here over all rows, not a sample.", "* | pct_sampling(_size, 95)"),
    "median": ("The middle one of the numbers.", "* | median(_size)"),
    "stddev": ("The standard deviation of a sample.", "* | stddev(_size)"),
    "values": ("The different values, one a line, the first 100 in order.", "* | values(_sourcehost)"),
    "most_recent": (
        "The value of the newest message, of a field that withtime made.",
        "* | withtime _sourcehost | most_recent(_sourcehost_withtime)",
    ),
    "least_recent": (
        "The value of the oldest message, of a field that withtime made.",
        "* | withtime _sourcehost | least_recent(_sourcehost_withtime)",
    ),
}
_SUBQUERY = Help(
    "A query that runs first; its rows become a condition of the query around it.",
    (
        ("compose", "the fields whose values are the condition: equal in all of them, for any of the rows"),
        ("keywords", "in the scope: the values are searched as words, whatever their fields"),
        ("maxresults", "so many rows are used, 2,500 unless said otherwise, at most 10,000"),
        ("from, to", "a time range of its own; without them that of the query around it"),
    ),
    see=("where", "join"),
    example="* | where [subquery: error | count by _sourcehost | compose _sourcehost]",
)
_CONTAINS = Help(
    "True where a lookup table has a row that agrees with the fields.",
    (("field=column", "fields of the row and the columns that have to agree, joined by and"),),
    see=("lookup", "where"),
    example='* | where lookupContains(path://"/Library/Users/me/hosts", _sourcehost=name)',
)
CONSTRUCTS: Mapping[str, tuple[str, Help]] = {
    "subquery": (
        "[subquery [from=(<time>)] [to=(<time>)]: <query>"
        " | compose <field>[, ...] [maxresults=<number>] [keywords]]",
        _SUBQUERY,
    ),
    "lookupContains": ('lookupContains(path://"<path>", <field>=<column> [and ...])', _CONTAINS),
}
"""What stands in expressions or scopes and is neither an operator nor a function: syntax and help."""


def pages(cases: Path) -> Pages:
    """Every page. `cases`: the folder of golden cases, a file an operator named after it."""
    found = {f"operators/{_file(one.name)}": _operator_page(one, cases) for one in _all_operators()}
    for name, (syntax, help_) in CONSTRUCTS.items():
        found[f"operators/{_file(name)}"] = _page(name, (), syntax, help_, "", _cases(name, cases))
    found |= {f"functions/{_file(one.name)}": _aggregate_page(one) for one in AGGREGATES.values()}
    for function in _called_functions():
        path = f"functions/{_file(function.name)}"
        found[path] = (
            _both(found[path], _function_page(function)) if path in found else _function_page(function)
        )
    return {**found, "README.md": _index(found)}


def _all_operators() -> list[Operator]:
    return sorted(set(operators().values()), key=lambda one: one.name)


def _called_functions() -> list[Function]:
    return [one for one in all_functions() if not one.hidden]


def _file(name: str) -> str:
    return f"{name.lower().replace(' ', '-')}.md"


class Word(NamedTuple):
    """A word of the language as an editor offers it. `kind` is operator or function."""

    kind: str
    name: str
    syntax: str
    help: str
    example: str


def words() -> list[Word]:
    """Every operator by each of its names, every function and aggregate."""
    found = [_operator_word(one, name) for one in _all_operators() for name in one.names]
    found += [
        Word("function", one.name, f"{one.name}({_arguments(one)})", one.help, one.example)
        for one in _called_functions()
    ]
    return sorted(found, key=lambda word: (word.name.lower(), word.kind))


def _operator_word(operator: Operator, name: str) -> Word:
    if name not in _AGGREGATES:
        return Word("operator", name, operator.syntax, operator.help.summary, operator.help.example)
    summary, example = _AGGREGATES[name]
    return Word("operator", name, f"{name}(<field>) [as <name>] [by <field>[, <field>]...]", summary, example)


def _operator_page(operator: Operator, cases: Path) -> str:
    stage = "Stands only after a grouping." if operator.stage == "after grouping" else ""
    names = tuple(name for name in operator.names[1:] if name not in AGGREGATES)
    return _page(operator.name, names, operator.syntax, operator.help, stage, _cases(operator.name, cases))


def _page(name: str, synonyms: tuple[str, ...], syntax: str, help_: Help, note: str, cases: str) -> str:
    parts = [f"# {name}", help_.summary]
    if synonyms:
        parts.append(f"Also written: {', '.join(f'`{one}`' for one in synonyms)}.")
    parts.append(_block("", syntax))
    if help_.params:
        rows = [f"| `{param}` | {_cell(meaning)} |" for param, meaning in help_.params]
        parts.append("\n".join(["| | |", "|---|---|", *rows]))
    if note:
        parts.append(note)
    if help_.example:
        parts.append(f"For example:\n\n{_block('', help_.example)}")
    if help_.see:
        parts.append(f"See also: {', '.join(map(_link, help_.see))}.")
    if cases:
        parts.append(f"## Cases\n\nEach is a test that both engines pass.\n\n{cases}")
    return "\n\n".join(parts) + "\n"


def _cases(name: str, cases: Path) -> str:
    """The golden cases of the operator, their headings a level deeper: `json.md`, and `json-auto.md` too."""
    others = {_file(one) for one in operators()}
    more = sorted(path for path in cases.glob(f"{Path(_file(name)).stem}-*.md") if path.name not in others)
    texts = [path.read_text(encoding="utf-8") for path in (cases / _file(name), *more) if path.exists()]
    starts = [_HEADING.search(text) for text in texts]
    parts = [text[start.start() :].strip() for text, start in zip(texts, starts, strict=True) if start]
    return _HEADING.sub("### ", "\n\n".join(parts))


def _aggregate_page(function: AggregateFunction) -> str:
    summary, example = _AGGREGATES[function.name]
    arguments = {"optional": "[(<field>)]"}.get(function.arg, "(<field>)")
    if function.params:
        arguments = "(<field>[, <percent>]...)"
    syntax = f"{function.name}{arguments} [as <name>] [by <field>[, <field>]...]"
    name = "_<field>_pct_<percent>" if function.params else function.default
    parts = [f"# {function.name}", f"An aggregate of the operator {_link('count')}. {summary}"]
    parts += [_block("", syntax), f"Without a name the result is `{name}`. Rows with a null are left out."]
    return "\n\n".join([*parts, f"For example:\n\n{_block('', example)}"]) + "\n"


def _function_page(function: Function) -> str:
    parts = [f"# {function.name}", function.help]
    if function.aliases:
        parts.append(f"Also written: {', '.join(f'`{one}`' for one in function.aliases)}.")
    parts.append(_block("", f"{function.name}({_arguments(function)})"))
    notes = [_NULLS[function.nulls]] if function.args else []
    if function.keep:
        notes.append("Rows whose argument is not fit for it are dropped.")
    for place, choices in function.extra.get("choices", {}).items():
        notes.append(f"Argument {place + 1} is one of {', '.join(f'`{one}`' for one in choices)}.")
    if note := " ".join(filter(None, notes)):
        parts.append(note)
    return "\n\n".join([*parts, f"For example, this is true:\n\n{_block('', function.example)}"]) + "\n"


def _arguments(function: Function) -> str:
    """Kinds of the arguments, in brackets those that may be left out."""
    kinds = [one.value if isinstance(one, Type) else _KINDS[one] for one in function.args]
    least = len(kinds) - function.optional
    shown = ", ".join(kinds[:least]) + "".join(f"[, {kind}]" for kind in kinds[least:])
    return shown.removeprefix("[, ") + ("[, ...]" if function.variadic else "")


def _both(aggregate: str, function: str) -> str:
    """One page where a name is an aggregate and a function too (max)."""
    return f"{aggregate}\n## As a function of its arguments\n\n{function.split(chr(10), 2)[2]}"


def _link(name: str) -> str:
    """A link to the page of an operator, construct, aggregate or function."""
    if name in CONSTRUCTS or name in operators():
        shown = name if name in CONSTRUCTS or name in AGGREGATES else operators()[name].name
        folder = "functions" if name in AGGREGATES and name != operators()[name].name else "operators"
        return f"[{name}](../{folder}/{_file(shown)})"
    return f"[{name}](../functions/{_file(name)})"


def _index(found: Pages) -> str:
    def listed(folder: str) -> str:
        titles = {path: text.split("\n", 1)[0].removeprefix("# ") for path, text in found.items()}
        paths = sorted((path for path in found if path.startswith(f"{folder}/")), key=lambda one: one[:-3])
        return ", ".join(f"[{titles[path]}]({path})" for path in paths)

    return (
        "\n\n".join(
            [
                "# Search language",
                "A query is keywords and fields, then operators after `|`. The rows of each go to the next.",
                "Made by `script/manual` from the registries of operators and functions.",
                f"## Operators\n\n{listed('operators')}",
                f"## Functions\n\n{listed('functions')}",
                "What is different from Sumo Logic stands in [gaps](../gaps.md).",
            ]
        )
        + "\n"
    )


def _block(kind: str, text: str) -> str:
    return f"```{kind}\n{text}\n```"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write(manual: Path, cases: Path) -> None:
    """Puts the pages below the folder, in the place of those that are there."""
    made = pages(cases)
    for path in manual.glob("*/*.md"):
        if path.relative_to(manual).as_posix() not in made:
            path.unlink()
    for name, text in made.items():
        path = manual / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
