"""What the dashboard builder and the library ask: runs of dashboards that are not stored, new names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from dohyo.api.authentication import Author, Reader, Searcher
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.routes.own_dashboards import ndjson, run_request, zone_of
from dohyo.api.services import Parts
from dohyo.content.dashboards import check_dashboard, dashboard_json
from dohyo.content.shapes import dashboard_draft, item_json

router = APIRouter(prefix="/api/dohyo/v1", tags=["pages"])


@router.post("/runs")
def run(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Runs the panels of the `dashboard` in the body, as the run of a stored one answers."""
    lines = parts.dashboard_runs.run(_dashboard(body), run_request(body, principal))
    headers = {"Content-Encoding": "identity"}
    return StreamingResponse(ndjson(lines), media_type="application/x-ndjson", headers=headers)


@router.post("/variable-values")
def variable_values(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Values that the variable `name` of the `dashboard` in the body may take in the `range`."""
    values = parts.dashboard_runs.values(
        _dashboard(body), str(body.get("name") or ""), body.get("range"), zone_of(body.get("timeZone"))
    )
    return json_answer({"values": values})


@router.get("/dashboards/{dashboard_id}")
def editable(dashboard_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """The dashboard with the version that a change of it goes on from."""
    caller = caller_of(principal, request)
    item = parts.library.dashboard(dashboard_id, caller)
    shown = {
        "dashboard": dashboard_json(item),
        "version": item.version,
        "readOnly": not caller.may_change(item),
    }
    return json_answer(shown)


@router.put("/dashboards/{dashboard_id}")
def replace(
    dashboard_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts
) -> Response:
    """Stores the whole `dashboard`; 409 where someone else has changed `version` since."""
    model, version = body.get("dashboard"), body.get("version")
    if not isinstance(model, dict) or not isinstance(version, int):
        raise ApiRefused(400, "dashboard-change", "a dashboard and the version that it changes are needed")
    caller = caller_of(principal, request)
    item = parts.library.dashboard(dashboard_id, caller)
    changed = parts.library.replace(item.id, lambda now: dashboard_draft(model, now), caller, version)
    return json_answer({"version": changed.version})


@router.patch("/content/{item_id}")
def rename(item_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """Sets the name of an item of any type and, where one is given, its description."""
    name, description = body.get("name"), body.get("description")
    if not isinstance(name, str) or not isinstance(description, str | None):
        raise ApiRefused(400, "content-name", "a name is needed")
    caller = caller_of(principal, request)
    return json_answer(item_json(parts.library.rename(item_id, name, description, caller), caller))


def _dashboard(body: Mapping[str, Any]) -> dict[str, Any]:
    """The model, checked as one that is stored."""
    model = body.get("dashboard")
    if not isinstance(model, dict):
        raise ApiRefused(400, "run-dashboard", "dashboard: a dashboard is needed")
    check_dashboard(model)
    return model
