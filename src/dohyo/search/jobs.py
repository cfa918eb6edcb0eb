"""Search jobs as the published API has them: created, polled, paged, deleted; run by a pool of worker
threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.table import RunContext
from dohyo.plan.expr import Scalar
from dohyo.plan.schema import Field
from dohyo.search.limits import JobLimits
from dohyo.search.result import Bucket, Result

if TYPE_CHECKING:
    from dohyo.compile import Compiled


class State(Enum):
    """Published states of a search job."""

    NOT_STARTED = "NOT STARTED"
    GATHERING = "GATHERING RESULTS"
    DONE = "DONE GATHERING RESULTS"
    FORCE_PAUSED = "FORCE PAUSED"
    CANCELLED = "CANCELLED"

    @property
    def over(self) -> bool:
        return self not in (State.NOT_STARTED, State.GATHERING)


@dataclass(frozen=True)
class SearchRequest:
    """What a job shall do. `[start_ms, end_ms)`; `wants_messages`: keep the messages of a query with grouping
    too; `notes`: warnings about the request itself; the others as in `RunContext`.
    """

    query: str
    start_ms: int
    end_ms: int
    zone: str = "UTC"
    wants_messages: bool = False
    notes: tuple[str, ...] = ()
    auto_parse: bool = False
    by_receipt: bool = False
    audited: bool = False


@dataclass(frozen=True)
class Status:
    """One poll. Buckets, errors and warnings are those that no poll has given before."""

    state: State
    message_count: int
    record_count: int
    buckets: tuple[Bucket, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Some rows of a result; `total` of them are there so far."""

    fields: tuple[Field, ...]
    rows: list[tuple[Scalar, ...]]
    total: int


Save = Callable[[str, list[dict[str, Scalar]], bool], None]
"""Writes rows into the lookup table at an address, in the place of its rows or (true) beside them."""


class Answers(Protocol):
    """What jobs need of `Searches`."""

    def readable(self, text: str) -> None: ...
    def compiled(self, text: str, run: RunContext) -> Compiled: ...
    def result(self, compiled: Compiled, run: RunContext, query_id: str | None = None) -> Result: ...
    def messages(self, compiled: Compiled, run: RunContext, query_id: str | None = None) -> Result: ...
    def histogram(self, compiled: Compiled, run: RunContext, query_id: str | None = None) -> list[Bucket]: ...
    def first_messages(
        self, compiled: Compiled, run: RunContext, buckets: Sequence[Bucket], query_id: str | None = None
    ) -> Result | None: ...
    def first_records(
        self, compiled: Compiled, run: RunContext, buckets: Sequence[Bucket], query_id: str | None = None
    ) -> tuple[Result, int] | None: ...
    def meant(self, compiled: Compiled) -> list[str]: ...
    def histogram_by(self, compiled: Compiled, run: RunContext, name: str) -> dict[str, list[int]]: ...
    def cancel(self, query_id: str) -> None: ...


@dataclass
class Job:
    """One search job. Its lock guards everything below it. While `partial_since_ms` is set, `records` are
    those of the messages from then on.
    """

    id: str
    request: SearchRequest
    owner: str | None
    searches: Answers
    created_s: float
    touched_s: float
    state: State = State.NOT_STARTED
    aggregate: bool | None = None
    records: Result | None = None
    messages: Result | None = None
    partial_since_ms: int | None = None
    histogram: list[Bucket] = field(default_factory=list)
    message_count: int = 0
    problem: Problem | None = None
    warnings: list[str] = field(default_factory=list)
    save: Save | None = None
    handed_out: tuple[int, int, int] = (0, 0, 0)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def errors(self) -> list[str]:
        """The problem as one text: sentence, place and hints, as pendingErrors gives it."""
        return [self.problem.shown(self.request.query)] if self.problem else []


