"""`dohyo key`, `dohyo user` and `dohyo sign-in-link`, before any start of a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dohyo import __version__
from dohyo.access.keys import authenticate_key
from dohyo.access.sign_in import sign_in, sign_in_by_token
from dohyo.access.throttle import Throttle
from dohyo.cli.main import app
from dohyo.metadata.db import open_metadata

PASSWORD = "a long enough password"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def dohyo(data: Path, *words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(data)], input=stdin)


def test_key_create_prints_id_and_key_last(data):
    made = dohyo(data, "key", "create", "--role", "analyst")
    ident, secret = made.stdout.splitlines()[-1].split()
    assert made.exit_code == 0
    principal = authenticate_key(open_metadata(data), ident, secret)
    assert principal is not None and principal.role == "analyst"


def test_key_is_narrowed_to_its_scopes(data):
    made = dohyo(data, "key", "create", "--scope", "runLogSearch", "--scope", "viewLibrary")
    principal = authenticate_key(open_metadata(data), *made.stdout.split())
    assert principal.scopes == ("runLogSearch", "viewLibrary")
    assert "no scope of an access key" in dohyo(data, "key", "create", "--scope", "x").output


def test_key_of_a_user_has_his_rights_and_can_be_deleted(data):
    dohyo(data, "user", "create", "ada@example.com", "--role", "viewer")
    ident, secret = dohyo(data, "key", "create", "--user", "ada@example.com").stdout.split()
    assert authenticate_key(open_metadata(data), ident, secret).email == "ada@example.com"
    assert ident in dohyo(data, "key", "list").stdout
    assert dohyo(data, "key", "delete", ident).exit_code == 0
    assert authenticate_key(open_metadata(data), ident, secret) is None


def test_password_of_a_user_comes_from_standard_input(data):
    made = dohyo(data, "user", "create", "bob@example.com", "--password", stdin=f"{PASSWORD}\n")
    assert made.exit_code == 0 and "bob@example.com is a new viewer" in made.stdout
    assert sign_in(open_metadata(data), "bob@example.com", PASSWORD, Throttle()).principal.role == "viewer"
    assert dohyo(data, "user", "password", "bob@example.com", stdin=f"{PASSWORD} 2\n").exit_code == 0
    assert sign_in(open_metadata(data), "bob@example.com", f"{PASSWORD} 2", Throttle())
    assert "bob@example.com" in dohyo(data, "user", "list").stdout


def test_sign_in_link_signs_the_administrator_in(data):
    link = dohyo(data, "sign-in-link").stdout.strip()
    token = re.fullmatch(r"http://127\.0\.0\.1:8484/sign-in\?token=(\S+)", link)[1]
    assert sign_in_by_token(open_metadata(data), token).principal.role == "administrator"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "delete", "su123"), "no access key has the id su123"),
        (("key", "create", "--user", "x@y"), "no user has the e-mail x@y"),
        (("user", "create", "nobody"), "an e-mail address looks like"),
        (("user", "password", "x@y"), "no user has the e-mail x@y"),
        (("sign-in-link", "--email", "x@y"), "no user who may sign in"),
        (("app", "show", "None of them"), 'no app named "None of them"'),
    ],
)
def test_refusals_are_one_sentence_and_status_1(data, words, said):
    refused = dohyo(data, *words)
    assert refused.exit_code == 1 and said in refused.stderr
    assert "Traceback" not in refused.output and refused.exception.__class__ is SystemExit


def test_version_and_help(data):
    shown = CliRunner().invoke(app, ["--version"])
    assert shown.stdout.strip() == __version__
    helped = CliRunner().invoke(app, ["--help"]).stdout
    for name in ("serve", "import", "query", "key", "user", "app", "sign-in-link"):
        assert name in helped
