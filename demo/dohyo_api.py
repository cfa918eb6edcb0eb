"""Calls to Dohyo's HTTP API: the same ones that its pages make."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
from processes import DemoError, StandIn, wait_until

APP_NAME = "Azure Security - Microsoft Defender for Cloud Apps"
CATEGORY = "Labs/MicrosoftGraphSecurity"
COLLECTOR, SOURCE = "Demo", "Graph Security"
POLLING_INTERVAL_S = 3


@dataclass(frozen=True)
class PanelAnswer:
    """One panel of a dashboard run: its rows as dicts, or the problem's message."""

    rows: list[dict[str, Any]]
    problem: str | None = None
    cut: bool = False


class Dohyo:
    """A client with an administrator's key."""

    def __init__(self, address: str, key: tuple[str, str]) -> None:
        # Dohyo listens on this machine: proxies from the environment have no part in it.
        self.http = httpx.Client(base_url=address, auth=key, timeout=120, trust_env=False)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        answer = self.http.request(method, path, json=body, headers={"X-Dohyo": "1", **(headers or {})})
        if answer.status_code >= 400:
            raise DemoError(f"{method} {path} was answered with {answer.status_code}: {answer.text[:500]}")
        return answer

    def get(self, path: str) -> Any:
        return self.call("GET", path).json()

    def is_up(self) -> bool:
        try:
            return self.http.get("/api/health").status_code == 200
        except httpx.TransportError:
            return False

    # Collection

    def set_up_source(self, stand_in: StandIn) -> None:
        """Makes the collector and the source, or points those of an earlier start at this stand-in."""
        collectors = self.get("/api/v1/collectors")["collectors"]
        collector = next((found["id"] for found in collectors if found["name"] == COLLECTOR), None)
        if collector is None:
            wanted = {"collector": {"collectorType": "Hosted", "name": COLLECTOR}}
            collector = self.call("POST", "/api/v1/collectors", wanted).json()["collector"]["id"]
        path = f"/api/v1/collectors/{collector}/sources"
        source = {
            "sourceType": "Universal",
            "schemaRef": {"type": "Microsoft Graph Security API"},
            "config": source_config(stand_in),
        }
        sources = self.get(path)["sources"]
        known = next(
            (found["id"] for found in sources if (found.get("config") or {}).get("name") == SOURCE), None
        )
        if known is None:
            self.call("POST", path, {"api.version": "v1", "source": source})
            return
        tag = self.call("GET", f"{path}/{known}").headers["ETag"]
        self.call("PUT", f"{path}/{known}", {"source": {"id": known, **source}}, {"If-Match": tag})

    def source_state(self) -> dict[str, Any]:
        """The source as the home page shows it, with the account of its last poll."""
        return next(found for found in self.get("/api/dohyo/v1/home")["sources"] if found["name"] == SOURCE)

    # App and dashboards

    def install_app(self) -> None:
        """Installs the app with the source's category as its scope; an app that is there stays."""
        if any(app["name"] == APP_NAME for app in self.get("/api/dohyo/v1/home")["apps"]):
            return
        uuid = next(app["uuid"] for app in self.get("/api/v2/apps")["apps"] if app["name"] == APP_NAME)
        scope = {"scope_key": "_sourceCategory", "default_scope_value": CATEGORY}
        wanted = {"version": "1.0.0", "parameters": scope}
        job = self.call("POST", f"/api/v2/apps/{uuid}/install", wanted).json()["jobId"]
        path = f"/api/v2/apps/install/{job}/status"
        last = wait_until("Installing the app", lambda: ended(self.get(path)))
        if last["status"] != "Success":
            raise DemoError(f"The app was not installed: {last.get('error') or last.get('statusMessage')}")

    def dashboards(self) -> dict[str, str]:
        """Ids of the app's dashboards by the last word of their titles: Overview, Security."""
        found = self.get("/api/dohyo/v1/dashboards")["dashboards"]
        return {
            one["title"].rpartition(" ")[2]: one["id"] for one in found if one["title"].startswith(APP_NAME)
        }

    def run_dashboard(self, ident: str, from_ms: int, to_ms: int) -> dict[str, PanelAnswer]:
        """Runs every panel over the range; answers by panel key."""
        body = {"range": {"from": from_ms, "to": to_ms}, "variables": {}, "timeZone": "UTC"}
        answer = self.call("POST", f"/api/dohyo/v1/dashboards/{ident}/runs", body)
        lines = [json.loads(line) for line in answer.text.splitlines() if line.strip()]
        return {line["panel"]: panel_answer(line) for line in lines if "panel" in line}


def source_config(stand_in: StandIn) -> dict[str, Any]:
    return {
        "name": SOURCE,
        "category": CATEGORY,
        "tenant_id": stand_in.tenant,
        "application_id": stand_in.application,
        "secret_key": stand_in.secret,
        "polling_interval": 1,
        # Minutes are too long to watch alerts arrive.
        "polling_interval_s": POLLING_INTERVAL_S,
        "backfill_days": 30,
        "cloud": "custom",
        "graph_root": stand_in.address,
        "authority": stand_in.address,
    }


def ended(status: dict[str, Any]) -> dict[str, Any] | None:
    return None if status["status"] == "InProgress" else status


def panel_answer(line: dict[str, Any]) -> PanelAnswer:
    if not line["ok"]:
        return PanelAnswer([], line["problem"]["message"])
    names = [field["name"] for field in line["fields"]]
    return PanelAnswer(
        [dict(zip(names, row, strict=True)) for row in line["rows"]], cut=bool(line.get("cut"))
    )
