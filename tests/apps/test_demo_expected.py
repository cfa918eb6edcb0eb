"""The demo's own count of the panels agrees with the answers stated in the app's package."""

import json
import sys
from datetime import datetime
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src/dohyo/apps/catalog/azure-security-microsoft-defender-for-cloud-apps/1.0.0"
sys.path.insert(0, str(ROOT / "demo"))

import expected  # noqa: E402

SPEC = yaml.safe_load((PACKAGE / "tests/expected.yaml").read_text("utf-8"))


def epoch_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def messages() -> list[expected.Message]:
    """The package's events; one without a readable time stands at the time it was received."""
    found = []
    for line in (PACKAGE / "tests/events.ndjson").read_text("utf-8").splitlines():
        try:
            alert = json.loads(line)
        except ValueError:
            continue
        if alert["serviceSource"].lower() != "microsoftdefenderforcloudapps":
            continue
        readable = expected.CREATED.fullmatch(alert["createdDateTime"])
        at_ms = expected.created_ms(alert) if readable else epoch_ms(SPEC["received"])
        found.append(expected.Message(at_ms, alert))
    return found


UNFILTERED = [case for case in SPEC["cases"] if not case["variables"]]


@pytest.mark.parametrize("case", UNFILTERED, ids=[case["name"] for case in UNFILTERED])
def test_demo_counts_what_the_package_states(case):
    alerts = expected.Alerts(messages(), epoch_ms(case["from"]), epoch_ms(case["to"]))
    answers = expected.panels(lambda ip: None)
    for dashboard, stated in case["panels"].items():
        for key, rows in stated.items():
            answer = answers[dashboard.capitalize()][key](alerts)
            # Without a country database no address has a place.
            assert answer.rows == (rows if answer.ordered else []), key


def test_demo_knows_every_panel_of_the_dashboards():
    for dashboard, answers in expected.panels(lambda ip: None).items():
        resource = json.loads((PACKAGE / f"resources/{dashboard.lower()}.json").read_text("utf-8"))
        assert list(answers) == [panel["key"] for panel in resource["panels"]]
