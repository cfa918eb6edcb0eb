"""What the dashboard pages ask besides the published dashboards: the list, runs, values of variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from dohyo.access.principal import Principal
from dohyo.api.authentication import Reader, allowed
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts, Services
from dohyo.content.dashboards import dashboard_json
from dohyo.content.rights import Caller
from dohyo.lang.timerange import zone_named
from dohyo.search.dashboard_run import DashboardRequest

router = APIRouter(prefix="/api/dohyo/v1/dashboards", tags=["pages"])


@router.get("")
def list_dashboards(principal: Reader, parts: Parts) -> Response:
    """Every dashboard that one may see, with its place and the app it belongs to."""
    return json_answer({"dashboards": dashboard_rows(principal, parts)})


@router.post("/{dashboard_id}/runs")
def run(dashboard_id: str, body: JsonObject, principal: Reader, parts: Parts) -> Response:
    """Runs the panels. One JSON object a line: the range, each query's answer as it is there, the end."""
    allowed(principal, "runLogSearch")
    dashboard = _dashboard(dashboard_id, principal, parts)
    lines = parts.dashboard_runs.run(dashboard, run_request(body, principal))
    # Compression would hold lines back until there are many.
    headers = {"Content-Encoding": "identity"}
    return StreamingResponse(ndjson(lines), media_type="application/x-ndjson", headers=headers)


@router.get("/{dashboard_id}/variables/{name}/values")
def variable_values(
    dashboard_id: str, name: str, request: Request, principal: Reader, parts: Parts
) -> Response:
    """Values that a variable may take in the range `from`, `to`."""
    allowed(principal, "runLogSearch")
    dashboard = _dashboard(dashboard_id, principal, parts)
    start, end = request.query_params.get("from"), request.query_params.get("to")
    model = {"from": start, "to": end or None} if start else None
    zone = zone_of(request.query_params.get("timeZone"))
    return json_answer({"values": parts.dashboard_runs.values(dashboard, name, model, zone)})


def _dashboard(dashboard_id: str, principal: Principal, parts: Services) -> dict[str, Any]:
    return dashboard_json(parts.library.dashboard(dashboard_id, Caller.of(principal), classic=True))


def run_request(body: Mapping[str, Any], principal: Principal) -> DashboardRequest:
    """The run that the pages ask for; refused where a member has the wrong form."""
    variables, panels = body.get("variables") or {}, body.get("panels")
    if not isinstance(variables, dict) or not all(_is_value(value) for value in variables.values()):
        raise ApiRefused(400, "run-variables", "variables: an object of texts or lists of texts is needed")
    if panels is not None and not (isinstance(panels, list) and all(isinstance(p, str) for p in panels)):
        raise ApiRefused(400, "run-panels", "panels: a list of panel keys is needed")
    audited = principal.may("searchAuditIndex")
    return DashboardRequest(body.get("range"), variables, panels, zone_of(body.get("timeZone")), audited)


def _is_value(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))


def zone_of(name: Any) -> str:
    if not name:
        return "UTC"
    zone_named(str(name))
    return str(name)


def ndjson(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for line in lines:
        yield orjson.dumps(line) + b"\n"


def dashboard_rows(principal: Principal, parts: Services) -> list[dict[str, Any]]:
    """Dashboards as the pages list them. Classic ones are shown, and changed as copies only."""
    caller, apps = Caller.of(principal), app_refs(parts)
    items = [*parts.library.dashboards(caller), *parts.library.classic_dashboards(caller)]
    return [
        {
            "id": item.dashboard_id or item.id,
            "title": item.name,
            "description": item.description,
            "path": parts.library.place(item.id, caller).path.removesuffix(f"/{item.name}"),
            "readOnly": item.item_type == "Report" or not caller.may_change(item),
            "classic": item.item_type == "Report",
            "app": apps.get(item.app_instance_id or ""),
        }
        for item in items
    ]


def app_refs(parts: Services) -> dict[str, dict[str, str]]:
    """Installed apps by instance id."""
    return {
        instance.id: {"uuid": instance.uuid, "name": instance.name, "version": instance.version}
        for instance in parts.lifecycle.instances()
    }
