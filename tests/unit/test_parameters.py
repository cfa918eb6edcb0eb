"""Parameters without a value: what a query is checked with in their place."""

import pytest

from dohyo.compile import CompileContext, compile_query, problems_of_reading
from dohyo.functions.table import RunContext
from dohyo.lang.parameters import with_plausible

FILLED = {
    "_sourceCategory={{scope}} {{words}} | count": "_sourceCategory=* * | count",
    "* | timeslice {{t}} | count by _timeslice": "* | timeslice 1h | count by _timeslice",
    "* | pct(ms, {{p}}) by {{key}}": "* | pct(ms, 1) by _sourceCategory",
    "* | dedup {{n}} by a": "* | dedup 1 by a",
    "* | where a = {{b}}": '* | where a = "*"',
    "* | timeslice 1{{unit}} | count by _timeslice": "* | timeslice 1h | count by _timeslice",
    "_sourceCategory=${scope} | timeslice ${step}": "_sourceCategory=* | timeslice 1h",
    '* | replace(a, /(?<x>b)/, "${x}") as c': '* | replace(a, /(?<x>b)/, "${x}") as c',
    "_sourceCategory=<your category> | count": "_sourceCategory=* | count",
    "$$logsrc | count": "_sourceCategory=* | count",
}


@pytest.mark.parametrize("query", FILLED)
def test_a_parameter_without_value_is_filled_so_that_the_query_can_be_read(query):
    assert with_plausible(query, problems=problems_of_reading)[0] == FILLED[query]
    assert problems_of_reading(FILLED[query]) == []


def test_given_values_stay_even_where_they_cannot_be_read():
    text, filled = with_plausible("* | limit {{n}}", {"n": "many"}, problems_of_reading)
    assert (text, filled) == ("* | limit many", [])


def test_a_mistake_beside_parameters_is_left_to_be_told():
    text, filled = with_plausible("* | where {{a}} ==== 1", problems=problems_of_reading)
    assert problems_of_reading(text) != []
    assert filled == ["a"]


def test_scopes_that_nobody_filled_are_warned_of():
    text = '_source=a _sourceCategory=$$logs "in $$quotes" // $$comment\n| where _raw matches "$$b"'
    (warning,) = compile_query(text, CompileContext(RunContext(0, 0, 0))).warnings
    assert warning.message == "$$logs has no value, so that no message matches it"
    assert text[warning.span.start : warning.span.end] == "$$logs"
