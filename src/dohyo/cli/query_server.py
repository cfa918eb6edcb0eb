"""`dohyo query` against a server: a search job of the published API, followed to its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console

from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.table import RunContext
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME

JOBS = "/api/v1/search/jobs"
TABLE = "/api/dohyo/v1/search/jobs"
PAGE = 10_000
LOOK_EVERY_S = 0.2
TIMEOUT_S = 60
ENDED = ("DONE GATHERING RESULTS", "CANCELLED", "FORCE PAUSED")
TYPES = {"string": TEXT, "long": LONG, "int": LONG, "double": DOUBLE, "boolean": BOOL, "time": TIME}


@dataclass(frozen=True)
class Found:
    fields: list[Field]
    rows: list[list[Scalar]]
    is_aggregate: bool
    warnings: list[str]


def searched(address: str, headers: dict[str, str], text: str, run: RunContext) -> Found:
    """All rows of the search. ProblemError with the server's words where it refuses or does not answer."""
    if not address.startswith(("http://", "https://")):
        hint = "such as https://logs.example.org or http://127.0.0.1:8484"
        raise ProblemError([Problem("server-address", f"{address} is no address of a server", hints=(hint,))])
    try:
        with httpx.Client(base_url=address.rstrip("/"), headers=headers, timeout=TIMEOUT_S) as http:
            return _searched(_Server(http, text), text, run)
    except httpx.InvalidURL as error:
        raise ProblemError([Problem("server-address", f"{address} is no address: {error}")]) from None
    except (KeyError, TypeError):  # an answer without what ours have
        raise _other(address) from None


def _searched(server: _Server, text: str, run: RunContext) -> Found:
    body = {"query": text, "from": run.start_ms, "to": run.end_ms, "timeZone": run.zone}
    job = server.call("POST", JOBS, json=body)["id"]
    try:
        with _progress() as tell:
            while (state := server.call("GET", f"{JOBS}/{job}"))["state"] not in ENDED:
                tell(f"{state['state'].lower()}, {state['messageCount']:,} messages")
                time.sleep(LOOK_EVERY_S)
        return server.rows(job, state)
    finally:
        with suppress(ProblemError):
            server.call("DELETE", f"{JOBS}/{job}")


def _other(address: object) -> ProblemError:
    message = f"{address} answers, but not as Dohyo does"
    return ProblemError([Problem("server-other", message, hints=("check the address and its port",))])


@dataclass(frozen=True)
class _Server:
    http: httpx.Client
    text: str

    def call(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self.http.request(method, path, **options)
        except httpx.HTTPError as error:
            message = f"{self.http.base_url} does not answer: {error}"
            raise ProblemError([Problem("server-unreachable", message)]) from None
        try:
            body = answer.json() if answer.content else {}
        except ValueError:
            raise _other(self.http.base_url) from None
        if not isinstance(body, dict):
            raise _other(self.http.base_url)
        if answer.status_code >= 400:
            raise ProblemError([Problem("server-refused", str(body.get("message") or body))], self.text)
        return body

    def rows(self, job: str, state: dict[str, Any]) -> Found:
        if errors := state.get("pendingErrors"):
            raise ProblemError([Problem("search-failed", "; ".join(map(str, errors)))], self.text)
        rows: list[list[Scalar]] = []
        while True:
            page = self.call("GET", f"{TABLE}/{job}/table", params={"offset": len(rows), "limit": PAGE})
            rows += [[_plain(value) for value in row] for row in page["rows"]]
            if len(rows) >= page["total"] or not page["rows"]:
                break
        fields = [Field(one["name"], TYPES.get(one["type"], TEXT)) for one in page["fields"]]
        return Found(fields, rows, page["aggregate"], list(page["warnings"]))


def _plain(value: Any) -> Scalar:
    """A link is its address."""
    return value["href"] if isinstance(value, dict) else value


@contextmanager
def _progress() -> Iterator[Any]:
    """Tells how far a search is, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda words: None
        return
    with Console(stderr=True).status("searching") as status:
        yield status.update
