"""Install, upgrade, downgrade and uninstall: durable jobs, worked off by one thread.

    waiting  --one transaction-->  switched  --hot fields-->  ended, Success
       \\--a problem--> ended, Failed

Everything in the metadata (collector, source, content, instance, the job's own step) changes in one
transaction, so a kill at any moment leaves the old state or the new one. `start` goes on with jobs that a
kill left: from `waiting` again, from `switched` with the hot fields, which are brought in line with the
installed apps and only make queries fast.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.secrets import SecretBox
from dohyo.apps import jobs
from dohyo.apps.catalog import Catalog
from dohyo.apps.inputs import resolved_inputs
from dohyo.apps.jobs import SWITCHED, WAITING, instance_of
from dohyo.apps.package import Package
from dohyo.apps.plans import check_repeated
from dohyo.apps.refusals import AppRefused, conflict, no_instance, no_job
from dohyo.apps.set_up import SetUp, set_up_of
from dohyo.apps.switch import folder_id_of, managed, remove_content, switch_content
from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.base.problem import Problem, ProblemError
from dohyo.content import tree
from dohyo.metadata.content import AppInstance, AppJob, ContentItem
from dohyo.plan.hot import HotField
from dohyo.plan.json_path import read_path, shown_path

log = logging.getLogger(__name__)
COLUMN_PREFIX = "h_"
OWN_ERROR = Problem(
    "internal.error", "an error of Dohyo itself; nothing was changed, the server's log tells more"
)


class HotFieldStore(Protocol):
    """What the life cycle needs of the store. Its sets of hot fields are those of installed apps."""

    def hot_fields(self) -> Sequence[HotField]: ...
    def set_hot_fields(self, set_name: str, fields: Mapping[str, str]) -> None: ...
    def drop_hot_fields(self, set_name: str) -> None: ...


class Lifecycle:
    """Calls give the id of a job; `start` once, then `close`. `reached` is told each point between two writes
    and may end the process there (tests do).
    """

    def __init__(
        self,
        metadata: sessionmaker[Session],
        catalog: Catalog,
        store: HotFieldStore,
        secrets: SecretBox,
        reached: Callable[[str], None] = lambda point: None,
    ) -> None:
        self._metadata, self._catalog, self._store, self._secrets = metadata, catalog, store, secrets
        self._reached = reached
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._ended = threading.Condition()
        self._thread: threading.Thread | None = None

    # Orders

    def install(
        self,
        uuid: str,
        user_id: str,
        version: str | None = None,
        parameters: Mapping[str, str] | None = None,
        set_up: SetUp | None = None,
    ) -> str:
        """The newest or given version. The same order again changes nothing; one that asks something else of
        an installed app fails.

        AppRefused: unknown app or version (404), wrong parameters or set-up (400), another job (409).
        """
        package, set_up = self._catalog.app(uuid).package(version), set_up or SetUp()
        if not package.manifest.installable:
            message = f"{package.manifest.name} {package.version} is not made to be installed"
            raise conflict("apps:not_installable", message, "its manifest says installable: false")
        set_up.check(package)
        with self._metadata() as session:
            there = instance_of(session, package.uuid)
        if there is None:
            parameters = resolved_inputs(package.config, parameters or {}, {}, set_up.category)
        job = self._job("install", package.uuid, user_id, package.version, parameters)
        if set_up.source is not None:
            job.setup = self._secrets.encrypt(json.dumps(set_up.as_json()))
        return self._queued(job)

    def upgrade(
        self, uuid: str, user_id: str, version: str | None = None, parameters: Mapping[str, str] | None = None
    ) -> str:
        """To the newest or given version, which may be an older one. Parameters left out stay as they are.

        AppRefused as `install`; 409 where the app is not installed.
        """
        package = self._catalog.app(uuid).package(version)
        with self._metadata() as session:
            before = _installed(session, package)
        resolved_inputs(package.config, parameters or {}, before.parameters)
        job = self._job("upgrade", package.uuid, user_id, package.version, parameters)
        job.from_version = before.version
        return self._queued(job)

    def uninstall(self, uuid: str, user_id: str) -> str:
        """Removes what the app brought. Sources, data and copies stay. Repeated, it changes nothing."""
        with self._metadata() as session:
            there = instance_of(session, uuid.strip().lower())
        if there is None:
            self._catalog.app(uuid)
        job = self._job("uninstall", uuid.strip().lower(), user_id, None, None)
        job.from_version = there.version if there else None
        return self._queued(job)

    def order(
        self,
        kind: str,
        uuid: str,
        user_id: str,
        version: str | None = None,
        parameters: Mapping[str, str] | None = None,
        collection: Any = None,
    ) -> str:
        """An install, upgrade or uninstall as our pages and the command line order it; `set_up_of` says what
        `collection` is.
        """
        if kind == "install":
            set_up = set_up_of(collection, self._catalog.app(uuid).package(version), self._metadata)
            return self.install(uuid, user_id, version, parameters, set_up)
        if kind == "upgrade":
            return self.upgrade(uuid, user_id, version, parameters)
        return self.uninstall(uuid, user_id)

    def _job(
        self, kind: str, uuid: str, user_id: str, version: str | None, parameters: Mapping[str, str] | None
    ) -> AppJob:
        now = now_ms()
        return AppJob(
            id=hex_id(), kind=kind, uuid=uuid, working_on=uuid, to_version=version, problems=[],
            parameters=dict(parameters or {}), step=WAITING, status=jobs.IN_PROGRESS, user_id=user_id,
            created_ms=now, modified_ms=now,
        )  # fmt: skip

    def _queued(self, job: AppJob) -> str:
        job_id = jobs.add(self._metadata, job, self._same_set_up)
        self._reached("queued")
        self._waiting.put(job_id)
        return job_id

    def _set_up(self, job: AppJob) -> SetUp:
        return SetUp(**json.loads(self._secrets.decrypt(job.setup))) if job.setup else SetUp()

    def _same_set_up(self, one: AppJob, other: AppJob) -> bool:
        return self._set_up(one) == self._set_up(other)

    # Questions

    def job(self, job_id: str) -> AppJob:
        with self._metadata() as session:
            found = session.get(AppJob, job_id.strip().upper())
        if found is None:
            raise no_job(job_id)
        return found

    def wait(self, job_id: str, timeout_s: float = 60) -> AppJob:
        """The job when it has ended, or as it is after the timeout."""
        with self._ended:
            self._ended.wait_for(lambda: self.job(job_id).status != jobs.IN_PROGRESS, timeout_s)
        return self.job(job_id)

    def instances(self) -> list[AppInstance]:
        """Installed apps by name."""
        with self._metadata() as session:
            return list(session.scalars(select(AppInstance).order_by(AppInstance.name)))

    def instance(self, instance_id: str) -> AppInstance:
        with self._metadata() as session:
            found = session.get(AppInstance, instance_id.strip().upper())
        if found is None:
            raise no_instance(instance_id)
        return found

    def managed(self, instance: AppInstance) -> list[ContentItem]:
        """Everything that the installed app brought, its folder too."""
        with self._metadata() as session:
            return managed(session, instance.id)

    # The worker

    def start(self) -> None:
        """Brings the hot fields in line, goes on with jobs that were left, then works off new ones."""
        for job_id in jobs.left_over(self._metadata):
            self._waiting.put(job_id)
        self._thread = threading.Thread(target=self._work, name="apps", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends after the job at hand."""
        self._waiting.put(None)
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        self._sync_hot_fields()
        while (job_id := self._waiting.get()) is not None:
            try:
                self.run(job_id)
            except Exception:
                # The database does not work: the job stays as it is and is taken up at the next start.
                log.exception("app job %s was interrupted", job_id)
            with self._ended:
                self._ended.notify_all()

    def run(self, job_id: str) -> None:
        """Takes the job to its end from where it stands."""
        job = self.job(job_id)
        try:
            if job.step == WAITING:
                self._switch(job)
        except ProblemError as error:
            jobs.end(self._metadata, job_id, error.problems)
            self._reached("ended")
            return
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("app job %s met an error of Dohyo itself", job_id)
            jobs.end(self._metadata, job_id, [OWN_ERROR])
            return
        self._reached("switched")
        message = self._sync_hot_fields()
        self._reached("fields")
        jobs.end(self._metadata, job_id, message=message)
        self._reached("ended")

    def _switch(self, job: AppJob) -> None:
        """The whole change in one transaction that begins with taking the job."""
        with self._metadata.begin() as session:
            mine = (AppJob.id == job.id, AppJob.step == WAITING, AppJob.status == jobs.IN_PROGRESS)
            taken = session.execute(update(AppJob).where(*mine).values(step=SWITCHED))
            assert isinstance(taken, CursorResult)
            if taken.rowcount == 0:
                return  # another process was faster
            self._reached("taken")
            tree.lock_tree(session)
            if job.kind == "uninstall":
                self._remove(session, job)
            else:
                self._put(session, job)
            self._reached("before commit")

    def _put(self, session: Session, job: AppJob) -> None:
        package = self._catalog.app(job.uuid).package(job.to_version)
        instance = instance_of(session, job.uuid)
        if job.kind == "install" and instance is not None:
            check_repeated(session, instance, package, job.parameters, self._set_up(job))
        elif job.kind == "install":
            self._install(session, job, package)
        else:
            self._move(session, job, package, instance or _installed(session, package))
        session.execute(update(AppJob).where(AppJob.id == job.id).values(**_result(session, job.uuid)))

    def _install(self, session: Session, job: AppJob, package: Package) -> None:
        set_up = self._set_up(job)
        inputs = resolved_inputs(package.config, job.parameters, {}, set_up.category)
        set_up.make(session, self._secrets)
        self._reached("set up")
        now = now_ms()
        instance = AppInstance(
            id=hex_id(), uuid=job.uuid, folder_id=folder_id_of(job.uuid), created_ms=now, modified_ms=now,
            created_by=job.user_id, modified_by=job.user_id, **_of_version(package, inputs),
        )  # fmt: skip
        session.add(instance)
        session.flush()
        hot_sets(session.scalars(select(AppInstance)))
        self._reached("instance")
        switch_content(session, package, instance)
        self._reached("content")

    def _move(self, session: Session, job: AppJob, package: Package, instance: AppInstance) -> None:
        inputs = resolved_inputs(package.config, job.parameters, instance.parameters)
        if instance.version != package.version:
            instance.previous_version = instance.version
        for name, value in _of_version(package, inputs).items():
            setattr(instance, name, value)
        instance.modified_ms, instance.modified_by = now_ms(), job.user_id
        session.flush()
        hot_sets(session.scalars(select(AppInstance)))
        self._reached("instance")
        switch_content(session, package, instance)
        self._reached("content")

    def _remove(self, session: Session, job: AppJob) -> None:
        instance = instance_of(session, job.uuid)
        if instance is None:
            return
        remove_content(session, instance)
        self._reached("content")
        session.delete(instance)
        session.flush()
        self._reached("instance")

    def _sync_hot_fields(self) -> str | None:
        """Makes the store's hot fields those of the installed apps; what went wrong, if something did.

        Answers do not depend on them, so trouble here ends no job; the next start tries again.
        """
        try:
            wanted = hot_sets(self.instances())
            there: dict[str, dict[str, str]] = {}
            for hot in self._store.hot_fields():
                there.setdefault(hot.column.removeprefix(COLUMN_PREFIX), {})[hot.name] = hot.path
            for name in there.keys() - wanted.keys():
                self._store.drop_hot_fields(name)
            for name, fields in wanted.items():
                if there.get(name) != fields:
                    self._store.set_hot_fields(name, fields)
        except Exception as error:
            log.exception("hot fields could not be brought in line with the installed apps")
            return f"Panels are slower until the next start: their fields could not be kept ready ({error})"
        return None