class SearchJobs:
    """All live jobs.

    A job that is neither polled nor read for 5 minutes is removed, and every job 8 hours after it was made;
    then its id is unknown. `tidy()` does it and is called whenever a job is made or asked for, so that no
    thread of its own is needed. Problems: `search-jobs-live` (too many), `search-job-unknown`,
    `search-job-no-records`.
    """

    def __init__(
        self,
        searches: Answers,
        limits: JobLimits | None = None,
        clock_s: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = now_ms,
    ) -> None:
        self._searches = searches
        self._limits = limits or JobLimits()
        self._clock_s = clock_s
        self._now = now
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self._limits.workers, thread_name_prefix="search")

    def create(
        self,
        request: SearchRequest,
        owner: str | None = None,
        searches: Answers | None = None,
        save: Save | None = None,
    ) -> Job:
        """A new job, running or waiting for a worker. `searches` sees what its owner may see, `save` writes
        into his lookup tables.

        Text that cannot be read is refused at once (ProblemError); what is found wrong later becomes an error
        of the job.
        """
        (searches or self._searches).readable(request.query)
        self.tidy()
        now = self._clock_s()
        job = Job(hex_id(), request, owner, searches or self._searches, now, now, save=save)
        with self._lock:
            if len(self._jobs) >= self._limits.live:
                message = f"{self._limits.live} search jobs are live already"
                hint = "delete jobs that are no longer needed"
                raise ProblemError([Problem("search-jobs-live", message, hints=(hint,))])
            self._jobs[job.id] = job
        self._pool.submit(self._work, job)
        return job

    def job(self, job_id: str, owner: str | None = None) -> Job:
        """The live job of this id, marked as used. With `owner`, only that owner's. ProblemError
        `search-job-unknown`.
        """
        self.tidy()
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or (owner is not None and job.owner != owner):
            raise ProblemError([Problem("search-job-unknown", f"there is no search job {job_id}")])
        job.touched_s = self._clock_s()
        return job

    def status(self, job_id: str, owner: str | None = None) -> Status:
        """State and counts; buckets, errors and warnings that were not given before."""
        job = self.job(job_id, owner)
        with job.lock:
            buckets, errors, warnings = job.handed_out
            news = Status(
                job.state,
                job.message_count,
                len(job.records.rows) if job.records else 0,
                tuple(job.histogram[buckets:]),
                tuple(job.errors[errors:]),
                tuple(job.warnings[warnings:]),
            )
            job.handed_out = (len(job.histogram), len(job.errors), len(job.warnings))
            return news

    def messages(self, job_id: str, offset: int, limit: int, owner: str | None = None) -> Page:
        """Messages newest first; none for a query with grouping that was not asked to keep them."""
        job = self.job(job_id, owner)
        with job.lock:
            return self._page(job.messages, offset, limit)

    def records(self, job_id: str, offset: int, limit: int, owner: str | None = None) -> Page:
        """Rows of a query with grouping. ProblemError `search-job-no-records` for one without."""
        job = self.job(job_id, owner)
        with job.lock:
            if job.aggregate is False:
                raise ProblemError(
                    [Problem("search-job-no-records", "the query groups nothing, so it has no records")]
                )
            return self._page(job.records, offset, limit)

    def table(self, job_id: str, offset: int, limit: int, owner: str | None = None) -> Page:
        """Records of a query with grouping, else messages."""
        job = self.job(job_id, owner)
        with job.lock:
            return self._page(job.records if job.aggregate else job.messages, offset, limit)

    def histogram_by(self, job_id: str, name: str, owner: str | None = None) -> dict[str, list[int]]:
        """Messages over time for each of the commonest values of a field, oldest bucket first."""
        job = self.job(job_id, owner)
        run = self._run(job)
        parts = job.searches.histogram_by(job.searches.compiled(job.request.query, run), run, name)
        return {value: counts[::-1] for value, counts in parts.items()}

    def delete(self, job_id: str, owner: str | None = None) -> None:
        """Stop the job and forget it."""
        self._remove(self.job(job_id, owner))

    def tidy(self) -> None:
        """Remove the jobs whose time is over."""
        now, limits = self._clock_s(), self._limits
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            if now - job.touched_s > limits.idle_s or now - job.created_s > limits.total_s:
                self._remove(job)

    def close(self) -> None:
        """Stop all jobs and wait for the workers."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            self._remove(job)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _page(self, result: Result | None, offset: int, limit: int) -> Page:
        if result is None:
            return Page((), [], 0)
        rows: Sequence[tuple[Scalar, ...]] = result.rows
        return Page(result.fields, list(rows[offset : offset + min(limit, self._limits.page)]), len(rows))

    def _remove(self, job: Job) -> None:
        with self._lock:
            self._jobs.pop(job.id, None)
        with job.lock:
            running = not job.state.over
            if running:
                job.state = State.CANCELLED
        if running:
            self._searches.cancel(job.id)

    def _work(self, job: Job) -> None:
        """The worker's part: histogram, first messages of a long search, results; each is visible as soon
        as it is there.
        """
        if not self._moved(job, State.GATHERING):
            return
        try:
            paused = self._gather(job)
        except ProblemError as error:
            with job.lock:
                job.problem = error.problems[0]
            paused = False
        except Exception as error:  # the job would hang for its client; the sentence names the kind only
            with job.lock:
                job.problem = Problem("search-failed", f"the search failed: {type(error).__name__}")
            self._moved(job, State.DONE)
            raise
        self._moved(job, State.FORCE_PAUSED if paused else State.DONE)

    def _run(self, job: Job) -> RunContext:
        request = job.request
        return RunContext(
            self._now(), request.start_ms, request.end_ms, request.zone,
            save=job.save, auto_parse=request.auto_parse, by_receipt=request.by_receipt,
            audited=request.audited,
        )  # fmt: skip

    def _gather(self, job: Job) -> bool:
        """Fill in the job; whether it was paused at the most messages."""
        request, searches = job.request, job.searches
        run = self._run(job)
        compiled = searches.compiled(request.query, run)
        with job.lock:
            job.aggregate = compiled.is_aggregate
        histogram = searches.histogram(compiled, run, job.id)
        with job.lock:
            job.histogram = histogram
            job.message_count = sum(bucket.count for bucket in histogram)
        if job.state is State.CANCELLED:
            return False
        self._gather_first(job, compiled, run, histogram)
        if job.state is State.CANCELLED:
            return False
        result = searches.result(compiled, run, job.id)
        kept = (
            searches.messages(compiled, run, job.id)
            if result.is_aggregate and request.wants_messages
            else None
        )
        with job.lock:
            meant = [] if result.rows else searches.meant(compiled)
            job.warnings = [*request.notes, *result.warnings, *meant]
            if result.is_aggregate:
                job.records, job.messages, job.partial_since_ms = result, kept, None
            else:
                job.messages, job.message_count = result, len(result.rows)
        full = result.cut and not result.is_aggregate
        if full and not self._limits.pauses:
            with job.lock:
                job.warnings.append(f"more messages match; the newest {len(result.rows):,} are kept")
        return full and self._limits.pauses

    def _gather_first(
        self, job: Job, compiled: Compiled, run: RunContext, histogram: Sequence[Bucket]
    ) -> None:
        """What of a long search is there before all is."""
        if not compiled.is_aggregate:
            first = job.searches.first_messages(compiled, run, histogram, job.id)
            with job.lock:
                job.messages = first
        elif found := job.searches.first_records(compiled, run, histogram, job.id):
            with job.lock:
                job.records, job.partial_since_ms = found

    def _moved(self, job: Job, state: State) -> bool:
        """Put the job into the state unless it was cancelled."""
        with job.lock:
            if job.state is State.CANCELLED:
                return False
            job.state = state
            return True
