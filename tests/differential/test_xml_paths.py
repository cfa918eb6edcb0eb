"""`parse xml` over generated texts: the reference implementation and chDB find the same."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from both_engines import ChDb, reference, same, select_rows

from dohyo.ops.expressions import applied
from dohyo.plan.expr import Lit, Ref
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT

NAMES = ["a", "b", "ns:c", "é"]
TEXTS = [
    "x",
    "&lt;y&amp;&#65;&bogus;",
    " \n ",
    "<![CDATA[<z> &amp;]]>",
    "<!-- <a> -->",
    "<?p i?>",
    "",
    "1 < 2",
]
PREDICATES = ["", "", "", "[1]", "[2]", "[last()]", "[@id=1]", "[@id='2'][1]", '[@k="x y"]']
ENDS = ["", "/text()", "/text()", "/@id", "/@k"]


def element(dice, depth=0):
    name = dice.choice(NAMES) if depth else "a"
    pairs = ["id='1'", 'id="2"', 'k="x y"', "k='a>b &quot;'", 'id = "3" k="x y"', "x='id=\"1\"'"]
    attributes = dice.choice(["", "", *(f" {pair}" for pair in pairs)])
    if depth and dice.random() < 0.2:
        return f"<{name}{attributes}{dice.choice(['', ' '])}/>"
    parts = [dice.choice(TEXTS) for _ in range(dice.randint(0, 2))]
    parts += [element(dice, depth + 1) for _ in range(dice.randint(0, 4 if depth < 3 else 0))]
    dice.shuffle(parts)
    return f"<{name}{attributes}>{''.join(parts)}</{name}>"


def message(dice):
    around = dice.choice(
        ["{}", '<?xml version="1.0"?>\n{}', "<13>host: {} end", "{}</a>", "</a>{}", "{}<a>", "{}{}"]
    )
    return around.format(element(dice), element(dice))


def path(dice):
    steps = [f"/{dice.choice(NAMES)}{dice.choice(PREDICATES)}" for _ in range(dice.randint(0, 2))]
    return "".join(["/a", *steps]) + dice.choice(ENDS)


@pytest.fixture(scope="module")
def chdb():
    engine = ChDb()
    yield engine
    engine.close()


@pytest.mark.parametrize("seed", range(20))
def test_both_engines_find_the_same_at_a_path(chdb, seed):
    dice = random.Random(seed)
    rows = [(None,), ("",), *((message(dice),) for _ in range(80))]
    spelled = path(dice)
    node = applied("xml_value", [Ref("raw", TEXT), Lit(spelled, TEXT)])
    there = [row[0] for row in chdb.rows(select_rows(node, [Field("raw", TEXT)], rows))]
    here = [reference(node, {"raw": raw}) for (raw,) in rows]
    wrong = [(row, a, b) for row, a, b in zip(rows, here, there, strict=True) if not same(a, b)]
    assert wrong == [], f"{spelled}: message, reference, chDB: {wrong[:3]}"


def test_generated_paths_find_something():
    dice = random.Random(1)
    found = [
        reference(applied("xml_value", [Ref("raw", TEXT), Lit(path(dice), TEXT)]), {"raw": message(dice)})
        for _ in range(400)
    ]
    assert sum(value is not None for value in found) > 40
