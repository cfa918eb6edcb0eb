"""Jobs that a client starts and polls: export, import, copy, delete of content; uploads of lookup tables."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from dohyo.api.errors import ApiRefused, error_entry, error_id
from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.base.problem import Problem, ProblemError

LOG = logging.getLogger(__name__)
KEPT_S = 3600.0
MOST_JOBS = 10_000


@dataclass
class AsyncJob:
    """`status` is Pending, InProgress, Success or Failed; `result` is what the work gave back; `label` is the
    starter's own name for the work.
    """

    id: str
    kind: str
    subject: str  # the item it is about
    owner: str
    made_s: float
    created_ms: int
    changed_ms: int
    label: str = ""
    status: str = "Pending"
    message: str | None = None
    result: Any = None
    problems: Sequence[Problem] = field(default=())


class AsyncJobs:
    """Jobs of all users, run one after another and kept for an hour after they were made."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._jobs: dict[str, AsyncJob] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="content")

    def start(
        self,
        kind: str,
        subject: str,
        owner: str,
        work: Callable[[], tuple[str | None, Any]],
        label: str = "",
    ) -> AsyncJob:
        """Starts `work`, which gives a message for the status and the result."""
        now = self._clock_s()
        job = AsyncJob(hex_id(), kind, subject, owner, now, now_ms(), now_ms(), label)
        with self._lock:
            over = [key for key, old in self._jobs.items() if now - old.made_s > KEPT_S]
            for key in over:
                del self._jobs[key]
            if len(self._jobs) >= MOST_JOBS:
                raise ApiRefused(429, "rate.limit.exceeded", f"more than {MOST_JOBS} jobs in one hour")
            self._jobs[job.id] = job
        self._pool.submit(self._run, job, work)
        return job

    def job(self, kind: str, job_id: str, owner: str) -> AsyncJob:
        """The caller's job of this kind; 404 for any other id."""
        with self._lock:
            found = self._jobs.get(job_id.strip().upper().zfill(16))
        if found is None or found.kind != kind or found.owner != owner:
            raise ApiRefused(404, "job:not_found", f"there is no {kind} job {job_id}")
        return found

    def result(self, kind: str, job_id: str, owner: str) -> Any:
        """What the job gave; refused before its success."""
        job = self.job(kind, job_id, owner)
        if job.status != "Success":
            raise ApiRefused(400, "job:no_result", f"the job is {job.status}, so there is no result")
        return job.result

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: AsyncJob, work: Callable[[], tuple[str | None, Any]]) -> None:
        job.status = "InProgress"
        try:
            job.message, job.result = work()
        except ProblemError as error:
            job.problems, job.status = error.problems, "Failed"
        except Exception as error:
            ident = error_id()
            LOG.error("internal error %s in a %s job", ident, job.kind, exc_info=error)
            words = f"something went wrong inside Dohyo; its log has it under {ident}"
            job.problems, job.status = [Problem("internal.error", words)], "Failed"
        else:
            job.status = "Success"
        job.changed_ms = now_ms()


def status_json(job: AsyncJob) -> dict[str, Any]:
    """The published status; a failure stands in `error` and, as some clients read it there, in `errors`."""
    if job.status == "Failed":
        error = error_entry(job.problems[0])
        return {"status": "Failed", "statusMessage": None, "error": error, "errors": error}
    if job.status == "Success":
        return {"status": "Success", "statusMessage": job.message or "", "error": None}
    return {"status": "InProgress", "statusMessage": "", "error": None}
