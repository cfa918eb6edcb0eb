"""`dohyo app` for authors of packages, without a server."""

from __future__ import annotations

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
