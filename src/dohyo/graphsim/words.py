"""Names and texts that made-up alerts are built from: people, devices, applications, sorts of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml


class Person(NamedTuple):
    account: str
    name: str
    number: int

    @property
    def address(self) -> str:
        return f"{self.account}@contoso.com"


class Kind(NamedTuple):
    """One sort of alert: `{user}`, `{app}` and `{device}` in the texts are filled in."""

    title: str
    category: str | None
    detector: str
    techniques: tuple[str, ...]
    description: str


NAMES = [
    "Lena Fischer",
    "Sonali Thakker",
    "Mike Odata",
    "Priya Nair",
    "Jonas Weber",
    "Žofia Nováková",
    "李娜",
    "José Núñez",
    'Patrick "Pat" O\'Brien',
    "Ola {contractor}",
    "Amélie Dubois",
    "Σοφία Παππά",
    "Дмитрий Волков",
    "Yuki 田中",
    "Ahmed El-Sayed",
    "Grace Okafor",
    "Tom\\Service",
    "Ingrid Bergström",
    "Chloe Martin",
    "Noah Smith",
    "Olivia Jones",
    "Liam Brown",
    "Emma Garcia",
    "Ava Davis",
    "Lucas Silva",
    "Sofia Rossi",
    "Mateo Lopez",
    "Hana Kim",
    "Wei Chen",
    "Aarav Patel",
    "Fatima Khan",
    "Omar Haddad",
    "Nina Popescu",
    "Piotr Kowalski",
    "Elif Yılmaz",
    "Kwame Mensah",
    "Zanele Dlamini",
    "Isla Campbell",
    "Hugo Moreau",
    "Freya Larsen",
    "Arjun Rao",
    "Mei Lin",
    "Carlos Ortega",
    "Ana Souza",
    "Ivan Petrov",
    "Leila Rahimi",
]
ACCOUNTS = [
    "lena.fischer",
    "sonali.thakker",
    "mike",
    "priya.nair",
    "jonas.weber",
    "zofia.novakova",
    "li.na",
    "jose.nunez",
    "pat.obrien",
    "ola",
    "amelie.dubois",
    "sofia.pappa",
    "dmitri.volkov",
    "yuki.tanaka",
    "ahmed.elsayed",
    "grace.okafor",
    "svc-backup",
    "ingrid.bergstrom",
    "chloe.martin",
    "noah.smith",
    "olivia.jones",
    "liam.brown",
    "emma.garcia",
    "ava.davis",
    "lucas.silva",
    "sofia.rossi",
    "mateo.lopez",
    "hana.kim",
    "wei.chen",
    "aarav.patel",
    "fatima.khan",
    "omar.haddad",
    "nina.popescu",
    "piotr.kowalski",
    "elif.yilmaz",
    "kwame.mensah",
    "zanele.dlamini",
    "isla.campbell",
    "hugo.moreau",
    "freya.larsen",
    "arjun.rao",
    "mei.lin",
    "carlos.ortega",
    "ana.souza",
    "ivan.petrov",
    "leila.rahimi",
]
PEOPLE = tuple(
    Person(account, name, n) for n, (account, name) in enumerate(zip(ACCOUNTS, NAMES, strict=True))
)
ANALYSTS = (
    "priya.nair@contoso.com",
    "jonas.weber@contoso.com",
    "grace.okafor@contoso.com",
    "soc-tier1@contoso.com",
    "zofia.novakova@contoso.com",
    "amélie.dubois@contoso.com",
)
COMMENTERS = (
    "Mike",
    "Priya Nair",
    'Jonas "JW" Weber',
    "Žofia Nováková",
    "Automation {playbook 7}",
    "SOC\\tier1",
)
REMARKS = (
    "Not valid",
    "Confirmed with the user by phone.",
    'User says "it was me", travelling',
    "Blocked at the proxy {rule 12}",
    "Siehe Ticket #4711 – Größe geprüft",
    "escalated\nto tier 2",
    "C:\\Temp\\loader.exe removed",
    "確認済み",
)

DEVICES = tuple(
    f"{team}-{sort}-{n:04d}.corp.contoso.com"
    for n, (team, sort) in enumerate(
        (
            (team, sort)
            for team in ("fin", "hr", "eng", "ops", "kiosk", "lab")
            for sort in ("lt", "ws", "srv")
        ),
        start=140,
    )
)
APPS = (
    (20893, "Microsoft SharePoint Online"),
    (15600, "Microsoft OneDrive for Business"),
    (20892, "Microsoft Exchange Online"),
    (28375, "Microsoft Teams"),
    (11161, "Office 365"),
    (11522, "Google Workspace"),
    (10026, "Box"),
    (11114, "Salesforce"),
    (10980, "Dropbox"),
    (20595, "GitHub {Enterprise}"),
    (11599, "Amazon Web Services"),
    (12260, 'Atlassian "Cloud"'),
)
ACTIONS = (
    "Contact the user and confirm the activity.\r\nIf in doubt: reset the password and revoke the sessions.",
    '1. Suspend the user {temporarily}\n2. Revoke refresh tokens\n3. Look for "hidden" forwards',
    "Revoke the application's consent and ban the application.",
    "Review the files that were shared and remove anonymous links.",
    "Isolate the device, collect an investigation package, run a full scan of C:\\Users\\.",
    "Überprüfen Sie die Anmeldeprotokolle.",
)
THREATS = (None, None, None, "Emotet", "Storm-0558", "Mimikatz", "Trojan:Win32/Wacatac.B!ml")
ACTORS = (None, None, None, None, "Midnight Blizzard", "Octo Tempest")

KINDS: dict[str, tuple[Kind, ...]] = {
    service: tuple(Kind(**{**entry, "techniques": tuple(entry["techniques"])}) for entry in entries)
    for service, entries in yaml.safe_load(Path(__file__).with_name("kinds.yaml").read_text("utf-8")).items()
}
USUAL_DETECTION = {
    "microsoftDefenderForCloudApps": ("cloudAppSecurity",) * 6
    + (
        "microsoftThreatExperts",
        "microsoft365Defender",
        "appGovernanceDetection",
        "customDetection",
        "manual",
    ),
    "microsoftDefenderForEndpoint": (
        "microsoftDefenderForEndpoint",
        "antivirus",
        "smartScreen",
        "customTi",
        "automatedInvestigation",
    ),
    "microsoftDefenderForIdentity": ("microsoftDefenderForIdentity",),
    "microsoftDefenderForOffice365": ("microsoftDefenderForOffice365", "manual"),
    "azureAdIdentityProtection": ("azureAdIdentityProtection",),
    "dataLossPrevention": ("microsoftDataLossPrevention",),
    "microsoftAppGovernance": ("appGovernancePolicy", "appGovernanceDetection"),
    "microsoftDefenderForCloud": (
        "microsoftDefenderForServers",
        "microsoftDefenderForStorage",
        "microsoftDefenderForContainers",
        "microsoftDefenderForDNS",
    ),
    "microsoft365Defender": ("microsoft365Defender",),
}
