"""Snapshots of the data directory, which `dohyo backup` copies while the server runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.users import LOCAL_USER
from dohyo.api.authentication import principal_of_request
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts
from dohyo.upkeep.backup import SNAPSHOTS, take_snapshot

router = APIRouter(prefix="/api/dohyo/v1/snapshots", tags=["snapshots"])


@router.post("")
def create_snapshot(request: Request, parts: Parts) -> Response:
    """A folder with everything as it is now. Only this machine's command line may ask."""
    _only_local(request)
    folder, messages = take_snapshot(parts.data_dir, parts.store)
    return json_answer({"name": folder.name, "path": str(folder), "messages": messages})


@router.delete("/{name}", status_code=204)
def delete_snapshot(name: str, request: Request, parts: Parts) -> Response:
    """Lets go of the parts that it holds."""
    _only_local(request)
    folder = parts.data_dir / SNAPSHOTS / Path(name).name
    if not folder.is_dir():
        raise ApiRefused(404, "snapshot-unknown", f"there is no snapshot {name[:64]}")
    shutil.rmtree(folder)
    return Response(status_code=204)


def _only_local(request: Request) -> None:
    if principal_of_request(request).email != LOCAL_USER:
        raise ApiRefused(403, "forbidden", "only the command line of this machine may do this")
