"""Every operator and function has golden cases, and the example of every operator runs in both engines."""

import json
import re
from pathlib import Path

import pytest
from answers import Answer, compiled, differences, engine_answer, messages_of, reference_answer

from dohyo.functions.table import RunContext, all_functions
from dohyo.ops.operator import operators
from dohyo.ops.sources import THREAT_TABLE
from dohyo.plan.nodes import LookupTable
from dohyo.plan.types import LONG, TEXT

HERE = Path(__file__).parent
OPERATORS = sorted({operator.name: operator for operator in operators().values()}.items())
END_MS = 1_743_379_200_000
RUN = RunContext(END_MS, END_MS - 3_600_000, END_MS, save=lambda path, rows, append: None)
ROWS = [
    {
        "_raw": json.dumps({"id": f"a{n}", "status": n, "evidence": [{"t": n}]}) + f" user=u{n}, status={n}"
        f" {'start' if n % 2 else 'stop'} job <event><user name='n'/></event>",
        "_messagetime": END_MS - 60_000 * n,
        "_sourcecategory": "azure/graph" if n % 2 else "web",
        "_sourcehost": "8.8.8.8" if n % 3 else "10.0.0.1",
        "_source": f"s{n % 2}",
    }
    for n in range(1, 8)
]
TABLES = {
    "path:///Library/Users/me/hosts": LookupTable({"_sourcehost": TEXT}, [{"_sourcehost": "8.8.8.8"}]),
    THREAT_TABLE: LookupTable(
        {"indicator": TEXT, "malicious_confidence": TEXT, "confidence": LONG},
        [{"indicator": "8.8.8.8", "malicious_confidence": "high", "confidence": 90}],
    ),
}


@pytest.mark.parametrize("name", [name for name, _ in OPERATORS])
def test_operator_has_golden_cases(name):
    assert (HERE / "ops" / f"{name.replace(' ', '-')}.md").exists()


def test_operators_without_an_example_are_those_that_are_refused():
    assert [name for name, operator in OPERATORS if not operator.help.example] == ["infer"]


@pytest.mark.parametrize("operator", [o for _, o in OPERATORS if o.help.example], ids=lambda o: o.name)
def test_example_of_operator_runs_in_both_engines(operator):
    made = compiled(operator.help.example, RUN, TABLES.get)
    assert not isinstance(made, Answer), made
    messages = messages_of(ROWS, RUN)
    answer = reference_answer(made, messages, RUN, TABLES.get)
    assert answer.error == ""
    assert answer.rows
    assert differences(answer, engine_answer(made, messages, RUN, TABLES.get)) == []


def test_every_function_is_called_in_a_case():
    text = "".join(path.read_text(encoding="utf-8") for path in (HERE / "functions").glob("*.md"))
    called = {name.lower() for name in re.findall(r"([A-Za-z_]\w*) ?\(", text)}
    named = {spelling for f in all_functions() if not f.hidden for spelling in (f.name, *f.aliases)}
    assert sorted(name for name in named if name.lower() not in called) == []
