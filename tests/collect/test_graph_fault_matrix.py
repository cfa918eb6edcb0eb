"""Every fault at every request, with and without a restart there: the real source and client over TLS, waits
in simulated time. What is stored is what the stand-in served, and the books balance.
"""

import time

import pytest
from tests.collect.scripted_graph import Driver, Killed

from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.http import GraphClient
from dohyo.graphsim.faults import Fault
from dohyo.graphsim.running import running
from dohyo.graphsim.tenant import Settings

FAULTS = [
    Fault("status", status=500),
    Fault("status", status=503, retry_after_s=30),
    Fault("status", status=429, retry_after_s=7),
    Fault("status", status=403),
    Fault("status", status=404),
    Fault("status", status=400),
    Fault("status", status=413),
    Fault("retry-date", delay_s=90),
    Fault("cut"),
    Fault("reset"),
    Fault("malformed"),
    Fault("no-list"),
    Fault("empty"),
    Fault("wrong-encoding"),
    Fault("bomb"),
    Fault("redirect"),
    Fault("foreign-link"),
    Fault("same-link"),
    Fault("partial"),
    Fault("clock", delay_s=7_200),
    Fault("clock", delay_s=-7_200),
    Fault("expire-tokens"),
]
REQUESTS = range(1, 7)


class Live:
    """The client of the source, with a clock that only waits move."""

    def __init__(self, settings: GraphSecuritySettings) -> None:
        self.client = GraphClient(settings)
        self.began_ms = self.now_ms = int(time.time() * 1000)
        self.send = self.client.send


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    settings = Settings(alerts=24, days=2, seed=9, arrivals_s=None, requests_per_minute=1_000_000)
    with running(settings, tmp_path_factory.mktemp("graph")) as stand_in:
        yield stand_in


def source(graph, **more) -> GraphSecuritySettings:
    who = graph.tenant.registration
    return GraphSecuritySettings(
        name="g", tenant_id=who.tenant, application_id=who.application, secret_key=who.secret, cloud="custom",
        graph_root=graph.root, authority=graph.root, backfill_days=3, page_size=10, **more,
    )  # fmt: skip


@pytest.mark.parametrize("restarts", [False, True], ids=["", "restart"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}{fault.status}{fault.delay_s:+.0f}")
def test_fault_at_every_request_loses_and_doubles_nothing(graph, monkeypatch, fault, restarts):
    monkeypatch.setenv("SSL_CERT_FILE", str(graph.ca_file))
    held = sorted(entry.text for entry in graph.tenant.book.entries.values())
    for number in REQUESTS:
        settings = source(graph)
        live = Live(settings)
        driver = Driver(live, GraphSecurity(settings))
        first = graph.tenant.faults.requests
        graph.tenant.faults.add_after(number, fault)
        if restarts:
            driver.killed_after = lambda first=first, number=number: (
                graph.tenant.faults.requests - first >= number
            )
            with pytest.raises(Killed):
                driver.run(polls=2)
            driver.killed_after = None
        driver.run(polls=4)
        live.client.close()
        assert driver.stored() == held, number
        assert set(driver.inserted.values()) == {1}
        accounts = driver.accounts
        assert all(a.fetched == a.new + a.updated + a.repeated + a.refused for a in accounts)
        assert sum(a.new for a in accounts) == len(held) - driver.lost_to_a_kill
        assert driver.healths[-1].state == "Collecting"
        assert graph.tenant.faults.faults == {}
