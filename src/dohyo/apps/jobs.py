"""Rows of app jobs and instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.apps.refusals import conflict
from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem
from dohyo.metadata.content import AppInstance, AppJob

WAITING, SWITCHED, ENDED = "waiting", "switched", "ended"
IN_PROGRESS, SUCCESS, FAILED = "InProgress", "Success", "Failed"
KEPT_MS = 7 * 86_400_000
Metadata = sessionmaker[Session]


def add(metadata: Metadata, job: AppJob, same_set_up: Callable[[AppJob, AppJob], bool]) -> str:
    """Stores the job; its id, or that of the same job that is at work. AppRefused 409 for another one."""
    try:
        with metadata.begin() as session:
            session.add(job)
    except IntegrityError as error:
        with metadata() as session:
            working = session.scalar(select(AppJob).where(AppJob.working_on == job.uuid))
        if (
            working
            and (working.kind, working.to_version, working.parameters)
            == (job.kind, job.to_version, job.parameters)
            and same_set_up(working, job)
        ):
            return working.id
        message = "another job is at work on this app"
        raise conflict("apps:busy", message, "it ends within seconds; then try again") from error
    return job.id


def end(
    metadata: Metadata, job_id: str, problems: Sequence[Problem] = (), message: str | None = None
) -> None:
    """Ends the job: with problems it has failed."""
    told = [{"code": p.code, "message": p.message, "hints": list(p.hints)} for p in problems]
    ended = {"step": ENDED, "status": FAILED if told else SUCCESS, "working_on": None, "setup": None}
    with metadata.begin() as session:
        session.execute(
            update(AppJob)
            .where(AppJob.id == job_id, AppJob.status == IN_PROGRESS)
            .values(**ended, problems=told, message=message, modified_ms=now_ms())
        )


def left_over(metadata: Metadata) -> list[str]:
    """Ids of jobs that have not ended, oldest first. Forgets those that ended a week ago."""
    with metadata.begin() as session:
        old = (AppJob.status != IN_PROGRESS, AppJob.modified_ms < now_ms() - KEPT_MS)
        session.execute(delete(AppJob).where(*old))
        wanted = select(AppJob.id).where(AppJob.status == IN_PROGRESS).order_by(AppJob.created_ms)
        return list(session.scalars(wanted))


def instance_of(session: Session, uuid: str) -> AppInstance | None:
    """The installed app with this id."""
    return session.scalar(select(AppInstance).where(AppInstance.uuid == uuid))
