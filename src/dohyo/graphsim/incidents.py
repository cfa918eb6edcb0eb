"""`GET /security/incidents`: incidents as the tenant's alerts make them, newest first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dohyo.graphsim.book import AlertBook
from dohyo.graphsim.filters import FilterError, read_filter
from dohyo.graphsim.listing import BadRequest, Page, read_options
from dohyo.graphsim.stamps import ticks

INCIDENTS = "security/incidents"
READ_PERMISSIONS = ("SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All")
MOST_TOP = 50
DATES = ("createdDateTime", "lastUpdateDateTime")


def incidents_of(book: AlertBook) -> list[dict[str, Any]]:
    """One for each `incidentId`: as old as its oldest alert, changed with its alerts."""
    alerts = defaultdict(list)
    for entry in book.entries.values():
        alert = entry.alert()
        alerts[alert.get("incidentId")].append(alert)
    return [_incident(ident, found) for ident, found in alerts.items() if ident]


def _incident(ident: str, alerts: list[dict[str, Any]]) -> dict[str, Any]:
    newest = max(alerts, key=lambda alert: ticks(alert["lastUpdateDateTime"]))
    return {
        "id": ident,
        "tenantId": newest["tenantId"],
        "status": "active" if any(alert["status"] != "resolved" for alert in alerts) else "resolved",
        "severity": newest["severity"],
        "displayName": newest["title"],
        "incidentWebUrl": newest["incidentWebUrl"],
        "createdDateTime": min((alert["createdDateTime"] for alert in alerts), key=ticks),
        "lastUpdateDateTime": newest["lastUpdateDateTime"],
        "assignedTo": newest["assignedTo"],
        "classification": newest["classification"] or "unknown",
        "determination": newest["determination"] or "unknown",
        "redirectIncidentId": None,
        "customTags": [],
        "comments": [],
    }


def incidents_page(book: AlertBook, options: Mapping[str, str]) -> Page:
    """The incidents a request asks for; BadRequest if it cannot be read or wants too many."""
    wanted = read_options({"$top": str(MOST_TOP), **options})
    if wanted.top > MOST_TOP:
        raise BadRequest(f"The limit of '{MOST_TOP}' for Top query has been exceeded.")
    try:
        test = read_filter(wanted.filter) if wanted.filter.strip() else None
    except FilterError as error:
        raise BadRequest(f"Invalid filter clause: {error}") from None
    found = sorted(incidents_of(book), key=lambda one: (-ticks(one["createdDateTime"]), one["id"]))
    seen = [one for one in found if test is None or test(_visible(one))]
    end = wanted.skip + wanted.top
    texts = [json.dumps(one, separators=(",", ":")) for one in seen[wanted.skip : end]]
    more = replace(wanted, skip=end) if texts and end < len(seen) else None
    return Page(texts, len(seen) if wanted.count else None, more)


def _visible(incident: dict[str, Any]) -> dict[str, str | int | None]:
    names = ("severity", "status", "classification", "determination", "assignedTo")
    return {name: incident[name] for name in names} | {name: ticks(incident[name]) for name in DATES}
