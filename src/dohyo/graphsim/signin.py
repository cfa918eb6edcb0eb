"""The sign-in service: discovery documents, the token endpoint with its errors, and the tokens themselves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

GRAPH = "https://graph.microsoft.com"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
READ_PERMISSIONS = ("SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All")


@dataclass
class Registration:
    """The one application of the one tenant. `expired_secret` is a secret that was good once; `certificate`,
    as PEM, is one that may sign in place of the secret.
    """

    tenant: str
    application: str
    secret: str
    expired_secret: str = ""
    certificate: str | None = None
    permissions: tuple[str, ...] = ("SecurityAlert.Read.All",)
    token_lifetime_s: int = 3599
    key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)


class SignInError(Exception):
    """An answer of the token endpoint that is no token: HTTP status and the documented JSON body."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.code, self.message = status, error, code, message

    def body(self, correlation: str | None) -> dict[str, Any]:
        trace, correlation = str(uuid.uuid4()), correlation or str(uuid.uuid4())
        now = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
        text = f"AADSTS{self.code}: {self.message}"
        text += f" Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
        return {
            "error": self.error,
            "error_description": text,
            "error_codes": [self.code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
        }


class TokenError(Exception):
    """Graph refuses the token; the text is the message of its 401."""


def known_tenant(registration: Registration, tenant: str) -> None:
    if tenant.lower() != registration.tenant:
        message = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        raise SignInError(400, "invalid_tenant" if "." in tenant else "invalid_request", 90002, message)


def openid_configuration(registration: Registration, tenant: str, root: str) -> dict[str, Any]:
    """The OpenID document of a tenant; SignInError for another tenant."""
    known_tenant(registration, tenant)
    base = f"{root}/{registration.tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "userinfo_endpoint": f"{root}/oidc/userinfo",
        "tenant_region_scope": "EU",
        "cloud_instance_name": root.removeprefix("https://"),
        "msgraph_host": root.removeprefix("https://"),
    }


def instance_discovery(authorization_endpoint: str, root: str) -> dict[str, Any]:
    """The document a client asks for when it does not know the authority's host."""
    tenant = (authorization_endpoint.split("/") + [""] * 4)[3]
    host = root.removeprefix("https://")
    return {
        "tenant_discovery_endpoint": f"{root}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def token_answer(
    registration: Registration, tenant: str, form: Mapping[str, str], roots: set[str]
) -> dict[str, Any]:
    """The token for a client-credentials request, checked in the service's order; else SignInError."""
    known_tenant(registration, tenant)
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            message = f"The request body must contain the following parameter: '{name}'."
            raise SignInError(400, "invalid_request", 900144, message)
    if form["grant_type"] != "client_credentials":
        message = f"The app requested an unsupported grant type '{form['grant_type']}'."
        raise SignInError(400, "unsupported_grant_type", 70003, message)
    if form["client_id"].lower() != registration.application:
        message = (
            f"Application with identifier '{form['client_id']}' was not found in the directory '{tenant}'."
        )
        raise SignInError(400, "unauthorized_client", 700016, message)
    check_secret(registration, form)
    audience = audience_of(form["scope"], roots)
    return {
        "token_type": "Bearer",
        "expires_in": registration.token_lifetime_s,
        "ext_expires_in": registration.token_lifetime_s,
        "access_token": issued_token(registration, audience),
    }


def check_secret(registration: Registration, form: Mapping[str, str]) -> None:
    given = form.get("client_secret", "")
    app = registration.application
    if form.get("client_assertion"):
        check_assertion(registration, form)
        return
    if not given:
        message = (
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )
        raise SignInError(401, "invalid_client", 7000218, message)
    if registration.expired_secret and hmac.compare_digest(given, registration.expired_secret):
        raise SignInError(
            401, "invalid_client", 7000222, f"The provided client secret keys for app '{app}' are expired."
        )
    if not hmac.compare_digest(given.encode(), registration.secret.encode()):
        message = (
            "Invalid client secret provided. Ensure the secret being sent is the client secret value, "
            f"not the client secret ID, for a secret added to app '{app}'."
        )
        raise SignInError(401, "invalid_client", 7000215, message)


def check_assertion(registration: Registration, form: Mapping[str, str]) -> None:
    """A JWT that the certificate's key signed, of and about the application, for this endpoint, in time."""
    code, message = 700027, "The certificate used to sign the client assertion is not registered on the app."
    try:
        if registration.certificate is None or form.get("client_assertion_type") != ASSERTION:
            raise jwt.InvalidTokenError
        key = x509.load_pem_x509_certificate(registration.certificate.encode()).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        claims = jwt.decode(
            form["client_assertion"],
            key,
            ["RS256", "PS256"],
            options={"verify_aud": False},
        )
        audience = str(claims.get("aud", ""))
        of_app = {claims.get("iss"), claims.get("sub")} == {registration.application}
        if of_app and audience.endswith(f"/{registration.tenant}/oauth2/v2.0/token"):
            return
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        code, message = 700024, "Client assertion is not within its valid time range."
    except (jwt.InvalidTokenError, ValueError):
        pass
    raise SignInError(401, "invalid_client", code, message)


def audience_of(scope: str, roots: set[str]) -> str:
    if not scope.endswith("/.default"):
        message = f"The provided value for scope {scope} is not valid. It must end with /.default."
        raise SignInError(400, "invalid_scope", 1002012, message)
    audience = scope.removesuffix("/.default").rstrip("/")
    if audience not in roots:
        message = f"The resource principal named {audience} was not found in the tenant."
        raise SignInError(400, "invalid_resource", 500011, message)
    return audience


def issued_token(registration: Registration, audience: str, now_s: float | None = None) -> str:
    """A signed token for the audience that ends after the registration's lifetime."""
    now_s = time.time() if now_s is None else now_s
    claims = {
        "aud": audience,
        "iat": int(now_s),
        "exp": now_s + registration.token_lifetime_s,
        "appid": registration.application,
        "tid": registration.tenant,
        "roles": list(registration.permissions),
        "ver": "1.0",
    }
    text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{text}.{signature(registration, text)}"


def claims_of(registration: Registration, authorization: str | None) -> dict[str, Any]:
    """The claims of a good token in an Authorization header; TokenError for any other."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenError("Access token is empty.")
    parts = token.strip().split(".")
    if len(parts) != 3:
        raise TokenError("IDX14100: JWT is not well formed, there are no dots (.).")
    if not hmac.compare_digest(parts[2].encode(), signature(registration, f"{parts[0]}.{parts[1]}").encode()):
        raise TokenError("Access token validation failure. Invalid signature.")
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    if claims["exp"] <= time.time():
        raise TokenError("Lifetime validation failed, the token is expired.")
    return claims


def signature(registration: Registration, text: str) -> str:
    return encoded(hmac.digest(registration.key, text.encode(), hashlib.sha256))


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
