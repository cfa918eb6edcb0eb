"""Everything one server process owns, opened and closed in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from dohyo.access.secrets import SecretBox
from dohyo.access.throttle import Throttle
from dohyo.access.users import Metadata
from dohyo.api.async_jobs import AsyncJobs
from dohyo.api.settings import Settings
from dohyo.api.stored import StoredMessages
from dohyo.apps.catalog import Catalog
from dohyo.apps.lifecycle import Lifecycle
from dohyo.collect.extraction_rules import ExtractionRules
from dohyo.collect.field_table import FieldTable
from dohyo.collect.http_source import Receiver
from dohyo.collect.partitions import Partitions
from dohyo.collect.preparation import Preparation
from dohyo.collect.registry import Registry
from dohyo.collect.retention import Retention
from dohyo.collect.supervisor import Supervisor
from dohyo.collect.volume_index import VolumeIndex
from dohyo.content.library import Library
from dohyo.content.lookup_tables import LookupTables
from dohyo.content.macros import Macros
from dohyo.metadata.db import open_metadata
from dohyo.search.dashboard_run import DashboardRuns
from dohyo.search.jobs import SearchJobs
from dohyo.search.limits import JobLimits
from dohyo.search.searches import Searches
from dohyo.store.disk import Disk
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.writer import GroupWriter


@dataclass(frozen=True)
class Services:
    """The parts that routes call. `local_token` is what the command line on this machine proves itself by."""

    data_dir: Path
    settings: Settings
    local_token: str
    metadata: Metadata
    secrets: SecretBox
    throttle: Throttle
    store: EmbeddedStore
    writer: GroupWriter
    searches: Searches
    search_jobs: SearchJobs
    dashboard_runs: DashboardRuns
    registry: Registry
    supervisor: Supervisor
    receiver: Receiver
    preparation: Preparation
    fields: FieldTable
    rules: ExtractionRules
    partitions: Partitions
    library: Library
    tables: LookupTables
    macros: Macros
    async_jobs: AsyncJobs
    catalog: Catalog
    lifecycle: Lifecycle
    stored: StoredMessages


@contextmanager
def opened(data_dir: Path, settings: Settings, local_token: str) -> Iterator[Services]:
    """The services over a data directory. At the end sources stop first, then searches, writer, store."""
    with ExitStack() as ending:
        metadata, secrets, catalog = open_metadata(data_dir), SecretBox(data_dir), Catalog(data_dir)
        store = ending.enter_context(closing(EmbeddedStore.open(data_dir)))
        preparation = Preparation(metadata)
        writer = ending.enter_context(
            closing(GroupWriter(store, preparation, Disk(data_dir, settings.reserve_bytes)))
        )
        tables = LookupTables(metadata)
        macros = Macros(metadata)
        searches = Searches(store, tables=tables.table_at, unusual=preparation.unusual, macros=macros.ready)
        job_limits = JobLimits(pauses=bool(settings.pause_full_searches))
        search_jobs = ending.enter_context(closing(SearchJobs(searches, job_limits)))
        dashboard_runs = ending.enter_context(closing(DashboardRuns(searches)))
        async_jobs = ending.enter_context(closing(AsyncJobs()))
        lifecycle = ending.enter_context(closing(Lifecycle(metadata, catalog, store, secrets)))
        lifecycle.start()
        receiver = ending.enter_context(closing(Receiver(metadata, writer)))
        retention = ending.enter_context(closing(Retention(Partitions(metadata), store)))
        retention.start()
        volume = ending.enter_context(closing(VolumeIndex(store, writer)))
        volume.start()
        supervisor = Supervisor(metadata, writer, secrets)
        ending.callback(supervisor.stop)
        supervisor.start()
        yield Services(
            data_dir=data_dir,
            settings=settings,
            local_token=local_token,
            metadata=metadata,
            secrets=secrets,
            throttle=Throttle(),
            store=store,
            writer=writer,
            searches=searches,
            search_jobs=search_jobs,
            dashboard_runs=dashboard_runs,
            registry=Registry(metadata, secrets),
            supervisor=supervisor,
            receiver=receiver,
            preparation=preparation,
            fields=FieldTable(metadata),
            rules=ExtractionRules(metadata),
            partitions=Partitions(metadata),
            library=Library(metadata),
            tables=tables,
            macros=macros,
            async_jobs=async_jobs,
            catalog=catalog,
            lifecycle=lifecycle,
            stored=StoredMessages(store),
        )


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Parts = Annotated[Services, Depends(services_of)]
