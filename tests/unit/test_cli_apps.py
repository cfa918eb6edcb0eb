"""`dohyo app` for authors of packages, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dohyo.cli.main import app


def dohyo(*words: object):
    return CliRunner().invoke(app, ["app", *map(str, words)])


def test_new_package_is_valid_packs_and_shows_what_is_wrong_with_it(tmp_path):
    folder = tmp_path / "mine"
    assert dohyo("new", "My app", "--folder", folder).exit_code == 0
    assert dohyo("validate", folder).exit_code == 0
    archive = tmp_path / "mine.zip"
    assert dohyo("pack", folder, "--out", archive).exit_code == 0
    assert dohyo("validate", archive).exit_code == 0
    board = folder / "resources/overview.json"
    good = board.read_text()
    board.write_text(good.replace("| count", "| coount"))
    line = next(at for at, text in enumerate(good.splitlines(), 1) if '"key": "total"' in text)
    told = dohyo("validate", folder)
    assert f"resources/overview.json, line {line}: panel total, line 3 of its query: coount" in told.stderr
    assert (told.exit_code, dohyo("pack", folder).exit_code) == (1, 1)
    (folder / "manifest.yaml").write_text("name: 5\n")
    wrong = dohyo("validate", folder)
    assert wrong.exit_code == 1 and "manifest.yaml" in wrong.stderr and "Traceback" not in wrong.output


def test_a_published_app_is_added_installed_and_taken_out(tmp_path):
    partner, made, data = Path(__file__).parent.parent / "apps/partner", tmp_path / "made", tmp_path / "data"
    assert dohyo("new", "--from", partner, "--folder", made, "--version", "2.3.0").exit_code == 0
    assert "2 answers" in dohyo("test", made).output
    for _ in range(2):
        assert dohyo("add", made, "--data", data).exit_code == 0
    wanted = ("--set", "default_scope_value=Web/x", "--data", data)
    installed = dohyo("install", "Partner Web", *wanted)
    assert installed.exit_code == 0 and "Installed Apps/Partner Web" in installed.output
    refused = dohyo("remove", "Partner Web", "--version", "2.3.0", "--data", data)
    assert refused.exit_code and "2.3.0 is installed" in refused.stderr
    assert dohyo("uninstall", "partner web", "--data", data).exit_code == 0
    assert dohyo("remove", "Partner Web", "--version", "2.3.0", "--data", data).exit_code == 0
    assert "Partner Web" not in dohyo("list", "--data", data).output


APP = "Azure Security - Microsoft Defender for Cloud Apps"
SOURCE = {
    "schemaRef": {"type": "Microsoft Graph Security API"},
    "config": {
        "name": "Graph", "category": "Labs/Graph", "tenant_id": "0f0e9a3c-91f5-4a5e-9a51-0c2d8d9b6a11",
        "application_id": "7a1c2b3d-0000-4000-8000-000000000001", "secret_key": "a secret",
    },
}  # fmt: skip


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def lines_of(result) -> list[str]:
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if "is done" not in line)
    return [line.strip() for line in result.stdout.splitlines()]


def test_catalog_is_searched_and_an_app_shown(tmp_path, narrow):
    data = ("--data", tmp_path / "data")
    [row] = lines_of(dohyo("list", "defender", "IDENTITY", *data))[2:]
    assert row.startswith("Azure Security - Microsoft Defender for Identity") and "1.0.0" in row
    assert "No app matches." in dohyo("list", "nothing of the kind", *data).stdout
    assert json.loads(dohyo("list", "--installed", "--json", *data).stdout) == {"apps": []}
    shown = dohyo("show", APP, "--version", "1.0.0", "--samples", *data)
    for words in ("not set yet", "14 panels, last 24 hours", "in 1.1.0", "A message:", "Total Alerts:"):
        assert words in " ".join(shown.stdout.split())
    told = json.loads(dohyo("show", APP, "--json", *data).stdout)
    assert (told["version"], told["installation"], told["needs"]) == (
        "1.1.0", None, ["Microsoft Graph Security API"],
    )  # fmt: skip


def test_an_order_tells_what_changes_before_it_does_it(tmp_path, narrow):
    data = ("--data", tmp_path / "data")
    missing = dohyo("install", APP, *data)
    assert missing.exit_code == 1 and "--scope FIELD=VALUE" in missing.stderr
    dry = dohyo("install", APP, "--scope", "_sourceCategory=Labs/x", "--dry-run", *data)
    assert lines_of(dry)[0] == f"Install {APP} 1.1.0" and "is done" not in dry.stdout
    assert json.loads(dohyo("list", "--installed", "--json", *data).stdout) == {"apps": []}
    words = ("install", APP, "--version", "1.0.0", "--scope", "_sourceCategory=Labs/x", "--json", *data)
    done = json.loads(dohyo(*words).stdout)
    assert done["status"]["status"] == "Success" and done["plan"]["to"] == "1.0.0"
    up = lines_of(dohyo("upgrade", APP, *data))
    assert up[0] == f"Upgrade {APP} from 1.0.0 to 1.1.0"
    assert any("2 panels added: Top Analysts by Comments" in line for line in up)
    changed = dohyo("upgrade", APP, "--scope", "_collector=Other", *data)
    assert lines_of(changed)[0] == f"Change {APP} 1.1.0"
    assert "_collector=Other instead of _sourceCategory=Labs/x" in " ".join(lines_of(changed))
    assert lines_of(dohyo("upgrade", APP, "--version", "1.0.0", *data))[0].startswith("Revert ")
    again = dohyo("upgrade", "microsoft defender for cloud apps", "--version", "1.0.0", *data)
    assert lines_of(again)[-1] == f"{APP} is at 1.0.0 already."
    assert "Untouched: collectors and sources" in dohyo("uninstall", APP, *data).stdout
    again = dohyo("uninstall", APP, *data)
    assert again.exit_code == 1 and again.stderr.strip().endswith("is not installed")


def test_the_three_ways_to_set_up_collection(tmp_path, narrow):
    data, file = ("--data", tmp_path / "data"), tmp_path / "source.json"
    file.write_text(json.dumps({"source": SOURCE}))
    new = (
        "--new-collector",
        "Azure",
        "--time-zone",
        "Europe/Berlin",
        "--field",
        "team=soc",
        "--source",
        file,
    )
    made = lines_of(dohyo("install", APP, *new, *data))
    assert "_sourceCategory=Labs/Graph" in made and any(line.startswith("Added  Collector") for line in made)
    identity, endpoint = (APP.replace("Cloud Apps", name) for name in ("Identity", "Endpoint"))
    taken = dohyo("install", identity, "--existing-source", "Azure/Graph", *data)
    assert taken.exit_code == 0 and "_sourceCategory=Labs/Graph" in taken.stdout
    same = dohyo("install", endpoint, "--collector", "Azure", "--source", file, *data)
    assert same.exit_code == 1 and 'a source named "Graph" exists already' in same.stderr
    file.write_text(json.dumps({**SOURCE["config"], "name": "Second", "category": "Labs/Second"}))
    added = dohyo("install", endpoint, "--collector", "Azure", "--source", file, *data)
    assert added.exit_code == 0 and "_sourceCategory=Labs/Second" in added.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--collector", "x", "--new-collector", "y"), "one of --new-collector"),
        (("--collector", "x"), "--source FILE is needed"),
        (("--source", "FILE"), "--new-collector NAME or --collector NAME"),
        (("--source", "FILE", "--collector", "x"), 'there is no collector "x"'),
        (("--existing-source", "x/y"), 'there is no source "x/y"'),
        (("--existing-source", "x/y", "--source", "FILE"), "--existing-source takes one that is there"),
        (("--scope", "x"), "FIELD=VALUE is needed"),
        (("--set", "x"), "NAME=VALUE is needed"),
        (("--set", "scope=x"), "the app has no such parameter"),
        (("--scope", "a b=x"), "is no name of a field"),
        (("--source", "FILE", "--new-collector", "y", "--time-zone", "Nowhere"), "time zone"),
    ],
)
def test_options_that_do_not_go_together_are_told(tmp_path, words, message):
    file = tmp_path / "source.json"
    file.write_text(json.dumps(SOURCE))
    given = [str(file) if word == "FILE" else word for word in words]
    refused = dohyo("install", APP, *given, "--data", tmp_path / "data")
    assert refused.exit_code == 1 and message in refused.stderr and "Traceback" not in refused.output


def test_what_is_published_without_events_has_no_tests_and_asks_by_the_names_it_shows(tmp_path, narrow):
    exported = tmp_path / "app.json"
    panel = {"key": "p", "title": "P", "panelType": "SumoSearchPanel"}
    boards = [
        {
            "type": "DashboardV2SyncDefinition", "name": name, "title": name,
            "timeRange": {"type": "BeginBoundedTimeRange",
                          "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1h"}},
            "panels": [{**panel, "queries": [{"queryString": f"$${source} | count", "queryKey": "A"}]}],
        }
        for name, source in (("First", "one"), ("Second", "two"))
    ]  # fmt: skip
    folder = {"type": "FolderSyncDefinition", "name": "Found", "children": boards}
    exported.write_text(json.dumps(folder))
    made, data = tmp_path / "made", ("--data", tmp_path / "data")
    assert dohyo("new", "--from", exported, "--folder", made).exit_code == 0
    tested = dohyo("test", made)
    assert tested.exit_code == 0 and "has no tests" in tested.stdout
    assert dohyo("add", made, *data).exit_code == 0
    shown = " ".join(dohyo("show", "Found", *data).stdout.split())
    assert "one: not set yet" in shown and "for First" in shown and "an unknown author" in shown
    missing = dohyo("install", "Found", "--set", "one=_sourceCategory=a", *data)
    assert missing.exit_code == 1 and '--set "two=FIELD=VALUE"' in missing.stderr
    both = ("--set", "one=_sourceCategory=a", "--set", "two=_source=b c")
    done = dohyo("install", "Found", *both, *data)
    assert done.exit_code == 0 and "_source=b c" in done.stdout


def test_an_archive_is_not_packed_over_another_apps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, folder in (("My app", "one"), ("My: app", "two")):
        assert dohyo("new", name, "--folder", folder).exit_code == 0
    assert [dohyo("pack", "one").exit_code for _ in range(2)] == [0, 0]
    refused = dohyo("pack", "two")
    assert refused.exit_code == 1 and "is not of this app" in refused.stderr
    assert dohyo("pack", "two", "--out", "two.zip").exit_code == 0


def test_exported_content_that_is_no_package_is_told_its_way_in(tmp_path):
    file = tmp_path / "app.json"
    file.write_text("{}")
    refused = dohyo("add", file, "--data", tmp_path / "data")
    assert "the file is JSON" in refused.stderr and "dohyo app new --from" in refused.stderr
