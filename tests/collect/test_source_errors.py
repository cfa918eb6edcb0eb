"""A supervised source against the Graph stand-in over TLS: named error states, nothing lost or doubled."""

import json
import time

import pytest
from tests.collect.supervised_source import Bench

from dohyo.access.secrets import SecretBox
from dohyo.collect.health_events import unresolved
from dohyo.collect.overview import recent_polls
from dohyo.collect.supervisor import Supervisor
from dohyo.graphsim.faults import Fault
from dohyo.graphsim.running import running
from dohyo.graphsim.tenant import Settings
from dohyo.metadata.collection import Source

ELSEWHERE = "11111111-2222-3333-4444-555555555555"


def test_alerts_are_collected_with_their_metadata_and_accounts(bench):
    bench.begin()
    shown = bench.wait_until_collected()
    assert shown["state"] == "Collecting"
    event = next(iter(bench.writer.events.values()))
    assert (event.sourcecategory, event.collector, event.source, event.sourcename) == (
        "Labs/MicrosoftGraphSecurity",
        "Labs",
        "Graph",
        "Graph",
    )
    assert event.sourcehost == bench.graph.root.removeprefix("https://")
    assert event.fields == {"team": "blue"}
    # The account of a pass comes after its rows.
    bench.wait(lambda _: sum(poll.new for poll in recent_polls(bench.metadata, bench.source.id)) >= 120)
    bench.supervisor.stop()
    polls = recent_polls(bench.metadata, bench.source.id)
    assert sum(poll.new for poll in polls) == 120
    assert sum(poll.fetched for poll in polls) == sum(
        poll.new + poll.updated + poll.repeated for poll in polls
    )


def test_new_and_updated_alerts_are_collected_and_counted(bench):
    bench.begin()
    bench.wait_until_collected()
    first = bench.writer.raws()
    changed = next(iter(bench.graph.tenant.book.entries))
    bench.graph.tenant.raise_alert()
    bench.graph.tenant.update_alert(changed)
    bench.wait(lambda _: len(bench.writer.events) == 122)
    now_served = {entry.text for entry in bench.graph.tenant.book.entries.values()}
    assert bench.writer.raws() == sorted(now_served | set(first))

    def counted() -> tuple[int, int]:
        polls = recent_polls(bench.metadata, bench.source.id)
        return sum(poll.new for poll in polls), sum(poll.updated for poll in polls)

    bench.wait(lambda _: sum(counted()) == 122)  # the account comes after the rows
    bench.supervisor.stop()
    assert counted() == (121, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret_key": "wrong"}, "AADSTS7000215"),
        ({"tenant_id": ELSEWHERE}, "AADSTS90002"),
        ({"application_id": ELSEWHERE}, "AADSTS700016"),
    ],
)
def test_wrong_setup_is_a_named_error_and_mended_by_a_change(bench, changes, words):
    bench.begin(**changes)
    shown = bench.wait(lambda shown: shown["state"] == "Error")
    assert (shown["errorType"], shown["health"]) == ("ThirdPartyConfig", "error")
    assert words in shown["message"]
    assert shown["nextTry_ms"] > time.time() * 1000
    assert bench.writer.events == {}
    assert [one["details"]["error"] for one in unresolved(bench.metadata)] == ["ThirdPartyConfigError"]
    assert unresolved(bench.metadata, {("Source", "999")}) == []
    bench.change()
    bench.wait_until_collected()
    told = [(one["status"], one["eventName"], one["severityLevel"]) for one in bench.writer.health]
    assert told == [(status, "ThirdPartyConfigError", "Error") for status in ("UnHealthy", "Healthy")]
    assert words in bench.writer.health[0]["details"]["description"]
    assert unresolved(bench.metadata) == []


def test_missing_permission_is_named(tmp_path, monkeypatch):
    settings = Settings(alerts=5, arrivals_s=None, permissions=("User.Read.All",))
    with running(settings, tmp_path / "graph") as stand_in:
        monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
        bench = Bench(tmp_path / "dohyo", stand_in)
        bench.begin()
        shown = bench.wait(lambda shown: shown["state"] == "Error")
        bench.supervisor.stop()
    assert shown["errorType"] == "ThirdPartyConfig"
    assert "SecurityAlert.Read.All" in shown["message"]


def test_unreachable_service_is_named_and_found_again_after_a_change(bench):
    bench.begin(graph_root="https://127.0.0.1:9", authority="https://127.0.0.1:9")
    shown = bench.wait(lambda shown: shown["state"] == "Error")
    assert shown["errorType"] == "ThirdPartyGeneric"
    assert "refused" in shown["message"]
    bench.change()
    bench.wait_until_collected()


def test_certificate_that_is_not_trusted_is_named(bench, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    bench.begin()
    shown = bench.wait(lambda shown: shown["state"] == "Error")
    assert "certificate is not trusted" in shown["message"]
    assert "SSL_CERT_FILE" in shown["message"]
    assert bench.writer.events == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("malformed"),
        Fault("cut"),
        Fault("status", status=503),
        Fault("status", status=429, retry_after_s=1),
        Fault("expire-tokens"),
    ],
    ids=lambda fault: fault.kind,
)
def test_fault_in_the_middle_loses_and_doubles_nothing(bench, fault):
    bench.graph.tenant.faults.add_after(2, fault)
    bench.begin()
    bench.wait_until_collected()


