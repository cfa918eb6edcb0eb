"""Joining a comparison's rows."""

from dohyo.oracle.compared import compared_rows
from dohyo.plan.nodes import Compare, Rows, Shift
from dohyo.plan.schema import Field, Schema
from dohyo.plan.types import DOUBLE, LONG, TEXT

HOST = Field("host", TEXT, key=True)
COUNT = Field("_count", LONG)
DAY = 86_400_000


def compare(fields, shifts, *added):
    schema = Schema(tuple(fields), aggregate=True)
    return Compare(Rows(schema, []), tuple(shifts), schema.with_fields(added))


def test_rows_join_on_their_keys_and_what_is_missing_is_null():
    node = compare([HOST, COUNT], [Shift((DAY,), "1d")], Field("_count_1d", LONG))
    present = [{"host": "b", "_count": 2}, {"host": None, "_count": 1}]
    then = [{"host": None, "_count": 5}, {"host": "old", "_count": 7}]
    assert compared_rows(node, present, {DAY: then}) == [
        {"host": "b", "_count": 2, "_count_1d": None},
        {"host": None, "_count": 1, "_count_1d": 5},
        {"host": "old", "_count": None, "_count_1d": 7},
    ]


def test_records_of_an_equal_key_are_all_kept():
    node = compare([HOST, COUNT], [Shift((DAY,), "1d")], Field("_count_1d", LONG))
    present = [{"host": "a", "_count": 1}, {"host": "a", "_count": 2}]
    then = [{"host": "a", "_count": 5}, {"host": "a", "_count": 6}]
    assert compared_rows(node, present, {DAY: then}) == [
        {"host": "a", "_count": 1, "_count_1d": 5},
        {"host": "a", "_count": 2, "_count_1d": 5},
    ]


def test_several_shifts_become_one_value_by_a_function():
    node = compare([COUNT], [Shift((DAY, 2 * DAY, 3 * DAY), "3d_avg", "avg")], Field("_count_3d_avg", DOUBLE))
    earlier = {DAY: [{"_count": 2}], 2 * DAY: [{"_count": 5}], 3 * DAY: []}
    assert compared_rows(node, [{"_count": 9}], earlier) == [{"_count": 9, "_count_3d_avg": 3.5}]
