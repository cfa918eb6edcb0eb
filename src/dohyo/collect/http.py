"""The network side of a source: httpx for the service, azure-identity for its tokens."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from typing import Any

import httpx
from azure.core.exceptions import AzureError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from dohyo import __version__
from dohyo.collect.graph_page import retry_after_s, same_service
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.source import Answer, Failed, Get, SignedIn, SignIn

# They log what the source's health says anyway, with a trace for each.
logging.getLogger("azure.identity").setLevel(logging.ERROR)
logging.getLogger("msal").setLevel(logging.CRITICAL)

TIMEOUT = httpx.Timeout(60, connect=10)
LONGEST_ANSWER_S = 300  # however slowly it drips
MOST_BODY_BYTES = 64 * 1024 * 1024  # unpacked
SYSTEM_ASSIGNED = "system"
Credential = (
    ClientSecretCredential | CertificateCredential | WorkloadIdentityCredential | ManagedIdentityCredential
)
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^)'\"\]]+)")
TOKEN = re.compile(rb"[\w-]+(\.[\w-]+){2}", re.ASCII)  # a signed JWT
MOST_TOKEN_BYTES = 64 * 1024
TRACES = re.compile(r"\s*Trace ID:.*", re.DOTALL)
# The sign-in service's own codes for "try again": AADSTS90033 and the like.
PASSING_CODES = {90033, 90024, 50196, 900384}


def trusted_ca_file() -> str | bool:
    """`SSL_CERT_FILE`, which then alone says whom both libraries trust; True for their usual authorities."""
    return os.environ.get("SSL_CERT_FILE") or True


class GraphClient:
    """Carries out one source's requests with its own connections and token; for one thread."""

    def __init__(self, settings: GraphSecuritySettings) -> None:
        self._settings = settings
        self._root, authority = settings.roots
        self._scope = f"{self._root}/.default"
        self._options: dict[str, Any] = {
            "connection_verify": trusted_ca_file(),
            # The step waits and repeats; so people see every failure.
            "retry_total": 0,
            "connection_timeout": 10,
            "read_timeout": 30,
            "raw_response_hook": self._note_answer,
        }
        if settings.authentication != "managed_identity":
            # A cloud of its own is not known to the public directory of authorities.
            self._options |= {
                "authority": authority,
                "disable_instance_discovery": settings.cloud == "custom",
            }
        self._credential: Credential | None = None
        self._noted: tuple[int, str, dict[str, str]] | None = None
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
            token = self._token(anew=True)
            return token if isinstance(token, Failed) else SignedIn()
        token = self._token()  # from the credential's cache until it ends
        if isinstance(token, Failed):
            return token
        if not same_service(request.url, self._root):
            return Failed("the token is not sent to another service")
        try:
            return self._fetched(request.url, token)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Failed(f"no answer from {httpx.URL(self._scope).host}: {_cause(error)}")

    def _fetched(self, url: str, token: str) -> Answer | Failed:
        began = time.monotonic()
        with self._http.stream("GET", url, headers={"Authorization": f"Bearer {token}"}) as answer:
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > MOST_BODY_BYTES:
                    return Failed(f"the answer is larger than {MOST_BODY_BYTES // 1024 // 1024} MiB")
                if time.monotonic() - began > LONGEST_ANSWER_S:
                    return Failed(f"the answer did not come to its end within {LONGEST_ANSWER_S} s")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status_code, headers, bytes(body))

    def _new_credential(self) -> None:
        if self._credential is not None:
            self._credential.close()
        self._credential = None
        self._credential = self._made_credential()

    def _made_credential(self) -> Credential:
        """ValueError where a certificate cannot be read."""
        wanted = self._settings
        who = (wanted.tenant_id, wanted.application_id)
        if wanted.authentication == "certificate":
            pem, password = (wanted.client_certificate or "").encode(), wanted.client_certificate_password
            return CertificateCredential(*who, certificate_data=pem, password=password, **self._options)
        if wanted.authentication == "workload_identity":
            file = wanted.token_file or ""
            _check_token(file)
            return WorkloadIdentityCredential(
                tenant_id=who[0], client_id=who[1], token_file_path=file, **self._options
            )
        if wanted.authentication == "managed_identity":
            assigned = None if who[1] == SYSTEM_ASSIGNED else who[1]
            return ManagedIdentityCredential(client_id=assigned, **self._options)
        return ClientSecretCredential(*who, wanted.secret_key or "", **self._options)

    def _token(self, *, anew: bool = False) -> str | Failed:
        self._noted = None
        try:
            if anew or self._credential is None:
                self._new_credential()
            assert self._credential is not None
            return self._credential.get_token(self._scope).token
        except (AzureError, ValueError, TypeError, OSError) as error:
            return self._refusal(error)

    def _note_answer(self, answer: Any) -> None:
        # azure-identity's own exceptions hide status and text of some answers.
        response = answer.http_response
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        self._noted = (response.status_code, response.text(), headers)

    def _refusal(self, error: Exception) -> Failed:
        noted = self._noted
        if noted is not None:
            status, text, headers = noted
            after_s = retry_after_s(Answer(status, headers, b""), int(time.time() * 1000))
            said = _oauth_error(text)
            if said is not None and status in (400, 401, 403) and not PASSING_CODES & set(said[1]):
                return Failed(f"sign-in refused: {said[0]}", refused=True)
            if said is not None:
                return Failed(f"sign-in answered {status}: {said[0]}", retry_after_s=after_s)
            if status != 200:
                words = f"sign-in answered {status} {text[:120].strip()}".rstrip()
                return Failed(words, retry_after_s=after_s)
            return Failed(f"sign-in's answer cannot be read: {text[:120].strip()}")
        if isinstance(error, FileNotFoundError | PermissionError):
            words = f"{error.filename}: {error.strerror}"
            return Failed(f"sign-in is set up wrongly: {words}", refused=True)
        if isinstance(error, CredentialUnavailableError) or not isinstance(error, AzureError):
            return Failed(f"sign-in is set up wrongly: {error}", refused=True)
        return Failed(f"no answer from sign-in: {_cause(error)}")


def _check_token(file: str) -> None:
    """ValueError where the file holds none: no other file of the server is sent to a sign-in service."""
    with open(file, "rb") as opened:
        text = opened.read(MOST_TOKEN_BYTES)
    if not TOKEN.fullmatch(text.strip()):
        raise ValueError(f"{file} holds no token")


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
    if known := _ERRNO.search(words):  # what libraries put around the system's words helps nobody
        return known[1].strip().lower()
    return words or type(inner).__name__
