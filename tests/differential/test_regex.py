"""Regular expressions: what is accepted runs in the engine, and both find the same.

The patterns stand in `regexes-accepted.txt` and `regexes-refused.txt`, one a line.
"""

from pathlib import Path

import pytest
from both_engines import ChDb

from dohyo.functions.logic import plain_dot
from dohyo.functions.regex import RegexRefused, compiled
from dohyo.plan.sqltree import call, printed, text

ACCEPTED = (Path(__file__).parent / "regexes-accepted.txt").read_text(encoding="utf-8").split()
REFUSED = (Path(__file__).parent / "regexes-refused.txt").read_text(encoding="utf-8").split()
TEXTS = [
    *("", "a", "b", "ab", "a.b", "a\nb", "b\n", "aaa", "ABC", "ÜNÏ", "ſs", "ẞ", "straße", "K", "k", "ſ", "_"),
    *("9", "٣", "é", "a-b", "]", "A b", "a{2}", "a{,3}", "xxx", "a.bbb", "a\r\nb", "abcd", "acd", "bd", "Bd"),
    *("Cd", "aBd", "\v", "{", "}", "{2}", "[:al", "αβ", "(a", "ä", "a$", "\x00", "n@x", ":]", "\t", "\n"),
]  # fmt: skip


@pytest.fixture(scope="module")
def chdb():
    engine = ChDb()
    yield engine
    engine.close()


@pytest.mark.parametrize("pattern", ACCEPTED)
def test_both_engines_find_the_same(pattern, chdb):
    ours = compiled(pattern)
    searched = text(plain_dot(f"({pattern})"))
    columns = [printed(call("extractGroups", text(value), searched)) for value in TEXTS]
    theirs = chdb.rows("SELECT " + ", ".join(columns))[0]
    found = [match and [match[0], *match.groups(default="")] for match in map(ours.search, TEXTS)]
    assert [match or [] for match in found] == theirs


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_the_engine_cannot_run_is_refused(pattern):
    with pytest.raises(RegexRefused):
        compiled(pattern)
