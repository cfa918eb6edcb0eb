"""Reads Graph's answers: a page of alerts into rows, an error body into one sentence."""

from __future__ import annotations

import hashlib
import json
import re
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dohyo.collect.graph_time import graph_time_to_ms
from dohyo.collect.json_text import Member, compact, object_with_list
from dohyo.collect.source import Answer, Row
from dohyo.store.event import EARLIEST_MS, LATEST_MS

QUOTED_LETTERS = 120
MOST_WORDS = 1_000


class Malformed(ValueError):
    """An answer with status 200 that is no page of alerts; the text says what is wrong with it."""


class Page(NamedTuple):
    """A page of alerts. `refused` counts entries that are no alerts; `updates_ms` are the readable times of
    update; `warning` is what the service says of an answer in part.
    """

    rows: tuple[Row, ...]
    fetched: int
    refused: int
    updates_ms: tuple[int, ...]
    next_url: str | None
    warning: str | None

    def newest_before(self, end_ms: int) -> int | None:
        return max((moment for moment in self.updates_ms if moment < end_ms), default=None)


def page_of(answer: Answer, tenant: str, root: str, stream: str = "alerts") -> Page:
    """The alerts or incidents of an answer, each once, as compact JSON on one line. Raises `Malformed`."""
    try:
        text = answer.body.decode("utf-8-sig")
        head, members = object_with_list(text, "value")
    except (ValueError, RecursionError) as error:
        start = answer.body[:QUOTED_LETTERS].decode("utf-8", "replace")
        raise Malformed(f"not JSON as Graph writes it ({error}); it starts with: {start}") from error
    if members is None:
        raise Malformed(f'the answer has no list "value", only {", ".join(head) or "nothing"}')
    next_url = head.get("@odata.nextLink")
    if next_url is not None and not same_service(next_url, root):
        # The token goes with every request: it must not be sent to another host.
        raise Malformed(f"the next page lies on another service: {str(next_url)[:QUOTED_LETTERS]}")
    alerts = [member for member in members if isinstance(member.value, dict)]
    found = (_row(alert, tenant, stream) for alert in alerts)
    rows = {(row.record, row.version, row.content): row for row in found}
    updates = [graph_time_to_ms(alert.value.get("lastUpdateDateTime")) for alert in alerts]
    readable = tuple(moment for moment in updates if moment is not None)
    refused = len(members) - len(alerts)
    return Page(tuple(rows.values()), len(members), refused, readable, next_url, _warning(answer))


def _warning(answer: Answer) -> str | None:
    if answer.status != 206:
        return None
    return answer.headers.get("warning", "")[: QUOTED_LETTERS * 4].strip() or "206 without a Warning"


def _row(member: Member, tenant: str, stream: str) -> Row:
    alert = member.value
    # Sorted, so that another order of keys is not taken for another content.
    content = hashlib.sha256(json.dumps(alert, sort_keys=True).encode()).hexdigest()
    identity, updated = alert.get("id"), alert.get("lastUpdateDateTime")
    named = [tenant, identity if isinstance(identity, str) else content]
    record = json.dumps(named if stream == "alerts" else [*named, stream])
    # An alert without an update time is known by its content alone.
    version = updated if isinstance(updated, str) and updated.isascii() else content
    created = graph_time_to_ms(alert.get("createdDateTime"))
    storable = created is not None and EARLIEST_MS <= created <= LATEST_MS
    fields = {} if stream == "alerts" else {"stream": stream}
    return Row(record, version, content, compact(member.text), created if storable else None, fields)


def same_service(url: Any, root: str) -> bool:
    """Whether the token may go there: https, the same host, the same port, nothing before the host."""
    try:
        return isinstance(url, str) and _place(url) == _place(root)
    except ValueError:
        return False


def _place(url: str) -> tuple[str, str | None, int, bool]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or 443, "@" in parts.netloc or "\\" in parts.netloc


def words_of(answer: Answer) -> str:
    """An answer that is no success, in the service's own words."""
    try:
        error = json.loads(answer.body)["error"]
        said = f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        said = answer.body[:QUOTED_LETTERS].decode("utf-8", "replace").strip()
    return f"Graph answered {answer.status}" + (f" {said[:MOST_WORDS]}" if said else "")


def retry_after_s(answer: Answer, now_ms: int) -> float | None:
    """Seconds of the header `Retry-After`; its date form counts from the answer's own `Date`, or else from
    `now_ms`.
    """
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    until, now = _http_date_ms(text), date_ms(answer)
    return None if until is None else max(0.0, (until - (now_ms if now is None else now)) / 1000)


def date_ms(answer: Answer) -> int | None:
    """The service's clock as its answer shows it, whole seconds."""
    return _http_date_ms(answer.headers.get("date", ""))


def _http_date_ms(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None
