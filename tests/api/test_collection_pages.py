"""What the collection page asks: the tree with volumes, polls, types of sources, a try of a connection."""

from __future__ import annotations

import json

import pytest

from dohyo.api.volumes import SLICE_MS, SLICES, volumes
from dohyo.base.clock import now_ms
from dohyo.collect.connection_checks import check_graph
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.journal import Journal
from dohyo.collect.source import Account, Answer, Failed, SignedIn
from dohyo.metadata.receiving import CustomField
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

from .conftest import own

OWN = "/api/dohyo/v1"
SETTINGS = GraphSecuritySettings(name="n", tenant_id="t", application_id="a", secret_key="s")


class Scripted:
    """A client that gives these answers in turn."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.closed = False

    def send(self, request: object) -> object:
        return self.answers.pop(0)

    def close(self) -> None:
        self.closed = True


def page(*titles: str, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps({"value": [{"title": title} for title in titles]}).encode())


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([Failed("sign-in refused: AADSTS7000222", refused=True)], [("Sign in", "error")]),
        ([SignedIn(), page(status=403)], [("Sign in", "ok"), ("Permission", "error")]),
        (
            [SignedIn(), page("Impossible travel")],
            [("Sign in", "ok"), ("Permission", "ok"), ("Read alerts", "ok")],
        ),
        ([SignedIn(), page()], [("Sign in", "ok"), ("Permission", "ok"), ("Read alerts", "warning")]),
        (
            [SignedIn(), Answer(200, {}, b"<html>")],
            [("Sign in", "ok"), ("Permission", "ok"), ("Read alerts", "error")],
        ),
        ([SignedIn(), Failed("no answer")], [("Sign in", "ok"), ("Read alerts", "error")]),
    ],
)
def test_a_try_of_a_connection_says_how_far_it_came(answers, told):
    client = Scripted(*answers)
    checks = check_graph(SETTINGS, client)  # type: ignore[arg-type]
    assert [(check.name, check.state) for check in checks] == told
    assert client.closed


@pytest.mark.parametrize(
    ("settings", "words", "cause", "setting"),
    [
        ({}, "sign-in refused: AADSTS7000222: the keys are expired", "secret_expired", "secret_key"),
        ({}, "sign-in refused: AADSTS65001: no consent", "consent", None),
        ({}, "sign-in refused: AADSTS700024: assertion out of its time", "clock", None),
        ({}, "sign-in refused: AADSTS900382: another cloud", "cloud", "cloud"),
        ({}, "sign-in refused: AADSTS99999: something new", "setup", None),
        (
            {"authentication": "certificate", "client_certificate": "x"},
            "sign-in is set up wrongly: unable to load the key",
            "certificate",
            "client_certificate",
        ),
        (
            {"authentication": "workload_identity", "token_file": "/none"},
            "sign-in is set up wrongly: /none: No such file or directory",
            "token",
            "token_file",
        ),
        (
            {"authentication": "managed_identity"},
            "sign-in is set up wrongly: no identity",
            "identity",
            "authentication",
        ),
    ],
)
def test_each_refusal_of_a_sign_in_has_its_cause_and_a_way_out(settings, words, cause, setting):
    given = GraphSecuritySettings(**SETTINGS.model_dump() | settings)
    [check] = check_graph(given, Scripted(Failed(words, refused=True)))  # type: ignore[arg-type]
    assert (check.state, check.detail, check.cause, check.setting) == ("error", words, cause, setting)
    assert check.hint


def test_a_clock_that_makes_the_certificate_of_the_service_invalid_is_named():
    failed = Failed("no answer from sign-in: the certificate is not trusted (certificate is not yet valid)")
    [check] = check_graph(SETTINGS, Scripted(failed))  # type: ignore[arg-type]
    assert (check.cause, "clock of this machine" in (check.hint or "")) == ("clock", True)


def event(ago_ms: int, number: int, now: int) -> Event:
    at = now - ago_ms
    return Event(at, at, number, "c", "collector", "source", "h", "n", {}, "x")


def test_volumes_count_by_the_time_messages_came_in():
    store, now = EmbeddedStore.in_memory(), now_ms()
    ages = [SLICE_MS // 2, SLICE_MS // 2, SLICE_MS * SLICES - 1000, 7_200_000, 90_000_000]
    store.insert([event(age, i, now) for i, age in enumerate(ages)], token="t", may_repeat=False)
    found = volumes(store, now)[("collector", "source")]
    store.close()
    assert found.day == 4
    assert (found.hour[0], found.hour[-1], sum(found.hour)) == (1, 2, 3)


def test_the_tree_pauses_and_resumes_a_source(server, administrator):
    made = administrator.post(
        "/api/v1/collectors", json={"collector": {"collectorType": "Hosted", "name": "Tree"}}
    )
    collector = made.json()["collector"]["id"]
    source = {"sourceType": "HTTP", "name": "Uploads", "category": "tree/uploads", "messagePerRequest": False}
    source_id = administrator.post(f"/api/v1/collectors/{collector}/sources", json={"source": source}).json()[
        "source"
    ]["id"]

    def shown() -> dict:
        tree = administrator.get(f"{OWN}/collection").json()["collectors"]
        return next(s for c in tree if c["id"] == collector for s in c["sources"])

    assert (shown()["type"], shown()["paused"], shown()["day"], len(shown()["hour"])) == (
        "HTTP",
        False,
        0,
        SLICES,
    )
    assert administrator.post(f"{OWN}/sources/{source_id}/pause", json={}).status_code == 200
    assert shown()["paused"] is True
    assert administrator.post(f"{OWN}/sources/{source_id}/resume", json={}).status_code == 200
    assert shown()["paused"] is False
    assert own(administrator.post(f"{OWN}/sources/{source_id}/dance", json={}))[0] == 404
    assert administrator.get(f"{OWN}/sources/{source_id}/polls").json() == {"polls": []}
    journal = Journal(server.services.metadata, source_id)
    journal.note_pass(None, Account(1, 2, 1, 2, fetched=3, new=3))
    journal.note_pass(None, Account(3, 4, 3, 4, complete=False, message="stopped in this pass"))
    assert (shown()["lastPoll"]["fetched"], shown()["lastPoll"]["message"]) == (3, None)
    assert len(administrator.get(f"{OWN}/sources/{source_id}/polls").json()["polls"]) == 2
    administrator.delete(f"/api/v1/collectors/{collector}")


def test_types_of_sources_bring_the_schema_of_their_form(viewer):
    types = {one["name"]: one for one in viewer.get(f"{OWN}/source-types").json()["sourceTypes"]}
    graph = types["Microsoft Graph Security API"]
    assert graph["secrets"] == ["client_certificate", "client_certificate_password", "secret_key"]
    assert graph["testable"] is True
    assert set(graph["schema"]["required"]) == {"name", "tenant_id", "application_id"}
    rule = graph["schema"]["properties"]["filters"]["items"]
    assert rule["properties"]["filterType"]["enum"] == ["Exclude", "Include", "Hash", "Mask", "Forward"]
    assert rule["required"] == ["filterType", "name", "regexp"]
    assert types["HTTP"]["sourceType"] == "HTTP" and types["HTTP"]["testable"] is False


def test_a_stored_secret_is_not_sent_to_another_sign_in(administrator):
    made = administrator.post(
        "/api/v1/collectors", json={"collector": {"collectorType": "Hosted", "name": "Masked"}}
    )
    collector = made.json()["collector"]["id"]
    config = {"name": "g", "tenant_id": "t", "application_id": "a", "secret_key": "stored"}
    source = {
        "sourceType": "Universal",
        "schemaRef": {"type": "Microsoft Graph Security API"},
        "config": config,
    }
    source_id = administrator.post(f"/api/v1/collectors/{collector}/sources", json={"source": source}).json()[
        "source"
    ]["id"]
    elsewhere = {**config, "secret_key": "********", "cloud": "custom"}
    elsewhere |= {"graph_root": "https://127.0.0.1:1", "authority": "https://127.0.0.1:1"}
    order = {"type": "Microsoft Graph Security API", "config": elsewhere, "sourceId": source_id}
    refused = administrator.post(f"{OWN}/source-types/test", json=order)
    assert own(refused) == (400, "collectors.validation.fields.missing")
    assert "secret_key" in refused.json()["problem"]["message"]
    administrator.delete(f"/api/v1/collectors/{collector}")


def test_fields_are_told_with_whether_new_messages_keep_them(server, administrator):
    with server.services.metadata.begin() as session:
        session.add(CustomField(id="F" * 16, name="zz_team", enabled=False, created_ms=now_ms()))
    found = administrator.get(f"{OWN}/fields").json()["fields"]
    assert {"name": "zz_team", "enabled": False} in found
    assert [one["name"] for one in found] == sorted(one["name"] for one in found)
