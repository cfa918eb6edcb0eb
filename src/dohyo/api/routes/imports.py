"""Batches of records from `dohyo import`, which reads files while a server has the store."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from dohyo.access.users import LOCAL_USER
from dohyo.api.authentication import principal_of_request
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts
from dohyo.base.clock import now_ms
from dohyo.collect.file_import import EARLIEST_MS, LATEST_MS, Batch, events_of
from dohyo.collect.file_records import Record

router = APIRouter(prefix="/api/dohyo/v1", tags=["import"])
Text = Annotated[str, Field(max_length=1024)]
Time = Annotated[int, Field(ge=EARLIEST_MS, lt=LATEST_MS)]


class BatchBody(BaseModel):
    """`records` are pairs of text and epoch milliseconds, null for the time of receipt."""

    category: Annotated[Text, Field(min_length=1)]
    name: Text
    host: Text
    file: Annotated[Text, Field(min_length=1)]
    first: Annotated[int, Field(ge=0)]
    records: list[tuple[str, Time | None]]

    def batch(self) -> Batch:
        records = [Record(text, time_ms) for text, time_ms in self.records]
        return Batch(self.category, self.name, self.host, self.file, self.first, records)


def body_of(batch: Batch) -> bytes:
    """What the command line sends for a batch."""
    shown: dict[str, Any] = {
        "category": batch.category,
        "name": batch.name,
        "host": batch.host,
        "file": batch.file,
        "first": batch.first,
        "records": [[record.text, record.time_ms] for record in batch.records],
    }
    return orjson.dumps(shown)


@router.post("/import")
async def import_batch(request: Request, parts: Parts) -> Response:
    """Stores a batch durably; the same batch again stores nothing. For this machine's command line only."""
    if principal_of_request(request).email != LOCAL_USER:
        raise ApiRefused(403, "forbidden", "files are imported by the command line: dohyo import FILE")
    body = await request.body()
    return await run_in_threadpool(_stored, body, parts)


def _stored(body: bytes, parts: Parts) -> Response:
    try:
        batch = BatchBody.model_validate_json(body).batch()
    except ValidationError as error:
        raise ApiRefused(400, "import-batch", f"the batch is not as it should be: {error}") from None
    result = parts.writer.insert(events_of(batch, now_ms()))
    return json_answer({"stored": result.stored, "repeated": result.repeated})
