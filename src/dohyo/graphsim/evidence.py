"""Pieces of evidence: a builder for each type of the data model, and the odd shapes they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dohyo.graphsim import enums
from dohyo.graphsim.dice import Dice
from dohyo.graphsim.places import address, public_address
from dohyo.graphsim.words import APPS, DEVICES, PEOPLE, Person

Json = dict[str, Any]
Builder = Callable[[Dice, int], Json]
NAMESPACE = "#microsoft.graph.security."
DAY_MS = 86_400_000


def person_of(dice: Dice) -> Person:
    return dice.pick_early(PEOPLE)


def account_of(dice: Dice, person: Person | None = None) -> Json:
    """A userAccount; now and then without its principal name, or with an empty one."""
    person = person or person_of(dice)
    roll = dice.roll()
    principal: str | None = person.address
    if roll < 0.06:
        principal = None if roll < 0.045 else ""
    number = 1758188250 + person.number
    return {
        "accountName": None if roll > 0.97 else person.account,
        "domainName": "CONTOSO" if dice.chance(0.5) else None,
        "userSid": f"S-1-12-1-{number}-1158188250-2758188250-3758188250",
        "azureAdUserId": f"c4bedccf-e5ff-4215-a1df-{number:012x}",
        "userPrincipalName": principal,
        "displayName": person.name if dice.chance(0.8) else None,
    }


def file_details(dice: Dice) -> Json:
    name = dice.pick(("invoice.pdf.exe", "loader.dll", "budget {final}.xlsx", "größe.docx", 'say "hi".txt'))
    return {
        "sha1": dice.digits(40),
        "sha256": dice.digits(64),
        "fileName": name,
        "filePath": dice.pick(("C:\\Users\\Public\\Downloads", "C:\\Windows\\Temp\\{7}", "/tmp/.x")),
        "fileSize": dice.whole(0, 5_000_000_000),
        "filePublisher": dice.pick((None, "Contoso, Ltd.", "Microsoft Corporation")),
        "signer": None,
        "issuer": None,
    }


def user(dice: Dice, ms: int) -> Json:
    own: Json = {"userAccount": account_of(dice)}
    if dice.chance(0.01):
        own["userAccount"] = None
    if dice.chance(0.05):
        own["stream"] = {"name": "signins"}
    return own


def ip(dice: Dice, ms: int) -> Json:
    text, country = address(dice)
    own: Json = {"ipAddress": text, "countryLetterCode": country}
    if dice.chance(0.03):
        del own["countryLetterCode"]
    if dice.chance(0.1):
        own["location"] = {
            "countryName": None,
            "state": "",
            "city": "São Paulo",
            "longitude": -46.6,
            "latitude": -23.5,
        }
    return own


def device(dice: Dice, ms: int) -> Json:
    name = dice.pick_early(DEVICES)
    # A device keeps its posture for the most part, so that its alerts fall into one row.
    steady = DEVICES.index(name)
    moved = dice.chance(0.15)
    seen = ms - dice.whole(30, 700) * DAY_MS
    return {
        "firstSeenDateTime": dice.stamp(seen),
        "mdeDeviceId": f"73e7e2de709dff64ef64b1d0{steady:016x}",
        "azureAdDeviceId": None,
        "deviceDnsName": None if dice.chance(0.03) else name,
        "hostName": name.split(".")[0],
        "ntDomain": "CONTOSO",
        "dnsDomain": "corp.contoso.com",
        "osPlatform": dice.pick(("Windows11", "Windows10", "WindowsServer2022", "macOS", "Linux")),
        "osBuild": 22424,
        "version": "Other",
        "rbacGroupId": 75,
        "rbacGroupName": "UnassignedGroup",
        "healthStatus": dice.pick((None, *enums.HEALTH)) if moved else enums.HEALTH[steady % 3],
        "riskScore": dice.pick((None, *enums.RISK)) if moved else enums.RISK[1 + steady % 4],
        "onboardingStatus": dice.pick(enums.ONBOARDING),
        "defenderAvStatus": dice.pick(enums.AV_STATUS),
        "ipInterfaces": [dice.pick(("10.20.30.40", "fe80::1")), public_address(dice)[0]],
        "loggedOnUsers": [
            {"accountName": person_of(dice).account, "domainName": "CONTOSO"} for _ in range(dice.whole(0, 3))
        ],
        "vmMetadata": None
        if dice.chance(0.6)
        else {
            "vmId": dice.guid(),
            "cloudProvider": dice.pick(("azure", "unknown")),
            "resourceId": f"/subscriptions/{dice.guid()}/resourceGroups/lab/providers/Microsoft.Compute",
            "subscriptionId": dice.guid(),
        },
    }


def cloud_application(dice: Dice, ms: int) -> Json:
    number, name = dice.pick(APPS)
    return {
        "appId": number,
        "displayName": name,
        "instanceId": dice.pick((0, 1, 9_007_199_254_740_993)),
        "instanceName": dice.pick((None, name, "Contoso – Standard")),
        "saasAppId": number,
    }


def oauth_application(dice: Dice, ms: int) -> Json:
    name = dice.pick(("Calendar Sync {beta}", 'PDF "Converter"', "日本語 アプリ", "Mail Exporter"))
    return {"appId": dice.guid(), "displayName": name, "objectId": dice.guid(), "publisher": "Fabrikam\\Apps"}


def mailbox(dice: Dice, ms: int) -> Json:
    person = person_of(dice)
    own = {"primaryAddress": person.address, "displayName": person.name, "upn": person.address}
    return {**own, "userAccount": account_of(dice, person)}


def analyzed_message(dice: Dice, ms: int) -> Json:
    return {
        "networkMessageId": dice.guid(),
        "internetMessageId": f"<{dice.digits(20)}@mail.fabrikam.example>",
        "subject": dice.pick(("Your invoice {4711}", 'RE: "urgent"', "Größe bestätigen", "\\o/ you won")),
        "language": "en",
        "senderIp": public_address(dice)[0],
        "recipientEmailAddress": person_of(dice).address,
        "antiSpamDirection": "Inbound",
        "deliveryAction": "Delivered",
        "deliveryLocation": "Inbox",
        "urn": f"urn:MailEntity:{dice.digits(32)}",
        "threats": ["Phish"],
        "threatDetectionMethods": ["URLDetonation", "SpoofIntraOrg"],
        "urls": ["https://evil.example/?q={a}&b=\\c"],
        "urlCount": 1,
        "attachmentsCount": dice.whole(0, 3),
        "receivedDateTime": dice.stamp(ms - 60_000),
        "p1Sender": {
            "emailAddress": "a@fabrikam.example",
            "displayName": "A",
            "domainName": "fabrikam.example",
        },
        "p2Sender": {"emailAddress": "ceo@contoso.example", "displayName": 'The "CEO"', "domainName": None},
    }


def mail_cluster(dice: Dice, ms: int) -> Json:
    return {
        "clusterBy": "Subject;P2SenderDomain;ContentType",
        "clusterByValue": "Your invoice;fabrikam.example;1",
        "emailCount": dice.whole(0, 900),
        "networkMessageIds": [dice.guid() for _ in range(2)],
        "query": '( (Subject:"Your invoice") AND (P2SenderDomain:{fabrikam}) )',
        "urn": f"urn:MailCluster:{dice.digits(32)}",
    }


def file(dice: Dice, ms: int) -> Json:
    status = dice.pick(enums.DETECTION_STATUS)
    return {"detectionStatus": status, "mdeDeviceId": dice.digits(40), "fileDetails": file_details(dice)}


def process(dice: Dice, ms: int) -> Json:
    return {
        "processId": dice.whole(4, 60_000),
        "parentProcessId": 668,
        "processCommandLine": '"cmd.exe" /c echo {"a":"b\\\\c"} > C:\\t.txt',
        "processCreationDateTime": dice.stamp(ms - 5_000),
        "parentProcessCreationDateTime": dice.stamp(ms - 50_000),
        "detectionStatus": dice.pick(enums.DETECTION_STATUS),
        "mdeDeviceId": dice.digits(40),
        "imageFile": file_details(dice),
        "parentProcessImageFile": None if dice.chance(0.3) else file_details(dice),
        "userAccount": account_of(dice),
    }


def registry_key(dice: Dice, ms: int) -> Json:
    return {
        "registryKey": "SYSTEM\\CONTROLSET001\\CONTROL\\WMI\\{0001}",
        "registryHive": "HKEY_LOCAL_MACHINE",
    }


def registry_value(dice: Dice, ms: int) -> Json:
    return {
        **registry_key(dice, ms),
        "registryValue": '0\\"1',
        "registryValueName": "Start",
        "registryValueType": "Unknown",
        "mdeDeviceId": dice.digits(40),
    }


def url(dice: Dice, ms: int) -> Json:
    return {
        "url": dice.pick(
            ('https://evil.example/?q="x"&y={z}', "https://bücher.example/ä", "http://198.51.100.9/a\\b")
        )
    }


def security_group(dice: Dice, ms: int) -> Json:
    return {"displayName": "Finance {all}", "securityGroupId": dice.guid()}


def cloud_logon_session(dice: Dice, ms: int) -> Json:
    # The account is a piece of evidence inside another one; its principal is no evidence of its own.
    account = {"@odata.type": NAMESPACE + "userEvidence", "verdict": "unknown", "roles": ["compromised"]}
    return {
        "sessionId": dice.guid(),
        "account": {**account, "userAccount": account_of(dice)},
        "protocol": "OAuth2:Authorize",
        "deviceName": dice.pick((None, "PAT-LAPTOP")),
        "operatingSystem": "Windows 11",
        "browser": "Edge 128",
        "userAgent": 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) {like "Gecko"}',
        "startUtcDateTime": dice.stamp(ms - 600_000),
        "previousLogonDateTime": None if dice.chance(0.3) else dice.stamp(ms - DAY_MS),
    }


USUAL: dict[str, Builder] = {
    "userEvidence": user,
    "ipEvidence": ip,
    "deviceEvidence": device,
    "cloudApplicationEvidence": cloud_application,
    "oauthApplicationEvidence": oauth_application,
    "mailboxEvidence": mailbox,
    "analyzedMessageEvidence": analyzed_message,
    "mailClusterEvidence": mail_cluster,
    "fileEvidence": file,
    "processEvidence": process,
    "registryKeyEvidence": registry_key,
    "registryValueEvidence": registry_value,
    "urlEvidence": url,
    "securityGroupEvidence": security_group,
    "cloudLogonSessionEvidence": cloud_logon_session,
}


def piece(dice: Dice, ms: int, kind: str, build: Builder) -> Json:
    """One piece of evidence as it stands in an alert: common properties, its own, now and then odd."""
    made: Json = {
        "@odata.type": NAMESPACE + kind,
        "createdDateTime": dice.stamp(ms),
        "verdict": dice.pick(enums.USUAL_VERDICT),
        "remediationStatus": dice.pick(enums.USUAL_REMEDIATION),
        "remediationStatusDetails": None,
        "roles": roles(dice, kind),
        "detailedRoles": [],
        "tags": ["VIP {exec}"] if dice.chance(0.05) else [],
        **build(dice, ms),
    }
    roll = dice.roll()
    if roll < 0.2:
        make_odd(dice, made, roll)
    if 0.15 < roll < 0.3:
        return {key: made[key] for key in dice.shuffled(list(made))}
    return made


def make_odd(dice: Dice, made: Json, roll: float) -> None:
    """Takes members away, sets them to null, or uses the rarer members of the enumerations."""
    if roll < 0.04:
        made.pop(dice.pick(("verdict", "roles", "remediationStatusDetails", "tags", "createdDateTime")))
    elif roll < 0.08:
        made[dice.pick(("verdict", "remediationStatus", "createdDateTime"))] = None
    elif roll < 0.12:
        made["verdict"] = dice.pick(enums.VERDICT)
        made["remediationStatus"] = dice.pick(enums.REMEDIATION)
        made["roles"] = [dice.pick(enums.ROLE)]
    elif roll < 0.14:
        made["detailedRoles"] = ['"main" {victim}', "C:\\role"]


def roles(dice: Dice, kind: str) -> list[str]:
    roll = dice.roll()
    if roll < 0.35:
        return []
    if kind == "userEvidence" and roll < 0.6:
        return ["compromised"] if roll < 0.55 else ["contextual", "compromised"]
    return [dice.pick(("attacked", "contextual", "source", "suspicious"))]
