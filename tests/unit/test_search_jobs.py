"""Search jobs in the published semantics."""

import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from search_fakes import FakeSearches, groups, raws

from dohyo.base.problem import Problem, ProblemError, Span
from dohyo.search.jobs import SearchJobs, SearchRequest, State
from dohyo.search.limits import JobLimits


@pytest.fixture
def searches():
    return FakeSearches({"* | count": groups(("a", 1), ("b", 2), warnings=["cut"]), "error": raws(3)})


@pytest.fixture
def seconds():
    return [0.0]


@pytest.fixture
def jobs(searches, seconds):
    made = SearchJobs(searches, JobLimits(live=3), clock_s=lambda: seconds[0], now=lambda: 1000)
    yield made
    made.close()


def finished(jobs, job):
    deadline = time.monotonic() + 10
    while not job.state.over:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return job


def started(jobs, query="* | count", **more):
    return finished(jobs, jobs.create(SearchRequest(query, 0, 120, **more)))


def test_news_are_handed_out_once(jobs):
    job = started(jobs)
    first, second = jobs.status(job.id), jobs.status(job.id)
    assert (first.state, first.message_count, first.record_count) == (State.DONE, 3, 2)
    assert (
        [b.start_ms for b in first.buckets] == [60, 0] and first.warnings == ("cut",) and first.errors == ()
    )
    assert (second.buckets, second.warnings, second.record_count) == ((), (), 2)


def test_records_come_in_pages(jobs):
    job = started(jobs)
    page = jobs.records(job.id, 1, 5)
    assert page.rows == [("b", 2)] and page.total == 2 and [f.name for f in page.fields] == ["name", "_count"]


def test_messages_of_a_grouping_are_kept_only_when_asked_for(jobs):
    assert jobs.messages(started(jobs).id, 0, 10).rows == []
    assert jobs.messages(started(jobs, wants_messages=True).id, 0, 10).rows == [("kept", 1)]


def test_search_without_grouping_has_messages_and_no_records(jobs):
    job = started(jobs, "error")
    assert len(jobs.messages(job.id, 0, 10).rows) == 3
    with pytest.raises(ProblemError, match="no records"):
        jobs.records(job.id, 0, 10)


def test_too_many_messages_pause_the_job(jobs, searches):
    searches.answers["error"] = raws(2, cut=True)
    job = started(jobs, "error")
    assert job.state is State.FORCE_PAUSED and len(jobs.messages(job.id, 0, 10).rows) == 2


def test_text_that_cannot_be_read_is_refused_at_once(jobs):
    with pytest.raises(ProblemError):
        jobs.create(SearchRequest('"open', 0, 1))


def test_what_is_found_wrong_later_becomes_an_error_of_the_job(jobs, searches):
    searches.answers["x"] = ProblemError([Problem("field-unknown", "no field named x", Span(0, 1))])
    job = started(jobs, "x")
    status = jobs.status(job.id)
    assert (status.state, status.message_count, status.record_count) == (State.DONE, 0, 0)
    assert "no field named x" in status.errors[0] and jobs.status(job.id).errors == ()


def test_idle_and_old_jobs_are_forgotten(jobs, seconds):
    job = started(jobs)
    seconds[0] = 299
    jobs.status(job.id)
    seconds[0] = 299 + 301
    with pytest.raises(ProblemError, match="no search job"):
        jobs.status(job.id)
    polled = started(jobs)
    for hour in range(0, 8 * 3600, 250):
        seconds[0] = 600 + hour
        jobs.status(polled.id)
    seconds[0] = 600 + 8 * 3600 + 1
    with pytest.raises(ProblemError):
        jobs.status(polled.id)


def test_no_more_jobs_than_the_limit_live_at_once(jobs):
    made = [started(jobs) for _ in range(3)]
    with pytest.raises(ProblemError) as raised:
        started(jobs)
    assert raised.value.problems[0].code == "search-jobs-live"
    jobs.delete(made[0].id)
    started(jobs)


def test_deleting_a_running_job_cancels_its_statement(jobs, searches):
    searches.held = threading.Event()
    job = jobs.create(SearchRequest("* | count", 0, 1))
    while job.message_count == 0:
        time.sleep(0.001)
    assert jobs.status(job.id).state is State.GATHERING
    assert jobs.status(job.id).message_count == 3, "the histogram is there before the results"
    jobs.delete(job.id)
    assert searches.cancelled == [job.id] and job.state is State.CANCELLED
    with pytest.raises(ProblemError):
        jobs.status(job.id)


def test_job_belongs_to_its_owner(jobs):
    job = finished(jobs, jobs.create(SearchRequest("* | count", 0, 1), owner="ann"))
    assert jobs.status(job.id, owner="ann").record_count == 2
    with pytest.raises(ProblemError):
        jobs.status(job.id, owner="bob")
