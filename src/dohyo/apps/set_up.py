"""Where the messages of an installation come from: one of three ways, and what that makes.

A collector and source are made within the one transaction of the installation's job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.secrets import SecretBox
from dohyo.apps.package import Package
from dohyo.apps.refusals import AppRefused
from dohyo.collect.refusals import wrong_fields
from dohyo.collect.registry import Registry
from dohyo.collect.source_types import SOURCE_TYPES
from dohyo.metadata.collection import Collector, Source

CODE = "apps:wrong_set_up"
WAYS = ("new-collector", "existing-collector", "existing-source", "none")


@dataclass(frozen=True)
class SetUp:
    """What to make: `source` (a published source body) in a new `collector` (a published collector body) or
    in the one with `collector_id`. Without a source nothing is made: the app uses one that is there.
    `inherited` is the category that the chosen collector or existing source gives.
    """

    source: dict[str, Any] | None = None
    collector: dict[str, Any] | None = None
    collector_id: int | None = None
    inherited: str | None = None

    @property
    def category(self) -> str | None:
        """The source category that the messages have, as far as it is known."""
        config = (self.source or {}).get("config") or {}
        return config.get("category") or (self.collector or {}).get("category") or self.inherited

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def changes(self) -> Iterator[dict[str, str]]:
        """What is made, for a plan."""
        if self.source is None:
            return
        if self.collector is not None:
            yield {"change": "added", "kind": "collector", "name": self._collector_name, "detail": ""}
        config = self.source.get("config") or {}
        category = f"source category {self.category}" if self.category else ""
        yield {
            "change": "added", "kind": "source", "name": str(config.get("name") or ""), "detail": category,
        }  # fmt: skip

    @property
    def _collector_name(self) -> str:
        return str((self.collector or {}).get("name") or "")

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

    def is_made(self, session: Session) -> bool:
        """Whether the source is there, as after the same order before."""
        if self.source is None:
            return True
        named = str((self.source.get("config") or {}).get("name") or "").strip()
        wanted = select(Source.id).join(Collector).where(Source.name == named)
        place = Collector.id == self.collector_id
        if self.collector is not None:
            place = Collector.name == self._collector_name
        return session.scalar(wanted.where(place)) is not None


def set_up_of(order: Any, package: Package, metadata: sessionmaker[Session]) -> SetUp:
    """The order of one of the three ways, checked as far as it can be before the job begins:

    {"way": "new-collector", "collector": {...}, "source": {"schemaType", "config"}}
    {"way": "existing-collector", "collectorId", "source": {"schemaType", "config"}}
    {"way": "existing-source", "sourceId"}, {"way": "none"} or no order for messages that come otherwise.

    AppRefused 400 and 404, and the registry's refusals of the settings.
    """
    if order is None:
        return SetUp()
    way = order.get("way") if isinstance(order, Mapping) else None
    if way not in WAYS:
        raise AppRefused(400, CODE, f"collection.way: one of {', '.join(WAYS)} is needed")
    if way == "none":
        return SetUp()
    with metadata() as session:
        if way == "existing-source":
            source = session.get(Source, _number(order, "sourceId"))
            if source is None:
                raise AppRefused(404, CODE, f"there is no source {order.get('sourceId')}")
            return SetUp(inherited=source.config.get("category") or source.collector.category)
        body = _source_body(order.get("source"), package)
        if way == "existing-collector":
            collector = session.get(Collector, _number(order, "collectorId"))
            if collector is None:
                raise AppRefused(404, CODE, f"there is no collector {order.get('collectorId')}")
            return SetUp(source=body, collector_id=collector.id, inherited=collector.category)
        made = order.get("collector")
        if not isinstance(made, Mapping) or not str(made.get("name") or "").strip():
            raise AppRefused(400, CODE, "collection.collector.name: a name is needed")
        return SetUp(source=body, collector={**made, "name": str(made["name"]).strip()})


def _number(order: Mapping[str, Any], name: str) -> int:
    value = order.get(name)
    if not str(value).isdecimal() or isinstance(value, bool) or int(str(value)) >= 2**63:
        raise AppRefused(400, CODE, f"collection.{name}: a number is needed")
    return int(str(value))


def _source_body(source: Any, package: Package) -> dict[str, Any]:
    if not isinstance(source, Mapping) or not isinstance(source.get("config"), Mapping):
        raise AppRefused(400, CODE, "collection.source: a source with its settings is needed")
    kind = SOURCE_TYPES.get(str(source.get("schemaType")))
    if kind is None or not kind.is_universal:
        known = package.collection.source_types
        hint = f"it takes {', '.join(known)}" if known else "it takes an existing source only"
        message = f"{package.manifest.name} takes no source of the type {source.get('schemaType')}"
        raise AppRefused(400, CODE, message, hint)
    try:
        kind.settings(**source["config"])
    except ValidationError as error:
        raise wrong_fields(error, kind.settings, "config.") from error
    return {"sourceType": "Universal", "schemaRef": {"type": kind.name}, "config": dict(source["config"])}