def hot_sets(instances: Iterable[AppInstance]) -> dict[str, dict[str, str]]:
    """The sets of hot fields that the installed apps want: of each set, the fields of all apps that name it.

    AppRefused 409 where two apps mean different things by one field.
    """
    found: dict[str, dict[str, str]] = {}
    for instance in instances:
        name = instance.hot_fields.get("name", "")
        for field, path in instance.hot_fields.get("fields", {}).items():
            shown = shown_path(read_path(path))
            if found.setdefault(name, {}).setdefault(field, shown) != shown:
                message = f"another app has the hot field {field} of the set {name} from another place"
                raise conflict("apps:hot_fields", message, "apps share a set where they agree on its fields")
    return found


def _installed(session: Session, package: Package) -> AppInstance:
    there = instance_of(session, package.uuid)
    if there is None:
        raise conflict("apps:not_installed", f"{package.manifest.name} is not installed", "install it first")
    return there


def _of_version(package: Package, inputs: dict[str, str]) -> dict[str, object]:
    """What an instance has from its package."""
    manifest, hot = package.manifest, package.hot_fields
    return {
        "version": manifest.version,
        "name": manifest.name,
        "description": manifest.description,
        "parameters": inputs,
        "hot_fields": {"name": hot.name, "fields": hot.fields} if hot else {},
    }


def _result(session: Session, uuid: str) -> dict[str, str]:
    instance = instance_of(session, uuid)
    if instance is None:
        raise AppRefused(404, "apps:instance_not_found", "the app is not installed")
    return {"instance_id": instance.id, "folder_id": instance.folder_id}
