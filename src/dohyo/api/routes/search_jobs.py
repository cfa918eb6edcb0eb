"""Search jobs in the published shapes, v1 and v2, on the same jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.principal import Principal
from dohyo.api.authentication import Searcher
from dohyo.api.bodies import JsonTypedObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.own_searches import own_searches
from dohyo.api.search_request import refused, search_request
from dohyo.api.services import Parts, Services
from dohyo.base.problem import ProblemError
from dohyo.search.cells import published_fields, published_maps
from dohyo.search.jobs import Page, SearchRequest

router = APIRouter(tags=["search jobs"])
MOST_PAGE_BYTES = 100 * 1024 * 1024
PATHS = ("/api/v1/search/jobs", "/api/v2/search/jobs")


def create(body: JsonTypedObject, request: Request, principal: Searcher, parts: Parts) -> Response:
    """Starts a search; text that cannot be read is refused at once, the rest becomes an error of the job."""
    wanted = search_request(body)
    job = _created(wanted, principal, parts)
    path = f"{request.url.path}/{job}"
    href = f"{request.url.scheme}://{request.url.netloc}{path}"
    link = {"rel": "self", "href": href}
    return json_answer({"id": job, "link": link}, 202, {"Location": href})


def _created(wanted: SearchRequest, principal: Principal, parts: Services) -> str:
    try:
        searches, save = own_searches(principal, parts)
        wanted = replace(wanted, audited=principal.may("searchAuditIndex"))
        return parts.search_jobs.create(wanted, principal.user_id, searches, save).id
    except ProblemError as error:
        if error.problems[0].code == "search-jobs-live":
            raise
        refusal = refused("parse.error", "")
        # The problems keep their places, under the code that clients know.
        code = refusal.problems[0].code
        refusal.problems = [replace(problem, code=code) for problem in error.problems]
        refusal.text = error.text or wanted.query
        raise refusal from None


def status(job_id: str, principal: Searcher, parts: Parts) -> Response:
    """State and counts; buckets, errors and warnings are those that no call has given before."""
    found = parts.search_jobs.status(_ident(job_id), principal.user_id)
    buckets = [
        {"startTimestamp": bucket.start_ms, "length": bucket.length_ms, "count": bucket.count}
        for bucket in found.buckets
    ]
    return json_answer(
        {
            "state": found.state.value,
            "messageCount": found.message_count,
            "recordCount": found.record_count,
            "histogramBuckets": buckets,
            "pendingErrors": list(found.errors),
            "pendingWarnings": list(found.warnings),
        }
    )


def messages(
    job_id: str, principal: Searcher, parts: Parts, offset: str | None = None, limit: str | None = None
) -> Response:
    """Messages, newest first."""
    return _page("messages", parts.search_jobs.messages, job_id, principal, offset, limit)


def records(
    job_id: str, principal: Searcher, parts: Parts, offset: str | None = None, limit: str | None = None
) -> Response:
    """Rows of a query with grouping."""
    return _page("records", parts.search_jobs.records, job_id, principal, offset, limit)


def _page(
    name: str,
    read: Callable[[str, int, int, str], Page],
    job_id: str,
    principal: Principal,
    offset: str | None,
    limit: str | None,
) -> Response:
    start, most = paging(offset, limit)
    page = read(_ident(job_id), start, most, principal.user_id)
    rows = _fitting(published_maps(page.fields, page.rows))
    return json_answer({"fields": published_fields(page.fields), name: rows})


def paging(offset: str | None, limit: str | None) -> tuple[int, int]:
    """Both are needed, the limit from 1; a larger one than the system's is cut by the jobs."""
    start = _number(offset, "offset")
    most = _number(limit, "limit")
    if start < 0:
        raise refused("offset.negative", "the offset is negative")
    if most < 0:
        raise refused("limit.negative", "the limit is negative")
    if most == 0:
        raise refused("limit.zero", "the limit is zero")
    return start, most


def _number(text: str | None, name: str) -> int:
    if text is None or not text.strip():
        raise refused(f"{name}.missing", f"the parameter {name} is needed")
    try:
        return int(text)
    except ValueError:
        raise ApiRefused(400, f"service.{name}.invalid", f"{name} is a whole number") from None


def _fitting(rows: Iterable[dict[str, dict[str, str]]]) -> list[dict[str, dict[str, str]]]:
    """Rows up to the most bytes of one answer; clients go on by the number they got."""
    kept: list[dict[str, dict[str, str]]] = []
    size = 0
    for row in rows:
        size += sum(len(name) + len(text) + 6 for name, text in row["map"].items())
        if kept and size > MOST_PAGE_BYTES:
            break
        kept.append(row)
    return kept


def delete(job_id: str, principal: Searcher, parts: Parts) -> Response:
    """Stops the job and forgets it."""
    parts.search_jobs.delete(_ident(job_id), principal.user_id)
    return json_answer({"id": _ident(job_id)})


def delete_v2(job_id: str, principal: Searcher, parts: Parts) -> Response:
    """Stops the job and forgets it."""
    parts.search_jobs.delete(_ident(job_id), principal.user_id)
    return json_answer({"jobId": _ident(job_id), "warning": None})


def _ident(job_id: str) -> str:
    return job_id.strip().upper()


for _path, _delete in zip(PATHS, (delete, delete_v2), strict=True):
    router.add_api_route(_path, create, methods=["POST"], status_code=202)
    router.add_api_route(_path + "/{job_id}", status, methods=["GET"])
    router.add_api_route(_path + "/{job_id}/messages", messages, methods=["GET"])
    router.add_api_route(_path + "/{job_id}/records", records, methods=["GET"])
    router.add_api_route(_path + "/{job_id}", _delete, methods=["DELETE"])
