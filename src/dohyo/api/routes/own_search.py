"""What the search page asks besides the published search jobs: checks while typing, results as a table."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import Searcher
from dohyo.api.bodies import JsonObject, whole_param
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts
from dohyo.base.clock import now_ms
from dohyo.base.problem import ProblemError
from dohyo.functions.table import RunContext
from dohyo.search.cells import page_fields, page_rows

router = APIRouter(prefix="/api/dohyo/v1", tags=["pages"])
CHECKED_RANGE_MS = 15 * 60 * 1000
PAGE = 100
MOST_ROWS = 10_000
MOST_NAME = 255


@router.post("/query/check")
def check(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Problems of a query text with their places, and the fields it would give. Runs nothing."""
    text = body.get("query")
    if not isinstance(text, str):
        raise ApiRefused(400, "no-query", "a query is needed")
    now = now_ms()
    try:
        run = RunContext(now, now - CHECKED_RANGE_MS, now, "UTC", audited=True)
        compiled = parts.searches.compiled(text, run)
    except ProblemError as error:
        problems = [problem.as_json(text) for problem in error.problems]
        return json_answer({"problems": problems, "aggregate": None, "fields": []})
    return json_answer(
        {
            "problems": [problem.as_json(text) for problem in compiled.warnings],
            "aggregate": compiled.is_aggregate,
            "fields": page_fields(compiled.schema),
        }
    )


@router.get("/search/jobs/{job_id}/table")
def table(
    job_id: str, principal: Searcher, parts: Parts, offset: str | None = None, limit: str | None = None
) -> Response:
    """Records of a query with grouping, else messages, as far as they are there; histogram oldest first.

    While `partial_since_ms` is set, the records are those of the messages from then on.
    """
    start = whole_param(offset, "offset", 0)
    most = whole_param(limit, "limit", PAGE, least=1, most=MOST_ROWS)
    job = parts.search_jobs.job(job_id, principal.user_id)
    page = parts.search_jobs.table(job_id, start, most, principal.user_id)
    with job.lock:
        shown: dict[str, Any] = {
            "state": job.state.value,
            "aggregate": bool(job.aggregate),
            "partial_since_ms": job.partial_since_ms,
            "warnings": list(job.warnings),
            "problem": job.problem.as_json(job.request.query) if job.problem else None,
            "histogram": [
                {"start_ms": bucket.start_ms, "length_ms": bucket.length_ms, "count": bucket.count}
                for bucket in reversed(job.histogram)
            ],
        }
    shown |= {"fields": page_fields(page.fields), "rows": page_rows(page.rows), "total": page.total}
    return json_answer(shown)


@router.get("/search/jobs/{job_id}/histogram")
def histogram(job_id: str, principal: Searcher, parts: Parts, by: str = "_loglevel") -> Response:
    """Messages over time by the commonest values of a field; counts oldest first, one for each bucket."""
    if not by or len(by) > MOST_NAME:
        raise ApiRefused(400, "histogram-field", f"by: the name of a field, at most {MOST_NAME} characters")
    found = parts.search_jobs.histogram_by(job_id, by, principal.user_id)
    return json_answer({"parts": [{"value": value, "counts": counts} for value, counts in found.items()]})
