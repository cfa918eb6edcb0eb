"""The table of source types that run here, by the name in `schemaRef.type`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.http import GraphClient
from dohyo.collect.source import Client, Stepper


@dataclass(frozen=True, slots=True)
class SourceType:
    """What the registry checks and the supervisor runs. `settings` has `message_fields` besides its keys."""

    name: str
    version: str
    settings: type[BaseModel]
    secrets: frozenset[str]
    masked: frozenset[str]  # keys for which `********` in a change keeps the stored value
    stepper: Callable[[Any], Stepper]
    client: Callable[[Any], Client]


def graph_client(settings: GraphSecuritySettings) -> GraphClient:
    root, authority = settings.roots
    return GraphClient(
        root,
        authority,
        settings.tenant_id,
        settings.application_id,
        settings.secret_key,
        custom=settings.cloud == "custom",
    )


SOURCE_TYPES: dict[str, SourceType] = {
    source_type.name: source_type
    for source_type in (
        SourceType(
            name="Microsoft Graph Security API",
            version="2.0.0",
            settings=GraphSecuritySettings,
            secrets=frozenset({"secret_key"}),
            masked=frozenset({"secret_key", "tenant_id", "application_id"}),
            stepper=GraphSecurity,
            client=graph_client,
        ),
    )
}
