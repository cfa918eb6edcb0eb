"""A try of a connection against the stand-in: what is wrong, and which setting."""

import json
import time

import pytest
from typer.testing import CliRunner

from dohyo.cli.main import app
from dohyo.collect.connection_checks import check_graph
from dohyo.collect.graph_settings import GraphSecuritySettings

ELSEWHERE = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("changes", "cause", "setting"),
    [
        ({"secret_key": "wrong"}, "secret", "secret_key"),
        ({"secret_key": "old"}, "secret_expired", "secret_key"),
        ({"tenant_id": ELSEWHERE}, "tenant", "tenant_id"),
        ({"application_id": ELSEWHERE}, "application", "application_id"),
        ({"graph_root": "https://127.0.0.1:9", "authority": "https://127.0.0.1:9"}, "network", None),
        ({}, "permission", None),
    ],
)
def test_try_of_a_connection_names_what_is_wrong_and_where(bench, changes, cause, setting):
    who = bench.graph.tenant.registration
    who.expired_secret = "old"
    who.permissions = ("User.Read.All",)
    failed = check_graph(GraphSecuritySettings(**bench.config(**changes)["config"]))[-1]
    assert (failed.state, failed.cause, failed.setting) == ("error", cause, setting)
    assert failed.hint


def test_try_of_a_connection_tells_a_wrong_clock_and_what_it_read(bench):
    settings = GraphSecuritySettings(**bench.config(incidents=True)["config"])
    checks = check_graph(settings, clock=lambda: int(time.time() * 1000) - 3_600_000)
    assert [(one.name, one.state, one.cause) for one in checks[:4]] == [
        ("Sign in", "ok", None),
        ("Clock", "warning", "clock"),
        ("Permission", "ok", None),
        ("Read alerts", "ok", None),
    ]
    assert "behind that of the service" in checks[1].detail


def test_command_tries_a_connection_and_saves_nothing(bench, tmp_path):
    file = tmp_path / "source.json"
    file.write_text(json.dumps({"api.version": "v1", "source": bench.config(secret_key="wrong")}))
    done = CliRunner().invoke(app, ["source", "test", str(file)])
    assert done.exit_code == 1
    assert "error   Sign in: sign-in refused: AADSTS7000215" in done.output
    assert "secret_key: use the value of the client secret, not its ID" in done.output
    file.write_text(json.dumps(bench.config()["config"]))
    done = CliRunner().invoke(app, ["source", "test", "--json", str(file)])
    assert done.exit_code == 0
    assert [one["state"] for one in json.loads(done.output)["checks"]] == ["ok"] * 3
