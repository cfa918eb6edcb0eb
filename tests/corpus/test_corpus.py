"""The published queries: all are read, laid out anew and compiled; a sample runs in both engines, all by
`DOHYO_CORPUS=all python -m pytest tests/corpus`.

`counts.json` holds how many get how far, and may only rise. `refused.json` lists, each with its reason, those
that are refused: texts with a mistake of their own, and what nobody but Sumo Logic can do.
"""

import json
import os
import random
from pathlib import Path

import pytest
from corpus_queries import published
from corpus_runs import ran

from dohyo.base.problem import ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext
from dohyo.lang.format import format_query
from dohyo.lang.parse import parse_query
from dohyo.ops.operator import operators

HERE = Path(__file__).parent
COUNTS = json.loads((HERE / "counts.json").read_text(encoding="utf-8"))
REFUSED = json.loads((HERE / "refused.json").read_text(encoding="utf-8"))
MISTAKES, IMPOSSIBLE = REFUSED["mistakes"], REFUSED["impossible"]
QUERIES = published()
RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
EVERYTHING = os.environ.get("DOHYO_CORPUS") == "all"
SAMPLE = 400


def first_problem(query):
    try:
        compile_query(query.text, CompileContext(run=RUN))
    except ProblemError as refused:
        return refused.problems[0]
    return None


@pytest.fixture(scope="module")
def problems():
    return {query.id: problem for query in QUERIES if (problem := first_problem(query))}


def test_all_but_those_listed_compile(problems):
    assert sorted(problems) == sorted([*MISTAKES, *IMPOSSIBLE["ids"]])
    assert len(QUERIES) - len(problems) >= COUNTS["compiled"]


def test_a_mistake_gets_its_complaint_at_its_place(problems):
    texts = {query.id: query.text for query in QUERIES}
    said = {i: (problems[i].code, texts[i][problems[i].span.start : problems[i].span.end]) for i in MISTAKES}
    assert said == {i: (one["code"], one["at"]) for i, one in MISTAKES.items()}


def test_what_is_impossible_is_refused_as_such(problems):
    assert {problems[i].code for i in IMPOSSIBLE["ids"]} == {IMPOSSIBLE["code"]}


def test_a_query_laid_out_anew_has_the_same_tree():
    same = 0
    for query in QUERIES:
        tree, wrong = parse_query(query.text, operators())
        if not wrong:
            assert parse_query(format_query(query.text), operators())[0] == tree, query.id
            same += 1
    assert same >= COUNTS["same tree"]


def test_queries_run_alike_in_both_engines(problems):
    runnable = [query for query in QUERIES if query.id not in problems]
    queries = runnable if EVERYTHING else random.Random(7).sample(runnable, SAMPLE)
    found = list(ran(queries))
    errors = {one.query.id: one.here.error or one.there.error for one in found}
    assert {i: error for i, error in errors.items() if error} == {}
    assert {one.query.id: one.different for one in found if one.different} == {}
    with_rows = sum(bool(one.here.rows) for one in found)
    assert with_rows >= COUNTS["with rows" if EVERYTHING else "with rows in the sample"]
