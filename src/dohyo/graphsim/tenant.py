"""The stand-in's tenant: who may sign in, its alerts, and the alerts and updates that keep arriving."""

from __future__ import annotations

import json
import secrets
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dohyo.graphsim.alerts import Plan, every_alert, raised_alert, updated_alert
from dohyo.graphsim.book import AlertBook, Entry
from dohyo.graphsim.dice import Dice
from dohyo.graphsim.faults import FaultScript
from dohyo.graphsim.listing import without_later
from dohyo.graphsim.signin import Registration
from dohyo.graphsim.throttle import Throttle
from dohyo.graphsim.versions import VersionsLog


@dataclass(frozen=True)
class Settings:
    """How the stand-in behaves; `arrivals_s`: between arrivals, None for none; `seed` None: made up."""

    alerts: int = 5000
    days: int = 30
    seed: int | None = None
    cloud_apps_share: float = 0.45
    arrivals_s: float | None = 3.0
    requests_per_minute: int = 150
    token_lifetime_s: int = 3599
    permissions: tuple[str, ...] = ("SecurityAlert.Read.All",)


class Tenant:
    """Alerts, registration, limits and faults of one tenant. Safe to use from several threads.

    With a folder, the tenant is the same one at the next start: its identity stands in `tenant.json`, changed
    and new alerts in `changes.ndjson`, served versions in `versions.ndjson`.
    """

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self.settings = settings
        self.folder = folder
        identity = remembered_identity(settings, folder)
        self.registration = Registration(
            identity["tenant"],
            identity["application"],
            identity["secret"],
            permissions=settings.permissions,
            token_lifetime_s=settings.token_lifetime_s,
        )
        self.plan = Plan(
            identity["seed"],
            identity["alerts"],
            identity["now_ms"],
            settings.days,
            settings.cloud_apps_share,
            identity["tenant"],
        )
        self.throttle = Throttle(settings.requests_per_minute)
        self.faults = FaultScript()
        self.sign_in_faults = FaultScript()
        self.versions = VersionsLog(folder and folder / "versions.ndjson")
        self.arriving = settings.arrivals_s is not None
        self.arrived = 0
        self.book = AlertBook()
        self._lock = threading.RLock()
        self._dice = Dice(identity["seed"] ^ time.time_ns())
        for alert in every_alert(self.plan):
            self.book.put(alert)
        self._replay_changes()

    def _replay_changes(self) -> None:
        path = self.folder and self.folder / "changes.ndjson"
        if path and path.exists():
            for line in path.read_text("utf-8").split("\n")[:-1]:
                self.book.put(json.loads(line), line)

    def put(self, alert: dict[str, Any]) -> Entry:
        """Adds an alert or a new version of one, as a test or an arrival makes it."""
        with self._lock:
            entry = self.book.put(alert)
            if self.folder:
                with (self.folder / "changes.ndjson").open("a", encoding="utf-8") as changes:
                    changes.write(entry.text + "\n")
            return entry

    def raise_alert(self, at_ms: int | None = None) -> Entry:
        """A new alert, raised now unless another time is given."""
        with self._lock:
            at_ms = at_ms or int(time.time() * 1000)
            return self.put(raised_alert(self.plan, len(self.book), at_ms - 60_000))

    def update_alert(self, ident: str, at_ms: int | None = None) -> Entry:
        """The next version of an alert, changed now unless another time is given."""
        with self._lock:
            at_ms = at_ms or int(time.time() * 1000)
            return self.put(updated_alert(self.book.entries[ident].alert(), at_ms, self._dice))

    def arrive(self) -> None:
        """One new alert, and updates of two open ones; mostly recent ones, as analysts work on those."""
        with self._lock:
            self.raise_alert()
            open_ones = [
                entry for entry in self.book.newest(len(self.book)) if entry.visible["status"] != "resolved"
            ]
            for _ in range(2):
                self.update_alert(self._dice.pick_early(open_ones).id)
            self.arrived += 1

    def new_key(self) -> None:
        """Ends every token that was given out."""
        self.registration.key = secrets.token_bytes(32)

    def status(self) -> dict[str, Any]:
        """Figures for whoever drives the stand-in; `unserved` alerts have a version that has not left yet."""
        with self._lock:
            texts = [entry.text for entry in self.book.entries.values()]
            unserved = sum(not {text, without_later(text)} & self.versions.served for text in texts)
            return {
                "alerts": len(self.book),
                "versions_served": len(self.versions),
                "unserved": unserved,
                "arriving": self.arriving,
                "arrived": self.arrived,
                **self.faults.as_json(),
            }


def remembered_identity(settings: Settings, folder: Path | None) -> dict[str, Any]:
    """Who the tenant is: made up, and kept in the folder for the next start if there is one."""
    path = folder and folder / "tenant.json"
    if path and path.exists():
        return json.loads(path.read_text("utf-8"))
    identity = {
        "seed": secrets.randbelow(1 << 30) if settings.seed is None else settings.seed,
        "alerts": settings.alerts,
        "now_ms": int(time.time() * 1000),
        "tenant": str(uuid.uuid4()),
        "application": str(uuid.uuid4()),
        "secret": secrets.token_urlsafe(30),
    }
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(identity), "utf-8")
    return identity
