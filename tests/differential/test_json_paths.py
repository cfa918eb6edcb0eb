"""JSON paths over generated values: the reference implementation and chDB find the same."""

import json
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from both_engines import ChDb, reference, same, select_rows

from dohyo.ops.expressions import applied
from dohyo.plan.expr import Lit, Ref
from dohyo.plan.json_path import read_path, shown_path
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT

KEYS = ["a", "b", "c d", "@odata.type", "é/'"]
LEAVES = [
    *(None, True, False, 0, -1, 3, 1.5, 1.0, 1e22, 1e-7, 12345678901234567),
    *("", "x", "[1", '{"a":1}', 'é/"\\\n', "\u2028"),
]
STEPS = [
    *("a", "b", "['c d']", "['@odata.type']", "[0]", "[-1]", "[1]", "[*]", "*", "[(@.length-1)]"),
    *("[0:2]", "[-2:]", "[::2]", "['a','b']", "[0,1]", "..a", "..*", "..[0]", "..['a','c d']"),
]


def value(dice, depth=0):
    kind = dice.random()
    if depth > 4 or kind < 0.3:
        return dice.choice(LEAVES)
    if kind < 0.6:
        return [value(dice, depth + 1) for _ in range(dice.randint(0, 4))]
    return {key: value(dice, depth + 1) for key in dice.sample(KEYS, dice.randint(0, 4))}


def path(dice):
    steps = [dice.choice(STEPS) for _ in range(dice.randint(1, 4))]
    return "".join(step if step[0] in "[." else f".{step}" for step in steps).removeprefix(".")


def message(dice):
    """JSON as it is found in messages: alone, after a text, before one, broken."""
    text = json.dumps(value(dice), ensure_ascii=dice.random() < 0.3, indent=dice.choice([None, None, 1]))
    around = dice.choice(
        ["{}", "{}", " {}\n", "[INFO] {} end", "<13>host app[12]: {{x}} {}", "{} {{", "{}}}"]
    )
    return around.format(text)


@pytest.fixture(scope="module")
def chdb():
    engine = ChDb()
    yield engine
    engine.close()


@pytest.mark.parametrize("seed", range(25))
def test_both_engines_find_the_same_at_a_path(chdb, seed):
    dice = random.Random(seed)
    spelled = path(dice)
    literal = Lit(shown_path(read_path(spelled)), TEXT)
    rows = [(None,), *((message(dice),) for _ in range(60))]
    found = applied("json_text", [Ref("raw", TEXT)])
    for function in ("json_value", "json_present"):
        node = applied(function, [found, literal])
        there = [row[0] for row in chdb.rows(select_rows(node, [Field("raw", TEXT)], rows))]
        here = [reference(node, {"raw": raw}) for (raw,) in rows]
        wrong = [(row, a, b) for row, a, b in zip(rows, here, there, strict=True) if not same(a, b)]
        assert wrong == [], f"{spelled}: message, reference, chDB: {wrong[:3]}"
