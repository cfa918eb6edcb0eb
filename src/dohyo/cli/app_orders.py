"""Where orders of `dohyo app` go: to the running server of the data directory, else to its store.

Both give the same plans, refusals and outcomes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dohyo.apps.catalog import Catalog

if TYPE_CHECKING:
    from dohyo.cli.local_server import LocalServer

Json = dict[str, Any]
OWN_APPS = "/api/dohyo/v1/apps"
JOB_TIMEOUT_S = 300.0
POLL_S = 0.1


class Orders(Protocol):
    """`body` has `version`, `parameters` and `collection`, as the API takes them."""

    def plan(self, kind: str, uuid: str, body: Mapping[str, Any]) -> Json:
        """What the order would change."""
        ...

    def run(self, kind: str, uuid: str, body: Mapping[str, Any]) -> Json:
        """Carries the order out; the published status at its end."""
        ...

    def add(self, archive: bytes) -> None: ...
    def remove(self, uuid: str, version: str) -> None: ...


@contextmanager
def orders(data: Path) -> Iterator[Orders]:
    """For this data directory, which is ours until the end where no server runs on it."""
    from dohyo.cli.local_server import LocalServer
    from dohyo.store.owner import own, running

    owner = running(data)
    if owner is not None and owner.address:
        with LocalServer(owner) as server:
            yield _OfServer(server)
    else:
        with own(data, None):
            yield _OfDirectory(data)


class _OfServer:
    def __init__(self, server: LocalServer) -> None:
        self._server = server

    def plan(self, kind: str, uuid: str, body: Mapping[str, Any]) -> Json:
        asked = json.dumps({"action": kind, **body}).encode()
        plan: Json = self._server.call("POST", f"{OWN_APPS}/{uuid}/plan", asked)
        return plan

    def run(self, kind: str, uuid: str, body: Mapping[str, Any]) -> Json:
        job = self._server.call("POST", f"{OWN_APPS}/{uuid}/{kind}", json.dumps(body).encode())["jobId"]
        until = time.monotonic() + JOB_TIMEOUT_S
        while True:
            status: Json = self._server.call("GET", f"/api/v2/apps/{kind}/{job}/status")
            if status["status"] != "InProgress" or time.monotonic() > until:
                return status
            time.sleep(POLL_S)

    def add(self, archive: bytes) -> None:
        self._server.call("POST", OWN_APPS, archive, "application/zip")

    def remove(self, uuid: str, version: str) -> None:
        self._server.call("DELETE", f"{OWN_APPS}/{uuid}/versions/{version}")


class _OfDirectory:
    def __init__(self, data: Path) -> None:
        from dohyo.metadata.db import open_metadata

        self._data, self._catalog, self._metadata = data, Catalog(data), open_metadata(data)

    def plan(self, kind: str, uuid: str, body: Mapping[str, Any]) -> Json:
        from dohyo.apps.plans import plan_of

        return plan_of(
            self._metadata, self._catalog.app(uuid), kind, body.get("version"), body.get("parameters"),
            body.get("collection"),
        )  # fmt: skip

    def run(self, kind: str, uuid: str, body: Mapping[str, Any]) -> Json:
        from dohyo.access.secrets import SecretBox
        from dohyo.access.users import LOCAL_USER, ensure_user
        from dohyo.apps.lifecycle import Lifecycle
        from dohyo.apps.shapes import status_json
        from dohyo.store.embedded import EmbeddedStore

        app = self._catalog.app(uuid)
        user = ensure_user(self._metadata, LOCAL_USER, "administrator", service_account=True)
        with closing(EmbeddedStore.open(self._data)) as store:
            life = Lifecycle(self._metadata, self._catalog, store, SecretBox(self._data))
            life.start()
            with closing(life):
                job = life.order(kind, uuid, user.id, **body)
                return status_json(life.wait(job, JOB_TIMEOUT_S), app.name)

    def add(self, archive: bytes) -> None:
        self._catalog.add(archive)

    def remove(self, uuid: str, version: str) -> None:
        self._catalog.remove(uuid, version)
