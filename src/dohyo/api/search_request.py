"""The body of a search job as clients send it -> `SearchRequest`, with the published refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from dohyo.api.bodies import truth
from dohyo.api.errors import ApiRefused
from dohyo.base.problem import ProblemError
from dohyo.lang.timerange import zone_named
from dohyo.search.jobs import SearchRequest

PREFIX = "searchjob."
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_DIGITS = 20
LAST_MS = 253_402_300_799_999  # the end of the year 9999
ALL_MANUAL = ("manual", "performance")
ALL_AUTOMATIC = ("autoparse", "intelligent", "verbose")
TIME_TYPES = ("messageTime", "receiptTime", "searchableTime")
# Abbreviations that clients in Java send; other names are those of the time zone database.
ABBREVIATIONS = {
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo",
    "AST": "America/Anchorage",
    "BET": "America/Sao_Paulo",
    "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare",
    "CNT": "America/St_Johns",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa",
    "ECT": "Europe/Paris",
    "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MIT": "Pacific/Apia",
    "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland",
    "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix",
    "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal",
    "VST": "Asia/Ho_Chi_Minh",
}


def refused(code: str, message: str, *hints: str) -> ApiRefused:
    return ApiRefused(400, PREFIX + code, message, *hints)


def search_request(body: dict[str, Any]) -> SearchRequest:
    """The request; ApiRefused with the published code for the first thing that is wrong."""
    query = body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise refused("no.query", "a query is needed")
    zone = _zone(body)
    start = _moment(body.get("from"), "from", zone)
    end = _moment(body.get("to"), "to", zone)
    if end < start:
        raise refused("to.smaller.than.from", "the end of the range lies before its start")
    try:
        wants_messages = truth(body.get("requiresRawMessages"))
    except ValueError as error:
        raise refused("generic", f"requiresRawMessages: {error}") from None
    automatic, by_receipt = _is_automatic(body), _is_by_receipt(body)
    return SearchRequest(query, start, end, zone, wants_messages, auto_parse=automatic, by_receipt=by_receipt)


def _zone(body: dict[str, Any]) -> str:
    given = body.get("timeZone") if body.get("timeZone") is not None else body.get("timezone")
    if given is None:
        return "UTC"
    name = str(given).strip()
    if not name:
        raise refused("empty.timezone", "the time zone is empty", "such as UTC or Europe/Berlin")
    name = ABBREVIATIONS.get(name, name)
    try:
        zone_named(name)
    except ProblemError:
        raise refused(
            "unknown.timezone", f'no time zone is named "{name}"', "such as UTC or Europe/Berlin"
        ) from None
    return name


def _moment(given: Any, name: str, zone: str) -> int:
    """Epoch milliseconds, as number or digits, or an ISO 8601 time. Words such as -1h are no times here."""
    hint = "epoch milliseconds or an ISO 8601 time such as 2026-01-31T10:00:00"
    wrong = refused(f"invalid.timestamp.{name}", f"the '{name}' field contains no time", hint)
    if isinstance(given, str) and len(given) <= MOST_DIGITS and given.strip().isdecimal():
        given = int(given)
    if isinstance(given, int | float) and not isinstance(given, bool) and isfinite(given):
        moment = int(given)
    elif isinstance(given, str):
        try:
            read = datetime.fromisoformat(given.strip().upper())
            aware = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
            moment = (aware - EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            raise wrong from None
    else:
        raise wrong
    if not 0 <= moment <= LAST_MS:
        raise wrong
    return moment


def _is_by_receipt(body: dict[str, Any]) -> bool:
    """Whether the range is one of times of receipt. A message is searchable when it is received."""
    by = body.get("intervalTimeType")
    if by is not None and by not in TIME_TYPES:
        raise refused(
            "unknown.time.type", f'no time type is named "{by}"', f"known are {', '.join(TIME_TYPES)}"
        )
    try:
        received = truth(body.get("bySearchableTime")) or truth(body.get("byReceiptTime"))
    except ValueError as error:
        raise refused("generic", f"byReceiptTime: {error}") from None
    return received if by is None else by != "messageTime"


def _is_automatic(body: dict[str, Any]) -> bool:
    mode = body.get("autoParsingMode") or body.get("parseMode") or "Manual"
    word = str(mode).lower()
    if word not in (*ALL_MANUAL, *ALL_AUTOMATIC):
        raise refused("generic", f'no parsing mode is named "{mode}"', "known are AutoParse, Manual")
    return word in ALL_AUTOMATIC
