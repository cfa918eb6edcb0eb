"""No text makes anything but a plan or problems, and none takes long: arbitrary, mutated and hostile queries.

Short by default; DOHYO_FUZZ=long runs many more cases. Place: tests/property/test_fuzz.py.
"""

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dohyo.base.problem import ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext, all_functions
from dohyo.lang.format import format_query
from dohyo.ops.operator import operators
from dohyo.ops.subquery import resolved
from dohyo.plan.nodes import chain
from dohyo.plan.sqltree import printed
from dohyo.search.explain import sql_part
from dohyo.sql.query import plan_to_sql

ROOT = Path(os.environ.get("DOHYO_ROOT", Path(__file__).parents[2]))
RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
LONG = os.environ.get("DOHYO_FUZZ") == "long"
MOST_S = 3.0
SETTINGS = settings(
    max_examples=20_000 if LONG else 300, deadline=None, database=None, derandomize=not LONG,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
CASES = [
    found[1]
    for path in sorted((ROOT / "tests" / "golden" / "ops").glob("*.md"))
    for found in re.finditer(r"```query\n(.*?)\n```", path.read_text(encoding="utf-8"), re.DOTALL)
]
WORDS = sorted(
    {name for name in operators()} | {f.name for f in all_functions() if not f.hidden}
    | {"|", "(", ")", "[", "]", '"', "*", "by", "as", "on", "in", "not", "=", "!=", "<",
       "/", "%", ",", "-", "{{x}}",
       "[subquery:", "compose", "a", "_raw", "_messagetime", "1", "5m", "1e400",
       '"x*"', "/a+/", "nodrop", "field=",
       "`m(1)`", "//", "/*", "\\", "\x00", "\u2028", "“", "path://", "null", "true", "?", ":"}
)  # fmt: skip


def outcome(text):
    """Problems of the text, or None; whatever else happens is a failure. In seconds of the processor."""
    begun = time.process_time()
    try:
        format_query(text)
        plan = compile_query(text, CompileContext(RUN)).plan
        part = sql_part(chain(resolved(plan, lambda query: [], RUN)))
        if part is not None:
            printed(plan_to_sql(part, RUN))
        problems = None
    except ProblemError as refused:
        problems = refused.problems
        str(refused)
        assert 1 <= len(problems) <= 5
        for one in problems:
            assert one.message and (one.span is None or 0 <= one.span.start <= one.span.end <= len(text) + 1)
    took = time.process_time() - begun
    assert took < MOST_S, f"{took:.1f} s: {text[:200]!r}"
    return problems


@SETTINGS
@given(st.text(max_size=300))
def test_any_text(text):
    outcome(text)


@SETTINGS
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words(words):
    outcome("* | " + " ".join(words))


@SETTINGS
@given(st.sampled_from(CASES), st.data())
def test_golden_queries_with_parts_taken_out_doubled_and_put_elsewhere(query, data):
    for _ in range(data.draw(st.integers(1, 3))):
        at, to = sorted(data.draw(st.tuples(*[st.integers(0, len(query))] * 2)))
        other = data.draw(st.sampled_from(["", query[at:to] * 2, data.draw(st.sampled_from(WORDS)), "\x00"]))
        query = query[:at] + other + query[to:]
    outcome(query)


def nested(opening, inside, closing, depth):
    return opening * depth + inside + closing * depth


HOSTILE = {
    "15,000 characters": "* | where " + "a or " * 2_996 + "b",
    "more than 15,000 characters": "a " * 8_000,
    "a long word": "* | " + "a" * 14_000,
    "2,000 pipes": "*" + "|count" * 2_000,
    "5,000 pipes": "*" + "|a" * 5_000,
    "empty pipes": "*" + "|" * 5_000,
    "1,600 limits": "*" + "|limit 5" * 1_600,
    "1,100 values": "*" + "|1 as a" * 1_800,
    "700 values of each other": "*" + "|a+a as a" * 1_400,
    "600 parses": "*" + '|parse "a*" as a nodrop' * 600,
    "deep parentheses": "* | where " + nested("(", "a", ")", 5_000),
    "deep functions": "* | " + nested("abs(", "1", ")", 58) + " as x",
    "deeper functions": "* | " + nested("abs(", "1", ")", 2_000) + " as x",
    "doubling functions": "* | " + nested("concat(a, ", "a", ")", 55) + " as x",
    "deep ternaries": "* | " + nested("a ? ", "b", " : c", 1_500) + " as x",
    "deep minus": "* | " + "-" * 10_000 + "1 as x",
    "deep not": "* | where " + "not " * 3_000 + "a",
    "deep !": "* | where " + "!" * 10_000 + "a",
    "deep scope": nested("(", "a", ")", 7_000),
    "deep scope not": "not " * 3_700 + "a",
    "deep subqueries": nested("[subquery: ", "a | compose x", " | compose x]", 300),
    "deep joins": "* | " + nested("join (", "count", ") as t, (count) as u on t.a=u.a", 300),
    "deep transactions": "* | " + nested("transactionize a (", "merge", ")", 600),
    "open brackets": "* | where " + "[" * 14_000,
    "open subqueries": "[subquery:" * 1_400,
    "open strings": '* | where a = "' * 900,
    "open regexes": "* | where a matches /" * 600,
    "open comments": "* /*" * 3_000,
    "catastrophic pattern": '* | parse regex "(?<x>(?:a+)+)$" | count by x',
    "patterns in patterns": "* | where a matches /" + nested("(", "a", ")*", 300) + "/",
    "a pattern repeated": "* | where a matches /" + "(a{1000}){1000}" + "/",
    "wildcards": "*a" * 1_100,
    "wildcards in matches": '* | where a matches "' + "*a" * 6_000 + '"',
    "null bytes": "a\x00b | where \x00 = \"\x00\" | json \"\x00\" as \x00",
    "null bytes in texts": '* | where a = "\x00" | parse "\x00*" as b | count by b',
    "halves of characters": "\udcff | where a = \"\udc80\" | parse \"\ud800*\" as b",
    "a huge number": "* | where a = " + "9" * 10_000,
    "a huge exponent": "* | 1e99999 as a | -1e400 * 0 as b",
    "many items": "* | where a in (" + ",".join(f'"{i}"' for i in range(2_000)) + ")",
    "many keys": "* | json " + ",".join(f'"k{i}"' for i in range(1_500)) + " nodrop",
    "many aggregates": "* | " + ",".join(f"count as c{i}" for i in range(900)),
    "many shifts": "* | count | compare " + ",".join(["timeshift 1d"] * 900),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(name):
    outcome(HOSTILE[name])
