"""Times `dohyo query` over one file of alerts, beside the usual tools doing the same.

Whole processes are timed, the file being in the page cache; each answer is read out and compared. Tools that
are not installed are left out and named.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dashboards import made_up_alerts
from rich.console import Console
from rich.table import Table

DOHYO = str(Path(sys.executable).with_name("dohyo"))
MADE, LINES, SHORT = 100_000, 1_000_000, 50_000
WORD = "ransomware"
EXACT_WORD = "unknownFutureValue"
"""Stands in one case only and never within a longer word, so that plain `grep -c` answers alike."""
# Least ratio of a tool's time to ours: grep may take half of it.
LIMITS = {"jq": 10.0, "lnav": 10.0, "grep": 0.5, "DuckDB": 1.0, "DuckDB, one column": 1.0}
Answer = dict[str, int]
console = Console(width=120)


@dataclass(frozen=True)
class Tool:
    """A command and how to read its answer: counts by value, or one count."""

    command: list[str]
    read: Callable[[str], Answer]


def main() -> int:
    reader = argparse.ArgumentParser(prog="bench/query", description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--short", action="store_true", help=f"{SHORT:,} lines; no limits")
    short = reader.parse_args().short
    with tempfile.TemporaryDirectory(prefix="dohyo-bench-") as name:
        folder = Path(name)
        file = _file(folder, SHORT if short else LINES)
        size = file.stat().st_size / 2**20
        console.print(f"{SHORT if short else LINES:,} lines, {size:,.0f} MB, {os.cpu_count()} processors")
        equal, slow = _compare(_tasks(str(file), _lnav_formats(folder)))
    if short:
        return 0 if equal else 1
    console.print("Below its limit: " + (", ".join(slow) or "nothing"))
    return 0 if equal and not slow else 1


def _file(folder: Path, lines: int) -> Path:
    """The alerts, several times over where many are wanted: making them takes longer than reading."""
    made = made_up_alerts(folder, min(lines, MADE))
    if lines <= MADE:
        return made
    many = folder / "many.ndjson"
    with many.open("wb") as out:
        for _ in range(lines // MADE):
            with made.open("rb") as part:
                shutil.copyfileobj(part, out, 2**20)
    return many


def _compare(tasks: dict[str, dict[str, Tool]]) -> tuple[bool, list[str]]:
    """Prints the table; whether all answers are equal, and what is below its limit."""
    table = Table("task", "tool", "seconds", "x Dohyo", "limit", "equal?")
    equal, slow = True, []
    for task, tools in tasks.items():
        ours, expected = _timed(tools["dohyo"])
        table.add_row(task, "dohyo query", f"{ours:.2f}", "", "", "")
        for name, tool in tools.items():
            if name == "dohyo":
                continue
            if shutil.which(tool.command[0]) is None:
                table.add_row("", f"{name}, not installed")
                continue
            took, answer = _timed(tool)
            equal = equal and answer == expected
            if took / ours < LIMITS[name]:
                slow.append(f"{task} beside {name}")
            verdict = "[green]yes" if answer == expected else f"[red]{answer}"
            table.add_row("", name, f"{took:.2f}", f"{took / ours:.1f}", f"{LIMITS[name]:g}", verdict)
    console.print(table)
    return equal, slow


def _timed(tool: Tool) -> tuple[float, Answer]:
    """Seconds of the faster of two runs, and the answer."""
    took = []
    for _ in range(2):
        begun = time.perf_counter()
        done = subprocess.run(tool.command, capture_output=True, text=True, check=False)
        took.append(time.perf_counter() - begun)
        if done.returncode:
            raise SystemExit(f"{tool.command[0]} failed: {done.stderr[:500]}")
    return min(took), tool.read(done.stdout)


def _tasks(file: str, lnav_formats: Path) -> dict[str, dict[str, Tool]]:
    lines = (
        f"read_csv('{file}', columns={{'l': 'varchar'}}, delim='\x01', quote='', escape='', header=false, "
        "max_line_size=16777216)"
    )
    return {
        "count by severity": {
            "dohyo": _dohyo('* | json "severity" | count by severity', file, _rows),
            "jq": Tool(["jq", "-n", _JQ_GROUP, file], _object),
            "lnav": _lnav("select severity, count(*) as _count from alerts group by 1", file, lnav_formats),
            "DuckDB": _duckdb(f"select l ->> '$.severity', count(*) from {lines} group by 1", _tuples),
            "DuckDB, one column": _duckdb(
                f"select severity, count(*) from read_json('{file}', columns={{'severity': 'varchar'}}, "
                "format='newline_delimited') group by 1", _tuples,
            ),
        },
        "regex count": {
            "dohyo": _dohyo(
                r'* | parse regex "\"severity\":\"(?<severity>[^\"]*)\"" | count by severity', file, _rows
            ),
            "jq": Tool(["jq", "-nR", _JQ_REGEX, file], _object),
            "lnav": _lnav(
                "select regexp_match('\"severity\":\"([^\"]*)\"', log_raw_text) as severity, "
                "count(*) as _count from alerts group by 1", file, lnav_formats,
            ),
            "DuckDB": _duckdb(
                f"select regexp_extract(l, '\"severity\":\"([^\"]*)\"', 1), count(*) from {lines} group by 1",
                _tuples,
            ),
        },
        f"keyword {WORD}": {
            "dohyo": _dohyo(f"{WORD} | count", file, lambda text: {"": json.loads(text)["_count"]}),
            "grep": Tool(["grep", "-ciw", WORD, file], lambda text: {"": int(text)}),
            "DuckDB": _duckdb(
                f"select '', count(*) from {lines} where regexp_matches(l, '(?i)\\b{WORD}\\b')",
                lambda text: dict(ast.literal_eval(text)),
            ),
        },
        f"keyword {EXACT_WORD}": {
            "dohyo": _dohyo(f"{EXACT_WORD} | count", file, lambda text: {"": json.loads(text)["_count"]}),
            "grep": Tool(["grep", "-c", EXACT_WORD, file], lambda text: {"": int(text)}),
            "DuckDB": _duckdb(
                f"select '', count(*) from {lines} where contains(l, '{EXACT_WORD}')",
                lambda text: dict(ast.literal_eval(text)),
            ),
        },
    }  # fmt: skip


_JQ_GROUP = 'reduce inputs as $one ({}; .[$one.severity // ""] += 1)'
_JQ_REGEX = (
    r'reduce (inputs | capture("\"severity\":\"(?<severity>[^\"]*)\"").severity) as $one ({}; .[$one] += 1)'
)


def _dohyo(query: str, file: str, read: Callable[[str], Answer]) -> Tool:
    return Tool([DOHYO, "query", "--json", query, file], read)


def _lnav_formats(folder: Path) -> Path:
    """lnav counts only lines of a format it knows: one for these alerts."""
    formats = folder / "lnav"
    place = formats / "formats" / "alerts"
    place.mkdir(parents=True)
    known = {
        "title": "alerts", "file-type": "json", "timestamp-field": "createdDateTime", "body-field": "title",
        "hide-extra": True, "line-format": ["title"],
        "value": {"severity": {"kind": "string"}, "title": {"kind": "string"}},
    }  # fmt: skip
    schema = "https://lnav.org/schemas/format-v1.schema.json"
    (place / "alerts.json").write_text(json.dumps({"$schema": schema, "alerts": known}))
    return formats


def _lnav(sql: str, file: str, formats: Path) -> Tool:
    command = ["lnav", "-I", str(formats), "-n", "-c", f";{sql}", "-c", ":write-json-to -", file]
    return Tool(command, lambda text: _counts((r["severity"], r["_count"]) for r in json.loads(text)))


def _duckdb(sql: str, read: Callable[[str], Answer]) -> Tool:
    program = "import duckdb, sys; duckdb.sql('set enable_progress_bar = false'); "
    program += "print(duckdb.sql(sys.argv[1]).fetchall())"
    return Tool([sys.executable, "-c", program, sql], read)


def _rows(text: str) -> Answer:
    found = [json.loads(line) for line in text.splitlines()]
    return _counts((row["severity"], row["_count"]) for row in found)


def _object(text: str) -> Answer:
    return _counts(json.loads(text).items())


def _tuples(text: str) -> Answer:
    return _counts(ast.literal_eval(text))


def _counts(pairs) -> Answer:  # type: ignore[no-untyped-def]
    """Counts of values; alerts without one are told apart by no tool in the same way."""
    return {str(value): int(count) for value, count in pairs if value}


if __name__ == "__main__":
    sys.exit(main())
