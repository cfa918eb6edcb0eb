"""The stand-in as a client sees it that knows only the real service: msgraph-sdk with azure-identity."""

import asyncio
import json
import ssl
from datetime import UTC, datetime

import httpx
import pytest
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.security.alert import Alert
from msgraph.generated.models.security.alert_evidence import AlertEvidence

from dohyo.graphsim.alerts import EVERY_BUILDER
from dohyo.graphsim.running import StandIn, running
from dohyo.graphsim.tenant import Settings

DATES = (
    "createdDateTime",
    "lastUpdateDateTime",
    "resolvedDateTime",
    "firstActivityDateTime",
    "lastActivityDateTime",
)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    settings = Settings(alerts=700, seed=4, arrivals_s=None)
    with running(settings, tmp_path_factory.mktemp("graphsim")) as started:
        yield started


def client_of(stand_in: StandIn) -> GraphServiceClient:
    registration = stand_in.tenant.registration
    credential = ClientSecretCredential(
        registration.tenant,
        registration.application,
        registration.secret,
        authority=stand_in.root,
        disable_instance_discovery=True,
        connection_verify=str(stand_in.ca_file),
    )
    scopes = [f"{stand_in.root}/.default"]
    provider = AzureIdentityAuthenticationProvider(credential, scopes=scopes, allowed_hosts=["127.0.0.1"])
    http = httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(stand_in.ca_file)), timeout=30)
    adapter = GraphRequestAdapter(provider, http)
    adapter.base_url = f"{stand_in.root}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


async def every_page(client: GraphServiceClient) -> list[Alert]:
    alerts: list[Alert] = []
    page = await client.security.alerts_v2.get()
    while page is not None:
        alerts += page.value or []
        if not page.odata_next_link:
            break
        page = await client.security.alerts_v2.with_url(page.odata_next_link).get()
    return alerts


@pytest.fixture(scope="module")
def listed(stand_in) -> dict[str, Alert]:
    alerts = asyncio.run(every_page(client_of(stand_in)))
    assert len(alerts) == len({alert.id for alert in alerts})
    return {alert.id: alert for alert in alerts}


@pytest.fixture(scope="module")
def sent(stand_in) -> dict[str, dict]:
    return {ident: entry.alert() for ident, entry in stand_in.tenant.book.entries.items()}


def test_sdk_lists_every_alert_through_its_pages(stand_in, listed, sent):
    assert set(listed) == set(sent)
    assert len(listed) == 700


def test_sdk_reads_every_date_of_an_alert(listed, sent):
    for ident, alert in listed.items():
        read = [alert.created_date_time, alert.last_update_date_time, alert.resolved_date_time]
        read += [alert.first_activity_date_time, alert.last_activity_date_time]
        for wire, moment in zip(DATES, read, strict=True):
            assert_same_instant(moment, sent[ident][wire])
        for piece, raw in zip(alert.evidence or [], sent[ident]["evidence"] or [], strict=True):
            assert_same_instant(piece.created_date_time, raw.get("createdDateTime"))


def assert_same_instant(read: datetime | None, text: str | None) -> None:
    assert (read is None) == (text is None)
    if read is not None and text is not None:
        assert abs((utc(read) - utc(datetime.fromisoformat(text[:19]))).total_seconds()) < 1


def utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def test_sdk_reads_each_piece_of_evidence_into_its_own_class(listed, sent):
    seen = set()
    for ident, alert in listed.items():
        wire = sent[ident]["evidence"] or []
        assert len(alert.evidence or []) == len(wire)
        for piece, raw in zip(alert.evidence or [], wire, strict=True):
            kind = raw["@odata.type"].rpartition(".")[2]
            assert type(piece) is not AlertEvidence
            assert type(piece).__name__.lower() == kind.lower()
            seen.add(kind)
    assert seen == set(EVERY_BUILDER)


def test_sdk_reads_users_addresses_and_devices_as_sent(listed, sent):
    for ident, alert in listed.items():
        for piece, raw in zip(alert.evidence or [], sent[ident]["evidence"] or [], strict=True):
            if raw["@odata.type"].endswith("userEvidence") and raw["userAccount"]:
                assert piece.user_account.user_principal_name == raw["userAccount"]["userPrincipalName"]
            if raw["@odata.type"].endswith("ipEvidence"):
                assert piece.ip_address == raw["ipAddress"]
            if raw["@odata.type"].endswith("deviceEvidence"):
                assert piece.device_dns_name == raw["deviceDnsName"]


def test_sdk_leaves_nothing_of_an_alert_unread(listed):
    unread = {name for alert in listed.values() for name in alert.additional_data}
    assert unread == set()


def test_sdk_gets_one_alert_by_its_id(stand_in, sent):
    ident = next(iter(sent))
    alert = asyncio.run(client_of(stand_in).security.alerts_v2.by_alert_id(ident).get())
    assert alert.id == ident and alert.title == sent[ident]["title"]


def test_the_log_holds_exactly_what_was_served(stand_in, listed):
    lines = (stand_in.ca_file.parent / "versions.ndjson").read_text("utf-8").splitlines()
    assert {json.loads(line)["id"] for line in lines} == set(listed)
