"""`dohyo query --check --batch FILE`: one answer a line for many queries, by one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from dohyo.base.problem import Problem, ProblemError
from dohyo.compile import CompileContext, compile_query, problems_of_reading
from dohyo.functions.table import RunContext
from dohyo.lang.parameters import with_plausible
from dohyo.search.explain import explained


def batch(file: Path, run: RunContext, explain: bool) -> bool:
    """Reads lines `{"id", "query"}` and prints `{"id", "ok", "error"}` for each, in order, with its `plan`
    where it is explained. Whether all were good. `-` is standard input.

    A line may bring `params`, values of parameters by name. Others are filled with plausible ones, whose
    names stand in `filled`.
    """
    all_good = True
    for line in _lines(file):
        answer = _answer(line, run, explain)
        all_good = all_good and answer["ok"]
        sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
        sys.stdout.buffer.flush()
    return all_good


def _lines(file: Path) -> Iterator[bytes]:
    if str(file) == "-":
        yield from (line for line in sys.stdin.buffer if line.strip())
        return
    try:
        with file.open("rb") as opened:
            yield from (line for line in opened if line.strip())
    except OSError as error:
        raise ProblemError([Problem("file-unreadable", f"{file}: {error.strerror}")]) from None


def _answer(line: bytes, run: RunContext, explain: bool) -> dict[str, Any]:
    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {"id": None, "ok": False, "error": f"the line is not JSON: {error}"}
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        ident = asked.get("id") if isinstance(asked, dict) else None
        return {"id": ident, "ok": False, "error": 'a line is {"id": ..., "query": "..."}'}
    params = asked.get("params") or asked.get("param_defaults")
    given = params if isinstance(params, dict) else None
    text, filled = with_plausible(asked["query"], given, problems_of_reading)
    good = {"id": asked.get("id"), "ok": True, "error": None, **({"filled": filled} if filled else {})}
    try:
        compiled = compile_query(text, CompileContext(run=run))
        return {**good, "plan": explained(compiled, run)} if explain else good
    except ProblemError as refused:
        shown = [problem.as_json(text) for problem in refused.problems]
        words = "; ".join(_words(problem, text) for problem in refused.problems)
        return {"id": asked.get("id"), "ok": False, "error": words, "problems": shown}
    except Exception as mistake:  # one of ours in one query does not end the answers to the others
        return {"id": asked.get("id"), "ok": False, "error": f"internal: {type(mistake).__name__}: {mistake}"}


def _words(problem: Problem, text: str) -> str:
    place = problem.place(text)
    where = f" (line {place[0]}, column {place[1]})" if place else ""
    return f"{problem.code}: {problem.message}{where}"
