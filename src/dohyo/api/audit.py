"""The audit trail: who signed in and who changed what, as messages of the partition `sumologic_audit_events`.

In the published shape. The one table below says which requests are told, and as what; requests that change
nothing lasting are listed beside it, so that a new one is not forgotten.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dohyo.access.principal import Principal
from dohyo.access.users import LOCAL_USER
from dohyo.api.services import Services
from dohyo.base.clock import now_ms
from dohyo.collect.health_events import ACCOUNT, iso
from dohyo.collect.run import Writer
from dohyo.plan.scope import AUDIT_EVENTS
from dohyo.store.event import Event, row_key

LOG = logging.getLogger(__name__)
MOST_SHOWN_BYTES = 16 * 1024
"""A state before or after a change that is longer is not told."""
MOST_READ_BYTES = 1024 * 1024
OWN = "/api/dohyo/v1"
SESSION = ("POST", f"{OWN}/session")
# Members whose values are secrets, or lead to one, in any of our answers.
SECRET = re.compile(r"key$|secret|password|token|url$|path$|certificate", re.IGNORECASE)
NAMES = ("name", "title", "label", "email", "fieldName")

_RESOURCES = {
    # Where it is made, its kind, the subsystem, and the methods if not all; the others are one level below.
    "/api/v1/users": ("User", "users"),
    "/api/v1/accessKeys": ("AccessKey", "accessKeys"),
    "/api/v1/collectors": ("Collector", "collection"),
    "/api/v1/collectors/{}/sources": ("Source", "collection"),
    "/api/v1/fields": ("Field", "fields", "POST", "DELETE"),
    "/api/v1/extractionRules": ("ExtractionRule", "extractionRules"),
    "/api/v1/partitions": ("Partition", "partitions", "POST", "PUT"),
    "/api/v2/dashboards": ("Dashboard", "content"),
    "/api/v1/logSearches": ("LogSearch", "content"),
    "/api/v2/content/folders": ("Folder", "content", "POST", "PUT"),
    "/api/v1/lookupTables": ("LookupTable", "lookupTables"),
    "/api/v2/macros": ("Macro", "macros"),
    f"{OWN}/snapshots": ("Snapshot", "backup", "POST", "DELETE"),
}
_VERBS = {"POST": "Created", "PUT": "Updated", "DELETE": "Deleted"}
TOLD: Mapping[tuple[str, str], tuple[str, str, str]] = {
    # Method and path: name of the event, kind of what was changed, subsystem.
    **{
        (method, path if method == "POST" else f"{path}/{{}}"): (kind + verb, kind, subsystem)
        for path, (kind, subsystem, *methods) in _RESOURCES.items()
        for method, verb in _VERBS.items()
        if not methods or method in methods
    },
    SESSION: ("UserLoginSuccess", "User", "authentication"),
    ("DELETE", f"{OWN}/session"): ("UserLogout", "User", "authentication"),
    ("PUT", f"{OWN}/session/password"): ("UserPasswordChanged", "User", "authentication"),
    ("POST", f"{OWN}/users/{{}}/sign-in-link"): ("UserSignInLinkCreated", "User", "authentication"),
    ("PUT", "/api/v1/roles/{}/users/{}"): ("UserUpdated", "User", "users"),
    ("PUT", "/api/v2/roles/{}/users/{}"): ("UserUpdated", "User", "users"),
    ("PUT", "/api/v1/accessKeys/{}/rotate"): ("AccessKeyRotated", "AccessKey", "accessKeys"),
    ("DELETE", "/api/v1/collectors/offline"): ("CollectorDeleted", "Collector", "collection"),
    ("POST", "/api/v1/collectors/{}/sources/{}/action/restart"): ("SourceRestarted", "Source", "collection"),
    ("POST", f"{OWN}/sources/{{}}/renew-url"): ("SourceUrlRenewed", "Source", "collection"),
    ("POST", f"{OWN}/sources/{{}}/{{}}"): ("SourceUpdated", "Source", "collection"),
    ("PUT", "/api/v1/fields/{}/enable"): ("FieldEnabled", "Field", "fields"),
    ("DELETE", "/api/v1/fields/{}/disable"): ("FieldDisabled", "Field", "fields"),
    ("POST", "/api/v1/partitions/{}/decommission"): ("PartitionDecommissioned", "Partition", "partitions"),
    ("POST", "/api/v1/partitions/{}/cancelRetentionUpdate"): ("PartitionUpdated", "Partition", "partitions"),
    ("POST", "/api/v2/content/folders/{}/import"): ("ContentImported", "Folder", "content"),
    ("DELETE", "/api/v2/content/{}/delete"): ("ContentDeleted", "Content", "content"),
    ("POST", "/api/v2/content/{}/copy"): ("ContentCopied", "Content", "content"),
    ("POST", "/api/v2/content/{}/move"): ("ContentMoved", "Content", "content"),
    ("POST", "/api/v2/content/{}/export"): ("ContentExported", "Content", "content"),
    ("POST", f"{OWN}/content/{{}}/versions/{{}}/restore"): ("ContentRestored", "Content", "content"),
    ("PATCH", f"{OWN}/content/{{}}"): ("ContentUpdated", "Content", "content"),
    ("PUT", f"{OWN}/dashboards/{{}}"): ("DashboardUpdated", "Dashboard", "content"),
    ("POST", "/api/v1/lookupTables/{}/upload"): ("LookupTableUpdated", "LookupTable", "lookupTables"),
    ("POST", "/api/v1/lookupTables/{}/truncate"): ("LookupTableUpdated", "LookupTable", "lookupTables"),
    ("PUT", "/api/v1/lookupTables/{}/row"): ("LookupTableUpdated", "LookupTable", "lookupTables"),
    ("PUT", "/api/v1/lookupTables/{}/deleteTableRow"): ("LookupTableUpdated", "LookupTable", "lookupTables"),
    ("POST", "/api/v1/apps/{}/install"): ("AppInstalled", "App", "apps"),
    ("POST", "/api/v2/apps/{}/install"): ("AppInstalled", "App", "apps"),
    ("POST", "/api/v2/apps/{}/upgrade"): ("AppUpgraded", "App", "apps"),
    ("POST", "/api/v2/apps/{}/uninstall"): ("AppUninstalled", "App", "apps"),
    ("POST", f"{OWN}/apps/{{}}/install"): ("AppInstalled", "App", "apps"),
    ("POST", f"{OWN}/apps/{{}}/upgrade"): ("AppUpgraded", "App", "apps"),
    ("POST", f"{OWN}/apps/{{}}/uninstall"): ("AppUninstalled", "App", "apps"),
    ("POST", f"{OWN}/apps"): ("AppAdded", "App", "apps"),
    ("DELETE", f"{OWN}/apps/{{}}/versions/{{}}"): ("AppVersionRemoved", "App", "apps"),
    ("POST", f"{OWN}/import"): ("MessagesImported", "Messages", "collection"),
}
UNTOLD = frozenset(
    {
        # What only asks, shows or tries; searches tell nobody.
        ("POST", f"{OWN}/apps/{{}}/plan"),
        ("POST", f"{OWN}/content/archive"),
        ("POST", f"{OWN}/content/filled"),
        ("POST", f"{OWN}/content/report"),
        ("POST", f"{OWN}/dashboards/{{}}/runs"),
        ("POST", f"{OWN}/query/check"),
        ("POST", f"{OWN}/query/explain"),
        ("POST", f"{OWN}/query/format"),
        ("POST", f"{OWN}/runs"),
        ("POST", f"{OWN}/source-types/test"),
        ("POST", f"{OWN}/variable-values"),
        ("POST", "/api/v1/healthEvents/resources"),
        ("POST", "/api/v1/logSearches/estimatedUsage"),
        ("POST", "/api/v1/logSearches/estimatedUsageByTier"),
        ("POST", "/api/v1/logSearches/estimatedUsageByMeteringType"),
        ("POST", "/api/v1/logSearches/estimatedUsageByView"),
        ("POST", "/api/v1/search/jobs"),
        ("POST", "/api/v2/search/jobs"),
        ("DELETE", "/api/v1/search/jobs/{}"),
        ("DELETE", "/api/v2/search/jobs/{}"),
    }
)


@dataclass(frozen=True)
class _Told:
    """A request that is told, with the id of what it is about."""

    event: str
    kind: str
    subsystem: str
    ident: str


def told(method: str, path: str) -> _Told | None:
    """What a request is told as, if it is.

    >>> told("PUT", "/api/v1/users/00000000000000A1").event
    'UserUpdated'
    >>> told("POST", "/api/v1/search/jobs") is None
    True
    """
    for (of, template), row in _TEMPLATES.items():
        if of == method and (found := template.fullmatch(path)):
            return _Told(*row, found[found.lastindex] if found.lastindex else "")
    return None


def _templates() -> dict[tuple[str, re.Pattern[str]], tuple[str, str, str]]:
    """Paths as expressions, the plainest first: `/sources/{}/renew-url` before `/sources/{}/{}`."""
    plain_first = sorted(TOLD.items(), key=lambda row: row[0][1].count("{}"))
    return {
        (method, re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"))): row
        for (method, path), row in plain_first
    }


_TEMPLATES = _templates()


class AuditTrail:
    """ASGI middleware between the gate, which knows who asks, and the routes."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._writer = app, services.writer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_request = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        what = told(scope["method"], scope["path"]) if is_request else None
        if what is None:
            await self._app(scope, receive, send)
            return
        before = await self._state(scope, receive) if scope["method"] in ("PUT", "DELETE") else None
        answer, asked = _Copy(send), _Asked(receive)
        try:
            await self._app(scope, asked if (scope["method"], scope["path"]) == SESSION else receive, answer)
        finally:
            if answer.status < 300 or what.event == "UserLoginSuccess":
                event = _event(what, scope, answer, before, asked)
                await run_in_threadpool(write, self._writer, event)

    async def _state(self, scope: Scope, receive: Receive) -> Any:
        """What the address answers before it is changed; None where it answers nothing of use."""
        answer = _Copy(None)
        try:
            await self._app({**scope, "method": "GET"}, receive, answer)
        except Exception:  # then the change itself fails too, and says why
            return None
        return answer.json() if answer.status == 200 else None


