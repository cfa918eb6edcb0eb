"""The stand-in's HTTP side: sign-in, alerts_v2, and the control paths for whoever drives it."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dohyo.graphsim import signin
from dohyo.graphsim.faults import Fault
from dohyo.graphsim.incidents import INCIDENTS, incidents_page
from dohyo.graphsim.incidents import READ_PERMISSIONS as INCIDENT_PERMISSIONS
from dohyo.graphsim.listing import BadRequest, page_of, page_text, read_options, without_later
from dohyo.graphsim.tenant import Tenant

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
ALERTS = "security/alerts_v2"
BOMB_BYTES = 300_000_000
NEXT_LINK = re.compile(r',"@odata.nextLink":"[^"]*"(?=\}$)')


def create_app(tenant: Tenant) -> Starlette:
    """The application; new alerts arrive while it runs."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        arrivals = asyncio.create_task(keep_arriving(tenant))
        yield
        arrivals.cancel()
        tenant.versions.close()

    routes = [
        Route("/common/discovery/instance", discover_instance),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", describe_tenant),
        Route("/{tenant}/discovery/v2.0/keys", lambda request: JSONResponse({"keys": []})),
        Route("/{tenant}/oauth2/v2.0/token", give_token, methods=["POST"]),
        Route("/stand-in/status", show_status),
        Route("/stand-in/arrivals", set_arrivals, methods=["POST"]),
        Route("/stand-in/faults", add_faults, methods=["POST"]),
        Route("/{version}/{path:path}", answer_graph),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.tenant = tenant
    return app


async def keep_arriving(tenant: Tenant) -> None:
    while tenant.settings.arrivals_s:
        await asyncio.sleep(tenant.settings.arrivals_s)
        if tenant.arriving:
            tenant.arrive()


def root_of(request: Request) -> str:
    return f"https://{request.url.netloc}"


def tenant_of(request: Request) -> Tenant:
    return request.app.state.tenant


# Sign-in


async def discover_instance(request: Request) -> Response:
    asked = request.query_params.get("authorization_endpoint", "")
    return JSONResponse(signin.instance_discovery(asked, root_of(request)))


async def describe_tenant(request: Request) -> Response:
    registration = tenant_of(request).registration
    try:
        answer = signin.openid_configuration(registration, request.path_params["tenant"], root_of(request))
    except signin.SignInError as error:
        return JSONResponse(error.body(request.headers.get("client-request-id")), error.status)
    return JSONResponse(answer)


async def give_token(request: Request) -> Response:
    fault = tenant_of(request).sign_in_faults.next()
    played = await faulty(request, fault) if fault else None
    if played is None and fault and fault.kind in SPOILT:
        played = spoilt(fault, '{"token_type":"Bearer","expires_in":3599}', {})
    if played is not None:
        return played
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    roots = {root_of(request), signin.GRAPH}
    try:
        answer = signin.token_answer(
            tenant_of(request).registration, request.path_params["tenant"], form, roots
        )
    except signin.SignInError as error:
        return JSONResponse(error.body(request.headers.get("client-request-id")), error.status)
    return JSONResponse(answer, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


# Graph


async def answer_graph(request: Request) -> Response:
    """Any path below `/v1.0`: token, permission, limit and faults first, then the alerts."""
    tenant = tenant_of(request)
    path = request.path_params["path"].rstrip("/")
    is_incidents = path.lower() == INCIDENTS
    is_known = is_incidents or path.lower() == ALERTS or path.lower().startswith(ALERTS + "/")
    try:
        claims = signin.claims_of(tenant.registration, request.headers.get("authorization"))
    except signin.TokenError as error:
        return graph_error(
            request, 401, "InvalidAuthenticationToken", str(error), {"WWW-Authenticate": "Bearer"}
        )
    if request.path_params["version"].lower() != "v1.0" or not is_known:
        segment = path.split("/")[-1]
        return graph_error(request, 400, "BadRequest", f"Resource not found for the segment '{segment}'.")
    permissions = INCIDENT_PERMISSIONS if is_incidents else signin.READ_PERMISSIONS
    if not set(claims["roles"]) & set(permissions):
        needed, held = ", ".join(permissions), ", ".join(claims["roles"])
        message = f"Missing application roles. API required roles: {needed}, application roles: {held}."
        return graph_error(request, 403, "Forbidden", message)
    wait_s = tenant.throttle.wait_s(claims["appid"])
    if wait_s:
        return graph_error(
            request, 429, "TooManyRequests", "Too many requests.", {"Retry-After": str(wait_s)}
        )
    fault = tenant.faults.next()
    answer = await faulty(request, fault) if fault else None
    if answer is not None:
        return answer
    return alerts_answer(request, tenant, path, fault)


def alerts_answer(request: Request, tenant: Tenant, path: str, fault: Fault | None) -> Response:
    later = "include-unknown-enum-members" in request.headers.get("prefer", "").lower()
    if path.lower() == INCIDENTS:
        return incidents_answer(request, tenant, fault)
    if path.lower() != ALERTS:
        entry = tenant.book.entries.get(path[len(ALERTS) + 1 :])
        if entry is None:
            return graph_error(request, 404, "ResourceNotFound", "The requested resource does not exist.")
        return served(request, tenant, [entry.text if later else without_later(entry.text)], None, fault)
    try:
        page = page_of(tenant.book, read_options(request.query_params), later)
    except BadRequest as error:
        return graph_error(request, 400, "BadRequest", str(error))
    base = f"{root_of(request)}/v1.0/{ALERTS}"
    return served(request, tenant, list(page.texts), page_text(page, root_of(request), base), fault)


def incidents_answer(request: Request, tenant: Tenant, fault: Fault | None) -> Response:
    try:
        page = incidents_page(tenant.book, request.query_params)
    except BadRequest as error:
        return graph_error(request, 400, "BadRequest", str(error))
    base = f"{root_of(request)}/v1.0/{INCIDENTS}"
    return served(request, tenant, list(page.texts), page_text(page, root_of(request), base), fault)


def served(
    request: Request, tenant: Tenant, texts: list[str], body: str | None, fault: Fault | None
) -> Response:
    """A 200 with the alerts. A complete one is logged first, so that a client holds nothing the log lacks."""
    headers, body = graph_headers(request), texts[0] if body is None else body
    if fault and fault.kind in SPOILT:
        return spoilt(fault, body, headers)
    status = 200
    if fault and fault.kind in ("foreign-link", "same-link"):
        link = "https://elsewhere.example/v1.0/next" if fault.kind == "foreign-link" else str(request.url)
        body = f'{NEXT_LINK.sub("", body)[:-1]},"@odata.nextLink":{json.dumps(link)}}}'
    if fault and fault.kind == "partial":
        status, texts = 206, texts[: len(texts) // 2]
        body = f'{{"value":[{",".join(texts)}]}}'
        headers["Warning"] = '199 - "Microsoft/Stand-in/503/10000"'
    if fault and fault.kind == "clock":
        headers["Date"] = formatdate(time.time() + fault.delay_s, usegmt=True)
    if fault is None or fault.kind != "foreign-link":  # its page is refused whole
        tenant.versions.add(texts)
    return Response(body, status, headers=headers, media_type=JSON_TYPE)


SPOILT = ("cut", "malformed", "wrong-encoding", "bomb", "no-list", "empty")


def spoilt(fault: Fault, body: str, headers: dict[str, str]) -> Response:
    """An answer that holds no alert a client could use."""
    half = body[: len(body) // 2]
    if fault.kind == "cut":
        return CutResponse(body, headers=headers, media_type=JSON_TYPE)
    if fault.kind == "wrong-encoding":
        return Response(body, headers={**headers, "Content-Encoding": "gzip"}, media_type=JSON_TYPE)
    if fault.kind == "bomb":
        return Response(
            packed_blanks(), headers={**headers, "Content-Encoding": "gzip"}, media_type=JSON_TYPE
        )
    text = {"malformed": half + "<html>", "no-list": '{"values":[]}'}.get(fault.kind, "")
    return Response(text, headers=headers, media_type=JSON_TYPE)


async def faulty(request: Request, fault: Fault) -> Response | None:
    """The answer a fault gives by itself; None if the usual answer follows."""
    if fault.kind == "expire-tokens":
        tenant_of(request).new_key()
        message = "Lifetime validation failed, the token is expired."
        return graph_error(
            request, 401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": "Bearer"}
        )
    if fault.kind == "status":
        after = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
        code = {429: "TooManyRequests", 503: "ServiceUnavailable", 504: "GatewayTimeout"}.get(
            fault.status, "UnknownError"
        )
        return graph_error(request, fault.status, code, "The service cannot answer now.", after)
    if fault.kind == "reset":
        return ResetResponse()
    if fault.kind == "redirect":
        return Response(status_code=302, headers={"Location": "https://elsewhere.example/"})
    if fault.kind == "retry-date":
        until = formatdate(time.time() + fault.delay_s, usegmt=True)
        return graph_error(request, 503, "ServiceUnavailable", "Not now.", {"Retry-After": until})
    if fault.kind == "slow":
        await asyncio.sleep(fault.delay_s)
    return None


@cache
def packed_blanks() -> bytes:
    return gzip.compress(b" " * BOMB_BYTES, 9)


class CutResponse(Response):
    """Announces the whole body and breaks off half-way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class ResetResponse(Response):
    """Ends the connection without a word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise ConnectionResetError("as the fault wants it")


def graph_headers(request: Request) -> dict[str, str]:
    ident = str(uuid.uuid4())
    return {
        "request-id": ident,
        "client-request-id": request.headers.get("client-request-id", ident),
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Stand-in","Slice":"E","Ring":"1"}}',
        "OData-Version": "4.0",
        "Cache-Control": "no-cache",
    }


def graph_error(
    request: Request, status: int, code: str, message: str, more: dict[str, str] | None = None
) -> Response:
    headers = graph_headers(request)
    inner = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
        "request-id": headers["request-id"],
        "client-request-id": headers["client-request-id"],
    }
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return JSONResponse(body, status, headers={**headers, **(more or {})})


# Control


async def show_status(request: Request) -> Response:
    return JSONResponse(tenant_of(request).status())


async def set_arrivals(request: Request) -> Response:
    """`{"on": false}` stops new alerts and updates, `{"on": true}` lets them arrive again."""
    tenant = tenant_of(request)
    tenant.arriving = bool((await request.json())["on"])
    return JSONResponse(tenant.status())


async def add_faults(request: Request) -> Response:
    """`{"2": {"kind": "status", "status": 503}}`: faults at the n-th request from now.

    Those below `sign-in` are for requests for a token.
    """
    tenant = tenant_of(request)
    asked: dict[str, dict[str, Any]] = await request.json()
    for script, faults in (
        (tenant.sign_in_faults, asked.pop("sign-in", {})),
        (tenant.faults, asked),
    ):
        for offset, fault in faults.items():
            script.add_after(int(offset), Fault(**fault))
    return JSONResponse(tenant.status())
