"""Over made-up alerts of all products, every panel of the family answers what plain Python counts."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from family_answers import panels

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "demo"))
from expected import Alerts, Message, created_ms
from places import place_finder

from dohyo.apps.catalog import BUNDLED
from dohyo.apps.family.expand import packages
from dohyo.apps.package import package_at
from dohyo.apps.sample import Sample
from dohyo.graphsim.alerts import Plan, alert_text
from dohyo.graphsim.generate import every_version
from dohyo.search.dashboard_run import DashboardRequest, DashboardRuns
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event, row_key

CATEGORY = "Labs/MicrosoftGraphSecurity"
NOW_MS = 1_780_000_000_000
DAY_MS = 86_400_000
FAMILY = {package.manifest.name: package for package in packages()}
FIRST = next(folder for folder in sorted(BUNDLED.glob("*/1.0.0")))
# The product is what the manifest's queries look for; None for all products.
SERVICES = {
    "Azure Security - Microsoft Defender for Cloud Apps": "microsoftDefenderForCloudApps",
    "Azure Security - Microsoft Defender for Endpoint": "microsoftDefenderForEndpoint",
    "Azure Security - Microsoft Defender for Identity": "microsoftDefenderForIdentity",
    "Azure Security - Microsoft Defender for Office 365": "microsoftDefenderForOffice365",
    "Azure Security - Microsoft Entra ID Protection": "azureAdIdentityProtection",
    "Azure Security - Microsoft Purview DLP": "dataLossPrevention",
    "Microsoft Graph Security": None,
}


@pytest.fixture(scope="module")
def versions():
    """Every version of 500 alerts over a week."""
    return list(every_version(Plan(7, 500, NOW_MS, 7, 0.25)))


@pytest.fixture(scope="module")
def store(versions):
    made = EmbeddedStore.in_memory()
    events = [
        Event(
            created_ms(alert),
            NOW_MS,
            row_key("s", str(at)),
            CATEGORY,
            "c",
            "s",
            "",
            "",
            {},
            alert_text(alert),
        )
        for at, alert in enumerate(versions)
    ]
    made.insert(events, token="all", may_repeat=False)
    hot = next(iter(FAMILY.values())).hot_fields
    made.set_hot_fields(hot.name, hot.fields)
    yield made
    made.close()


def test_alerts_of_every_product_are_there(versions):
    seen = Counter(alert["serviceSource"] for alert in versions)
    assert min(seen[service] for service in SERVICES.values() if service) > 5


def answers(store, package, dashboard, start, end):
    sample = Sample.of(package, CATEGORY)
    runs = DashboardRuns(Searches(store, tables=sample.table_at), now=lambda: end)
    try:
        document = sample.board(dashboard)
        lines = list(runs.run(document, DashboardRequest({"from": start, "to": end})))
    finally:
        runs.close()
    found = {}
    for line in lines:
        if "panel" in line:
            assert line["ok"], line
            names = [field["name"] for field in line["fields"]]
            found[line["panel"]] = [dict(zip(names, row, strict=True)) for row in line["rows"]]
    return found


@pytest.mark.parametrize("dashboard", ["overview", "security"])
@pytest.mark.parametrize("name", FAMILY)
def test_panels_answer_what_plain_python_counts(store, versions, name, dashboard):
    compared = compare(store, versions, FAMILY[name], SERVICES[name], dashboard)
    assert compared == {"overview": 16, "security": 9}[dashboard]


@pytest.mark.parametrize(("dashboard", "count"), [("overview", 14), ("security", 6)])
def test_first_version_answers_what_plain_python_counts(store, versions, dashboard, count):
    package = package_at(FIRST)
    assert compare(store, versions, package, SERVICES[package.manifest.name], dashboard) == count


def compare(store, versions, package, service, dashboard):
    """Compares every panel that the dashboard has; how many."""
    start, end = NOW_MS - 3 * DAY_MS, NOW_MS
    mine = [a for a in versions if service is None or a["serviceSource"].lower() == service.lower()]
    alerts = Alerts([Message(created_ms(alert), alert) for alert in mine], start, end)
    wanted = {key: answer(alerts) for key, answer in panels(place_finder())[dashboard].items()}
    got = answers(store, package, dashboard, start, end)
    for key, shown in got.items():
        answer = wanted[key]
        rows = shown if answer.ordered else sorted(shown, key=lambda row: row["ip"])
        assert rows == (answer.rows if answer.ordered else sorted(answer.rows, key=lambda row: row["ip"])), (
            key
        )
    return len(got)
