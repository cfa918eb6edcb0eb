"""Patterns that only Python can run: what they find, what is said of slow and wrong ones."""

import pytest

from dohyo.base.problem import ProblemError
from dohyo.functions import looking_around
from dohyo.functions.looking_around import consuming_end, groups_found, needs_backtracking, weaker


@pytest.mark.parametrize("pattern", ["a(?=b)", "(?<!x)y", r"(?<c>\w)\k<c>", r"(\w)\1", "(?>a+)b", "a++b"])
def test_patterns_of_java_need_backtracking(pattern):
    assert needs_backtracking(pattern)


@pytest.mark.parametrize(
    "pattern", [r"a\(?=b", r"[(?=]", r"\Q(?=\E", "a(?:b)", "a(?=b", "(?=", r"\k<c>(?<c>a)"]
)
def test_other_patterns_do_not(pattern):
    assert not needs_backtracking(pattern)


def test_only_a_look_ahead_at_the_end_is_made_an_ordinary_group():
    patterns = ["(a)(?=b|[)])", "(a)(?=b)c", "(a|b(?=c))", "(a)(?!b)", "(a)(?=(?!b)c)"]
    assert [consuming_end(pattern) for pattern in patterns] == ["(a)(?:b|[)])", None, None, None, None]


def test_weaker_patterns_leave_out_what_looks_around():
    patterns = ["a(?!b(c)[)])d", "(?<=x)y(?=z)", "(?>a+)b++", r"(a)\1"]
    assert [weaker(pattern) for pattern in patterns] == ["ad", "y", "(?:a+)b+", None]


def test_groups_are_found_in_each_text():
    assert groups_found(r"(?<a>\w)(?=\d)", ["x1y2", None, "-"], True, None) == [[["x"], ["y"]], [], []]
    assert groups_found(r"(?<a>\w)(?=\d)(?<b>z)?", ["x1y2"], False, None) == [[["x", ""]]]


def test_a_pattern_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(looking_around, "LONGEST_S", 0.3)
    with pytest.raises(ProblemError) as refused:
        groups_found("((?:x+x+)+)(?=y)(?!z)", ["x" * 60 + "-y"], False, None)
    assert [problem.code for problem in refused.value.problems] == ["regex-slow"]
