"""Reads Graph's answers: a page of alerts into rows, an error body into one sentence."""

from __future__ import annotations

import hashlib
import json
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dohyo.collect.graph_time import graph_time_to_ms
from dohyo.collect.json_text import Member, compact, object_with_list
from dohyo.collect.source import Answer, Row

QUOTED_LETTERS = 120


class Malformed(ValueError):
    """An answer with status 200 that is no page of alerts; the text says what is wrong with it."""


class Page(NamedTuple):
    """A page of alerts. `refused` counts entries that are no alerts; `newest_ms` is the latest update."""

    rows: tuple[Row, ...]
    fetched: int
    refused: int
    newest_ms: int | None
    next_url: str | None


def page_of(answer: Answer, tenant: str, root: str) -> Page:
    """The alerts of an answer, each once, as compact JSON on one line. Raises `Malformed`."""
    try:
        text = answer.body.decode("utf-8")
        head, members = object_with_list(text, "value")
    except ValueError as error:
        start = answer.body[:QUOTED_LETTERS].decode("utf-8", "replace")
        raise Malformed(f"not JSON as Graph writes it ({error}); it starts with: {start}") from error
    if members is None:
        raise Malformed(f'the answer has no list "value", only {", ".join(head) or "nothing"}')
    next_url = head.get("@odata.nextLink")
    if next_url is not None and not _same_service(next_url, root):
        # The token goes with every request: it must not be sent to another host.
        raise Malformed(f"the next page lies on another service: {str(next_url)[:QUOTED_LETTERS]}")
    alerts = [member for member in members if isinstance(member.value, dict)]
    rows = {(row.record, row.version, row.content): row for row in (_row(alert, tenant) for alert in alerts)}
    updates = [graph_time_to_ms(alert.value.get("lastUpdateDateTime")) for alert in alerts]
    newest_ms = max((moment for moment in updates if moment is not None), default=None)
    return Page(tuple(rows.values()), len(members), len(members) - len(alerts), newest_ms, next_url)


def _row(member: Member, tenant: str) -> Row:
    alert = member.value
    # Sorted, so that another order of keys is not taken for another content.
    content = hashlib.sha256(json.dumps(alert, sort_keys=True).encode()).hexdigest()
    identity = alert.get("id")
    updated = alert.get("lastUpdateDateTime")
    record = json.dumps([tenant, identity if isinstance(identity, str) else content])
    # An alert without an update time is known by its content alone.
    version = updated if isinstance(updated, str) else content
    return Row(record, version, content, compact(member.text), graph_time_to_ms(alert.get("createdDateTime")))


def _same_service(url: Any, root: str) -> bool:
    return isinstance(url, str) and urlsplit(url)[:2] == urlsplit(root)[:2]


def words_of(answer: Answer) -> str:
    """An answer that is no success, in the service's own words."""
    try:
        error = json.loads(answer.body)["error"]
        said = f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        said = answer.body[:QUOTED_LETTERS].decode("utf-8", "replace").strip()
    return f"Graph answered {answer.status}" + (f" {said}" if said else "")


def retry_after_s(answer: Answer) -> float | None:
    """Seconds of the header `Retry-After`; its date form counts from the answer's own `Date`."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    until, now = _http_date_ms(text), date_ms(answer)
    return None if until is None or now is None else max(0.0, (until - now) / 1000)


def date_ms(answer: Answer) -> int | None:
    """The service's clock as its answer shows it, whole seconds."""
    return _http_date_ms(answer.headers.get("date", ""))


def _http_date_ms(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except ValueError:
        return None
