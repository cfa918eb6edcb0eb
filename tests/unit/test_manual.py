"""The manual: made from the registries, up to date, with examples and links that work."""

import re
from pathlib import Path

import pytest

from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext, all_functions
from dohyo.lang.parse import parse_query
from dohyo.ops.aggregates import AGGREGATES
from dohyo.ops.manual import CONSTRUCTS, pages
from dohyo.ops.operator import operators
from dohyo.plan.nodes import LookupTable
from dohyo.plan.types import TEXT

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "manual"
CASES = ROOT / "tests" / "golden" / "ops"
RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
HOSTS = LookupTable({"name": TEXT}, [])
REFUSED = ("infer",)  # its page says why


@pytest.fixture(scope="module")
def made():
    return pages(CASES)


def test_manual_is_what_script_manual_writes(made):
    written = {p.relative_to(MANUAL).as_posix(): p.read_text(encoding="utf-8") for p in MANUAL.rglob("*.md")}
    differ = sorted(path for path in {*made, *written} if made.get(path) != written.get(path))
    assert differ == [], "run script/manual"


def test_every_operator_aggregate_and_function_has_a_page(made):
    called = [f.name for f in all_functions() if not f.hidden]
    named = {f"operators/{o.name.replace(' ', '-').lower()}.md" for o in operators().values()}
    named |= {f"functions/{name.lower()}.md" for name in (*AGGREGATES, *called)}
    assert sorted(named - set(made)) == []


def test_links_lead_to_pages(made):
    broken = [
        (path, link)
        for path, text in made.items()
        for link in re.findall(r"\]\(\.\./([^)]+\.md)\)", text)
        if link not in made and not (ROOT / "docs" / link).exists()
    ]
    assert broken == []


def test_every_operator_has_golden_cases():
    """The aggregates have theirs with the operator that groups."""
    files = {path.stem for path in CASES.glob("*.md")}
    names = {o.name.replace(" ", "-") for o in operators().values()} | {name.lower() for name in CONSTRUCTS}
    assert sorted(names - files - set(REFUSED)) == []


def examples():
    found = {o.name: o.help.example for o in operators().values() if o.name not in REFUSED}
    return found | {name: help_.example for name, (_, help_) in CONSTRUCTS.items()}


@pytest.mark.parametrize("name", sorted(examples()))
def test_example_of_an_operator_compiles(name):
    compile_query(examples()[name], CompileContext(RUN, tables=lambda path: HOSTS))


@pytest.mark.parametrize("name", sorted(AGGREGATES))
def test_example_of_an_aggregate_compiles(name, made):
    example = re.search(r"For example:\n\n```\n(.*?)\n```", made[f"functions/{name}.md"])
    compile_query(example[1], CompileContext(RUN))


def test_example_of_a_function_reads_as_an_expression():
    for function in all_functions():
        if not function.hidden:
            assert parse_query(f"* | ({function.example}) as x", operators())[1] == []
