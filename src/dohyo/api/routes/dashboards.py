"""Dashboards in the published shapes (v2)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.access.principal import Principal
from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonObject, truth
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.paging import token_page
from dohyo.api.services import Parts, Services
from dohyo.content.dashboards import dashboard_json
from dohyo.content.rights import Caller
from dohyo.content.shapes import dashboard_draft

router = APIRouter(prefix="/api/v2/dashboards", tags=["dashboards"])
MODES = ("createdByUser", "allViewableByUser")


def caller_of(principal: Principal, request: Request) -> Caller:
    """The caller, as content administrator where the header `isAdminMode` says so."""
    try:
        admin_mode = truth(request.headers.get("isadminmode"))
    except ValueError:
        admin_mode = False
    return Caller.of(principal, admin_mode)


@router.get("")
def list_dashboards(
    request: Request,
    principal: Reader,
    parts: Parts,
    limit: str | None = None,
    token: str | None = None,
    mode: str = "createdByUser",
) -> Response:
    """One's own dashboards, or with `mode=allViewableByUser` all that one may see."""
    if mode not in MODES:
        raise ApiRefused(400, "mode_invalid", f"mode must be one of {', '.join(MODES)}")
    caller = caller_of(principal, request)
    items = parts.library.dashboards(caller, own_only=mode == "createdByUser")
    page, after = token_page(items, limit, token, parts.secrets, usual=50, most=100)
    shown = [dashboard_json(parts.library.get(item.id, caller)) for item in page]
    return json_answer({"dashboards": shown, "next": after})


@router.post("")
def create_dashboard(body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """A dashboard in the folder `folderId`, else in Personal."""
    caller = caller_of(principal, request)
    folder = str(body.get("folderId") or parts.library.personal(caller).id)
    return json_answer(dashboard_json(parts.library.create(folder, dashboard_draft(body), caller)))


@router.get("/{dashboard_id}")
def get_dashboard(dashboard_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """The dashboard of this id; its content id does too."""
    found = parts.library.dashboard(dashboard_id, caller_of(principal, request), classic=True)
    return json_answer(dashboard_json(found))


@router.put("/{dashboard_id}")
def replace_dashboard(
    dashboard_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts
) -> Response:
    """Sets the whole dashboard; another `folderId` moves it."""
    caller = caller_of(principal, request)
    item = parts.library.dashboard(dashboard_id, caller)
    changed = parts.library.replace(item.id, lambda now: dashboard_draft(body, now), caller)
    changed = _moved(changed, body.get("folderId"), caller, parts)
    return json_answer(dashboard_json(changed))


def _moved(item: Any, folder_id: Any, caller: Caller, parts: Services) -> Any:
    wanted = str(folder_id or "").strip().upper().zfill(16)
    return parts.library.move(item.id, wanted, caller) if folder_id and wanted != item.parent_id else item


@router.delete("/{dashboard_id}", status_code=204)
def delete_dashboard(dashboard_id: str, request: Request, principal: Author, parts: Parts) -> Response:
    """Removes the dashboard."""
    caller = caller_of(principal, request)
    parts.library.delete(parts.library.dashboard(dashboard_id, caller).id, caller)
    return Response(status_code=204)
