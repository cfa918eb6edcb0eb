"""The demo's check finds every difference between a panel's answer and the expected one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "demo"))

from check import differing
from dohyo_api import PanelAnswer
from expected import Expected

ROWS = [{"user": "a", "count": 2}, {"user": "b", "count": 1}]


def test_same_rows_are_equal():
    assert differing(Expected(ROWS), PanelAnswer(list(ROWS))) == []


def test_order_of_fields_does_not_matter():
    assert differing(Expected([{"a": 1, "b": 2}]), PanelAnswer([{"b": 2, "a": 1}])) == []


def test_order_of_rows_matters_only_where_the_query_sorts():
    assert differing(Expected(ROWS), PanelAnswer(ROWS[::-1])) != []
    assert differing(Expected(ROWS, ordered=False), PanelAnswer(ROWS[::-1])) == []


def test_missing_row_further_field_and_other_value_are_told_with_both_sides():
    assert differing(Expected(ROWS), PanelAnswer(ROWS[:1])) == ["2 rows expected, 1 got"]
    assert "expected" in differing(Expected(ROWS), PanelAnswer([ROWS[0], {**ROWS[1], "x": None}]))[0]
    assert '"count": 3' in differing(Expected(ROWS), PanelAnswer([ROWS[0], {"user": "b", "count": 3}]))[0]


def test_number_written_as_text_differs():
    assert differing(Expected([{"count": 2}]), PanelAnswer([{"count": "2"}])) != []


def test_link_is_the_same_in_both_its_forms():
    cell = {"text": "a&b", "href": "https://x.example/?a=1&b=2"}
    anchor = '<a href="https://x.example/?a=1&amp;b=2" target="_blank">a&amp;b</a>'
    assert differing(Expected([{"id": cell}]), PanelAnswer([{"id": anchor}])) == []


def test_problem_and_cut_answer_are_differences():
    assert differing(Expected([]), PanelAnswer([], "no field named x")) == ["no field named x"]
    assert differing(Expected(ROWS), PanelAnswer(list(ROWS), cut=True)) == ["the answer is cut off"]
