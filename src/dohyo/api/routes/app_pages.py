"""What the app pages ask besides the published catalog: cards, details, plans, the wizard's orders, jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import Response

from dohyo.access.users import get_user, shown_name
from dohyo.api import app_shapes, app_work
from dohyo.api.authentication import AppManager, Reader
from dohyo.api.bodies import Archive, JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts, Services
from dohyo.apps.catalog import App
from dohyo.apps.refusals import AppRefused, conflict
from dohyo.apps.set_up import SetUp
from dohyo.collect.refusals import wrong_fields
from dohyo.collect.source_types import SOURCE_TYPES
from dohyo.metadata.content import AppInstance, AppJob

router = APIRouter(prefix="/api/dohyo/v1/apps", tags=["pages"])
ACTIONS = ("install", "upgrade", "uninstall")


@router.get("")
def list_apps(principal: Reader, parts: Parts) -> Response:
    """The catalog with what is installed and what is at work."""
    installed = {one.uuid: one for one in parts.lifecycle.instances()}
    working = _working(parts)
    cards = [
        app_shapes.card(app, installed.get(app.uuid), working.get(app.uuid)) for app in parts.catalog.apps()
    ]
    return json_answer({"apps": cards})


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
    """What an `action` (with a `version`) would change, and what it asks for. Changes nothing."""
    app, instance = parts.catalog.app(uuid), _instance(uuid, parts)
    action = str(body.get("action"))
    if action not in ACTIONS:
        raise ApiRefused(400, "apps:action", f"an action is one of {', '.join(ACTIONS)}")
    package = None if action == "uninstall" else app.package(_text(body.get("version")))
    if action != "install" and instance is None:
        raise conflict("apps:not_installed", f"{app.name} is not installed", "install it first")
    items = [i for i in parts.lifecycle.managed(instance) if i.id != instance.folder_id] if instance else []
    return json_answer(app_shapes.plan(app, package, instance, items, action))


@router.post("/{uuid}/{action}")
def start(uuid: str, action: str, body: JsonObject, principal: AppManager, parts: Parts) -> Response:
    """Starts the action; `collection` says where an installation's messages come from."""
    version, parameters = _text(body.get("version")), _texts(body.get("parameters"))
    if action == "install":
        set_up = _set_up(body.get("collection"), parts.catalog.app(uuid))
        job_id = parts.lifecycle.install(uuid, principal.user_id, version, parameters, set_up)
    elif action == "upgrade":
        job_id = parts.lifecycle.upgrade(uuid, principal.user_id, version, parameters)
    elif action == "uninstall":
        job_id = parts.lifecycle.uninstall(uuid, principal.user_id)
    else:
        raise ApiRefused(404, "notfound", "there is nothing at this address")
    return json_answer({"jobId": job_id})


def _set_up(given: Any, app: App) -> SetUp:
    """The order of one of the three ways; settings are checked before the job begins."""
    order = given if isinstance(given, dict) else {}
    way, source = order.get("way"), order.get("source")
    if way not in ("new-collector", "existing-collector"):
        return SetUp()
    if not isinstance(source, dict) or not isinstance(source.get("config"), dict):
        raise ApiRefused(400, "apps:wrong_set_up", "a source with its settings is needed")
    kind = SOURCE_TYPES.get(str(source.get("schemaType")))
    if kind is None or not kind.is_universal:
        raise ApiRefused(400, "apps:wrong_set_up", f"{app.name} takes no source of this type")
    try:
        kind.settings(**source["config"])
    except ValidationError as error:
        raise wrong_fields(error, kind.settings, "config.") from error
    body = {"sourceType": "Universal", "schemaRef": {"type": kind.name}, "config": source["config"]}
    if way == "existing-collector":
        return SetUp(source=body, collector_id=int(order.get("collectorId") or 0))
    collector = order.get("collector")
    return SetUp(source=body, collector=dict(collector) if isinstance(collector, dict) else {})


def _text(value: Any) -> str | None:
    return None if value in (None, "", "latest") else str(value)


def _texts(value: Any) -> dict[str, str]:
    given: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if not all(isinstance(one, str) for one in given.values()):
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
