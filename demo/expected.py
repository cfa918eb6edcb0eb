"""What each panel of the two dashboards must show, counted from the alert versions the stand-in served.

This is plain Python over JSON on purpose: it shares no code with the query engine that it checks. Each
function below answers one panel; rows are dicts of field name to value. Times are epoch milliseconds, UTC.
"""

from __future__ import annotations

import calendar
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
EMBARGOED = {"CU", "IR", "KP", "SY"}
CREATED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z")
# Shown as "-" where they are missing.
OPTIONAL = ("category", "classification", "determination")


@dataclass(frozen=True)
class Expected:
    """The rows of a panel; `ordered` tells whether their order is part of the answer."""

    rows: list[Row]
    ordered: bool = True


@dataclass(frozen=True)
class Message:
    """One version of an alert, as it lies in the store."""

    time_ms: int
    alert: dict[str, Any]

    @property
    def id(self) -> str:
        return self.alert["id"]

    def evidence(self) -> list[dict[str, Any]]:
        return self.alert.get("evidence") or []


class Alerts:
    """The versions of Cloud Apps alerts raised in `[from_ms, to_ms)`, and the same period `shift` earlier."""

    def __init__(self, messages: list[Message], from_ms: int, to_ms: int) -> None:
        self.all, self.from_ms, self.to_ms = messages, from_ms, to_ms
        self.now = [message for message in messages if from_ms <= message.time_ms < to_ms]

    def shifted(self, by_ms: int) -> list[Message]:
        return [message for message in self.all if self.from_ms <= message.time_ms + by_ms < self.to_ms]


# What the panels are built from


def read_versions(path: Path) -> list[Message]:
    """Every served version of an alert of Defender for Cloud Apps."""
    messages = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            alert = json.loads(line)
            if str(alert.get("serviceSource")).lower() == "microsoftdefenderforcloudapps":
                messages.append(Message(created_ms(alert), alert))
    return messages


def created_ms(alert: dict[str, Any]) -> int:
    """When the alert was raised; digits below a millisecond are cut off."""
    match = CREATED.fullmatch(alert["createdDateTime"])
    if match is None:
        raise ValueError(f"alert {alert['id']} has an odd createdDateTime")
    whole = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    return whole * 1000 + int((match[2] or "").ljust(3, "0")[:3])


def blank(value: Any) -> bool:
    return value is None or not str(value).strip()


def is_high(message: Message) -> bool:
    return "high" in (message.alert.get("severity") or "").lower()


def distinct_alerts(pairs: Iterable[tuple[Any, str]]) -> Counter[Any]:
    """How many different alerts each key has, whatever number of versions."""
    return Counter(key for key, _ in set(pairs))


