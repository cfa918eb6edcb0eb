"""Tries the settings of a Graph source on the real service: sign-in, clock, permission, the newest alerts.

Nothing is stored and no source changes; the token ends with the check.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from dohyo.base.clock import now_ms
from dohyo.collect.graph_page import date_ms, words_of
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.source import Answer, Client, Failed, Get, SignIn
from dohyo.collect.source_types import graph_client

NEWEST = 3
PERMISSIONS = {"alerts_v2": "SecurityAlert.Read.All", "incidents": "SecurityIncident.Read.All"}
CLOCK_WARNING_MS = 300_000  # tokens and certificates allow about five minutes
# The sign-in service's codes: what is wrong, the setting, the way out.
CAUSES: dict[str, tuple[str, str, str]] = {
    "90002": (
        "tenant",
        "tenant_id",
        "the Overview page of the app registration shows the Directory (tenant) ID",
    ),
    "900023": ("tenant", "tenant_id", "the Directory (tenant) ID is needed, or a domain of the tenant"),
    "700016": ("application", "application_id", "use the Application (client) ID of an app in this tenant"),
    "700038": ("application", "application_id", "use the Application (client) ID of an app in this tenant"),
    "7000112": ("application", "application_id", "the application is disabled in the tenant; enable it"),
    "7000215": ("secret", "secret_key", "use the value of the client secret, not its ID"),
    "7000222": ("secret_expired", "secret_key", "make a new client secret and enter its value"),
    "7000218": ("secret", "secret_key", "the sign-in needs a secret or a certificate"),
    "700027": ("certificate", "client_certificate", "upload this certificate to the app registration"),
    "700024": ("clock", "", "set the clock of this machine"),
    "65001": ("consent", "", "an administrator has to grant consent in the tenant"),
    "650056": ("consent", "", "an administrator has to grant consent in the tenant"),
    "500011": ("cloud", "cloud", "choose the cloud in which the tenant is"),
    "900382": ("cloud", "cloud", "choose the cloud in which the tenant is"),
}
CODE = re.compile(r"AADSTS(\d+)")
# Where signing in does not even begin: by the way of signing in.
UNUSABLE: dict[str, tuple[str, str | None, str]] = {
    "secret": ("setup", None, "the words of the sign-in service name the cause"),
    "certificate": (
        "certificate",
        "client_certificate",
        "private key and certificate stand as PEM in one text; a key with a password needs it",
    ),
    "workload_identity": (
        "token",
        "token_file",
        "the file has to be on the server, readable by it, with the token of the workload",
    ),
    "managed_identity": (
        "identity",
        "authentication",
        "this machine has no such managed identity; assign one, or sign in another way",
    ),
}
# Of certificates of the service, as the TLS library says it.
OUT_OF_TIME = ("certificate is not yet valid", "certificate has expired")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried, with what came of it in a sentence.

    `cause` of one that failed: tenant, application, secret, secret_expired, certificate, token, identity,
    clock, consent, permission, cloud, network, service, setup. `setting` is the one to change, if it is one.
    `hint` is the way out.
    """

    name: str
    state: Literal["ok", "warning", "error"]
    detail: str
    cause: str | None = None
    setting: str | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_graph(
    settings: GraphSecuritySettings, client: Client | None = None, clock: Callable[[], int] = now_ms
) -> list[Check]:
    """What was tried, in order, up to the first that failed. Never raises for what the service does."""
    used = client or graph_client(settings)
    try:
        return _checks(settings, used, clock)
    finally:
        used.close()


def _checks(settings: GraphSecuritySettings, client: Client, clock: Callable[[], int]) -> list[Check]:
    root, authority = settings.roots
    began = time.monotonic()
    signed_in = client.send(SignIn())
    if isinstance(signed_in, Failed):
        return [_failed("Sign in", signed_in, settings)]
    took = round((time.monotonic() - began) * 1000)
    checks = [Check("Sign in", "ok", f"token received from {urlsplit(authority).netloc} in {took} ms")]
    streams = ("alerts_v2", "incidents") if settings.incidents else ("alerts_v2",)
    for stream in streams:
        answer = client.send(Get(f"{root}/v1.0/security/{stream}?$top={NEWEST}"))
        checks += _clock_checks(answer, clock()) if stream == streams[0] else []
        checks += _read(answer, stream, settings)
    return checks


def _failed(name: str, failed: Failed, settings: GraphSecuritySettings) -> Check:
    code = CODE.search(failed.message)
    known = CAUSES.get(code[1]) if code else None
    if known:
        cause, setting, hint = known
        return Check(name, "error", failed.message, cause, setting or None, hint)
    if failed.refused:
        return Check(name, "error", failed.message, *UNUSABLE["secret" if code else settings.authentication])
    if any(words in failed.message for words in OUT_OF_TIME):
        hint = "see whether the clock of this machine is right; if it is, the service's certificate is not"
        return Check(name, "error", failed.message, "clock", None, hint)
    if failed.message.startswith("no answer"):
        hint = "see whether this machine reaches the address: name service, proxy, firewall, certificates"
        return Check(name, "error", failed.message, "network", None, hint)
    return Check(
        name, "error", failed.message, "service", None, "try again later; collecting would go on trying"
    )


def _clock_checks(answer: object, here_ms: int) -> list[Check]:
    there_ms = date_ms(answer) if isinstance(answer, Answer) else None
    if there_ms is None or abs(there_ms - here_ms) < CLOCK_WARNING_MS:
        return []
    off_s, way = abs(there_ms - here_ms) // 1000, "behind" if there_ms > here_ms else "ahead of"
    words = f"the clock of this machine is {off_s:,} s {way} that of the service"
    return [Check("Clock", "warning", words, "clock", None, "set the clock of this machine")]


def _read(answer: object, stream: str, settings: GraphSecuritySettings) -> list[Check]:
    thing, permission = stream.removesuffix("_v2"), PERMISSIONS[stream]
    reading = f"Read {thing}"
    if isinstance(answer, Failed):
        return [_failed(reading, answer, settings)]
    assert isinstance(answer, Answer)
    if answer.status in (401, 403):
        words = f"refused with {answer.status}: the application needs {permission} with admin consent"
        hint = f"add the application permission {permission}, then grant admin consent. {words_of(answer)}"
        return [Check("Permission", "error", words, "permission", None, hint)]
    granted = Check("Permission", "ok", f"{permission} is granted")
    if answer.status == 429:
        return [granted, Check(reading, "warning", "the service asks to wait; collecting will")]
    if answer.status not in (200, 206):
        return [
            Check(
                reading, "error", f"the service answered {answer.status}", "service", None, words_of(answer)
            )
        ]
    return [granted, _newest(answer, reading, thing)]


def _newest(answer: Answer, reading: str, thing: str) -> Check:
    try:
        found = json.loads(answer.body)["value"]
        titles = [
            str(one.get("title") or one.get("displayName") or "without a title") for one in found[:NEWEST]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Check(reading, "error", f"the answer is no page of {thing}", "service")
    if not titles:
        return Check(reading, "warning", f"there is no {thing[:-1]} yet; collecting works all the same")
    return Check(reading, "ok", f"{len(titles)} read: {', '.join(titles)}")
