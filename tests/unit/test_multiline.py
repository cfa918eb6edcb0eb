"""Lines put together to messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dohyo.collect.multiline import (
    Assembler,
    ByExpression,
    EachLine,
    Inferred,
    Line,
    Message,
    cut_message,
    lines_of,
)


def messages(text: str, boundaries=None, most_bytes: int = 1000) -> list[str]:
    assembler = Assembler(boundaries or Inferred(), most_bytes)
    found = assembler.add(lines_of(text)) + assembler.finish()
    assert all(one.part == 0 for one in found)
    return [one.text for one in found]


TRACE = """\
2019-11-19 03:00:00,123 ERROR it broke
java.lang.IllegalStateException: no
\tat a.b.C.d(C.java:1)
Caused by: java.io.IOException
... 12 more"""
PRETTY = json.dumps({"a": [1, {"b": "x } ] {"}], "c": None, "d": True, "e": -1.5e3}, indent=2)


def test_each_line_is_a_message_and_blank_ones_are_dropped():
    assert messages("a\r\n\n  \nb\n c\n", EachLine()) == ["a", "b", " c"]


def test_expression_matches_the_whole_first_line():
    assert messages("x\n# 1\nab\n\n# 2\n## 3", ByExpression(r"# \d")) == ["x", "# 1\nab", "# 2\n## 3"]


def test_stack_trace_stays_with_its_line():
    assert messages(f"{TRACE}\n{TRACE}\n2019-11-19 03:00:01 INFO fine") == [
        TRACE,
        TRACE,
        "2019-11-19 03:00:01 INFO fine",
    ]


def test_lines_without_any_time_are_messages_of_their_own():
    assert messages("one\ntwo\n  indented\nCaused by: x\nthree") == [
        "one",
        "two\n  indented\nCaused by: x",
        "three",
    ]


def test_json_value_over_many_lines_is_one_message():
    assert messages(f"{PRETTY}\n{PRETTY}\n[1,\n2]") == [PRETTY, PRETTY, "[1,\n2]"]


def test_json_lines_are_messages_of_their_own():
    lines = ['{"a": "{"}', '{"at": "2019-11-19T03:00:00Z"}', "[]", "plain", '{"b": "\\""}']
    assert messages("\n".join(lines)) == lines


def test_change_from_json_to_lines_with_a_time_and_back():
    stamped = "2019-11-19T03:00:00Z start\nmore"
    assert messages(f"{PRETTY}\nplain\n{stamped}\n{PRETTY}\nlast") == [
        PRETTY,
        "plain",
        stamped,
        PRETTY,
        "last",
    ]


@pytest.mark.parametrize("broken", ['{"a": "no end', '{"a": 1} tail', "{name}", "[error] x", "{1}}", "[x"])
def test_what_only_looks_like_json_does_not_swallow_what_follows(broken):
    assert messages(f"{broken}\n2019-11-19T03:00:00Z x\nanother")[0] == broken
    assert messages(f"2019-11-19T03:00:00Z x\n{broken}") == [f"2019-11-19T03:00:00Z x\n{broken}"]


def test_json_without_its_end_stops_at_the_next_line_that_is_none():
    assert messages('{"a": [\n1,\n2019-11-19T03:00:00Z next') == ['{"a": [\n1,', "2019-11-19T03:00:00Z next"]


@pytest.mark.parametrize(
    "line",
    [
        "2019-11-19 03:00:00 x",
        "<34>Nov 19 03:00:00 host x",
        "[2019-11-19 03:00:00] x",
        "INFO 2019-11-19 03:00:00 x",
        '10.0.0.1 - frank [19/Nov/2019:03:00:00 -0700] "GET /"',
        "1557513467369 x",
    ],
)
def test_line_with_a_time_near_its_start_begins_a_message(line):
    assert messages(f"{line}\nmore\n{line}") == [f"{line}\nmore", line]


def parts(found: list[Message]) -> list[tuple[str, int, int]]:
    return [tuple(one) for one in found]


def test_message_over_the_limit_is_cut_into_numbered_parts():
    assembler = Assembler(ByExpression("# .*"), 8)
    found = assembler.add(lines_of("# 1\nabc\ndefghijklmnopqrst\n# 2")) + assembler.finish()
    assert parts(found) == [
        ("# 1\nabc", 0, 1),
        ("defghijk", 0, 2),
        ("lmnopqrs", 0, 3),
        ("t", 0, 4),
        ("# 2", 3, 0),
    ]


def test_message_of_the_limit_stays_whole():
    assembler = Assembler(ByExpression("# .*"), 7)
    assert parts(assembler.add(lines_of("# 1\nabc")) + assembler.finish()) == [("# 1\nabc", 0, 0)]


def test_cut_keeps_letters_whole():
    assert [one.text for one in cut_message("ééa€", 3)] == ["é", "éa", "€"]


def test_rest_of_a_cut_line_goes_on_without_a_break():
    assembler = Assembler(EachLine(), 4)
    found = assembler.add([Line("abcd", 0), Line("efgh", 4, True), Line("i", 8, True), Line("next", 10)])
    assert parts(found + assembler.finish()) == [
        ("abcd", 0, 1), ("efgh", 0, 2), ("i", 0, 3), ("next", 10, 0)
    ]  # fmt: skip


LINES = st.lists(
    st.sampled_from([*TRACE.split("\n"), *PRETTY.split("\n"), "plain", '{"a": 1}', "", " x", "{", '{"a": "']),
    max_size=30,
)


@given(LINES, st.data())
def test_way_of_handing_over_makes_no_difference(texts, data):
    lines = [Line(text, at) for at, text in enumerate(texts)]
    at_once = Assembler(Inferred(), 60)
    expected = at_once.add(lines) + at_once.finish()
    piecewise = Assembler(Inferred(), 60)
    found = []
    while lines:
        count = data.draw(st.integers(1, len(lines)))
        found += piecewise.add(lines[:count])
        lines = lines[count:]
    assert found + piecewise.finish() == expected


@given(LINES, st.data())
def test_going_on_from_the_open_message_gives_the_same_messages(texts, data):
    lines = [Line(text, at) for at, text in enumerate(texts)]
    stop = data.draw(st.integers(0, len(lines)))
    whole = Assembler(Inferred(), 60)
    expected = whole.add(lines) + whole.finish()
    first = Assembler(Inferred(), 60)
    done = first.add(lines[:stop])
    at, memory = first.position(stop)
    second = Assembler(Inferred(memory), 60)
    # Parts of the open message come again; they have the same place and number.
    again = second.add(lines[at:]) + second.finish()
    assert list(dict.fromkeys(done + again)) == list(dict.fromkeys(expected))
