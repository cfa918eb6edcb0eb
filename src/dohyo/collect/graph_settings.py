"""Settings of the Microsoft Graph Security API source, under their published names."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, field_validator, model_validator

Cloud = Literal["global", "us_gov", "us_gov_dod", "china", "custom"]
# cloud -> (Graph root, sign-in authority)
CLOUDS: dict[str, tuple[str, str]] = {
    "global": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "us_gov": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "us_gov_dod": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
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
    secret_key: Annotated[str, Field(min_length=1, max_length=4096, repr=False)]
    polling_interval: Annotated[StrictInt, Field(ge=1, le=1440)] = 5  # minutes
    # For demonstrations and tests, where minutes are too long: seconds, in place of polling_interval.
    polling_interval_s: Annotated[StrictInt, Field(ge=1, le=86_400)] | None = None
    backfill_days: Annotated[StrictInt, Field(ge=0, le=3650)] = 30
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
    def interval_ms(self) -> int:
        return self.polling_interval_s * 1000 if self.polling_interval_s else self.polling_interval * 60_000

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
