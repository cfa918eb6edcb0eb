"""Variables of dashboards and time ranges as they are written there."""

import pytest

from dohyo.base.problem import Fix, Problem, ProblemError, Span
from dohyo.search.ranges import is_relative, resolved, steady_now
from dohyo.search.variables import fill_in

HOUR = 3_600_000


def test_names_match_in_any_case_and_every_place_is_filled():
    assert fill_in("a={{V}} b={{ v }}", {"v": "xyz"}).text == "a=xyz b=xyz"


def test_quote_inside_a_value_does_not_end_the_string():
    assert fill_in('where t = "{{t}}"', {"t": 'a "b" \\c'}).text == 'where t = "a \\"b\\" \\\\c"'


def test_value_outside_quotes_is_put_in_as_it_is():
    assert fill_in('x = "a//b" {{t}} // "', {"t": "a OR b=c"}).text == 'x = "a//b" a OR b=c // "'


@pytest.mark.parametrize(
    "value",
    [
        "x | count by _raw",
        'x" or "y',
        "x) or (y",
        "// x",
        "/* x",
        "x\n| limit 1",
        "[subquery: * | compose x]",
    ],
)
def test_value_outside_quotes_cannot_change_the_shape_of_the_query(value):
    escaped = value.replace('"', '\\"')
    assert fill_in("{{t}} | limit 5", {"t": value}).text == f'"{escaped}" | limit 5'


def test_value_of_a_field_stays_one_value():
    assert fill_in("_source={{t}} a", {"t": "My Labs"}).text == '_source="My Labs" a'
    assert fill_in("_source={{t}} a", {"t": "Labs/*"}).text == "_source=Labs/* a"


def test_several_values_become_a_scope_group_but_not_inside_quotes():
    assert fill_in("{{v}}", {"v": ["a", "b"]}).text == "(a OR b)"
    with pytest.raises(ProblemError, match="several values"):
        fill_in('"{{v}}"', {"v": ["a", "b"]})


def test_missing_variable_is_underlined():
    with pytest.raises(ProblemError) as raised:
        fill_in("a {{gone}} b", {})
    assert raised.value.problems[0].span == Span(2, 10)


def test_places_point_into_the_text_as_typed():
    filled = fill_in("{{a}} | where {{b}} and wrong", {"a": "category=x", "b": "t"})
    assert filled.text == "category=x | where t and wrong"
    at = filled.text.index("wrong")
    assert filled.place(Span(at, at + 5)) == Span(24, 29)
    assert filled.place(Span(11, 18)) == Span(6, 13)  # "| where"
    assert filled.place(Span(3, 5)) == Span(0, 5)  # inside the first value
    assert filled.place(Span(0, len(filled.text))) == Span(0, len(filled.typed))


def test_fix_inside_a_value_is_left_out():
    filled = fill_in("{{a}} b", {"a": "xx"})
    found = filled.problems(
        [Problem("c", "m", Span(0, 2), fixes=(Fix(Span(0, 1), "y", "Use y"), Fix(Span(3, 4), "z", "Use z")))]
    )
    assert [fix.span for fix in found[0].fixes] == [Span(6, 7)]


NOW = 1_700_000_000_000  # Tuesday 14 November 2023, 22:13:20 UTC


def test_published_ranges():
    relative = {
        "type": "BeginBoundedTimeRange",
        "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1d12h"},
        "to": None,
    }
    assert resolved(relative, NOW) == (NOW - 36 * HOUR, NOW)
    absolute = {"from": {"epochMillis": 5}, "to": {"iso8601Time": "1970-01-01T00:00:01Z"}}
    assert resolved(absolute, NOW) == (5, 1000)
    day = 1_699_920_000_000
    assert resolved({"type": "CompleteLiteralTimeRange", "rangeName": "yesterday"}, NOW) == (
        day - 24 * HOUR,
        day,
    )
    assert resolved({"from": {"rangeName": "week"}}, NOW) == (day - 24 * HOUR, NOW)
    assert resolved({"from": "-24h"}, NOW) == resolved("-24h", NOW) == (NOW - 24 * HOUR, NOW)
    assert resolved({"from": 1, "to": "2" * 12}, NOW) == (1, 222222222222)


def test_day_starts_in_the_viewers_zone():
    assert resolved({"from": {"rangeName": "today"}}, NOW, "Asia/Tokyo")[0] == 1_699_974_000_000


def test_wrong_ranges_are_problems():
    for wrong in (
        5,
        {"from": "soon"},
        {"from": {"rangeName": "never"}},
        {"from": 2, "to": 1},
        {"type": "CompleteLiteralTimeRange"},
    ):
        with pytest.raises(ProblemError):
            resolved(wrong, NOW)


def test_only_ranges_that_move_are_made_steady():
    assert is_relative({"from": "-1h"}) and is_relative({"from": 5}) and is_relative("-1h")
    assert not is_relative({"from": 5, "to": "2023-01-01T00:00:00Z"})
    assert steady_now(NOW + 1, 24 * HOUR) == NOW // 60_000 * 60_000 + 60_000
    assert steady_now(NOW, 60_000) == NOW
