"""Calls to the server that runs on a data directory of this machine, as its own command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from dohyo.base.problem import Problem, ProblemError

if TYPE_CHECKING:
    from dohyo.store.owner import Owner

TIMEOUT_S = 300


class LocalServer:
    """Safe for threads. ProblemError with the server's own words where it refuses, or does not answer."""

    def __init__(self, owner: Owner) -> None:
        # The server is on this machine: proxies from the environment have no part in it.
        self._http = httpx.Client(
            base_url=str(owner.address),
            headers={"Authorization": f"Bearer {owner.token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        """The JSON of the answer; `kind` is the content type of the body."""
        try:
            answer = self._http.request(method, path, content=body, headers={"Content-Type": kind})
        except httpx.TransportError as error:
            message = f"the server does not answer any more: {error}"
            hint = "what it had done stays; the same command again does the rest"
            raise ProblemError([Problem("server-gone", message, hints=(hint,))]) from None
        if answer.status_code >= 400:
            raise ProblemError(_problems(answer))
        return answer.json() if answer.content else None


def _problems(answer: httpx.Response) -> list[Problem]:
    """What the server says in any of its bodies, as the same call without a server says it."""
    try:
        body = answer.json()
        told = body.get("errors") or body.get("problems") or [body.get("problem") or body]
        return [
            Problem(str(one["code"]), str(one["message"]), hints=tuple(one.get("hints") or _hint(one)))
            for one in told
        ]
    except (ValueError, KeyError, AttributeError, TypeError):
        return [Problem("server-refused", f"the server refused: status {answer.status_code}")]


def _hint(error: dict[str, Any]) -> tuple[str, ...]:
    return (str(error["detail"]),) if error.get("detail") else ()