def largest_first(counts: Counter[Any], name: str, most: int | None = None) -> Expected:
    """Rows `name, count`: large counts first, equal ones by name."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Expected([{name: key, "count": count} for key, count in ranked[:most]])


def users(messages: list[Message]) -> Iterable[tuple[str, Message, dict[str, Any]]]:
    """Each user that evidence names (by account where the principal name is missing), alert, evidence."""
    for message in messages:
        for piece in message.evidence():
            account = piece.get("userAccount") or {}
            principal, name = account.get("userPrincipalName"), account.get("accountName")
            user = name if blank(principal) else principal
            if not blank(user):
                yield user, message, piece


# The panels


def number_of_alerts(messages: list[Message]) -> Expected:
    count = len({message.id for message in messages})
    return Expected([{"_count": count}] if count else [])


def alerts_by(name: str, member: str, most: int | None = None) -> Callable[[Alerts], Expected]:
    """The panel that counts alerts by a member of theirs, leaving out those where it is blank."""

    def panel(alerts: Alerts) -> Expected:
        seen = ((message.alert.get(member), message.id) for message in alerts.now)
        return largest_first(distinct_alerts(pair for pair in seen if not blank(pair[0])), name, most)

    return panel


def analyst_assignments(alerts: Alerts) -> Expected:
    owners = ((message.alert.get("assignedTo"), message.id) for message in alerts.now)
    named = (("Unassigned" if blank(owner) else owner, ident) for owner, ident in owners)
    return largest_first(distinct_alerts(named), "analyst")


def top_users(alerts: Alerts) -> Expected:
    return largest_first(
        distinct_alerts((user, message.id) for user, message, _ in users(alerts.now)), "user", 10
    )


def top_compromised_users(alerts: Alerts) -> Expected:
    compromised = (
        (user, message.id)
        for user, message, piece in users(alerts.now)
        if any("compromised" in role for role in piece.get("roles") or [])
    )
    return largest_first(distinct_alerts(compromised), "user", 10)


def top_devices(alerts: Alerts) -> Expected:
    seen = set()
    for message in alerts.now:
        for piece in message.evidence():
            if not blank(piece.get("deviceDnsName")):
                posture = (piece["deviceDnsName"], piece.get("riskScore"), piece.get("healthStatus"))
                seen.add((posture, message.id))
    # A missing score or status stands after the named ones.
    ranked = sorted(
        distinct_alerts(seen).items(),
        key=lambda item: (-item[1], *((value is None, value or "") for value in item[0])),
    )
    names = ("device", "risk_score", "health_status")
    return Expected([{**dict(zip(names, key, strict=True)), "count": count} for key, count in ranked[:10]])


def top_countries(alerts: Alerts) -> Expected:
    seen = set()
    for message in alerts.now:
        for piece in message.evidence():
            if blank(piece.get("ipAddress")) or blank(piece.get("countryLetterCode")):
                continue
            if str(piece.get("verdict")).lower() in ("malicious", "suspicious"):
                seen.add((piece["countryLetterCode"], message.id))
    return largest_first(distinct_alerts(seen), "country_code", 10)


def over_time(width_ms: int) -> Callable[[Alerts], Expected]:
    """Alerts of each severity in each slice of the range; slices and severities without alerts show 0."""

    def panel(alerts: Alerts) -> Expected:
        seen = {
            ((message.time_ms - message.time_ms % width_ms, message.alert["severity"]), message.id)
            for message in alerts.now
            if not blank(message.alert.get("severity"))
        }
        counts = distinct_alerts(seen)
        severities = sorted({severity for _, severity in counts})
        if not severities:
            return Expected([])
        first = alerts.from_ms - alerts.from_ms % width_ms
        return Expected(
            [
                {"_timeslice": start, **{severity: counts[start, severity] for severity in severities}}
                for start in range(first, alerts.to_ms, width_ms)
            ]
        )

    return panel


def high_severity_comparison(alerts: Alerts) -> Expected:
    def titles(messages: list[Message]) -> Counter[Any]:
        return distinct_alerts(
            (message.alert.get("title"), message.id) for message in messages if is_high(message)
        )

    now, before = titles(alerts.now), titles(alerts.shifted(DAY_MS))
    # Titles of only a day earlier have no count of today and stand last, as does a missing title.
    ranked = sorted(
        {*now, *before}, key=lambda title: (title not in now, -now[title], title is None, title or "")
    )
    return Expected([{"title": t, "count": now.get(t), "count_1d": before.get(t)} for t in ranked])


def recent_alerts(alerts: Alerts) -> Expected:
    """The hundred newest versions that differ in what the table shows."""
    shown = ("alertWebUrl", "title", "description", "status", "severity", *OPTIONAL)
    seen = set()
    for message in alerts.now:
        values = [message.alert.get(name) for name in shown]
        values[5:] = ["-" if value is None else value for value in values[5:]]
        seen.add((message.time_ms, message.id, *values))
    newest = sorted(seen, key=lambda row: (-row[0], row[1], *last_if_missing(row[5], row[8], row[9])))[:100]
    return Expected(
        [
            {
                "time": time.strftime("%d-%m-%Y %H:%M:%S", time.gmtime(time_ms // 1000)),
                "alert_id": {"text": ident, "href": url} if url else ident,
                **dict(zip(shown[1:], values, strict=True)),
            }
            for time_ms, ident, url, *values in newest
        ]
    )


def last_if_missing(*values: str | None) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in values]


def located(place_of: Callable[[str], Row | None], embargoed: bool) -> Callable[[Alerts], Expected]:
    """Distinct alerts of each address that the country database places, in any order."""

    def panel(alerts: Alerts) -> Expected:
        seen = {
            (piece["ipAddress"], message.id)
            for message in alerts.now
            for piece in message.evidence()
            if isinstance(piece.get("ipAddress"), str) and not blank(piece["ipAddress"])
        }
        rows = []
        for ip, count in distinct_alerts(seen).items():
            place = place_of(ip)
            if place and (not embargoed or place["country_code"] in EMBARGOED):
                rows.append({"ip": ip, "_count": count, **place})
        return Expected(rows, ordered=False)

    return panel


def panels(place_of: Callable[[str], Row | None]) -> dict[str, dict[str, Callable[[Alerts], Expected]]]:
    """By dashboard (the last word of its title) and panel key, what answers the panel."""
    return {
        "Overview": {
            "total-alerts": lambda alerts: number_of_alerts(alerts.now),
            "high-severity-alerts": lambda alerts: number_of_alerts([m for m in alerts.now if is_high(m)]),
            "geo-location-of-alerts": located(place_of, embargoed=False),
            "alerts-by-status": alerts_by("status", "status"),
            "alerts-by-severity": alerts_by("severity", "severity"),
            "alerts-by-classification": alerts_by("classification", "classification"),
            "alerts-by-determination": alerts_by("determination", "determination"),
            "alerts-by-service-source": alerts_by("service_source", "serviceSource"),
            "alerts-by-detection-source": alerts_by("detection_source", "detectionSource"),
            "top-10-alert-categories": alerts_by("category", "category", 10),
            "top-10-users-by-alerts": top_users,
            "analyst-assignments": analyst_assignments,
            "alerts-over-time": over_time(HOUR_MS),
            "recent-alerts": recent_alerts,
        },
        "Security": {
            "alerts-by-severity-over-time": over_time(DAY_MS),
            "high-severity-comparison": high_severity_comparison,
            "top-10-countries-malicious": top_countries,
            "embargoed-locations": located(place_of, embargoed=True),
            "top-10-users-compromised": top_compromised_users,
            "top-10-attacked-devices": top_devices,
        },
    }
