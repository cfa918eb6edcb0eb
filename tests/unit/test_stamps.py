"""Stamps in texts: every documented way to write one, and what only looks like one."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dohyo.base import stamps
from dohyo.base.stamps import SEARCHED_LETTERS, find_stamp

NOW = datetime(2019, 11, 20, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def found(text: str, zone=UTC, **options) -> tuple[str, str] | None:
    """The instant in UTC and the part of the text that says it."""
    stamp = find_stamp(text, zone, NOW_MS, **options)
    if stamp is None:
        return None
    moment = datetime.fromtimestamp(stamp.ms / 1000, UTC).isoformat(timespec="milliseconds")
    return moment.removesuffix("+00:00"), text[stamp.start : stamp.start + stamp.length]


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2018-08-20T13:20:10*633+0000", "2018-08-20T13:20:10.633"),
        ("2017-10-14T22:11:20+0200", "2017-10-14T20:11:20.000"),
        ("2017-10-14T22:11:20+02:00", "2017-10-14T20:11:20.000"),
        ("2017-10-14T22:11:20.7Z", "2017-10-14T22:11:20.700"),
        ("2017-07-01T14:59:55.711'+0000'", "2017-07-01T14:59:55.711"),
        ("2024-01-01T12:00:00.1234567Z", "2024-01-01T12:00:00.123"),
        ("2024-01-01T12:00+05:30", "2024-01-01T06:30:00.000"),
        ("2024-01-01 12:00:00+05", "2024-01-01T07:00:00.000"),
        ("2017-08-19 12:17:55 -0400", "2017-08-19T16:17:55.000"),
        ("2017-06-26 02:31:29,573", "2017-06-26T02:31:29.573"),
        ("2017/04/12*19:37:50", "2017-04-12T19:37:50.000"),
        ("2017/04/12 19:37:50", "2017-04-12T19:37:50.000"),
        ("2018 Apr 13 22:08:13.211*PDT", "2018-04-14T05:08:13.211"),
        ("Jan 21 18:20:11 +0000 2017", "2017-01-21T18:20:11.000"),
        ("19/Apr/2017:06:36:15 -0700", "2017-04-19T13:36:15.000"),
        ("Dec 2, 2017 2:39:58 AM", "2017-12-02T02:39:58.000"),
        ("Jun 09 2018 15:28:14", "2018-06-09T15:28:14.000"),
        ("Apr 20 00:00:35 2010", "2010-04-20T00:00:35.000"),
        ("Jan 02 15:04:05 MST 2006", "2006-01-02T22:04:05.000"),
        ("09 Feb 1994 22:23:32 GMT", "1994-02-09T22:23:32.000"),
        ("23-Apr-2017 11:42:35.883", "2017-04-23T11:42:35.883"),
        ("23/Apr/2017 11:42:35", "2017-04-23T11:42:35.000"),
        ("9/28/2011 2:23:15 PM", "2011-09-28T14:23:15.000"),
        ("05/09/2017 09:22:15 PM +0100", "2017-05-09T20:22:15.000"),
        ("8/5/2011 12:31:18 AM:234", "2011-08-05T00:31:18.234"),
        ("08/10/11*13:33:56", "2011-08-10T13:33:56.000"),
        ("17/04/12 19:37:50", "2017-04-12T19:37:50.000"),
        ("25/12/2018 10:00:00", "2018-12-25T10:00:00.000"),
        ("17-06-26 02:31:29,573", "2017-06-26T02:31:29.573"),
        ("20150423 11:42:35.173", "2015-04-23T11:42:35.173"),
        ("150423 11:42:35", "2015-04-23T11:42:35.000"),
        ('date=2019-05-10 time=11:37:47', "2019-05-10T11:37:47.000"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000"),
    ],
)  # fmt: skip
def test_stamp_is_read_wherever_it_stands(stamp, moment):
    assert found(stamp) == (moment, stamp)
    assert found(f"a=1 [{stamp}] GET /a:b 10.1.2.3") == (moment, stamp)


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("Nov 21 11:00:00", "2019-11-21T11:00:00.000"),  # a sender's clock may be a day ahead
        ("Nov 22 11:00:00", "2018-11-22T11:00:00.000"),
        ("Mar 16 08:12:04", "2019-03-16T08:12:04.000"),
        ("Sep 28 19:00:00 +0000", "2019-09-28T19:00:00.000"),
        ("23/Apr 11:42:35,173", "2019-04-23T11:42:35.173"),
        ("0423_11:42:35.883", "2019-04-23T11:42:35.883"),
        ("Feb 29 10:00:00", "2016-02-29T10:00:00.000"),
        ("11:42:35", "2019-11-20T11:42:35.000"),
        ("12:42:35,5", "2019-11-20T12:42:35.500"),
        ("13:42:35.173", "2019-11-19T13:42:35.173"),
    ],
)
def test_missing_year_or_date_is_the_last_that_is_not_ahead(stamp, moment):
    assert found(f"{stamp} words") == (moment, stamp)
    assert found(f"<34>{stamp} words") == (moment, stamp)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("[1557513467] x", "1557513467"),
        ("1557513467, x", "1557513467"),
        ("1557513467000 x", "1557513467000"),
        ("1557513467000913 x", "1557513467000913"),
        ("1557513467000913239 x", "1557513467000913239"),
        ("1557513467.000 x", "1557513467.000"),
        ("<134>1 1557513467.000247467 device events", "1557513467.000247467"),
        ("a,b,c,d,1557513467,e", "1557513467"),
        ('{"a": 1, "timestamp": 1557513467000}', "1557513467000"),
        ("type=SYSCALL msg=audit(1557513467.000:24287): arch", "1557513467.000"),
    ],
)
def test_epoch_is_known_by_what_stands_around_it(text, digits):
    assert found(text) == ("2019-05-10T18:37:47.000", digits)


@pytest.mark.parametrize(
    "text",
    [
        "2025-09-18T15:07:30+0530378Z",
        "2025-09-18T15:07:30-05301",
        "2024-02-31T00:00:00Z",
        "2024-01-01T24:00:01Z",
        "2024-01-01 13:00:00 PM",
        "0000-01-01T00:00:00Z",
        "00:1a:2b:3c:4d:5e",
        "12:34:56:78:90:12",
        "10.1.1.1:80:12 x",
        "port 1557513467 open",
        "12:30 lunch",
        "2024-01-01",
        "it took 00:05:12 in all",
        "",
    ],
)
def test_what_only_looks_like_a_stamp_is_none(text):
    assert found(text) is None


def test_impossible_stamp_is_passed_over():
    assert found("2019-99-19T03:00:00Z then 2019-11-19T03:00:00Z") == (
        "2019-11-19T03:00:00.000",
        "2019-11-19T03:00:00Z",
    )


def test_furthest_left_stamp_wins_over_better_ones():
    assert found("Nov 19 03:00:00 host 2001-01-01T00:00:00.000Z")[1] == "Nov 19 03:00:00"
    assert found('at 2018-01-01 00:00:00 {"timestamp":1557513467000}')[1] == "2018-01-01 00:00:00"
    assert found('{"timestamp":1557513467000} at 2018-01-01 00:00:00')[1] == "1557513467000"


def test_zone_counts_where_the_stamp_names_none():
    berlin = ZoneInfo("Europe/Berlin")
    assert found("2019-07-01 12:00:00", berlin)[0] == "2019-07-01T10:00:00.000"
    assert found("2019-12-01 12:00:00", berlin)[0] == "2019-12-01T11:00:00.000"
    assert found("2019-07-01 12:00:00 -0700", berlin)[0] == "2019-07-01T19:00:00.000"
    assert found("2019-07-01 12:00:00 -0700", berlin, force_zone=True)[0] == "2019-07-01T10:00:00.000"


def test_stamp_far_inside_a_long_message_is_not_looked_for():
    assert found("x" * SEARCHED_LETTERS + " 2019-07-01 12:00:00") is None


def test_pattern_says_how_the_stamp_is_written():
    patterns = [
        find_stamp(text, UTC, NOW_MS).pattern
        for text in ("2018-08-20T13:20:10.633+0000", "9/28/2011 2:23:15 PM", "Jan 02 15:04:05 MST 2006")
    ]
    assert patterns == ["yyyy-MM-dd'T'HH:mm:ss.SSSZZZZ", "MM/dd/yyyy hh:mm:ss a", "MMM dd HH:mm:ss zzz yyyy"]


MEMBERS = [
    '"a":1', '"n":1492608975', '"n":"1492608975000"', '"timestamp":1492608975123', '"x":"12:30"',
    '"m":"on 2020-01-01 at 10:00:00","b":2', '"e":"a,b,1600000000,c,d,1600000001"',
]  # fmt: skip


def test_the_short_way_for_json_finds_what_the_long_one_finds(monkeypatch):
    chance = random.Random(3)
    texts = []
    for _ in range(2000):
        digits = chance.choice(["", f".{chance.randint(0, 9_999_999)}"])
        zone = chance.choice(["Z", "Z", "+02:00", ""])
        members = chance.choices(MEMBERS, k=chance.randint(0, 5))
        day = f"2026-0{chance.randint(1, 9)}-{chance.randint(10, 31)}"
        time = f"{day}T0{chance.randint(0, 9)}:10:59{digits}{zone}"
        members.insert(chance.randint(0, len(members)), f'"t":"{time}"')
        texts.append("{" + ",".join(members) + "}")
    short = [find_stamp(text, UTC, NOW_MS) for text in texts]
    monkeypatch.setattr(stamps, "_first_in_json", lambda text: None)
    long = [find_stamp(text, UTC, NOW_MS) for text in texts]
    assert [one and one[:3] for one in short] == [one and one[:3] for one in long]


def test_the_quick_search_for_a_time_of_day_finds_what_its_expression_finds():
    dice = random.Random(7)
    for _ in range(20_000):
        text = "".join(dice.choice("0127:: a\u0663\n") for _ in range(dice.randint(0, 12)))
        begin = dice.randint(0, len(text))
        wanted, got = stamps._CLOCK.search(text, begin), stamps._find_clock(text, begin)
        assert (wanted and wanted.span()) == (got and got.span()), (text, begin)
