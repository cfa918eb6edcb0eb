"""Settings of the Microsoft Graph Security API source, under their published names."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dohyo.base.iso_time import iso_to_ms
from dohyo.collect.processing_rules import MOST_RULES, Filter, HashAlgorithm, ProcessingRules

Cloud = Literal["global", "us_gov", "us_gov_dod", "china", "custom"]
# cloud -> (Graph root, sign-in authority)
CLOUDS: dict[str, tuple[str, str]] = {
    "global": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "us_gov": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "us_gov_dod": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
Authentication = Literal["secret", "certificate", "workload_identity", "managed_identity"]
# What each way of signing in needs besides tenant and application.
NEEDED = {"secret": "secret_key", "certificate": "client_certificate", "workload_identity": "token_file"}
ServiceSource = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,64}$")]
Identifier = Annotated[str, Field(min_length=1, max_length=255)]


class GraphSecuritySettings(BaseModel):
    """What a person sets up. A key that is not here is refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: Annotated[str, Field(max_length=1024)] | None = None
    category: Annotated[str, Field(max_length=1024)] | None = None
    fields: Annotated[dict[str, str | bool], Field(max_length=10)] | None = None
    tenant_id: Identifier
    application_id: Identifier
    authentication: Authentication = "secret"
    secret_key: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        None, validate_default=True
    )
    # PEM: the private key and its certificate in one text.
    client_certificate: Annotated[str, Field(min_length=1, max_length=65_536)] | None = Field(
        None, validate_default=True
    )
    client_certificate_password: Annotated[str, Field(max_length=1024)] | None = Field(None, repr=False)
    token_file: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        None, validate_default=True
    )
    polling_interval: Annotated[StrictInt, Field(ge=1, le=1440)] = 5  # minutes
    # For demonstrations and tests, where minutes are too long: seconds, in place of polling_interval.
    polling_interval_s: Annotated[StrictInt, Field(ge=1, le=86_400)] | None = None
    backfill_days: Annotated[StrictInt, Field(ge=0, le=3650)] = 30
    backfill_start: str | None = None  # a date or an instant; wins over backfill_days
    overlap_minutes: Annotated[StrictInt, Field(ge=1, le=1440)] = 60  # updates that the service lists late
    page_size: Annotated[StrictInt, Field(ge=1, le=1000)] = 500
    requests_per_minute: Annotated[StrictInt, Field(ge=1, le=150)] = 140  # the service takes 150
    service_sources: Annotated[list[ServiceSource], Field(max_length=20)] = []
    incidents: StrictBool = False
    filters: Annotated[list[Filter], Field(max_length=MOST_RULES)] = []
    hashAlgorithm: HashAlgorithm = "MD5"
    azure_gov: StrictBool = False
    cloud: Cloud = "global"
    graph_root: str | None = None
    authority: str | None = None
    set_metadata_fields: StrictBool = False  # of the first revision; without effect

    @field_validator("name")
    @classmethod
    def _not_blank(cls, name: str) -> str:
        if not name.strip():
            raise ValueError("a name is needed")
        return name

    @field_validator("tenant_id", "application_id")
    @classmethod
    def _identifier(cls, text: str) -> str:
        if not IDENTIFIER.fullmatch(text):
            raise ValueError("letters, digits, dots and hyphens only, as the portal shows it")
        return text

    @field_validator("backfill_start")
    @classmethod
    def _moment(cls, text: str | None) -> str | None:
        if text is not None and _moment_ms(text) is None:
            raise ValueError("a date such as 2025-09-18, or a time such as 2025-09-18T15:00:00Z is needed")
        return text

    @field_validator("graph_root", "authority")
    @classmethod
    def _https_root(cls, text: str | None) -> str | None:
        if text is None:
            return None
        parts = urlsplit(text)
        if (
            parts.scheme != "https"
            or not parts.hostname
            or parts.query
            or parts.fragment
            or "@" in parts.netloc
        ):
            raise ValueError("an address that starts with https:// is needed")
        return text.rstrip("/")

    @field_validator(*NEEDED.values())
    @classmethod
    def _needed_to_sign_in(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None and NEEDED.get(info.data.get("authentication", "")) == info.field_name:
            raise PydanticCustomError("missing", "a value is needed")
        return text

    @model_validator(mode="after")
    def _one_cloud(self) -> GraphSecuritySettings:
        if self.azure_gov and self.cloud not in ("global", "us_gov"):
            raise ValueError(f"azure_gov means cloud us_gov, but cloud is {self.cloud}")
        if self.cloud == "custom" and not (self.graph_root and self.authority):
            raise ValueError("cloud custom needs graph_root and authority")
        if self.cloud != "custom" and (self.graph_root or self.authority):
            raise ValueError("graph_root and authority are for cloud custom")
        return self

    @property
    def roots(self) -> tuple[str, str]:
        """Graph root and sign-in authority, without a slash at the end."""
        if self.cloud == "custom":
            return self.graph_root or "", self.authority or ""
        return CLOUDS["us_gov" if self.azure_gov else self.cloud]

    @property
    def backfill_start_ms(self) -> int | None:
        return None if self.backfill_start is None else _moment_ms(self.backfill_start)

    @property
    def interval_ms(self) -> int:
        return self.polling_interval_s * 1000 if self.polling_interval_s else self.polling_interval * 60_000

    def processing_rules(self) -> ProcessingRules | None:
        return ProcessingRules(self.filters, self.hashAlgorithm) if self.filters else None

    @property
    def message_fields(self) -> dict[str, str]:
        """Fields for every message; Forward to SIEM adds the published ones."""
        given: dict[str, Any] = dict(self.fields or {})
        forward = given.pop("_siemForward", False) in (True, "true")
        texts = {
            name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()
        }
        if not forward:
            return texts
        return texts | {
            "_siemForward": "true",
            "_siemVendor": "Microsoft",
            "_siemProduct": "Graph Security API",
            "_siemFormat": "JSON",
        }


def _moment_ms(text: str) -> int | None:
    found = iso_to_ms(f"{text.strip()}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()) else text)
    return None if found is None or found < 0 else found
