"""Lookup tables in the published shapes (v1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dohyo.api.async_jobs import AsyncJob
from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonBody, JsonObject, truth_param
from dohyo.api.errors import ApiRefused, error_entry, json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts, Services
from dohyo.api.uploads import uploaded_file
from dohyo.content.refusals import ContentRefused
from dohyo.content.rights import Caller
from dohyo.content.shapes import meta_json, table_draft, timestamp

router = APIRouter(prefix="/api/v1/lookupTables", tags=["lookup tables"])
KIND = "lookup table"
UploadedFile = Annotated[bytes, Depends(uploaded_file)]


@router.post("")
def create_table(body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """An empty table in the folder `parentFolderId`, else in Personal."""
    caller = caller_of(principal, request)
    folder = str(body.get("parentFolderId") or parts.library.personal(caller).id)
    made = parts.library.create(folder, table_draft(body), caller)
    return json_answer(_shown(made.id, caller, parts))


@router.get("/jobs/{job_id}/status")
def job_status(job_id: str, principal: Author, parts: Parts) -> Response:
    """How far an upload or emptying is."""
    job = parts.async_jobs.job(KIND, job_id, principal.user_id)
    return json_answer(_job_json(job, Caller.of(principal), parts))


@router.get("/{table_id}")
def get_table(table_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """Definition and size of the table."""
    return json_answer(_shown(table_id, caller_of(principal, request), parts))


@router.put("/{table_id}")
def change_table(
    table_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts
) -> Response:
    """Sets `ttl`, `description` and `sizeLimitAction`; fields and keys are fixed."""
    caller = caller_of(principal, request)
    now = parts.tables.table_json(table_id, caller)
    description = str(body.get("description") or "")
    if not description.strip():
        raise ApiRefused(400, "lookup:description_blank", "description: a text is needed")
    ttl, action = body.get("ttl", now["ttl"]), body.get("sizeLimitAction") or now["sizeLimitAction"]
    parts.tables.set_life(table_id, ttl, description, action, caller)
    return json_answer(_shown(table_id, caller, parts))


@router.delete("/{table_id}", status_code=204)
def delete_table(table_id: str, request: Request, principal: Author, parts: Parts) -> Response:
    """Removes the table with its rows."""
    caller = caller_of(principal, request)
    parts.library.delete(parts.tables.table_json(table_id, caller)["id"], caller)
    return Response(status_code=204)


@router.post("/{table_id}/upload")
def upload(
    table_id: str,
    content: UploadedFile,
    request: Request,
    principal: Author,
    parts: Parts,
    merge: str | None = None,
    fileEncoding: str = "UTF-8",
) -> Response:
    """Starts to replace the rows by those of a CSV file, or with `merge=true` to add them by primary key."""
    caller, merges = caller_of(principal, request), truth_param(merge, "merge")
    try:
        text = content.decode(fileEncoding).encode()
    except (LookupError, UnicodeDecodeError):
        raise ApiRefused(400, "lookup:encoding", f"the file is not text in {fileEncoding}") from None
    kind = "BulkMerge" if merges else "BulkReplace"
    wanted = _Wanted(kind, table_id, caller)
    return wanted.started(parts, lambda: parts.tables.upload(table_id, text, caller, merge=merges))


@router.post("/{table_id}/truncate")
def truncate(table_id: str, body: JsonBody, request: Request, principal: Author, parts: Parts) -> Response:
    """Starts to remove all rows."""
    caller = caller_of(principal, request)
    wanted = _Wanted("Truncate", table_id, caller)
    return wanted.started(parts, lambda: parts.tables.truncate(table_id, caller))


@router.put("/{table_id}/row", status_code=204)
def put_row(table_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """Adds a row or replaces the one with the same primary key."""
    parts.tables.put_row(table_id, _cells(body, "row"), caller_of(principal, request))
    return Response(status_code=204)


@router.put("/{table_id}/deleteTableRow", status_code=204)
def delete_row(
    table_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts
) -> Response:
    """Removes the row of this primary key."""
    parts.tables.delete_row(table_id, _cells(body, "primaryKey"), caller_of(principal, request))
    return Response(status_code=204)


def _cells(body: dict[str, Any], name: str) -> dict[str, str | None]:
    cells = body.get(name)
    wrong = ApiRefused(400, "lookup:row", f'{name}: a list of {{"columnName", "columnValue"}} is needed')
    if not isinstance(cells, list) or not cells or not all(isinstance(cell, dict) for cell in cells):
        raise wrong
    found: dict[str, str | None] = {}
    for cell in cells:
        column, value = cell.get("columnName"), cell.get("columnValue")
        if not isinstance(column, str):
            raise wrong
        found[column] = None if value is None else str(value)
    return found


def _shown(table_id: str, caller: Caller, parts: Services) -> dict[str, Any]:
    shown = parts.tables.table_json(table_id, caller)
    item = parts.library.get(shown["id"], caller)
    folder = parts.library.place(str(item.parent_id), caller).path
    return {**shown, "parentFolderId": item.parent_id, "contentPath": folder, **meta_json(item)}


@dataclass(frozen=True)
class _Wanted:
    """A change of all rows; `request_type` is its published name."""

    request_type: str
    table_id: str
    caller: Caller

    def started(self, parts: Services, work: Callable[[], object]) -> Response:
        subject = parts.tables.table_json(self.table_id, self.caller)["id"]

        def run() -> tuple[None, None]:
            work()
            return None, None

        owner = self.caller.user_id
        job = parts.async_jobs.start(KIND, subject, owner, run, label=self.request_type)
        return json_answer({"id": job.id})


def _job_json(job: AsyncJob, caller: Caller, parts: Services) -> dict[str, Any]:
    """The published `LookupJob`, which differs from the status of other jobs."""
    try:
        table = _shown(job.subject, caller, parts)
    except ContentRefused:  # the table was removed in the meantime
        table = {"name": "", "contentPath": ""}
    return {
        "jobId": job.id,
        "status": job.status,
        "statusMessages": [],
        "errors": [error_entry(problem) for problem in job.problems],
        "warnings": [],
        "lookupContentId": job.subject,
        "lookupName": table["name"],
        "lookupContentPath": table["contentPath"],
        "requestType": job.label,
        "userId": job.owner,
        "createdAt": timestamp(job.created_ms),
        "modifiedAt": timestamp(job.changed_ms),
    }
