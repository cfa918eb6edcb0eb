"""Uploads to HTTP Logs sources, OTLP below their addresses. The token in the address is the credential."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response

from dohyo.api.services import Parts
from dohyo.base.problem import ProblemError
from dohyo.collect.http_source import Receiver
from dohyo.collect.http_upload import Upload, items_of
from dohyo.collect.otlp import JSON, PROTOBUF, is_json, otlp_items
from dohyo.collect.protobuf import text_field
from dohyo.collect.refusals import Refused

router = APIRouter(prefix="/receiver/v1/http/{token}", tags=["uploads"])
BODY_TIMEOUT_S = 30
STORE_TIMEOUT_S = 120
RETRY_AFTER_S = "5"
# What is refused is still read this far, so that its sender gets to see the answer.
READ_ON_BYTES, READ_ON_S = 64 * 1024 * 1024, 5.0
METHODS = "POST, PUT, OPTIONS"


@router.post("")
@router.put("")  # what `curl -T` sends by itself
async def upload_logs(token: str, request: Request, parts: Parts) -> Response:
    """Messages as plain text; 200 when they are durable."""
    try:
        await _take(token, request, parts.receiver, otlp=False)
    except ProblemError as error:
        return _answer(request, *_refusal(error))
    return _answer(request, 200, "")


@router.post("/v1/logs")
async def upload_otlp(token: str, request: Request, parts: Parts) -> Response:
    """Log records in OTLP; 200 when they are durable."""
    kind = JSON if is_json(request.headers) else PROTOBUF
    try:
        await _take(token, request, parts.receiver, otlp=True)
    except ProblemError as error:
        status, words = _refusal(error)
        answer = _answer(request, status, "")
        answer.body = orjson.dumps({"message": words}) if kind == JSON else text_field(2, words)
    else:
        answer = _answer(request, 200, "{}" if kind == JSON else "")
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer


@router.options("")
@router.options("/v1/logs")
async def allow_pages(request: Request) -> Response:
    """Pages of any origin may upload: no credential is sent by itself, the address is all that counts."""
    wanted = request.headers.get("access-control-request-headers", "")
    headers = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": "600"}
    if wanted:
        headers["Access-Control-Allow-Headers"] = wanted
    answer = _answer(request, 204, "")
    answer.headers.update(headers)
    return answer


@router.api_route("", methods=["GET", "HEAD", "DELETE", "PATCH"], include_in_schema=False)
@router.api_route("/v1/logs", methods=["GET", "HEAD", "PUT", "DELETE", "PATCH"], include_in_schema=False)
async def refuse_method(request: Request) -> Response:
    """Whether the token is known is not told."""
    answer = _answer(request, 405, "Messages are sent to this address by POST.")
    answer.headers["Allow"] = METHODS
    return answer


async def _take(token: str, request: Request, receiver: Receiver, *, otlp: bool) -> None:
    """Reads the body and waits until its messages are durable. ProblemError where something is wrong."""
    try:
        target = await run_in_threadpool(receiver.target, token)
        async with _body(request, receiver) as body:
            peer = request.client.host if request.client else ""
            upload = Upload(request.headers, body, peer)
            read = otlp_items if otlp else items_of
            stored = await run_in_threadpool(receiver.store, target, upload, read)
            await _until(stored)
    except Refused:
        await _read_on(request)
        raise


@asynccontextmanager
async def _body(request: Request, receiver: Receiver) -> AsyncIterator[bytes]:
    """The body as it was sent; its memory is given back at the end."""
    most_bytes = receiver.limits.most_bytes
    too_large = Refused(413, "upload.size", f"an upload has at most {most_bytes:,} bytes", "send several")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise too_large
    pieces: list[bytes] = []
    held_bytes = 0
    try:
        with _refused_when_late():
            async with asyncio.timeout(BODY_TIMEOUT_S):
                async for piece in request.stream():
                    receiver.held.take(len(piece))
                    held_bytes += len(piece)
                    if held_bytes > most_bytes:
                        raise too_large
                    pieces.append(piece)
        yield b"".join(pieces)
    finally:
        receiver.held.give_back(held_bytes)


@contextlib.contextmanager
def _refused_when_late():  # type: ignore[no-untyped-def]
    try:
        yield
    except TimeoutError:
        raise Refused(408, "upload.slow", f"the body did not arrive within {BODY_TIMEOUT_S} s") from None
    except ClientDisconnect:
        raise Refused(400, "upload.broken", "the body ended too early") from None


async def _until(stored: Future[None]) -> None:
    """Waits for an upload that others may wait for too, so it is not cancelled with this request."""
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(stored)), STORE_TIMEOUT_S)
    except TimeoutError:
        raise Refused(503, "upload.slow", "the store did not take the messages in time") from None


async def _read_on(request: Request) -> None:
    read_bytes = 0
    with contextlib.suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(READ_ON_S):
            async for piece in request.stream():
                read_bytes += len(piece)
                if read_bytes > READ_ON_BYTES:
                    return


def _refusal(error: ProblemError) -> tuple[int, str]:
    """Status and words; a store that cannot write is a passing trouble of ours."""
    first = error.problems[0]
    words = "; ".join([first.message, *first.hints])
    return (error.status if isinstance(error, Refused) else 503), words


def _answer(request: Request, status: int, words: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status in (429, 503):
        headers["Retry-After"] = RETRY_AFTER_S
    if "origin" in request.headers:
        headers["Access-Control-Allow-Origin"] = "*"
    return PlainTextResponse(words, status, headers)
