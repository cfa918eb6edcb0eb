"""A real server over a temporary data directory, and clients of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

import dohyo
from dohyo.access.keys import create_key
from dohyo.api.app import create_app
from dohyo.api.services import Services, opened
from dohyo.api.settings import Settings
from dohyo.base.listening import listening

LOCAL_TOKEN = "the token of this machine's command line"
CATEGORY = "Labs/MicrosoftGraphSecurity"
APP = Path(dohyo.__file__).parent / "apps/catalog/azure-security-microsoft-defender-for-cloud-apps/1.0.0"
APP_NAME = "Azure Security - Microsoft Defender for Cloud Apps"
ORDER = {
    "version": "1.0.0",
    "parameters": {"scope_key": "_sourceCategory", "default_scope_value": CATEGORY},
}
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Server:
    address: str
    services: Services

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=30, trust_env=False, **options)

    def with_key(self, role: str) -> httpx.Client:
        made = create_key(self.services.metadata, role)  # type: ignore[arg-type]
        return self.client(auth=(made.id, made.secret))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("data")
    with opened(data, Settings(), LOCAL_TOKEN) as services, running(services) as address:
        yield Server(address, services)


class running:
    """Answers HTTP on 127.0.0.1 with these services while the block runs."""

    def __init__(self, services: Services) -> None:
        config = uvicorn.Config(create_app(services), log_config=None, access_log=False, lifespan="off")
        self._uvicorn = uvicorn.Server(config)
        self._listener = listening("127.0.0.1", 0)
        self._thread = threading.Thread(target=self._uvicorn.run, args=([self._listener],))

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._uvicorn.should_exit = True
        self._thread.join()
        self._listener.close()


@pytest.fixture(scope="package")
def administrator(server: Server) -> Iterator[httpx.Client]:
    with server.with_key("administrator") as client:
        yield client


@pytest.fixture(scope="package")
def analyst(server: Server) -> Iterator[httpx.Client]:
    with server.with_key("analyst") as client:
        yield client


@pytest.fixture(scope="package")
def viewer(server: Server) -> Iterator[httpx.Client]:
    with server.with_key("viewer") as client:
        yield client


@pytest.fixture(scope="package")
def local(server: Server) -> Iterator[httpx.Client]:
    """The command line of this machine."""
    with server.client(headers={"Authorization": f"Bearer {LOCAL_TOKEN}"}) as client:
        yield client


@pytest.fixture(scope="package")
def alerts(local: httpx.Client) -> list[str]:
    """The app's own test events, stored an hour before now and one second apart; given back as texts."""
    texts = (APP / "tests/events.ndjson").read_text().splitlines()
    begin = int(time.time() * 1000) - 3_600_000
    records = [[text, begin + 1000 * number] for number, text in enumerate(texts)]
    batch = {"category": CATEGORY, "name": "events.ndjson", "host": "h", "file": "f", "first": 0}
    answer = local.post("/api/dohyo/v1/import", json={**batch, "records": records})
    assert answer.json() == {"stored": len(texts), "repeated": 0}
    return texts


@pytest.fixture
def installed(administrator: httpx.Client, alerts: list[str]) -> dict[str, Any]:
    """The instance of the app in version 1.0.0 over the alerts, whatever other tests did with it."""
    uuid = administrator.get("/api/v2/apps", params={"name": APP_NAME}).json()["apps"][0]["uuid"]

    def instance() -> dict[str, Any] | None:
        found = administrator.get("/api/v2/apps/instances").json()["data"]
        return next((one for one in found if one["uuid"] == uuid), None)

    there = instance()
    if there is None or there["version"] != ORDER["version"]:
        kind = "upgrade" if there else "install"
        job = administrator.post(f"/api/v2/apps/{uuid}/{kind}", json=ORDER).json()["jobId"]
        status = ended(lambda: administrator.get(f"/api/v2/apps/{kind}/{job}/status").json())
        assert status["status"] == "Success", status
        there = instance()
    assert there
    return there


def ended(status: Callable[[], dict[str, Any]], timeout_s: float = 30) -> dict[str, Any]:
    """The first status of a job that is not in progress any more."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        found = status()
        if found["status"] not in ("InProgress", "Pending"):
            return found
        time.sleep(0.02)
    raise AssertionError(f"the job has not ended: {found}")


def classic(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal in the classic style, whose body must say the same status."""
    body = answer.json()
    assert set(body) - {"problem"} == {"status", "id", "code", "message"}
    assert body["status"] == answer.status_code and body["message"]
    return answer.status_code, body["code"]


def newer(answer: httpx.Response) -> tuple[int, str]:
    """Status and first code of a refusal in the newer style."""
    body = answer.json()
    assert set(body) == {"id", "errors"} and body["errors"][0]["message"]
    return answer.status_code, body["errors"][0]["code"]


def own(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal of our own routes."""
    body = answer.json()
    assert set(body) == {"id", "problem"} and body["problem"]["message"]
    return answer.status_code, body["problem"]["code"]
