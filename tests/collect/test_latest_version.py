"""The documented query for the newest version of each alert."""

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from dohyo.cli.main import app
from dohyo.graphsim.alerts import Plan, versions_of
from dohyo.graphsim.stamps import ticks

PAGE = Path(__file__).parents[2] / "docs" / "collect-from-graph.md"


def documented() -> str:
    found = re.search(r"```\n(_sourceCategory=\S+\n\| json.*?)```", PAGE.read_text(), re.DOTALL)
    return found[1].replace("_sourceCategory=Labs/MicrosoftGraphSecurity", "*")


def test_documented_query_gives_the_newest_version_of_each_alert(tmp_path):
    plan = Plan(seed=5, count=60, now_ms=1_764_000_000_000)
    versions = [alert for number in range(60) for alert in versions_of(plan, number)]
    one = dict(versions[0], id="same-second")
    versions += [dict(one, lastUpdateDateTime="2025-11-01T10:00:00.5Z", status="resolved")]
    versions += [dict(one, lastUpdateDateTime="2025-11-01T10:00:00Z", status="new")]
    file = tmp_path / "alerts.ndjson"
    file.write_text("".join(json.dumps(alert) + "\n" for alert in versions))
    done = CliRunner().invoke(app, ["query", documented(), str(file), "--json"])
    assert done.exit_code == 0, done.output
    found = {row["id"]: row["status"] for row in map(json.loads, done.stdout.splitlines())}
    newest = {}
    for alert in sorted(versions, key=lambda alert: ticks(alert["lastUpdateDateTime"])):
        newest[alert["id"]] = alert["status"]
    assert found == newest
    assert len(versions) > len(newest)
