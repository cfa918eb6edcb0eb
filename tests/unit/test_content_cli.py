"""`dohyo content`: check, import and export of published definitions."""

import json

import pytest
from typer.testing import CliRunner

from dohyo.cli.main import app

APP = {
    "type": "FolderSyncDefinition",
    "name": "App",
    "description": "ü",
    "children": [
        {
            "type": "SavedSearchWithScheduleSyncDefinition",
            "name": "S",
            "search": {"queryText": "$$logsrc | count", "number": 1.0},
            "unknown": [None, 2**70],
        },
        {
            "type": "DashboardSyncDefinition",
            "name": "Old",
            "panels": [{"viewerType": "metrics", "name": "cpu"}],
        },
    ],
}


@pytest.fixture
def call(tmp_path):
    def run(*words):
        """The status with which the command ends, and what it prints and tells."""
        data = () if words[0] == "check" else ("--data", str(tmp_path / "data"))
        ended = CliRunner().invoke(app, ["content", *map(str, words), *data])
        return ended.exit_code, ended.stdout, ended.stderr

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.json"
    path.write_text("\ufeff" + json.dumps(APP), "utf-8")
    return path


def test_check_tells_what_works_and_what_is_asked_for(call, file):
    status, out, _ = call("check", file)
    assert status == 0 and "1 parts work, 0 with a note, 1 are not supported" in out
    assert "cpu" in out and "--set logsrc=" in out


def test_what_goes_in_comes_out_again(call, file, tmp_path):
    status, _, err = call("import", file)
    assert status and "asks for logsrc" in err
    assert call("import", file, "--set", "logsrc=_sourceCategory=a")[0] == 0
    assert call("export", "/Library/Admin Recommended/App", "--out", tmp_path / "out.json")[0] == 0
    expected = json.dumps(APP).replace("$$logsrc", "_sourceCategory=a")
    assert json.dumps(json.loads((tmp_path / "out.json").read_text("utf-8"))) == expected
    status, _, err = call("import", file, "--set", "logsrc=_sourceCategory=b")
    assert status and "--overwrite replaces it" in err
    assert call("import", tmp_path / "out.json", "--overwrite")[0] == 0
    assert json.loads(call("export", "/Library/Admin Recommended/App")[1]) == json.loads(expected)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", ":1:2: no JSON"),
        ("[1, 2]", "JSON object"),
        ('{"type": "Nothing", "name": "x"}', "is not known here"),
        ('{"type": "Report", "name": "x", "a": NaN}', "a number that JSON does not have"),
        ('{"type": "Report", "name": "x", "a": "\\ud83d"}', "half of a character"),
        (json.dumps({"type": "Report", "name": "x", "a": "y" * 20_000_000}), "more than 2,097,152"),
        ('{"type":"Folder","name":"f","children":[' * 900 + "]}" * 900, "deep"),
        ('{"type":"Folder","name":"f","children":[' * 250 + "]}" * 250, "deep"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_message(call, tmp_path, content, words):
    path = tmp_path / "bad.json"
    path.write_text(content)
    status, _, err = call("import", path)
    assert status and words in err and "Traceback" not in err
    assert call("export", "/Library/Admin Recommended/x")[0]
