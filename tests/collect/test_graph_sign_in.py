"""Ways of signing in, and faults of the sign-in service, over TLS in simulated time."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.collect.scripted_graph import Driver
from tests.collect.test_graph_fault_matrix import Live, source

from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.http import GraphClient
from dohyo.collect.source import Failed, Get, SignedIn, SignIn
from dohyo.graphsim.faults import Fault
from dohyo.graphsim.running import running
from dohyo.graphsim.tenant import Settings

PERMISSIONS = ("SecurityAlert.Read.All", "SecurityIncident.Read.All")


@pytest.fixture
def graph(tmp_path, monkeypatch):
    settings = Settings(
        alerts=24, days=2, seed=9, arrivals_s=None, requests_per_minute=10**6, permissions=PERMISSIONS
    )
    with running(settings, tmp_path) as stand_in:
        monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
        yield stand_in


def held(graph) -> list[str]:
    return sorted(entry.text for entry in graph.tenant.book.entries.values())


def signed(settings):
    client = GraphClient(settings)
    try:
        return client.send(SignIn())
    finally:
        client.close()


@pytest.fixture(scope="module")
def pem() -> tuple[str, str]:
    """A certificate, and the same with its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "collector")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )
    pkcs8 = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
    return made, secret.decode() + made


def test_certificate_signs_in_place_of_a_secret(graph, pem):
    graph.tenant.registration.certificate = pem[0]
    settings = source(graph, authentication="certificate", client_certificate=pem[1])
    driver = Driver(Live(settings), GraphSecurity(settings))
    driver.run()
    assert driver.stored() == held(graph)


def test_certificate_that_is_not_registered_or_no_certificate_is_wrong_setup(graph, pem):
    refused = signed(source(graph, authentication="certificate", client_certificate=pem[1]))
    assert refused.refused and "AADSTS700027" in refused.message
    refused = signed(source(graph, authentication="certificate", client_certificate="no PEM"))
    assert refused.refused and "set up wrongly" in refused.message
    assert "no PEM" not in refused.message


def test_workload_identity_sends_the_token_of_its_file(graph, pem, tmp_path):
    graph.tenant.registration.certificate = pem[0]
    file = tmp_path / "token"
    settings = source(graph, authentication="workload_identity", token_file=str(file))
    missing = signed(settings)
    assert missing.refused and str(file) in missing.message
    file.write_text("a file that is not for the service")
    other = signed(settings)
    assert other.refused and "holds no token" in other.message
    file.write_text("head.no-assertion-of-ours.signature")
    refused = signed(settings)
    assert refused.refused and "AADSTS700027" in refused.message


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500),
        Fault("status", status=429, retry_after_s=40),
        Fault("retry-date", delay_s=90),
        Fault("malformed"),
        Fault("empty"),
        Fault("cut"),
        Fault("reset"),
        Fault("redirect"),
        Fault("wrong-encoding"),
    ],
    ids=lambda fault: f"{fault.kind}{fault.status}",
)
@pytest.mark.parametrize("at", [1, 2])
def test_fault_of_the_sign_in_service_is_waited_out(graph, fault, at):
    settings = source(graph)
    driver = Driver(Live(settings), GraphSecurity(settings))
    graph.tenant.sign_in_faults.add_after(at, fault)
    graph.tenant.faults.add_after(3, Fault("expire-tokens"))  # a second sign-in, in a pass
    driver.run()
    assert driver.stored() == held(graph)
    assert set(driver.inserted.values()) == {1}
    told = [health for health in driver.healths if health.next_try_ms]
    assert told and {health.error_type for health in told} == {"ThirdPartyGeneric"}
    if fault.retry_after_s:
        assert fault.retry_after_s * 1000 in driver.waits


def test_token_goes_to_no_other_host(graph):
    client = GraphClient(source(graph))
    assert isinstance(client.send(SignIn()), SignedIn)
    for url in (
        "https://localhost:1/",
        graph.root.replace("https", "http"),
        "https://127.0.0.1:1/",
        "https://[",
    ):
        assert client.send(Get(url)) == Failed("the token is not sent to another service")
    client.close()


def test_token_is_renewed_before_it_ends(tmp_path, monkeypatch):
    settings = Settings(alerts=24, days=2, seed=9, arrivals_s=None, token_lifetime_s=200)
    with running(settings, tmp_path) as stand_in:
        monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
        driver = Driver(Live(source(stand_in)), GraphSecurity(source(stand_in)))
        driver.run(polls=2)
        assert stand_in.tenant.sign_in_faults.requests >= 2
        assert {health.error_type for health in driver.healths} == {None}


def test_incidents_are_collected_beside_alerts(graph):
    settings = source(graph, incidents=True)
    driver = Driver(Live(settings), GraphSecurity(settings))
    driver.run()
    incidents = [row for row in driver.seen if row.fields]
    assert {row.raw for row in driver.seen} == graph.tenant.versions.served
    assert {row.raw for row in driver.seen if not row.fields} == set(held(graph))
    wanted = {entry.alert()["incidentId"] for entry in graph.tenant.book.entries.values()}
    assert len({row.record for row in incidents}) == len(wanted)
