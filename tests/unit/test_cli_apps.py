"""`dohyo app` for authors of packages, without a server."""

from __future__ import annotations

from pathlib import Path

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
