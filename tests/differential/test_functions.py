"""Every function on generated arguments: the reference implementation and chDB say the same."""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from both_engines import ChDb, reference, same, select_rows

from dohyo.functions.key_value import SEPARATORS, after_key_regex, key_regex, separators_of
from dohyo.functions.table import ANY, NUMBER, SAME, all_functions
from dohyo.ops.expressions import applied
from dohyo.plan.expr import Lit, Ref
from dohyo.plan.schema import Field
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME

ROWS = 40
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "a", "abc", "ABC", "Ünï ß", "a b", "12", "-3.5", "1e5", "010", "0x1F", "007", "9" * 25]
    ),
    st.sampled_from(
        ["10.0.0.1", "8.8.8.8", "::1", "2001:db8::1", "300.1.1.1", "192.168.0.1", "127.0.0.1", "1.2.3"]
    ),
    st.sampled_from(
        [
            "[1, 2, 3]",
            '["a","b"]',
            "[]",
            "{}",
            "[1,",
            '"a,b" ,c:d\\',
            "aGVsbG8=",
            "4142",
            "ff",
            "a%20b",
            "a*",
            "*b*",
        ]
    ),
    st.sampled_from(
        [
            "https://a.example/?q=1&r=<2>",
            "a=1 q: 'x y', a b=\"\"",
            "javascript:x",
            "24",
            "27",
            "4532015112830366",
            "x\ny",
            "a_b%c",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="\x7f"), max_size=12),
)
LONGS = st.one_of(
    st.none(), st.sampled_from([0, 1, -1, 2, 10, 255, 2**31, -(2**40)]), st.integers(-1000, 1000)
)
TIMES = st.one_of(st.none(), st.integers(0, 4_000_000_000_000))
DOUBLES = st.one_of(
    st.none(),
    st.sampled_from([0.0, 1.0, -1.5, 0.5, 2.5, 1e10, -0.1]),
    st.integers(-4000, 4000).map(lambda n: n / 8),
)
VALUES = {TEXT: TEXTS, LONG: LONGS, TIME: TIMES, DOUBLE: DOUBLES, BOOL: st.one_of(st.none(), st.booleans())}
# Literal arguments are patterns, zones and digest names: a few that mean something for each function.
LITERALS = {
    "matches_regex": {1: ["^a", "[0-9]+", "b.c", "(?i)abc$"]},
    "replace_regex": {1: ["[a-c]", "([0-9])"], 2: ["-", "<$0>"]},
    "base64Decode": {1: ["UTF-8", "us-ascii", "ISO-8859-1", "utf-16", "UTF-16BE", "utf-16le"]},
    "hash": {1: ["md5", "sha1", "sha2_256", "murmur3_128"]},
    "format": {
        0: ["%s|%S", "%5s|%-6s|", "%.2f", "%,.1f", "%x", "100%%", "%+09.1f", "%+,d", "%05d", "%o", "%b", "%c"]
    },
    "formatDate": {
        1: ["yyyy-MM-dd HH:mm:ss.SSS Z", "EEE d MMM yy h:mm a", "D u w k K XXX Z z X"],
        2: ["UTC", "Europe/Berlin"],
    },
    "parseDate": {1: ["yyyy-MM-dd", "dd/MM/yy HH:mm"], 2: ["UTC", "Asia/Tokyo"]},
    "slice_start": {1: [3_600_000, 0], 2: [0, 1, 7]},
    "slice_end": {1: [3_600_000, 0], 2: [0, 1, 7]},
    "json_value": {1: ["a", "a[0].b"]},
    "json_present": {1: ["a", "a[0].b"]},
    "xml_value": {1: ["/a/text()", "/a/b/@id"]},
    "separated_value": {1: [',"\\', ":'^", " \"\\"], 2: ["1", "2", "3"]},
    "kv_value": {1: [key_regex("a"), key_regex("q"), after_key_regex("a", "[, ](.)")]},
    "kv_regex_value": {1: ["a", "q"], 2: ["([a-z])(.)"]},
    "kv_auto_value": {1: ["a", "q", "r"], 2: [SEPARATORS, separators_of(",")]},
    "json_auto_value": {1: ["a", "a[0].b", "b c"], 2: ["64", "1 extract"]},
}  # fmt: skip
NOT_OVER_VALUES = {"custom_field"}  # reads the messages' map of fields


def cases():
    return [f for f in all_functions() if f.name not in NOT_OVER_VALUES and f.args]


@pytest.fixture(scope="module")
def chdb():
    engine = ChDb()
    yield engine
    engine.close()


def kinds_of(function, dice):
    """A type for each argument, as the checker may give them."""
    kinds = list(function.args[: len(function.args) - dice.randint(0, function.optional)])
    if function.variadic:
        kinds += [function.args[-1]] * dice.randint(0, 2)
    common = dice.choice([TEXT, LONG, DOUBLE])
    any_of = {ANY: [TEXT, LONG, DOUBLE], NUMBER: [LONG, DOUBLE], SAME: [common]}
    return [dice.choice(any_of[kind]) if kind in any_of else kind for kind in kinds]


@pytest.mark.parametrize("function", cases(), ids=lambda f: f.name)
def test_both_engines_agree_on(function, chdb):
    @seed(7)
    @settings(
        max_examples=4,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def agree(data):
        dice = random.Random(data.draw(st.integers(0, 1000)))
        kinds = kinds_of(function, dice)
        fields, args = [], []
        for at, kind in enumerate(kinds):
            if at in function.literal:
                args.append(Lit(dice.choice(LITERALS[function.name][at]), kind))
            else:
                fields.append(Field(f"f{at}", kind))
                args.append(Ref(f"f{at}", kind))
        node = applied(function.name, args)
        rows = data.draw(st.lists(st.tuples(*(VALUES[f.type] for f in fields)), min_size=ROWS, max_size=ROWS))
        there = [row[0] for row in chdb.rows(select_rows(node, fields, rows))]
        here = [reference(node, {f.name: v for f, v in zip(fields, row, strict=True)}) for row in rows]
        wrong = [(row, a, b) for row, a, b in zip(rows, here, there, strict=True) if not same(a, b)]
        assert wrong == [], f"arguments, reference, chDB: {wrong[:4]}"

    agree()
