"""The collector and source that an installation makes, within the one transaction of its job."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.secrets import SecretBox
from dohyo.apps.package import Package
from dohyo.apps.refusals import AppRefused
from dohyo.collect.registry import Registry

CODE = "apps:wrong_set_up"


@dataclass(frozen=True)
class SetUp:
    """What to make: `source` (a published source body) in a new `collector` (a published collector body) or
    in the one with `collector_id`. Without a source nothing is made: the app uses one that is there.
    """

    source: dict[str, Any] | None = None
    collector: dict[str, Any] | None = None
    collector_id: int | None = None

    @property
    def category(self) -> str | None:
        """The source category that the new source's messages get."""
        config = (self.source or {}).get("config") or {}
        return config.get("category") or (self.collector or {}).get("category")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def check(self, package: Package) -> None:
        """AppRefused 400 where the order does not make sense for the app."""
        if self.source is None and self.collector is None and self.collector_id is None:
            return
        if self.source is None or (self.collector is None) == (self.collector_id is None):
            message = "a source and either a new collector or the id of an existing one are needed"
            raise AppRefused(400, CODE, message)
        kind = (self.source.get("schemaRef") or {}).get("type")
        known = package.collection.source_types
        if kind not in known:
            hint = f"it takes {', '.join(known)}" if known else "it takes an existing source only"
            raise AppRefused(400, CODE, f"the app sets up no source of the type {kind}", hint)

    def make(self, session: Session, secrets: SecretBox) -> None:
        """Makes both within the session's transaction. Refused by the registry as its own calls are."""
        if self.source is None:
            return
        # The registry commits; only the job's own transaction may end what it does here.
        joined = sessionmaker(
            session.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        registry = Registry(joined, secrets)
        collector_id = self.collector_id
        if collector_id is None:
            collector_id = registry.create_collector(self.collector or {}).id
        registry.create_source(collector_id, self.source)