class _Copy:
    """`send` that keeps the status and the beginning of the body."""

    def __init__(self, send: Send | None) -> None:
        self._send, self.status, self._body = send, 500, bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif len(self._body) < MOST_READ_BYTES:
            self._body += message.get("body", b"")
        if self._send is not None:
            await self._send(message)

    def json(self) -> Any:
        try:
            return json.loads(self._body)
        except ValueError:
            return None


class _Asked:
    """`receive` that keeps the body of a sign-in, for the e-mail in it."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._body = receive, bytearray()

    async def __call__(self) -> Message:
        message = await self._receive()
        if len(self._body) < MOST_SHOWN_BYTES:
            self._body += message.get("body", b"")
        return message

    def email(self) -> str:
        try:
            given = json.loads(self._body)["email"]
        except (ValueError, KeyError, TypeError):
            return ""
        return given[:255] if isinstance(given, str) else ""


def _event(what: _Told, scope: Scope, answer: _Copy, before: Any, asked: _Asked) -> dict[str, Any]:
    principal: Principal | None = scope["state"].get("principal")
    after, name = answer.json(), what.event
    resource = _resource(after)
    email, ident = (principal.email, principal.user_id) if principal else (asked.email(), "")
    if name == "UserLoginSuccess":
        user = after.get("user") if isinstance(after, dict) else None
        resource = user if isinstance(user, dict) else {}
        email, ident = str(resource.get("email") or email), str(resource.get("id") or "")
        name = name if answer.status < 300 else "UserLoginFailure"
    elif not resource and isinstance(before, dict):
        resource = _resource(before)
    client = scope.get("client")
    by_page = principal is None or (principal.key_id is None and principal.email != LOCAL_USER)
    event = {
        "accountId": ACCOUNT,
        "eventId": str(uuid.uuid4()),
        "eventName": name,
        "eventTime": iso(now_ms()),
        "eventFormatVersion": "1.0 beta",
        "operator": {
            "email": email,
            "id": ident,
            "interface": "UI" if by_page else "API",
            "sessionId": (principal.key_id or "") if principal else "",
            "sourceIp": client[0] if client else "",
            "type": "UserContext",
        },
        "subsystem": what.subsystem,
        "resourceIdentity": {
            "id": what.ident or str(resource.get("id") or ""),
            "name": next((str(resource[one]) for one in NAMES if resource.get(one)), ""),
            "type": what.kind,
        },
    }
    states = {"from": _shown(before), "to": _shown(after)} if before is not None else {}
    return event | {name: state for name, state in states.items() if state is not None}


def _resource(answer: Any) -> dict[str, Any]:
    """What an answer is about; some calls wrap it in one member."""
    if not isinstance(answer, dict):
        return {}
    (only, *more) = [*answer.values(), None]
    return only if len(more) == 1 and isinstance(only, dict) else answer


def _shown(state: Any) -> Any:
    """The state without secrets; None where it is too long, or nothing."""
    clean = _without_secrets(state)
    return clean if clean and len(json.dumps(clean)) <= MOST_SHOWN_BYTES else None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(one) for name, one in value.items() if not SECRET.search(name)}
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


def write(writer: Writer, event: dict[str, Any]) -> None:
    """A store that takes nothing does not undo what was done; the log tells it."""
    now = now_ms()
    message = Event(
        messagetime_ms=now,
        receipttime_ms=now,
        messageid=row_key("audit", str(event["eventId"])),
        sourcecategory=str(event["subsystem"]),
        collector="",
        source="",
        sourcehost="",
        sourcename=str(event["eventName"]),
        fields={},
        raw=json.dumps(event, ensure_ascii=False),
        view=AUDIT_EVENTS,
    )
    try:
        writer.submit([message])
    except Exception:
        LOG.exception("an audit event could not be written: %s", event["eventName"])
