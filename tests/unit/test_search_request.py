"""Bodies of search jobs as different clients send them."""

from __future__ import annotations

import pytest

from dohyo.api.errors import ApiRefused
from dohyo.api.search_request import search_request
from dohyo.search.jobs import SearchRequest

NOON_MS = 1_359_374_400_000  # 2013-01-28 12:00 UTC


def read(**body) -> SearchRequest:
    return search_request({"query": "error", "from": 0, "to": NOON_MS, **body})


@pytest.mark.parametrize(
    "given",
    [
        NOON_MS,
        float(NOON_MS),
        str(NOON_MS),
        "2013-01-28T12:00:00",
        "2013-01-28T12:00:00Z",
        "2013-01-28T12:00:00.000Z",
        "2013-01-28T12:00:00.000000000Z",
        "2013-01-28 12:00",
        "2013-01-28T21:00:00+09:00",
        "2013-01-28T07:00:00.0-0500",
        "20130128T120000z",
    ],
)
def test_every_form_of_a_time_is_read(given):
    assert read(to=given).end_ms == NOON_MS


def test_times_without_a_zone_are_in_the_zone_of_the_request():
    local = "2013-01-28T12:00:00"
    assert read(to=local, timeZone="Europe/Berlin").end_ms == NOON_MS - 3_600_000
    assert read(to=local, timezone="PST").end_ms == NOON_MS + 8 * 3_600_000
    assert read(to="2013-01-28T12:00:00Z", timeZone="PST").end_ms == NOON_MS
    assert read(timeZone="IST").zone == "Asia/Kolkata" and read().zone == "UTC"


@pytest.mark.parametrize(
    "given", [None, True, "", "-1h", "now", "2013-13-01T00:00:00", -5, [1], "1e3", 10**18]
)
def test_what_is_no_time_is_refused(given):
    with pytest.raises(ApiRefused) as refused:
        read(**{"from": given})
    assert refused.value.problems[0].code == "searchjob.invalid.timestamp.from"


def test_range_may_be_empty_but_not_turned_around():
    assert read(**{"from": NOON_MS}).start_ms == NOON_MS
    with pytest.raises(ApiRefused, match="before its start"):
        read(**{"from": NOON_MS + 1})


@pytest.mark.parametrize(("given", "wanted"), [("true", True), ("False", False), (None, False), (True, True)])
def test_truths_come_as_text_in_any_case(given, wanted):
    assert read(requiresRawMessages=given).wants_messages is wanted


def test_range_of_receipt_times_and_parsing_by_itself_are_read():
    assert not read(byReceiptTime=False, autoParsingMode="performance").auto_parse
    assert not read(intervalTimeType="messageTime", byReceiptTime="true").by_receipt
    assert read(bySearchableTime=True).by_receipt and read(byReceiptTime="True").by_receipt
    assert read(parseMode="AutoParse").auto_parse
