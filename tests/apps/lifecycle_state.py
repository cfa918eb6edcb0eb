"""The whole state that app jobs may change, to be compared: content, instances, collection, open jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_app import UUID, write_catalog

from dohyo.access.secrets import SecretBox
from dohyo.apps.catalog import Catalog
from dohyo.apps.lifecycle import Lifecycle
from dohyo.apps.set_up import SetUp
from dohyo.metadata.collection import Collector, Source
from dohyo.metadata.content import AppInstance, AppJob, ContentItem, LookupRow
from dohyo.metadata.db import open_metadata

USER = "00000000000000AA"
SCOPE = {"scope_key": "_sourceCategory", "default_scope_value": "azure/graph"}
CONFIG = {
    "name": "Graph", "category": "Labs/Graph", "tenant_id": "0f0e9a3c-91f5-4a5e-9a51-0c2d8d9b6a11",
    "application_id": "7a1c2b3d-0000-4000-8000-000000000001", "secret_key": "a secret", "polling_interval": 5,
}  # fmt: skip
SOURCE = {"sourceType": "Universal", "schemaRef": {"type": "Microsoft Graph Security API"}, "config": CONFIG}
# The transitions: what is installed before, and the order.
TRANSITIONS = {
    "install": (None, lambda apps: apps.install(UUID, USER, "1.0.0", SCOPE)),
    "install with a source": (
        None, lambda apps: apps.install(UUID, USER, "1.0.0", SCOPE, SetUp(SOURCE, {"name": "Azure"})),
    ),
    "upgrade": ("1.0.0", lambda apps: apps.upgrade(UUID, USER, "1.1.0")),
    "upgrade over two": ("1.0.0", lambda apps: apps.upgrade(UUID, USER, "2.0.0", {"other_value": "x"})),
    "downgrade": ("1.1.0", lambda apps: apps.upgrade(UUID, USER, "1.0.0")),
    "change of scope": (
        "1.0.0", lambda apps: apps.upgrade(UUID, USER, "1.0.0", {"default_scope_value": "other"}),
    ),
    "uninstall": ("1.1.0", lambda apps: apps.uninstall(UUID, USER)),
}  # fmt: skip
POINTS = ("queued", "taken", "set up", "instance", "content", "before commit", "switched", "fields", "ended")
COMMITTED = POINTS[POINTS.index("switched") :]


def points_of(transition: str) -> list[str]:
    """The points that the transition passes, in order."""
    return [point for point in POINTS if point != "set up" or transition.startswith("install")]


def opened(data: Path, store: Any, reached: Any = lambda point: None) -> Lifecycle:
    """The life cycle over a data directory, as a process opens it; not started."""
    catalog = data / "catalog"
    if not catalog.exists():
        write_catalog(catalog)
    return Lifecycle(open_metadata(data), Catalog(data, catalog), store, SecretBox(data), reached)


def prepared(data: Path, store: Any, version: str | None) -> None:
    """Brings the app to the version."""
    apps = opened(data, store)
    if version:
        apps.run(apps.install(UUID, USER, version, SCOPE))


def state(data: Path) -> dict[str, Any]:
    """Everything but times, counters and ids made at random."""
    with open_metadata(data)() as session:
        items = session.query(ContentItem).order_by(ContentItem.id)
        rows = session.query(LookupRow).order_by(LookupRow.table_id, LookupRow.position)
        instances = session.query(AppInstance).all()
        known = {instance.id for instance in instances}
        return {
            "content": [
                (i.id, i.parent_id, i.item_type, i.name, i.description, i.owner_id, i.position,
                 i.dashboard_id, i.document, i.app_instance_id in known if i.app_instance_id else None)
                for i in items
            ],
            "rows": [(row.table_id, row.position, row.row) for row in rows],
            "instances": [
                (i.uuid, i.version, i.previous_version, i.name, i.parameters, i.hot_fields, i.folder_id)
                for i in instances
            ],
            "collection": [
                (c.name, [s.name for s in session.query(Source).filter_by(collector_id=c.id)])
                for c in session.query(Collector).order_by(Collector.id)
            ],
        }  # fmt: skip


def open_jobs(data: Path) -> list[str]:
    with open_metadata(data)() as session:
        return [job.id for job in session.query(AppJob) if job.status == "InProgress" or job.working_on]
