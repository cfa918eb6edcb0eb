"""Times found in the lines of a file."""

from dohyo.search.lines import LineMessage, line_time, lines_to_messages

T = 1_574_132_400_123


def test_time_field_of_a_json_line_wins_over_other_times_in_it():
    assert (
        line_time('{"other": "2001-01-01T00:00:00Z", "createdDateTime": "2019-11-19T03:00:00.1234567Z"}') == T
    )


def test_first_time_field_that_holds_a_time_counts():
    assert line_time('{"timestamp": "soon", "time": "2019-11-18T19:00:00.123-08:00"}') == T


def test_time_in_plain_text_and_in_broken_json_is_found():
    assert line_time("got 2019-11-19 03:00:00,123 error") == T
    assert line_time('{"a": 2019-11-19T03:00:00.123Z') == T


def test_time_is_found_in_every_form_that_collected_messages_may_have():
    assert line_time("[19/Nov/2019:04:00:00.123 +0100] GET /") == T
    assert line_time('{"timestamp":1574132400123}') == T


def test_impossible_time_is_passed_over():
    assert line_time("2019-99-19T03:00:00Z then 2019-11-19T03:00:00.123Z") == T
    assert line_time("2019-99-19T03:00:00Z") is None
    assert line_time("no time at all") is None


def test_blank_lines_are_left_out_and_lines_without_time_get_the_present():
    assert list(lines_to_messages(["a\r\n", " \n", "b"], 7)) == [
        LineMessage(1, "a", 7),
        LineMessage(3, "b", 7),
    ]
