"""Each file of `errors/` holds a query and the exact text of its problems."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from dohyo.lang.parse import parse_query


def _expr(reader):
    return reader.expr()


def _named(reader):
    value = reader.expr()
    return (value, reader.field() if reader.word("as") else None)


def _by(reader):
    """`by a, b`, or a name for the result."""
    name = reader.field() if reader.word("as") else None
    return (name, reader.names() if reader.word("by") else ())


def _option(reader):
    field = reader.field()
    return (field, reader.char() if reader.option("delim") else None)


OPERATORS = {
    name: SimpleNamespace(names=(name,), parse=parse, takes_path=False)
    for name, parse in {
        "where": _expr,
        "as": _named,
        "count": _by,
        "parse": _expr,
        "parse regex": _named,
        "split": _option,
        "total": lambda reader: reader.fields(),
    }.items()
}

CASES = sorted((Path(__file__).parent / "errors").glob("*.md"))
SHAPE = re.compile(r"```query\n(.*?)\n```\n```error\n(.*?)\n?```", re.DOTALL)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_problem_is_printed_as_agreed(path, request):
    text = path.read_text(encoding="utf-8")
    case = SHAPE.search(text)
    assert case is not None
    shown = "\n".join(problem.shown(case[1]) for problem in parse_query(case[1], OPERATORS)[1])
    if request.config.getoption("--accept", default=False):
        path.write_text(text[: case.start(2)] + shown + "\n```" + text[case.end() :], encoding="utf-8")
        return
    assert shown == case[2]
