"""The network side of a source: httpx for the service, azure-identity for its tokens."""

from __future__ import annotations

import json
import logging
import os
import re
from typing import Any

import httpx
from azure.core.exceptions import AzureError
from azure.identity import ClientSecretCredential

from dohyo import __version__
from dohyo.collect.source import Answer, Failed, Get, SignedIn, SignIn

# It logs what the source's health says anyway, with a trace for each.
logging.getLogger("azure.identity").setLevel(logging.ERROR)

TIMEOUT = httpx.Timeout(60, connect=10)
TRACES = re.compile(r"\s*Trace ID:.*", re.DOTALL)
# The sign-in service's own codes for "try again": AADSTS90033 and the like.
PASSING_CODES = {90033, 90024, 50196, 900384}


def trusted_ca_file() -> str | bool:
    """`SSL_CERT_FILE`, which then alone says whom both libraries trust; True for their usual authorities."""
    return os.environ.get("SSL_CERT_FILE") or True


class GraphClient:
    """Carries out one source's requests with its own connections and token; for one thread."""

    def __init__(
        self, root: str, authority: str, tenant: str, application: str, secret: str, custom: bool
    ) -> None:
        self._scope = f"{root}/.default"
        self._identity = (tenant, application, secret)
        self._options: dict[str, Any] = {
            "authority": authority,
            # A cloud of its own is not known to the public directory of authorities.
            "disable_instance_discovery": custom,
            "connection_verify": trusted_ca_file(),
            # The step waits and repeats; so people see every failure.
            "retry_total": 0,
            "connection_timeout": 10,
            "read_timeout": 30,
            "raw_response_hook": self._note_answer,
        }
        self._credential: ClientSecretCredential | None = None
        self._noted: tuple[int, str] | None = None
        self._http = httpx.Client(
            timeout=TIMEOUT,
            headers={
                "User-Agent": f"dohyo/{__version__}",
                "Accept": "application/json",
                "Prefer": "include-unknown-enum-members",
            },
        )

    def close(self) -> None:
        self._http.close()
        if self._credential is not None:
            self._credential.close()

    def send(self, request: SignIn | Get) -> SignedIn | Answer | Failed:
        """Never raises for what the network or the service does; that is a `Failed`."""
        if isinstance(request, SignIn):
            self._new_credential()
            token = self._token()
            return token if isinstance(token, Failed) else SignedIn()
        token = self._token()  # from the credential's cache until it ends
        if isinstance(token, Failed):
            return token
        try:
            answer = self._http.get(request.url, headers={"Authorization": f"Bearer {token}"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Failed(f"no answer from {httpx.URL(self._scope).host}: {_cause(error)}")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, answer.content)

    def _new_credential(self) -> None:
        if self._credential is not None:
            self._credential.close()
        self._credential = ClientSecretCredential(*self._identity, **self._options)

    def _token(self) -> str | Failed:
        if self._credential is None:
            self._new_credential()
        assert self._credential is not None
        self._noted = None
        try:
            return self._credential.get_token(self._scope).token
        except (AzureError, ValueError) as error:
            return self._refusal(error)

    def _note_answer(self, answer: Any) -> None:
        # azure-identity's own exceptions hide status and text of some answers.
        self._noted = (answer.http_response.status_code, answer.http_response.text())

    def _refusal(self, error: Exception) -> Failed:
        noted = self._noted
        if noted is not None:
            status, text = noted
            said = _oauth_error(text)
            if said is not None and status in (400, 401, 403) and not PASSING_CODES & set(said[1]):
                return Failed(f"sign-in refused: {said[0]}", refused=True)
            if said is not None:
                return Failed(f"sign-in answered {status}: {said[0]}")
            if status != 200:
                return Failed(f"sign-in answered {status} {text[:120].strip()}".rstrip())
            return Failed(f"sign-in's answer cannot be read: {text[:120].strip()}")
        if isinstance(error, ValueError) and not isinstance(error, AzureError):
            return Failed(f"sign-in is set up wrongly: {error}", refused=True)
        return Failed(f"no answer from sign-in: {_cause(error)}")


def _oauth_error(text: str) -> tuple[str, list[int]] | None:
    """The words and codes of a sign-in error, without its trace numbers."""
    try:
        body = json.loads(text)
        words = TRACES.sub("", body.get("error_description") or body["error"])
        return words, list(body.get("error_codes") or [])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _cause(error: BaseException) -> str:
    """The words of the innermost exception: outer ones only wrap it."""
    inner = error
    while inner.__cause__ is not None or inner.__context__ is not None:
        inner = inner.__cause__ or inner.__context__  # type: ignore[assignment]
    words = str(inner) or str(error)
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return f"the certificate is not trusted ({words}); SSL_CERT_FILE names a file of trusted ones"
    return words or type(inner).__name__
