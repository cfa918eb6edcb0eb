"""Every case of `ops/`, `functions/` and `errors/`: reference interpreter and engine give the result.

A file holds cases, each under a heading of its own, with these blocks:

- `query`; `rows` (JSON lines, see `answers`); then `result` or `error`;
- `run`, where the range is not 30 March 2025 UTC: `start=`, `end=`, `zone=`;
- `table <path>`: JSON lines of a lookup table;
- `warnings`: what is said beside the result.

A result has one row a line, `name=value ...` or JSON. Text that reads like something else stands in quotes;
times are ISO in UTC. Of messages those fields that a query does not name and Dohyo gives are left out.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from answers import Answer, compiled, differences, engine_answer, epoch_ms, messages_of, reference_answer

from dohyo.functions.table import RunContext
from dohyo.plan.nodes import LookupTable
from dohyo.plan.types import DOUBLE, LONG, TEXT, TIME

HERE = Path(__file__).parent
FOLDERS = ("ops", "functions", "errors")
_CASE = re.compile(r"^#+ (.*)\n((?:(?!^#+ ).*\n)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)(?: (\S[^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PAIR = re.compile(r'\s*([^\s="]+|"(?:[^"\\]|\\.)*")=("(?:[^"\\]|\\.)*"|\S*)')
_BARE = re.compile(r'[^\s="{]+')
_DAY = {"start": "2025-03-30T00:00:00Z", "end": "2025-03-31T00:00:00Z", "zone": "UTC"}
_KINDS = {int: LONG, float: DOUBLE, str: TEXT}


@dataclass(frozen=True)
class Case:
    path: Path
    title: str
    blocks: dict
    tables: dict

    def run(self) -> RunContext:
        said = _DAY | dict(pair.split("=", 1) for pair in self.blocks.get("run", "").split())
        start, end = epoch_ms(said["start"]), epoch_ms(said["end"])
        return RunContext(end, start, end, said["zone"])


def cases():
    found = []
    for path in sorted(one for folder in FOLDERS for one in (HERE / folder).glob("*.md")):
        text = path.read_text(encoding="utf-8")
        for match in _CASE.finditer(text):
            blocks = [(name, argument, body) for name, argument, body in _BLOCK.findall(match[2])]
            if not blocks:
                continue
            tables = {argument: table_of(body) for name, argument, body in blocks if name == "table"}
            plain = {name: body for name, argument, body in blocks if name != "table"}
            found.append(Case(path, match[1], plain, tables))
    return found


def table_of(body):
    rows = [json.loads(line) for line in body.splitlines()]
    columns = {name: _KINDS[type(value)] for row in rows for name, value in row.items() if value is not None}
    return LookupTable(columns, rows)


def shown_value(value, is_time):
    if is_time and value is not None:
        return iso(value)
    if isinstance(value, str) and _BARE.fullmatch(value) and read_value(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def iso(ms):
    stamp = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return stamp.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")


def shown_row(row, times):
    named = {name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False): name for name in row}
    return " ".join(f"{shown}={shown_value(row[name], name in times)}" for shown, name in named.items())


def read_row(line, times):
    """The line's values by name."""
    if line.startswith("{"):
        row = json.loads(line)
    else:
        pairs = _PAIR.findall(line)
        row = {json.loads(n) if n.startswith('"') else n: read_value(v) for n, v in pairs}
    return {n: epoch_ms(v) if n in times and isinstance(v, str) else v for n, v in row.items()}


def read_value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def shown_rows(compiled_query, answer):
    """The rows as the result has them: without what Dohyo gives every message and the query does not name."""
    text = compiled_query.text.lower()
    named = not compiled_query.is_aggregate

    def is_shown(name):
        return not (named and name.startswith("_") and name.lower() not in text)

    return [{name: value for name, value in row.items() if is_shown(name)} for row in answer.rows]


def in_blocks(answer, rows, times):
    """What the case would have to say."""
    if answer.error:
        return {"error": answer.error + "\n"}
    blocks = {"result": "".join(shown_row(row, times) + "\n" for row in rows)}
    if answer.warnings:
        blocks["warnings"] = "".join(warning + "\n" for warning in answer.warnings)
    return blocks


def accept(case, blocks):
    """Put the blocks into the case's file, in the place of what it said."""
    text = case.path.read_text(encoding="utf-8")
    match = next(found for found in _CASE.finditer(text) if found[1] == case.title)
    body = re.sub(r"```(?:result|error|warnings)\n.*?^```\n", "", match[2], flags=re.MULTILINE | re.DOTALL)
    said = "".join(f"```{name}\n{lines}```\n" for name, lines in blocks.items())
    new = text[: match.start(2)] + body.rstrip("\n") + "\n" + said + "\n" + text[match.end(2) :]
    case.path.write_text(new.rstrip("\n") + "\n", encoding="utf-8")


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.path.stem}: {case.title}")
def test_both_engines_give_the_result(case, request):
    run = case.run()
    query = case.blocks["query"].rstrip("\n")
    messages = messages_of(map(json.loads, case.blocks.get("rows", "").splitlines()), run)
    made = compiled(query, run, case.tables.get)
    if isinstance(made, Answer):
        answer, rows, times = made, [], set()
    else:
        answer = reference_answer(made, messages, run, case.tables.get)
        times = {f.name for f in made.schema if f.type == TIME}
        rows = shown_rows(made, answer)
        assert differences(answer, engine_answer(made, messages, run, case.tables.get)) == []
    if request.config.getoption("--accept", default=False):
        accept(case, in_blocks(answer, rows, times))
        return
    expected = case.blocks
    assert answer.error == expected.get("error", "").rstrip("\n")
    assert list(answer.warnings) == expected.get("warnings", "").splitlines()
    if not answer.error:
        wanted = [read_row(line, times) for line in expected["result"].splitlines()]
        assert differences(Answer(tuple(rows)), Answer(tuple(wanted))) == []


def test_every_case_has_a_title_of_its_own():
    named = [(case.path.name, case.title) for case in cases()]
    assert sorted(named) == sorted(set(named))
