"""What every request passes: headers of the answer, size of the body, who asks, and failures of ours."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dohyo.access.keys import list_keys
from dohyo.access.principal import Principal
from dohyo.api.authentication import CSRF_HEADER as HEADER
from dohyo.api.authentication import authenticate
from dohyo.api.errors import ApiRefused, failure_answer, problem_answer
from dohyo.api.rates import KeyRates
from dohyo.api.services import Services
from dohyo.apps.archive import MOST_BYTES as MOST_ARCHIVE_BYTES
from dohyo.base.problem import ProblemError
from dohyo.content.tables import MOST_CSV_BYTES

LOG = logging.getLogger(__name__)
API = "/api/"
OPEN = frozenset({("GET", "/api/health"), ("HEAD", "/api/health"), ("POST", "/api/dohyo/v1/session")})
# A body that is too large is still read this far, so that its sender gets to see the answer.
READ_ON_BYTES = 64 * 1024 * 1024
# Files of lookup tables have a published limit of their own; a little more for the form around them.
TABLE_UPLOAD = re.compile(r"/api/v1/lookupTables/[^/]+/upload")
APPS = "/api/dohyo/v1/apps"  # takes archives
MOST_TABLE_BYTES = MOST_CSV_BYTES + 64 * 1024

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # The editor and the charts set styles of single elements; scripts come from files only.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
OF_THE_API = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache"}


class Gate:
    """ASGI middleware around all routes."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services
        self._rates = KeyRates(services.settings.key_requests_per_s, services.settings.key_requests_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].rstrip("/") or "/"
        answer = _Answer(send, path.startswith(API))
        scope = {**scope, "path": path, "state": {**scope.get("state", {})}}
        try:
            if path.startswith(API):
                await self._api(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)
        except ClientDisconnect:  # nobody is left to answer
            LOG.info("a client went away in the middle of %s %s", scope["method"], path)
        except ProblemError as error:
            await answer.instead(problem_answer(path, error), scope, receive, error)
        except Exception as error:
            await answer.instead(failure_answer(path, error), scope, receive, error)

    async def _api(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS":
            await (await self._preflight(headers))(scope, receive, answer)
            return
        principal = await self._principal(scope, headers)
        if origin := headers.get("origin"):
            answer.more = _cross_origin(origin)
        limited = _limited(receive, headers, self._most_bytes(scope["path"]))
        if principal is None or principal.key_id is None:
            await self._app(scope, limited, answer)
            return
        self._rates.begin(principal.key_id)
        try:
            await self._app(scope, limited, answer)
        finally:
            self._rates.end(principal.key_id)

    async def _principal(self, scope: Scope, headers: Headers) -> Principal | None:
        if (scope["method"], scope["path"]) in OPEN:
            return None
        services, method = self._services, scope["method"]
        principal = await run_in_threadpool(
            authenticate, services.metadata, services.local_token, method, headers
        )
        scope["state"]["principal"] = principal
        return principal

    def _most_bytes(self, path: str) -> int:
        usual = self._services.settings.max_body_bytes
        if path == APPS:
            return max(usual, MOST_ARCHIVE_BYTES)
        return max(usual, MOST_TABLE_BYTES) if TABLE_UPLOAD.fullmatch(path) else usual

    async def _preflight(self, headers: Headers) -> Response:
        """What a browser asks for a page of another origin: it may call if some key names the origin."""
        origin = headers.get("origin", "")
        keys = await run_in_threadpool(list_keys, self._services.metadata)
        if not any(origin in key.cors_headers and not key.disabled for key in keys):
            raise ApiRefused(403, "forbidden", "no access key may be used by pages of this origin")
        allowed = {
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": f"authorization, content-type, if-match, isadminmode, {HEADER}",
            "Access-Control-Max-Age": "600",
        }
        return Response(status_code=204, headers={**_cross_origin(origin), **allowed})


def _cross_origin(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "ETag, Location",
        "Vary": "Origin",
    }


class _Answer:
    """Adds the headers that every answer has; remembers whether one has begun."""

    def __init__(self, send: Send, of_the_api: bool) -> None:
        self._send = send
        self._headers = {**EVERYWHERE, **(OF_THE_API if of_the_api else {})}
        self.more: dict[str, str] = {}
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in (self._headers | self.more).items():
                headers.setdefault(name, value)
        await self._send(message)

    async def instead(self, answer: Response, scope: Scope, receive: Receive, error: Exception) -> None:
        """Another answer, if none has begun; else the connection breaks: a part must not look whole."""
        if self.begun:
            raise error
        await answer(scope, receive, self)


def _limited(receive: Receive, headers: Headers, most_bytes: int) -> Callable[[], Awaitable[Message]]:
    """`receive` that refuses with 413 what is longer than the limit."""
    read_bytes = 0
    announced = headers.get("content-length", "")
    too_long = announced.isdecimal() and int(announced) > most_bytes

    async def counted() -> MutableMapping[str, Any]:
        nonlocal read_bytes
        message = await receive()
        read_bytes += len(message.get("body", b""))
        if too_long or read_bytes > most_bytes:
            await _read_on(receive, message, read_bytes)
            text = f"the body of a request has at most {most_bytes:,} bytes"
            raise ApiRefused(413, "request.too.large", text, "send less at once")
        return message

    return counted


async def _read_on(receive: Receive, message: Message, read_bytes: int) -> None:
    while message.get("more_body") and read_bytes < READ_ON_BYTES:
        message = await receive()
        read_bytes += len(message.get("body", b""))
