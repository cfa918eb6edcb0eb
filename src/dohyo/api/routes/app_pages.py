"""What the app pages ask besides the published catalog: cards, details, plans, the wizard's orders, jobs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import Response

from dohyo.access.users import get_user, shown_name
from dohyo.api import app_shapes, app_work
from dohyo.api.authentication import AppManager, Reader
from dohyo.api.bodies import Archive, JsonObject
from dohyo.api.errors import ApiRefused, json_answer, not_found
from dohyo.api.services import Parts, Services
from dohyo.apps.plans import plan_of
from dohyo.apps.refusals import AppRefused, conflict
from dohyo.metadata.content import AppInstance, AppJob

router = APIRouter(prefix="/api/dohyo/v1/apps", tags=["pages"])
ACTIONS = ("install", "upgrade", "uninstall")


@router.get("")
def list_apps(principal: Reader, parts: Parts) -> Response:
    """The catalog with what is installed and what is at work; `problems` are of added archives, for those who
    manage apps.
    """
    installed = {one.uuid: one for one in parts.lifecycle.instances()}
    working = _working(parts)
    cards = [
        app_shapes.card(app, installed.get(app.uuid), working.get(app.uuid)) for app in parts.catalog.apps()
    ]
    told = parts.catalog.problems if principal.may("manageApps") else []
    return json_answer({"apps": cards, "problems": [problem.as_json("") for problem in told]})


@router.post("")
def add(archive: Archive, principal: AppManager, parts: Parts) -> Response:
    """Adds to the catalog the archive in the body, as `dohyo app pack` makes it. A bad one is refused."""
    package = parts.catalog.add(archive)
    return json_answer({"uuid": package.uuid, "name": package.manifest.name, "version": package.version})


@router.delete("/{uuid}/versions/{version}", status_code=204)
def remove(uuid: str, version: str, principal: AppManager, parts: Parts) -> Response:
    """Takes an added version out of the catalog; not the one that is installed."""
    instance = _instance(uuid, parts)
    if (instance and instance.version == version) or _working(parts).get(uuid.lower()):
        hint = "uninstall it or move to another version first"
        raise conflict("apps:in_use", f"{version} is installed", hint)
    parts.catalog.remove(uuid, version)
    return Response(status_code=204)


@router.get("/jobs/{job_id}")
def job(job_id: str, principal: Reader, parts: Parts) -> Response:
    """How far an install, upgrade or uninstall is, step by step."""
    found = parts.lifecycle.job(job_id)
    name, package = found.uuid, None
    try:
        app = parts.catalog.app(found.uuid)
        name = app.name
        package = app.package(found.to_version) if found.kind != "uninstall" else None
    except AppRefused:  # the archive it came from is gone
        pass
    return json_answer(app_work.job_json(found, name, package, _dashboards(found, parts)))


@router.get("/{uuid}")
def details(uuid: str, principal: Reader, parts: Parts, version: str | None = None) -> Response:
    """One app in its installed, newest or given version."""
    app, instance = parts.catalog.app(uuid), _instance(uuid, parts)
    wanted = version or (instance.version if instance and instance.version in app.packages else None)
    items = parts.lifecycle.managed(instance) if instance else []
    working = _working(parts).get(app.uuid)
    by = _name_of(instance.created_by, parts) if instance else ""
    added = parts.catalog.added(app.uuid)
    return json_answer(app_shapes.details(app, app.package(wanted), instance, items, working, by, added))


@router.get("/{uuid}/previews/{key}")
def preview(uuid: str, key: str, principal: Reader, parts: Parts, version: str | None = None) -> Response:
    """A dashboard of the package, with the answers of the package's own sample events."""
    found = app_work.preview(parts.catalog.app(uuid).package(version or None), key)
    if found is None:
        raise ApiRefused(404, "apps:no_preview", "the package has no sample for this dashboard")
    return json_answer(found)


@router.post("/{uuid}/plan")
def plan(uuid: str, body: JsonObject, principal: Reader, parts: Parts) -> Response:
    """What an `action` (with a `version`) would change, and what it asks for. Changes nothing.

    With `parameters` and `collection`, as the action takes them, these are checked and their part is shown.
    """
    app, action = parts.catalog.app(uuid), str(body.get("action"))
    if action not in ACTIONS:
        raise ApiRefused(400, "apps:action", f"an action is one of {', '.join(ACTIONS)}")
    given = _texts(body["parameters"]) if "parameters" in body else None
    version, collection = _text(body.get("version")), body.get("collection")
    return json_answer(plan_of(parts.metadata, app, action, version, given, collection))


@router.post("/{uuid}/{action}")
def start(uuid: str, action: str, body: JsonObject, principal: AppManager, parts: Parts) -> Response:
    """Starts the action; `collection` says where an installation's messages come from."""
    version, parameters = _text(body.get("version")), _texts(body.get("parameters"))
    if action not in ACTIONS:
        raise not_found()
    order = parts.lifecycle.order(
        action, uuid, principal.user_id, version, parameters, body.get("collection")
    )
    return json_answer({"jobId": order})


def _text(value: Any) -> str | None:
    return None if value in (None, "", "latest") else str(value)


def _texts(value: Any) -> dict[str, str]:
    given = {} if value is None else value
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise ApiRefused(400, "apps:parameters", "parameters: an object of texts is needed")
    return {name: text for name, text in given.items() if text}


def _instance(uuid: str, parts: Services) -> AppInstance | None:
    return next((one for one in parts.lifecycle.instances() if one.uuid == uuid.strip().lower()), None)


def _working(parts: Services) -> dict[str, AppJob]:
    """Jobs that have not ended, by app."""
    with parts.metadata() as session:
        found = session.scalars(select(AppJob).where(AppJob.working_on.is_not(None)))
        return {job.uuid: job for job in found}


def _dashboards(job: AppJob, parts: Services) -> list[dict[str, Any]]:
    instance = _instance(job.uuid, parts)
    items = parts.lifecycle.managed(instance) if instance else []
    return [{"id": i.dashboard_id, "title": i.name} for i in items if i.item_type == "Dashboard"]


def _name_of(user_id: str, parts: Services) -> str:
    user = get_user(parts.metadata, user_id)
    return shown_name(user) if user else ""
