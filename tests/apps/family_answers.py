"""Plain Python answers of every panel of the family's dashboards: the demo's own, and those it lacks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "demo"))
from expected import (
    EMBARGOED,
    Alerts,
    Expected,
    Message,
    blank,
    distinct_alerts,
    is_high,
    largest_first,
    recent_alerts,
)
from expected import panels as demo_panels

Row = dict[str, Any]
PlaceOf = Callable[[str], Row | None]
Answer = Callable[[Alerts], Expected]


def addresses(message: Message) -> set[str]:
    given = (piece.get("ipAddress") for piece in message.evidence())
    return {ip for ip in given if isinstance(ip, str) and not blank(ip)}


def analysts_by_comments(alerts: Alerts) -> Expected:
    seen = {
        (comment.get("createdByDisplayName"), message.id)
        for message in alerts.now
        for comment in message.alert.get("comments") or []
    }
    return largest_first(distinct_alerts(pair for pair in seen if not blank(pair[0])), "analyst", 10)


def action_plan(alerts: Alerts) -> Expected:
    seen = ((message.alert.get("recommendedActions"), message.id) for message in alerts.now)
    named = distinct_alerts(pair for pair in seen if not blank(pair[0]))
    return largest_first(named, "recommended_actions", 10)


def malicious_addresses(place_of: PlaceOf) -> Answer:
    def panel(alerts: Alerts) -> Expected:
        seen = {
            (piece["ipAddress"], message.id)
            for message in alerts.now
            for piece in message.evidence()
            if not blank(piece.get("ipAddress"))
            and str(piece.get("verdict")).lower() in ("malicious", "suspicious")
        }
        places = [(ip, count, place_of(ip)) for ip, count in distinct_alerts(seen).items()]
        return Expected([{"ip": ip, "_count": n, **place} for ip, n, place in places if place], ordered=False)

    return panel


def embargoed_alerts(place_of: PlaceOf) -> Answer:
    def panel(alerts: Alerts) -> Expected:
        seen = {
            (message.id, ip, message.alert.get("title"), message.alert.get("severity"))
            for message in alerts.now
            for ip in addresses(message)
        }
        rows = []
        for (ip, title, severity), count in Counter(key[1:] for key in seen).items():
            place = place_of(ip)
            if place and place["country_code"] in EMBARGOED:
                shown = {"ip": ip, "title": title, "severity": severity, "_count": count}
                named = {name: place[name] for name in ("country_code", "country_name")}
                rows.append({**shown, **named})
        return Expected(
            sorted(rows, key=lambda row: (-row["_count"], row["ip"], row["title"], row["severity"]))
        )

    return panel


def high_severity(alerts: Alerts) -> Alerts:
    return Alerts([message for message in alerts.all if is_high(message)], alerts.from_ms, alerts.to_ms)


def panels(place_of: PlaceOf) -> dict[str, dict[str, Answer]]:
    """By dashboard file and panel key, what answers the panel."""
    known = demo_panels(place_of)
    return {
        "overview": {
            **known["Overview"],
            "top-analysts-by-comments": analysts_by_comments,
            "top-action-plan": action_plan,
        },
        "security": {
            **known["Security"],
            "geo-location-malicious-ips": malicious_addresses(place_of),
            "embargoed-location-alerts": embargoed_alerts(place_of),
            "high-severity-alerts-summary": lambda alerts: recent_alerts(high_severity(alerts)),
        },
    }
