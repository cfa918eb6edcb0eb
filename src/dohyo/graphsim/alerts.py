"""Made-up alerts of the alerts_v2 data model, and how they change as analysts work on them.

Alert number n of a seed is always the same, whatever else was made before it. An alert is a dict in the order
of its members on the wire; `alert_text` is its JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from dohyo.graphsim import enums
from dohyo.graphsim.cloud_evidence import CLOUD
from dohyo.graphsim.dice import Dice
from dohyo.graphsim.evidence import NAMESPACE, USUAL, Builder, Json, person_of, piece
from dohyo.graphsim.stamps import ticks
from dohyo.graphsim.words import (
    ACTIONS,
    ACTORS,
    ANALYSTS,
    APPS,
    COMMENTERS,
    DEVICES,
    KINDS,
    REMARKS,
    THREATS,
    USUAL_DETECTION,
)

DAY_MS = 86_400_000
MINUTE_MS = 60_000
PORTAL = "https://security.microsoft.com"
EVERY_BUILDER: dict[str, Builder] = {**USUAL, **CLOUD}
# What alerts of a service mostly carry; every other type comes up now and then.
CLOUD_APPS_EVIDENCE = (
    *("userEvidence", "ipEvidence") * 5,
    *("cloudApplicationEvidence", "deviceEvidence") * 2,
    *("oauthApplicationEvidence", "mailboxEvidence", "cloudLogonSessionEvidence", "urlEvidence"),
)
NULLABLE = ("severity", "category", "title", "description", "detectionSource", "alertWebUrl")
OTHER_SERVICES = tuple(name for name in KINDS if name != enums.CLOUD_APPS)


@dataclass(frozen=True)
class Plan:
    """What to make: `count` alerts, raised in the `days` days before `now_ms`, all of one tenant.

    `cloud_apps_share` of them, spread evenly over the numbers, come from Defender for Cloud Apps.
    """

    seed: int
    count: int
    now_ms: int
    days: int = 30
    cloud_apps_share: float = 0.45
    tenant: str = "3adb963c-8e61-48e8-a06d-6dbb0dacea39"

    def service_of(self, number: int, dice: Dice) -> str:
        if int((number + 1) * self.cloud_apps_share) > int(number * self.cloud_apps_share):
            return enums.CLOUD_APPS
        # The members that stand for nothing known are rare.
        return dice.pick(OTHER_SERVICES if dice.chance(0.05) else OTHER_SERVICES[:-2])

    def dice_of(self, number: int) -> Dice:
        return Dice((self.seed << 32) + number)


def every_alert(plan: Plan) -> Iterator[Json]:
    """Each alert of the plan as it stands at `now_ms`, in the order of its number."""
    for number in range(plan.count):
        yield versions_of(plan, number)[-1]


def versions_of(plan: Plan, number: int) -> list[Json]:
    """All versions of an alert up to `now_ms`, oldest first; at least one."""
    dice = plan.dice_of(number)
    alert = raised_alert(plan, number, raised_ms(plan, dice), dice)
    found = [alert]
    at_ms = ticks(alert["lastUpdateDateTime"]) // 10_000
    while dice.chance(0.42) and alert["status"] != "resolved":
        at_ms += int(dice.roll() ** 3 * 6 * DAY_MS) + 5 * MINUTE_MS
        if at_ms >= plan.now_ms:
            break
        alert = updated_alert(alert, at_ms, dice)
        found.append(alert)
    return found


def raised_ms(plan: Plan, dice: Dice) -> int:
    """When an alert is raised: any time of the days, half of the alerts in working hours."""
    span = plan.days * DAY_MS - MINUTE_MS
    moment = plan.now_ms - MINUTE_MS - int(dice.roll() * span)
    if dice.chance(0.5):
        hour = moment - moment % DAY_MS + int((8 + 10 * dice.roll()) * 3_600_000)
        if plan.now_ms - span < hour < plan.now_ms - MINUTE_MS:
            return hour
    return moment


def raised_alert(plan: Plan, number: int, at_ms: int, dice: Dice | None = None) -> Json:
    """The first version of an alert, raised at `at_ms`."""
    dice = dice or plan.dice_of(number)
    service = plan.service_of(number, dice)
    kind = dice.pick_early(KINDS[service]) if service == enums.CLOUD_APPS else dice.pick(KINDS[service])
    ident = ("da" if dice.chance(0.3) else "ad") + dice.digits(30) + f"{plan.seed % 0xFFFF:04x}{number:016x}"
    incident = str(15 + number // 3)
    alert: Json = {
        "id": ident,
        "providerAlertId": dice.digits(64),
        "incidentId": incident,
        "status": "new",
        "severity": dice.pick(enums.USUAL_SEVERITY),
        "classification": "unknown" if dice.chance(0.2) else None,
        "determination": "unknown" if dice.chance(0.2) else None,
        "serviceSource": service,
        "detectionSource": dice.pick(USUAL_DETECTION.get(service, enums.DETECTION_SOURCE)),
        "detectorId": kind.detector,
        "tenantId": plan.tenant,
        "title": kind.title,
        "description": filled_in(dice, kind.description),
        "recommendedActions": dice.pick_early(("", *ACTIONS)),
        "category": kind.category,
        "assignedTo": None,
        "alertWebUrl": f"{PORTAL}/alerts/{ident}?tid={plan.tenant}",
        "incidentWebUrl": f"{PORTAL}/incidents/{incident}?tid={plan.tenant}",
        "actorDisplayName": dice.pick(ACTORS),
        "threatDisplayName": dice.pick(THREATS),
        "threatFamilyName": None,
        "mitreTechniques": list(kind.techniques),
        **dates_of(dice, at_ms),
        "comments": [],
        "evidence": evidence_of(dice, service, at_ms),
        "systemTags": ["Defender Experts"] if dice.chance(0.02) else [],
    }
    return oddly(dice, alert) if dice.chance(0.12) else alert


def filled_in(dice: Dice, text: str) -> str:
    """The text with a user, an application and a device in their places."""
    named = text.replace("{user}", person_of(dice).name).replace("{app}", dice.pick(APPS)[1])
    return named.replace("{device}", dice.pick_early(DEVICES))


def dates_of(dice: Dice, at_ms: int) -> Json:
    """The dates of an alert raised at `at_ms`, after activity of up to eight hours."""
    activity_ms = at_ms - int(dice.roll() ** 2 * 8 * 3_600_000)
    return {
        "createdDateTime": dice.stamp(at_ms),
        "lastUpdateDateTime": dice.stamp(at_ms + dice.whole(1, MINUTE_MS - 1)),
        "resolvedDateTime": None,
        "firstActivityDateTime": dice.stamp(activity_ms),
        "lastActivityDateTime": dice.stamp(activity_ms + dice.whole(0, at_ms - activity_ms)),
    }


def evidence_of(dice: Dice, service: str, at_ms: int) -> list[Json] | None:
    """None to eight pieces of evidence; a user and an address stand in most alerts of Cloud Apps."""
    roll = dice.roll()
    if roll < 0.02:
        return [] if roll < 0.013 else None
    pieces = []
    for _ in range(1 + int(dice.roll() ** 2 * 5)):
        usual = CLOUD_APPS_EVIDENCE if service == enums.CLOUD_APPS else tuple(USUAL)
        kind = dice.pick(usual) if dice.chance(0.93) else dice.pick(tuple(EVERY_BUILDER))
        pieces.append(piece(dice, at_ms, kind, EVERY_BUILDER[kind]))
    if service == enums.CLOUD_APPS:
        for kind in ("userEvidence", "ipEvidence"):
            if dice.chance(0.6):
                pieces.insert(0, piece(dice, at_ms, kind, USUAL[kind]))
    return pieces


def oddly(dice: Dice, alert: Json) -> Json:
    """The alert with a null, a rare member of an enumeration, a later addition, or in another order."""
    roll = dice.roll()
    if roll < 0.3:
        nullable = (
            "severity",
            "category",
            "title",
            "description",
            "detectionSource",
            "recommendedActions",
            "comments",
        )
        alert[dice.pick(nullable)] = None
    elif roll < 0.5:
        alert["severity"] = dice.pick(enums.SEVERITY)
        alert["status"] = dice.pick(enums.STATUS)
        alert["detectionSource"] = dice.pick(enums.DETECTION_SOURCE)
    elif roll < 0.65:
        alert |= {"additionalData": {"@odata.type": NAMESPACE + "dictionary", "note": 'a "b" {c} \\d'}}
        alert |= {"alertPolicyId": dice.guid(), "productName": "Microsoft Defender XDR"}
    elif roll < 0.85:
        return {"@odata.type": NAMESPACE + "alert", **alert}
    else:
        return {key: alert[key] for key in dice.shuffled(list(alert))}
    return alert


def updated_alert(alert: Json, at_ms: int, dice: Dice) -> Json:
    """The next version of an alert: taken up, commented on, or resolved; `at_ms` becomes its last update."""
    changed = dict(alert)
    stamp = dice.stamp(at_ms)
    changed["lastUpdateDateTime"] = stamp
    if alert["assignedTo"] is None and dice.chance(0.8):
        changed["assignedTo"] = dice.pick_early(ANALYSTS)
    if dice.chance(0.5):
        changed["comments"] = [*(alert["comments"] or ()), comment(dice, stamp)]
    if alert["status"] == "inProgress" or dice.chance(0.25):
        changed["status"] = "resolved"
        changed["resolvedDateTime"] = stamp
        changed["classification"] = dice.pick(enums.CLASSIFICATION[:4])
        changed["determination"] = dice.pick(enums.DETERMINATION)
    else:
        changed["status"] = "inProgress"
        if dice.chance(0.3):
            changed["classification"] = "truePositive"
            changed["severity"] = dice.pick(enums.USUAL_SEVERITY)
    return changed


def comment(dice: Dice, stamp: str) -> Json:
    return {
        "@odata.type": NAMESPACE + "alertComment",
        "comment": dice.pick(REMARKS),
        "createdByDisplayName": dice.pick(COMMENTERS),
        "createdDateTime": stamp,
    }


def alert_text(alert: dict[str, Any]) -> str:
    """One line of compact JSON; one alert in sixteen is written with `\\u` escapes, as some services do."""
    if alert["id"].endswith("7"):
        return json.dumps(alert, separators=(",", ":"))
    return orjson.dumps(alert).decode()
