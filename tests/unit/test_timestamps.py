"""Times of messages by the rules of a source."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dohyo.collect.timestamps import TimeFormat, TimeReader, TimeRules

RECEIPT = 1_574_251_200_000  # 2019-11-20T12:00:00Z


def times(*texts: str, **rules) -> list[tuple[str, str]]:
    """Instant and how it came about; `receipt` for the time of receipt."""
    read = TimeReader(TimeRules(**{"zone": UTC} | rules)).read(texts, RECEIPT)
    return [("receipt" if one.ms == RECEIPT else shown(one.ms), one.how) for one in read]


def shown(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")


def test_detected_time_says_where_it_stands():
    assert times("at 2019-11-19T03:00:00.123Z x") == [
        ("2019-11-19T03:00:00.123", "t:full,o:3,l:24,p:yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")
    ]


def test_message_without_a_time_has_that_of_its_receipt_and_the_reason():
    assert times("no time") == [("receipt", "t:fail,o:-1,l:0,p:none")]
    assert times("2019-11-19T03:00:00Z", detect=False) == [("receipt", "t:none,o:-1,l:0,p:none")]
    assert times('{"createdDateTime": "2025-09-18T15:07:30+0530378Z"}')[0][1].startswith("t:fail")


def test_time_that_cannot_be_is_that_of_the_receipt():
    ten_years_off = times("2009-11-20T12:00:00Z", "2029-11-20T12:00:00Z")
    assert [(moment, how[:5]) for moment, how in ten_years_off] == [("receipt", "t:ac2")] * 2
    inside = times("2018-11-21T12:00:00Z", "2019-11-22T11:59:59Z")
    assert [how[:6] for _, how in inside] == ["t:full"] * 2


def test_window_can_be_off_but_the_store_s_limits_stay():
    any_time = times("1999-01-01T00:00:00Z", "1800-01-01T00:00:00Z", past_ms=None, future_ms=None)
    assert [(moment, how[:5]) for moment, how in any_time] == [
        ("1999-01-01T00:00:00.000", "t:ful"),
        ("receipt", "t:ac2"),
    ]


def test_zone_of_the_source_counts_and_can_be_forced():
    berlin = ZoneInfo("Europe/Berlin")
    assert times("2019-07-01 12:00:00", zone=berlin)[0][0] == "2019-07-01T10:00:00.000"
    assert times("2019-07-01 12:00:00Z", zone=berlin)[0][0] == "2019-07-01T12:00:00.000"
    forced = times("2019-07-01 12:00:00Z", zone=berlin, force_zone=True)
    assert forced[0][0] == "2019-07-01T10:00:00.000"


@pytest.mark.parametrize(
    ("pattern", "locator", "text", "moment", "offset"),
    [
        ("dd.MM.yyyy HH:mm:ss", None, "x 01.02.2019 03:04:05 y", "2019-02-01T03:04:05.000", 2),
        ("MM.dd.yyyy hh:mm:ss a", None, "01.02.2019 03:04:05 PM", "2019-01-02T15:04:05.000", 0),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZZZZ", None, "2019-01-02T03:04:05.678+0100", "2019-01-02T02:04:05.678", 0),
        ("dd MMM yyyy HH:mm zzz", None, "01 Mar 2019 10:00 PST", "2019-03-01T18:00:00.000", 0),
        ("epoch", None, "a=1 t=1557513467369 z", "2019-05-10T18:37:47.369", 6),
        ("epoch", r"eventtime=(\d+)", "x eventtime=1557513467369913239", "2019-05-10T18:37:47.369", 12),
        ("epoch", "$.event.at", '{"event":{"at":1557513467}}', "2019-05-10T18:37:47.000", 0),
        ("yyyy-MM-dd HH:mm", r"end=\[(.*?)\]", "a=[2001-01-01 00:00] é end=[2019-02-03 04:05]",
         "2019-02-03T04:05:00.000", 28),
        ("yyyy-MM-dd", "$['day.of']", '{"x":"2001-01-01","day.of":"2019-02-03"}',
         "2019-02-03T00:00:00.000", 0),
    ],
)  # fmt: skip
def test_given_format_and_locator_find_the_time(pattern, locator, text, moment, offset):
    found = times(text, formats=(TimeFormat(pattern, locator),))
    assert [(one, how.split(",")[:2]) for one, how in found] == [(moment, ["t:def", f"o:{offset}"])]


def test_formats_are_tried_in_order_then_detection():
    formats = (TimeFormat("yyyy_MM_dd HH"), TimeFormat("yyyy_MM_dd"))
    found = times("2019_01_02 03", "2019_01_02", "2019-01-02T05:00:00Z", "none", formats=formats)
    assert [(moment, how[:6]) for moment, how in found] == [
        ("2019-01-02T03:00:00.000", "t:def,"),
        ("2019-01-02T00:00:00.000", "t:def,"),
        ("2019-01-02T05:00:00.000", "t:full"),
        ("receipt", "t:fail"),
    ]


@pytest.mark.parametrize(
    ("pattern", "locator", "words"),
    [
        ("yyyy-MM-ddTHH:mm", None, "stands in quotes"),
        ("yyyy yyyy", None, "twice"),
        ("yyyy", r"no group", "group in parentheses"),
        ("yyyy", r"(a", "RE2 cannot run"),
        ("yyyy", r"(?=a)(b)", "RE2 cannot run"),
        ("yyyy", "$.a[*]", "several values"),
        ("yyyy", "$.a[", "path"),
    ],
)
def test_wrong_format_or_locator_is_refused(pattern, locator, words):
    with pytest.raises(ValueError, match=words):
        TimeFormat(pattern, locator)


def test_locator_takes_linear_time():
    """Python's own expressions would need years for this."""
    hostile = TimeFormat("epoch", r"^(?:(?:a+)+)+b(\d+)")
    assert times("a" * 50_000, formats=(hostile,))[0][1].startswith("t:fail")