def test_malformed_answers_turn_the_source_to_error_until_they_end(bench):
    for offset in range(1, 5):
        bench.graph.tenant.faults.add_after(offset, Fault("malformed"))
    bench.begin()
    shown = bench.wait(lambda shown: shown["state"] == "Error")
    assert shown["errorType"] == "ThirdPartyGeneric"
    assert "cannot be read" in shown["message"]
    bench.wait_until_collected()


def test_store_that_fails_is_an_error_of_our_side_and_caught_up(bench):
    bench.writer.failing = True
    bench.begin()
    shown = bench.wait(lambda shown: shown["state"] == "Error")
    assert shown["errorType"] == "FirstPartyGeneric"
    assert "No space left on device" in shown["message"]
    bench.writer.failing = False
    bench.wait_until_collected()


def test_paused_source_asks_nothing_and_goes_on_later(bench):
    bench.begin()
    bench.wait_until_collected()
    bench.source = bench.registry.pause_source(bench.collector.id, bench.source.id, True)
    bench.supervisor.changed()
    bench.wait(lambda shown: shown["state"] == "Stopped")
    asked = bench.graph.tenant.faults.requests
    bench.graph.tenant.raise_alert()
    time.sleep(1.5)
    assert bench.graph.tenant.faults.requests == asked
    bench.registry.pause_source(bench.collector.id, bench.source.id, False)
    bench.supervisor.changed()
    bench.wait_until_collected()


def test_restart_ends_a_long_wait(bench):
    bench.begin(polling_interval_s=3600)
    bench.wait_until_collected()
    bench.graph.tenant.raise_alert()
    bench.supervisor.restart(bench.source.id)
    bench.wait_until_collected()


def test_deleted_source_stops_and_goes(bench):
    bench.begin()
    bench.wait_until_collected()
    bench.registry.delete_source(bench.collector.id, bench.source.id)
    bench.supervisor.changed()
    end = time.monotonic() + 10
    while bench.registry.list_sources(bench.collector.id) and time.monotonic() < end:
        time.sleep(0.02)
    assert bench.registry.list_sources(bench.collector.id) == []
    assert len(bench.writer.events) == 120


def test_next_supervisor_goes_on_where_the_last_one_ended(bench, tmp_path):
    bench.begin()
    bench.wait_until_collected()
    bench.supervisor.stop()
    bench.graph.tenant.raise_alert()
    asked = bench.graph.tenant.faults.requests
    bench.supervisor = Supervisor(bench.metadata, bench.writer, SecretBox(tmp_path / "dohyo"))
    bench.supervisor.start()
    bench.wait(lambda _: len(bench.writer.events) == 121)
    assert bench.graph.tenant.faults.requests - asked <= 3  # no backfill again


def test_stored_settings_that_no_longer_pass_are_named_without_the_secret(bench):
    bench.source = bench.registry.create_source(bench.collector.id, bench.config(secret_key="very secret"))
    with bench.metadata.begin() as session:
        source = session.get(Source, bench.source.id)
        source.config = source.config | {"polling_interval": 0}
    bench.supervisor.start()
    shown = bench.wait(lambda shown: shown["state"] == "Error")
    assert "config.polling_interval" in shown["message"]
    assert "very secret" not in shown["message"]


def test_source_stopped_in_a_pass_leaves_its_account_and_goes_on(bench):
    for offset in range(4, 8):
        bench.graph.tenant.faults.add_after(offset, Fault("slow", delay_s=0.4))
    bench.begin(page_size=10)
    bench.wait(lambda _: len(bench.writer.events) >= 20)
    bench.source = bench.registry.pause_source(bench.collector.id, bench.source.id, True)
    bench.supervisor.changed()
    bench.wait(lambda shown: shown["state"] == "Stopped")
    polls = recent_polls(bench.metadata, bench.source.id)
    assert any(not poll.complete and "stopped in this pass" in poll.message for poll in polls)
    assert sum(poll.new for poll in polls) == len(bench.writer.events)
    assert all(poll.fetched == poll.new + poll.updated + poll.repeated + poll.refused for poll in polls)
    bench.registry.pause_source(bench.collector.id, bench.source.id, False)
    bench.supervisor.changed()
    bench.wait_until_collected()


def test_processing_rules_leave_out_and_mask_and_the_books_still_balance(bench):
    filters = [
        {"filterType": "Exclude", "name": "low", "regexp": '.*"severity":"low".*'},
        {"filterType": "Mask", "name": "tenant", "regexp": '"tenantId":"([^"]+)"', "mask": "hidden"},
    ]
    bench.begin(filters=filters)
    held = [entry.alert() for entry in bench.graph.tenant.book.entries.values()]
    kept = {alert["id"] for alert in held if alert["severity"] != "low"}
    assert 0 < len(kept) < len(held)
    bench.wait(lambda shown: len(bench.writer.events) == len(kept) and shown["lastPoll"])
    bench.wait(lambda _: sum(poll.new for poll in recent_polls(bench.metadata, bench.source.id)) == len(kept))
    bench.supervisor.stop()
    stored = [json.loads(text) for text in bench.writer.raws()]
    assert {alert["id"] for alert in stored} == kept
    assert {alert["tenantId"] for alert in stored} == {"hidden"}
    polls = recent_polls(bench.metadata, bench.source.id)
    assert all(poll.fetched == poll.new + poll.updated + poll.repeated + poll.refused for poll in polls)
    assert any("left out by processing rules" in (poll.message or "") for poll in polls)
