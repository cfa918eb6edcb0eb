"""One page of `GET /security/alerts_v2`: query options to alerts and the next link."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import quote

from dohyo.graphsim.book import AlertBook
from dohyo.graphsim.enums import ADDED_LATER
from dohyo.graphsim.filters import FilterError, read_filter

DEFAULT_TOP = 100
MOST_TOP = 1000
NOT_ALLOWED = ("$orderby", "$select", "$expand", "$search", "$format")


class BadRequest(ValueError):
    """A query option that is not taken; the text is the message of the 400."""


@dataclass(frozen=True)
class Wanted:
    """What a request for a list asks for."""

    filter: str = ""
    top: int = DEFAULT_TOP
    skip: int = 0
    count: bool = False


@dataclass(frozen=True)
class Page:
    texts: Sequence[str]
    count: int | None
    next: Wanted | None


def read_options(options: Mapping[str, str]) -> Wanted:
    """What the query asks for; BadRequest for an option or value the service does not take."""
    for name in options:
        if name.lower() in NOT_ALLOWED:
            raise BadRequest(f"Query option '{name}' is not allowed on the resource 'alerts_v2'.")
        if name.startswith("$") and name not in ("$filter", "$top", "$skip", "$count", "$skiptoken"):
            raise BadRequest(f"The query parameter '{name}' is not supported.")
    if "$skiptoken" in options:
        return read_skip_token(options["$skiptoken"])
    top = whole_number("$top", options.get("$top", str(DEFAULT_TOP)))
    if top > MOST_TOP:
        raise BadRequest(f"The limit of '{MOST_TOP}' for Top query has been exceeded. The value was '{top}'.")
    skip = whole_number("$skip", options.get("$skip", "0"))
    counted = options.get("$count", "false").lower()
    if counted not in ("true", "false"):
        raise BadRequest(f"Invalid value '{counted}' for $count query option found.")
    return Wanted(options.get("$filter", ""), top, skip, counted == "true")


def whole_number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise BadRequest(
            f"Invalid value '{text}' for {name} query option found. A non-negative integer is needed."
        )
    return int(text)


def read_skip_token(token: str) -> Wanted:
    try:
        return Wanted(**json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))))
    except (binascii.Error, ValueError, TypeError):
        raise BadRequest("Skip token is not valid.") from None


def next_link(base: str, wanted: Wanted) -> str:
    """The address of a later page. Clients take it as it is; it counts alerts, so updates shift the pages."""
    text = json.dumps(asdict(wanted), separators=(",", ":")).encode()
    return f"{base}?$skiptoken={quote(base64.urlsafe_b64encode(text).decode().rstrip('='))}"


def page_of(book: AlertBook, wanted: Wanted, later_members: bool) -> Page:
    """The alerts a request asks for; BadRequest if its filter cannot be read."""
    try:
        test = read_filter(wanted.filter) if wanted.filter.strip() else None
    except FilterError as error:
        raise BadRequest(f"Invalid filter clause: {error}") from None
    found = book.listed(wanted.filter, test)
    end = wanted.skip + wanted.top
    texts = [entry.text if later_members else without_later(entry.text) for entry in found[wanted.skip : end]]
    more = Wanted(wanted.filter, wanted.top, end) if texts and end < len(found) else None
    return Page(texts, len(found) if wanted.count else None, more)


def without_later(text: str) -> str:
    """The alert for a client that did not ask for enumeration members added later."""
    for member in ADDED_LATER:
        for name in ("serviceSource", "detectionSource"):
            text = text.replace(f'"{name}":"{member}"', f'"{name}":"unknownFutureValue"')
    return text


def page_text(page: Page, root: str, base: str) -> str:
    """The JSON body of a page; the alerts stand in it letter for letter as the book holds them."""
    head = f'{{"@odata.context":"{root}/v1.0/$metadata#security/alerts_v2",'
    if page.count is not None:
        head += f'"@odata.count":{page.count},'
    tail = f',"@odata.nextLink":{json.dumps(next_link(base, page.next))}' if page.next else ""
    return f'{head}"value":[{",".join(page.texts)}]{tail}}}'
