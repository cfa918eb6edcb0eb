"""What is compiled can be explained, whatever it begins with."""

import re
from pathlib import Path

import pytest
from answers import Answer, compiled

from dohyo.functions.table import RunContext
from dohyo.search.explain import explained

RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
FILES = sorted((Path(__file__).parents[1] / "golden" / "ops").glob("*.md"))


def plan_of(query):
    return compiled(query, RUN, lambda path: None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_queries_of_the_golden_cases_are_explained(file):
    for query in re.findall(r"```query\n(.*?)\n```", file.read_text(encoding="utf-8"), re.DOTALL):
        if not isinstance(plan := plan_of(query), Answer):
            assert explained(plan, RUN)


def test_a_lookup_table_has_a_plan_and_no_statement():
    shown = explained(plan_of('cat path://"/Library/a" | count by b'), RUN)
    assert [line.split()[0] for line in shown.splitlines()] == ["Rows", "Extend", "Aggregate"]


def test_a_subquery_stands_where_its_answers_come_in():
    shown = explained(plan_of("[subquery: a | compose _sourcehost] | count"), RUN)
    assert "= '[subquery: a | compose _sourcehost]'" in shown
