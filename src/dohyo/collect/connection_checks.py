"""Tries the settings of a Graph source on the real service: sign-in, permission, the newest alerts.

Nothing is stored and no source changes; the token ends with the check.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.source import Answer, Client, Failed, Get, SignIn
from dohyo.collect.source_types import graph_client

NEWEST = 3
PERMISSION = "SecurityAlert.Read.All"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried, with what came of it in a sentence."""

    name: str
    state: Literal["ok", "warning", "error"]
    detail: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_graph(settings: GraphSecuritySettings, client: Client | None = None) -> list[Check]:
    """What was tried, in order, up to the first that failed. Never raises for what the service does."""
    used = client or graph_client(settings)
    try:
        return _checks(settings, used)
    finally:
        used.close()


def _checks(settings: GraphSecuritySettings, client: Client) -> list[Check]:
    root, authority = settings.roots
    began = time.monotonic()
    signed_in = client.send(SignIn())
    if isinstance(signed_in, Failed):
        return [Check("Sign in", "error", signed_in.message)]
    took = round((time.monotonic() - began) * 1000)
    done = Check("Sign in", "ok", f"token received from {urlsplit(authority).netloc} in {took} ms")
    answer = client.send(Get(f"{root}/v1.0/security/alerts_v2?$top={NEWEST}"))
    return [done, *_read(answer)]


def _read(answer: object) -> list[Check]:
    if isinstance(answer, Failed):
        return [Check("Read alerts", "error", answer.message)]
    assert isinstance(answer, Answer)
    if answer.status in (401, 403):
        refused = f"refused with {answer.status}: the application needs {PERMISSION} with admin consent"
        return [Check("Permission", "error", refused)]
    granted = Check("Permission", "ok", f"{PERMISSION} is granted")
    if answer.status == 429:
        return [granted, Check("Read alerts", "warning", "the service asks to wait; collecting will")]
    if answer.status != 200:
        return [Check("Read alerts", "error", f"the service answered {answer.status}")]
    return [granted, _newest(answer)]


def _newest(answer: Answer) -> Check:
    try:
        alerts = json.loads(answer.body)["value"]
        titles = [str(alert.get("title") or "without a title") for alert in alerts[:NEWEST]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return Check("Read alerts", "error", "the answer is no page of alerts")
    if not titles:
        return Check("Read alerts", "warning", "there is no alert yet; collecting works all the same")
    return Check("Read alerts", "ok", f"{len(titles)} read: {', '.join(titles)}")
