"""A scripted Graph and a driver for steps: no network, no clock, no store, every fault at will."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.graph_state import DAY_MS
from dohyo.collect.graph_time import graph_time_to_ms, ms_to_graph_time
from dohyo.collect.source import (
    Account,
    Answer,
    Failed,
    Get,
    Health,
    Row,
    SignedIn,
    SignIn,
    Start,
    StepResult,
    Stored,
    Wait,
    Woken,
)

ROOT = "https://graph.example"
NOW_MS = 1_758_204_000_000  # 2025-09-18T14:00:00Z
FILTER = re.compile(r"lastUpdateDateTime ge (\S+) and lastUpdateDateTime lt (\S+)")


def settings(**more) -> GraphSecuritySettings:
    given = {
        "name": "Graph",
        "tenant_id": "T-1",
        "application_id": "a-1",
        "secret_key": "s",
        "cloud": "custom",
        "graph_root": ROOT,
        "authority": "https://login.example",
        "backfill_days": 2,
    }
    return GraphSecuritySettings(**given | more)


def alert(ident: str, updated_ms: int, **more) -> dict:
    stamp = ms_to_graph_time(updated_ms)
    return {"id": ident, "createdDateTime": stamp, "lastUpdateDateTime": stamp, "title": ident, **more}


def answer(status: int, body: dict | bytes, **headers: str) -> Answer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    return answer(status, {"error": {"code": code, "message": message}}, **headers)


@dataclass
class ScriptedGraph:
    """Alerts, newest first, in pages that count alerts. `script`: what the n-th request meets, from 1."""

    alerts: list[dict]
    page_size: int = 2
    script: dict[int, Answer | Failed | Callable[[], None]] = field(default_factory=dict)
    now_ms: int = NOW_MS
    requests: int = 0
    sign_ins: int = 0
    served: list[dict] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    with_date: bool = True

    def send(self, request: SignIn | Get) -> SignedIn | Answer | Failed:
        if isinstance(request, SignIn):
            self.sign_ins += 1
            return SignedIn()
        self.requests += 1
        self.urls.append(request.url)
        scripted = self.script.pop(self.requests, None)
        if callable(scripted):
            scripted()
        elif scripted is not None:
            return scripted
        return self.page(request.url)

    def page(self, url: str) -> Answer:
        query = parse_qs(urlsplit(url).query)
        if "$skiptoken" in query:
            skip, wanted = query["$skiptoken"][0].split("|")
        else:
            skip, wanted = "0", query["$filter"][0]
        start, end = (graph_time_to_ms(stamp) for stamp in FILTER.fullmatch(wanted).groups())
        listed = [
            a for a in self.alerts if start <= (graph_time_to_ms(a["lastUpdateDateTime"]) or start) < end
        ]
        listed.sort(key=lambda a: (a["createdDateTime"], a["id"]), reverse=True)
        until = int(skip) + self.page_size
        body: dict = {"value": listed[int(skip) : until]}
        if until < len(listed):
            body["@odata.nextLink"] = f"{ROOT}/v1.0/security/alerts_v2?$skiptoken={until}|{wanted}"
        self.served += body["value"]
        date = format_datetime(datetime.fromtimestamp(self.now_ms / 1000, UTC), usegmt=True)
        return answer(200, body, **({"date": date} if self.with_date else {}))

    def update(self, ident: str, updated_ms: int, **more) -> None:
        """A new version of an alert in place of the old one; it keeps its place in the list."""
        old = next(a for a in self.alerts if a["id"] == ident)
        self.alerts.remove(old)
        self.alerts.append(old | {"lastUpdateDateTime": ms_to_graph_time(updated_ms), **more})


class Killed(Exception):
    """The process dies here."""


@dataclass
class Driver:
    """Carries out steps as the supervisor does; what is durable outlives a `Killed`."""

    graph: ScriptedGraph
    stepper: GraphSecurity = field(default_factory=lambda: GraphSecurity(settings()))
    rows: dict[tuple, str] = field(default_factory=dict)
    cursor: dict | None = None
    inserted: Counter = field(default_factory=Counter)
    healths: list[Health] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    seen: list[Row] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    moments_left: int | None = None  # kill after so many
    killed_after: Callable[[], bool] | None = None
    lost_to_a_kill: int = 0  # stored, but in no account: the kill came between

    def run(self, polls: int = 1, most_steps: int = 500) -> None:
        """Until that many polls reached the present."""
        state, response = None, Start(self.cursor)
        for _ in range(most_steps):
            result = self.stepper.step(state, response, self.graph.now_ms)
            self.moment()
            state, response = result.state, self.carry_out(result)
            if isinstance(result.request, Wait) and result.state.reading is None and state.signed_in:
                polls -= 1
                if not polls:
                    return
        raise AssertionError("it does not come to an end")

    def carry_out(self, result: StepResult):
        if result.health:
            self.healths.append(result.health)
        if result.rows is not None:
            return self.store(result.rows)
        if result.account:
            self.accounts.append(result.account)
        if result.cursor is not None:
            self.cursor = result.cursor
            self.moment()
        if isinstance(result.request, Wait):
            self.waits.append(result.request.until_ms - self.graph.now_ms)
            self.graph.now_ms = max(self.graph.now_ms, result.request.until_ms)
            return Woken()
        return self.graph.send(result.request)

    def store(self, rows) -> Stored:
        new = updated = 0
        records = {key[0] for key in self.rows}
        for row in rows:
            self.seen.append(row)
            key = (row.record, row.version, row.content)
            if key not in self.rows:
                self.rows[key] = row.raw
                self.inserted[key] += 1
                new, updated = (new, updated + 1) if row.record in records else (new + 1, updated)
        self.lost_to_a_kill += new
        self.moment()
        self.lost_to_a_kill -= new
        return Stored(new, updated, len(rows) - new - updated)

    def moment(self) -> None:
        if self.killed_after is not None and self.killed_after():
            raise Killed
        if self.moments_left is not None:
            self.moments_left -= 1
            if self.moments_left < 0:
                raise Killed

    def stored(self) -> list[str]:
        return sorted(self.rows.values())


def expected(alerts: list[dict]) -> list[str]:
    return sorted({json.dumps(a, separators=(",", ":")) for a in alerts})


def days_ago(days: float) -> int:
    return NOW_MS - int(days * DAY_MS)


def ten_alerts() -> list[dict]:
    return [alert(f"a{n}", days_ago(0.18 * n)) for n in range(1, 11)]
