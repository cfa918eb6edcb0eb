"""Who a request comes from: a session's cookie, an access key, or this machine's command line."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from dohyo.access.keys import authenticate_key
from dohyo.access.principal import Principal, principal_of
from dohyo.access.sign_in import authenticate_session
from dohyo.access.users import LOCAL_USER, Metadata, ensure_user
from dohyo.api.errors import ApiRefused

COOKIE = "dohyo_session"
CSRF_HEADER = "X-Dohyo"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(metadata: Metadata, local_token: str, method: str, headers: Headers) -> Principal:
    """Who proves to be somebody by the headers. Refused with 401, or with 403 for a foreign origin."""
    scheme, _, proof = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _by_key(metadata, proof, headers.get("origin"))
    if scheme.lower() == "bearer":
        return _by_local_token(metadata, local_token, proof)
    token = cookie_parser(headers.get("cookie", "")).get(COOKIE)
    principal = authenticate_session(metadata, token) if token else None
    if principal is None:
        raise ApiRefused(401, "unauthorized", "sign in, or send an access id and key as Basic credentials")
    _check_page(method, headers)
    return principal


def _by_key(metadata: Metadata, proof: str, origin: str | None) -> Principal:
    try:
        ident, colon, secret = base64.b64decode(proof, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        ident = colon = secret = ""
    principal = authenticate_key(metadata, ident, secret) if colon else None
    if principal is None:
        message = "the access id or key is wrong, switched off or deleted"
        challenge = {"WWW-Authenticate": 'Basic realm="Dohyo", charset="UTF-8"'}
        raise ApiRefused(401, "unauthorized", message, headers=challenge)
    if origin is not None and origin not in principal.cors_headers:
        raise ApiRefused(403, "forbidden", f"the access key may not be used by pages of {origin}")
    return principal


def _by_local_token(metadata: Metadata, local_token: str, proof: str) -> Principal:
    if not local_token or not hmac.compare_digest(local_token.encode(), proof.encode()):
        raise ApiRefused(401, "unauthorized", "the token is not that of this server")
    return principal_of(ensure_user(metadata, LOCAL_USER, "administrator", service_account=True))


def _check_page(method: str, headers: Headers) -> None:
    """A browser sends the cookie for any page; only our own can add the header."""
    if method in SAFE_METHODS:
        return
    if headers.get(CSRF_HEADER) != "1":
        raise ApiRefused(403, "forbidden", f"a change in a session needs the header {CSRF_HEADER}: 1")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise ApiRefused(403, "forbidden", "a session is used by its own pages only")


def principal_of_request(request: Request) -> Principal:
    """The gate has put it there."""
    principal: Principal = request.state.principal
    return principal


def allowed(principal: Principal, capability: str) -> Principal:
    """The principal, if the role allows it; refused with 403 else."""
    if not principal.may(capability):
        message = f"the role {principal.role} does not allow this; it needs {capability}"
        raise ApiRefused(403, "forbidden", message)
    return principal


def _needing(capability: str):  # type: ignore[no-untyped-def]
    def check(request: Request) -> Principal:
        return allowed(principal_of_request(request), capability)

    return Annotated[Principal, Depends(check)]


Anybody = Annotated[Principal, Depends(principal_of_request)]
Searcher = _needing("runLogSearch")
Reader = _needing("viewLibrary")
Author = _needing("manageLibrary")
ContentManager = _needing("manageContent")
CollectorReader = _needing("viewCollectors")
CollectorManager = _needing("manageCollectors")
AppManager = _needing("manageApps")
UserManager = _needing("manageUsersAndRoles")
KeyMaker = _needing("createAccessKeys")
KeyManager = _needing("manageAccessKeys")
FieldReader = _needing("viewFields")
FieldManager = _needing("manageFields")
RuleReader = _needing("viewFieldExtraction")
RuleManager = _needing("manageFieldExtractionRules")
PartitionReader = _needing("viewPartitions")
PartitionManager = _needing("managePartitions")
