"""Problems as answers, in the shape of the route's family.

Search jobs, collectors and sources, and whatever the transport refuses, have the classic body
`{"status", "id", "code", "message"}`; other published routes `{"id", "errors": [{"code", "message", ...}]}`;
our own ones `{"id", "problem"}` with the place in the query, and `problems` where there are several. `id` is
new for each answer; of failures of ours the log has it too.
"""

from __future__ import annotations

import json
import logging
import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from dohyo.base.problem import Problem, ProblemError

LOG = logging.getLogger(__name__)
OWN = "/api/dohyo/"
CLASSIC = ("/api/v1/search/", "/api/v2/search/", "/api/v1/collectors")
OF_TRANSPORT = frozenset(
    {
        "unauthorized",
        "forbidden",
        "method.unsupported",
        "request.too.large",
        "contenttype.invalid",
        "rate.limit.exceeded",
        "service.unavailable",
    }
)
ID_CHARACTERS = string.ascii_uppercase + string.digits

# Status of a problem that does not bring its own, and its published code where it has one.
KNOWN: dict[str, tuple[int, str | None]] = {
    "search-job-unknown": (404, "searchjob.jobid.invalid"),
    "search-job-no-records": (400, "searchjob.no.records.not.an.aggregation.query"),
    "search-jobs-live": (429, "rate.limit.exceeded"),
    "sign-in-refused": (401, None),
    "sign-in-token": (401, None),
    "sign-in-throttled": (429, None),
    "user-unknown": (404, None),
    "key-unknown": (404, None),
    "variable-unknown": (404, None),
    "store-closing": (503, "service.unavailable"),
    "disk-full": (503, "service.unavailable"),
    "disk-read-only": (503, "service.unavailable"),
    "disk-failing": (503, "service.unavailable"),
}


class ApiRefused(ProblemError):
    """A request that is refused with this status and published code."""

    def __init__(
        self, status: int, code: str, message: str, *hints: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__([Problem(code, message, hints=hints)])
        self.status = status
        self.headers = dict(headers or {})


def not_found() -> ApiRefused:
    return ApiRefused(404, "notfound", "there is nothing at this address")


def error_id() -> str:
    """Three groups of five of A-Z and 0-9, the published form."""
    return "-".join("".join(secrets.choice(ID_CHARACTERS) for _ in range(5)) for _ in range(3))


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The content as JSON, as it is: no model stands between it and the client."""
    try:
        body = orjson.dumps(content)
    except TypeError:  # whole numbers of more than 64 bits, which published content may hold
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, dict(headers or {}), "application/json")


def problem_answer(path: str, error: ProblemError) -> Response:
    """The answer for a problem, by the family of the path."""
    first = error.problems[0]
    known_status, published = KNOWN.get(first.code, (400, None))
    status = getattr(error, "status", known_status)
    headers = dict(getattr(error, "headers", {}))
    if seconds := getattr(error, "retry_after_s", None):
        headers["Retry-After"] = str(seconds)
    if path.startswith(OWN):
        body: dict[str, Any] = {"id": error_id(), "problem": first.as_json(error.text)}
        if len(error.problems) > 1:
            body["problems"] = [problem.as_json(error.text) for problem in error.problems]
    elif path.startswith(CLASSIC) or first.code in OF_TRANSPORT:
        body = classic_body(status, published or first.code, error.problems, error.text)
    else:
        body = newer_body(error.problems, error.text)
    return json_answer(body, status, headers)


def classic_body(status: int, code: str, problems: Sequence[Problem], text: str = "") -> dict[str, Any]:
    """One message with place and hints in it. `problem`, an addition, is what our pages underline."""
    first = problems[0]
    body: dict[str, Any] = {"status": status, "id": error_id(), "code": code, "message": ""}
    body["message"] = "; ".join(_with_place(problem, text) for problem in problems)
    if first.span is not None:
        body["problem"] = first.as_json(text)
    return body


def newer_body(problems: Sequence[Problem], text: str = "") -> dict[str, Any]:
    return {"id": error_id(), "errors": [error_entry(problem, text) for problem in problems]}


def error_entry(problem: Problem, text: str = "") -> dict[str, Any]:
    """One published `ErrorDescription`."""
    place = problem.place(text)
    entry: dict[str, Any] = {"code": problem.code.replace("-", "_"), "message": problem.message}
    if problem.hints:
        entry["detail"] = "; ".join(problem.hints)
    if place:
        entry["meta"] = {"line": place[0], "column": place[1]}
    return entry


def _with_place(problem: Problem, text: str) -> str:
    place = problem.place(text)
    where = f" (line {place[0]}, column {place[1]})" if place else ""
    return "; ".join([problem.message + where, *problem.hints])


def failure_answer(path: str, error: BaseException) -> Response:
    """The answer to what should not happen: no detail but an id, under which the log has it."""
    ident = error_id()
    LOG.error("internal error %s at %s", ident, path, exc_info=error)
    message = f"something went wrong inside Dohyo; its log has it under {ident}"
    if path.startswith(OWN):
        return json_answer({"id": ident, "problem": Problem("internal.error", message).as_json("")}, 500)
    return json_answer({"status": 500, "id": ident, "code": "internal.error", "message": message}, 500)
