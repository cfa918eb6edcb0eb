"""The table of source types that run here, by the name in `schemaRef.type` or else in `sourceType`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.http import GraphClient
from dohyo.collect.local_files import LocalFileSettings, run_local_files
from dohyo.collect.log_settings import HttpSettings
from dohyo.collect.run import SourceRun, wait_for_uploads
from dohyo.collect.source import Client, Stepper
from dohyo.collect.syslog import SyslogSettings, run_syslog
from dohyo.metadata.collection import Source

HTTP = "HTTP"
GRAPH_SECRETS = frozenset({"secret_key", "client_certificate", "client_certificate_password"})


@dataclass(frozen=True, slots=True)
class SourceType:
    """What the registry checks and the supervisor runs. `settings` has `message_fields` besides its keys."""

    name: str
    settings: type[BaseModel]
    secrets: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()  # keys for which `********` in a change keeps the stored value
    # Of a cloud-to-cloud source: its version and its steps. Others run by themselves.
    version: str | None = None
    stepper: Callable[[Any], Stepper] | None = None
    client: Callable[[Any], Client] | None = None
    run: Callable[[SourceRun], None] | None = None

    @property
    def is_universal(self) -> bool:
        """Whether its settings are in `config`, as those of all cloud-to-cloud sources."""
        return self.version is not None


def graph_client(settings: GraphSecuritySettings) -> GraphClient:
    return GraphClient(settings)


SOURCE_TYPES: dict[str, SourceType] = {
    source_type.name: source_type
    for source_type in (
        SourceType(
            name="Microsoft Graph Security API",
            version="2.0.0",
            settings=GraphSecuritySettings,
            secrets=GRAPH_SECRETS,
            masked=GRAPH_SECRETS | {"tenant_id", "application_id"},
            stepper=GraphSecurity,
            client=graph_client,
        ),
        SourceType(name=HTTP, settings=HttpSettings, run=wait_for_uploads),
        SourceType(
            name="Syslog",
            settings=SyslogSettings,
            secrets=frozenset({"privateKey"}),
            masked=frozenset({"privateKey"}),
            run=run_syslog,
        ),
        SourceType(name="LocalFile", settings=LocalFileSettings, run=run_local_files),
    )
}


def type_of(source: Source) -> SourceType:
    """The type of a stored source."""
    return SOURCE_TYPES[source.schema_type or source.source_type]
