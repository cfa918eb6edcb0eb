"""`json auto` over generated values: the reference implementation and chDB give the same fields."""

import json
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from both_engines import ChDb, reference, same, select_rows

from dohyo.functions.json_auto import auto_names, options_text
from dohyo.ops.expressions import applied
from dohyo.plan.expr import Lit, Ref
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT

KEYS = ["a", "A", "b", "c d", "c_d", "@odata.type", "x.y", "p[0]", "é"]
LEAVES = [None, True, 3, 1.50, "", "x", "[1", '{"a":1}', 'é/"\n']


def value(dice, depth=0):
    kind = dice.random()
    if depth > 3 or (kind < 0.3 and depth):
        return dice.choice(LEAVES)
    if kind < 0.55:
        return [value(dice, depth + 1) for _ in range(dice.randint(0, 3))]
    return {key: value(dice, depth + 1) for key in dice.sample(KEYS, dice.randint(0, 4))}


def misspelled(name, dice):
    return dice.choice(
        [name, name, name.upper(), name + "x", name.replace("0", "1"), name.rpartition(".")[0]]
    )


@pytest.fixture(scope="module")
def chdb():
    engine = ChDb()
    yield engine
    engine.close()


@pytest.mark.parametrize("seed", range(12))
def test_both_engines_give_the_same_fields(chdb, seed):
    dice = random.Random(seed)
    options = options_text(dice.choice([1, 2, 3, 64, 64, 64]), dice.random() < 0.3)
    rows = [(json.dumps(value(dice)),) for _ in range(40)] + [(None,), ("no json",)]
    names = sorted({misspelled(name, dice) for (raw,) in rows for name in auto_names(raw, options)} - {""})
    for name in dice.sample(names, min(8, len(names))):
        node = applied("json_auto_value", [Ref("raw", TEXT), Lit(name, TEXT), Lit(options, TEXT)])
        there = [row[0] for row in chdb.rows(select_rows(node, [Field("raw", TEXT)], rows))]
        here = [reference(node, {"raw": raw}) for (raw,) in rows]
        wrong = [(row, a, b) for row, a, b in zip(rows, here, there, strict=True) if not same(a, b)]
        assert wrong == [], f"{name} {options}: message, reference, chDB: {wrong[:3]}"
