"""The ASGI application over one set of services."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response

import dohyo
from dohyo.api.audit import AuditTrail
from dohyo.api.errors import ApiRefused, not_found, problem_answer
from dohyo.api.gate import API, Gate
from dohyo.api.pages import Pages
from dohyo.api.routes import ROUTERS
from dohyo.api.services import Services

LOG = logging.getLogger(__name__)
GZIP_FROM_BYTES = 1024


def create_app(services: Services) -> FastAPI:
    """All routes and pages. The caller opens and closes the services."""
    app = FastAPI(
        title="Dohyo",
        version=dohyo.__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    app.router.default = Pages()
    app.add_exception_handler(HTTPException, _transport_refusal)
    app.add_exception_handler(RequestValidationError, _wrong_parameter)
    app.add_exception_handler(OperationalError, _metadata_refusal)
    app.add_middleware(AuditTrail, services=services)
    app.add_middleware(Gate, services=services)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES)
    return app


async def _transport_refusal(request: Request, error: Exception) -> Response:
    """No such route, or not with this method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if not path.startswith(API):
        return PlainTextResponse("There is nothing at this address.", error.status_code)
    if error.status_code == 405:
        message = f"{request.method} is not possible at this address"
        refused = ApiRefused(405, "method.unsupported", message, headers=error.headers)
    elif error.status_code == 404:
        refused = not_found()
    else:
        refused = ApiRefused(error.status_code, "badrequest", str(error.detail))
    return problem_answer(path, refused)


async def _metadata_refusal(request: Request, error: Exception) -> Response:
    """The disk is full or read-only, or another process holds the database too long."""
    assert isinstance(error, OperationalError)
    LOG.error("the metadata database: %s", error.orig)
    message = f"the metadata database cannot be used now: {error.orig}"
    refused = ApiRefused(503, "service.unavailable", message, headers={"Retry-After": "5"})
    return problem_answer(request.url.path, refused)


async def _wrong_parameter(request: Request, error: Exception) -> Response:
    """An id in the address that is no number, or a parameter that is missing."""
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["loc"][0] == "path" for detail in details):
        return problem_answer(request.url.path, not_found())
    words = "; ".join(f"{detail['loc'][-1]}: {detail['msg'].lower()}" for detail in details)
    return problem_answer(request.url.path, ApiRefused(400, "bad_parameter", words))
