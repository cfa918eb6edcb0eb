"""Saved searches: what a definition must have, and the published log search of an item.

The definition writes its time range as a text (`-24h`, `-1d -12h`, `01-04-2017 20:32:00 to 01-04-2017
20:35:00` with the day first, in older exports `04/13/2018 4:18:21 PM to ...` with the month first), the log
search as an object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dohyo.content.refusals import checked
from dohyo.metadata.content import ContentItem

TYPE = "SavedSearchWithScheduleSyncDefinition"
MOST_QUERY_CHARACTERS = 15_000
RELATIVE = re.compile(r"-?(\d+[smhdwMy])+|now")
ABSOLUTE = "%d-%m-%Y %H:%M:%S"
FORMS = (ABSOLUTE, "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")
"""Moments as definitions write them; older ones write the month first."""
WHOLE = ("yesterday", "previous_week", "previous_month")


class Search(BaseModel):
    model_config = ConfigDict(extra="allow")

    queryText: Annotated[str, Field(max_length=65_536)]
    defaultTimeRange: str | None = None
    queryParameters: list[dict[str, Any]] | None = None


class SavedSearch(BaseModel):
    """`searchQuery` beside the name is the older form of `search.queryText`."""

    model_config = ConfigDict(extra="allow")

    search: Search | None = None
    searchQuery: Annotated[str, Field(max_length=65_536)] | None = None
    searchSchedule: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_query(self) -> SavedSearch:
        if self.search is None and self.searchQuery is None:
            raise ValueError("search.queryText is needed")
        return self


class LogSearch(BaseModel):
    """The published `LogSearchDefinition`, as far as it is checked."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[str, Field(min_length=1, max_length=255)]
    description: Annotated[str, Field(max_length=255)] | None = ""
    queryString: Annotated[str, Field(max_length=MOST_QUERY_CHARACTERS)]
    timeRange: dict[str, Any]
    queryParameters: Annotated[list[dict[str, Any]], Field(max_length=50)] | None = None


def check_search(document: Mapping[str, Any]) -> None:
    """ContentRefused for what is no saved search."""
    checked(SavedSearch, document)


def document_of_log_search(request: Mapping[str, Any]) -> dict[str, Any]:
    """The definition of a published log search; ContentRefused where the request is wrong."""
    given = checked(LogSearch, request)
    text = range_text(given.timeRange)
    search = {
        "queryText": given.queryString,
        "defaultTimeRange": text,
        "byReceiptTime": bool(request.get("runByReceiptTime")),
        "viewName": "",
        "viewStartTime": None,
        "queryParameters": given.queryParameters or [],
        "parsingMode": request.get("parsingMode") or "Manual",
        "intervalTimeType": request.get("intervalTimeType") or "messageTime",
    }
    if range_object(text) != given.timeRange:
        search["timeRange"] = given.timeRange
    document = {"type": TYPE, "name": given.name, "description": given.description or "", "search": search}
    if request.get("properties"):
        document["properties"] = request["properties"]
    return {**document, "searchSchedule": request.get("schedule")}


def log_search_json(item: ContentItem) -> dict[str, Any]:
    """The published log search of an item (loaded with its document), without the times and authors."""
    document = item.document
    search = document.get("search") or {"queryText": document.get("searchQuery")}
    text = search.get("defaultTimeRange") or document.get("defaultTimeRange") or "-15m"
    by_receipt = bool(search.get("byReceiptTime"))
    return {
        "id": item.id,
        "parentId": item.parent_id,
        "name": item.name,
        "description": item.description,
        "queryString": search["queryText"],
        "timeRange": search.get("timeRange") or range_object(text),
        "runByReceiptTime": by_receipt,
        "intervalTimeType": search.get("intervalTimeType")
        or ("receiptTime" if by_receipt else "messageTime"),
        "parsingMode": search.get("parsingMode") or "Manual",
        "queryParameters": search.get("queryParameters") or document.get("queryParameters") or [],
        "schedule": document.get("searchSchedule"),
        "properties": document.get("properties"),
    }


def range_object(text: str) -> dict[str, Any]:
    """The published time range of a text.

    >>> range_object("-1d -12h")["to"]
    {'type': 'RelativeTimeRangeBoundary', 'relativeTime': '-12h'}
    """
    text = text.strip()
    if text in WHOLE:
        return {"type": "CompleteLiteralTimeRange", "rangeName": text}
    first, to, last = text.partition(" to ")
    if not to:
        first, _, last = text.partition(" ")
    end = _boundary(last) if last else None
    return {"type": "BeginBoundedTimeRange", "from": _boundary(first), "to": end}


def _boundary(word: str) -> dict[str, Any]:
    word = word.strip()
    for form in FORMS:
        try:
            moment = datetime.strptime(word, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return {"type": "Iso8601TimeRangeBoundary", "iso8601Time": _iso(moment)}
    if RELATIVE.fullmatch(word) and word != "now":
        return {"type": "RelativeTimeRangeBoundary", "relativeTime": word}
    return {"type": "LiteralTimeRangeBoundary", "rangeName": word}


def range_text(model: Mapping[str, Any]) -> str:
    """The text of a published time range, as near as texts come.

    >>> range_text(range_object("01-04-2017 20:32:00 to 01-04-2017 20:35:00"))
    '01-04-2017 20:32:00 to 01-04-2017 20:35:00'
    """
    start, end = model.get("from"), model.get("to")
    if not isinstance(start, Mapping):
        return str(model.get("rangeName") or "-15m")
    first, last = _word(start), _word(end) if isinstance(end, Mapping) else ""
    joint = " to " if " " in first + last and last else " "
    return f"{first}{joint}{last}".strip()


def _word(boundary: Mapping[str, Any]) -> str:
    if "epochMillis" in boundary:
        moment = datetime.fromtimestamp(int(boundary["epochMillis"]) / 1000, UTC)
        return moment.strftime(ABSOLUTE)
    if "iso8601Time" in boundary:
        try:
            moment = datetime.fromisoformat(str(boundary["iso8601Time"]))
        except ValueError:
            return str(boundary["iso8601Time"])
        return moment.astimezone(UTC).strftime(ABSOLUTE)
    return str(boundary.get("relativeTime") or boundary.get("rangeName") or "now")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
