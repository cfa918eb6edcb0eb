"""The stand-in over TLS, and a supervised source that collects from it."""

import pytest
from tests.collect.supervised_source import Bench

from dohyo.graphsim.running import running
from dohyo.graphsim.tenant import Settings


@pytest.fixture
def graph(tmp_path, monkeypatch):
    settings = Settings(alerts=120, days=2, seed=7, arrivals_s=None, requests_per_minute=10_000)
    with running(settings, tmp_path / "graph") as stand_in:
        monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
        yield stand_in


@pytest.fixture
def bench(tmp_path, graph):
    bench = Bench(tmp_path / "dohyo", graph)
    yield bench
    bench.supervisor.stop()
