"""The app catalog and its life cycle in the published shapes (v2)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import AppManager, Reader
from dohyo.api.bodies import JsonBody
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts, Services
from dohyo.apps.refusals import AppRefused, no_job
from dohyo.apps.shapes import app_json, details_json, instance_json, status_json
from dohyo.metadata.content import AppInstance, AppJob

router = APIRouter(prefix="/api/v2/apps", tags=["apps"])


@router.get("")
def list_apps(
    principal: Reader, parts: Parts, name: str | None = None, author: str | None = None
) -> Response:
    """The catalog, or the apps of this name or author."""
    installed = {instance.uuid for instance in parts.lifecycle.instances()}
    shown = [app_json(app, int(app.uuid in installed)) for app in parts.catalog.apps()]
    wanted = {key: value for key, value in {"name": name, "author": author}.items() if value}
    found = [app for app in shown if all(app[key] == value for key, value in wanted.items())]
    return json_answer({"apps": found})


@router.get("/instances")
def list_instances(principal: Reader, parts: Parts) -> Response:
    """Installed apps."""
    return json_answer({"data": [_instance(one, parts) for one in parts.lifecycle.instances()]})


@router.get("/instances/{instance_id}")
def get_instance(instance_id: str, principal: Reader, parts: Parts) -> Response:
    """One installed app with everything it brought."""
    return json_answer(_instance(parts.lifecycle.instance(instance_id), parts))


@router.get("/{kind}/{job_id}/status")
def job_status(kind: str, job_id: str, principal: AppManager, parts: Parts) -> Response:
    """How far an install, upgrade or uninstall is."""
    job = parts.lifecycle.job(job_id)
    if job.kind != kind:
        raise no_job(job_id)
    return json_answer(status_json(job, _name(job, parts)))


@router.get("/{uuid}/details")
def details(uuid: str, principal: Reader, parts: Parts, version: str | None = None) -> Response:
    """The files of the newest or given version, in base64."""
    wanted = None if version in (None, "", "latest") else version
    return json_answer(details_json(parts.catalog.app(uuid).package(wanted)))


@router.post("/{uuid}/install")
def install(uuid: str, body: JsonBody, principal: AppManager, parts: Parts) -> Response:
    """Starts to install the newest or given version."""
    version, parameters = _order(body)
    job = parts.lifecycle.install(uuid, principal.user_id, version, parameters)
    return json_answer({"jobId": job})


@router.post("/{uuid}/upgrade")
def upgrade(uuid: str, body: JsonBody, principal: AppManager, parts: Parts) -> Response:
    """Starts to move to the newest or given version, which may be an older one."""
    version, parameters = _order(body)
    job = parts.lifecycle.upgrade(uuid, principal.user_id, version, parameters)
    return json_answer({"jobId": job})


@router.post("/{uuid}/uninstall")
def uninstall(uuid: str, body: JsonBody, principal: AppManager, parts: Parts) -> Response:
    """Starts to remove what the app brought."""
    return json_answer({"jobId": parts.lifecycle.uninstall(uuid, principal.user_id)})


def _order(body: Any) -> tuple[str | None, dict[str, str]]:
    """Version (None for the newest) and parameters of a request."""
    if not isinstance(body, dict) and body not in (None, ""):
        raise ApiRefused(400, "apps:body", "an object with version and parameters is needed")
    given = body or {}
    version, parameters = given.get("version"), given.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise ApiRefused(400, "apps:parameters", "parameters: an object of texts is needed")
    return (None if version in (None, "", "latest") else str(version)), parameters


def _instance(instance: AppInstance, parts: Services) -> dict[str, Any]:
    try:
        latest = parts.catalog.app(instance.uuid).latest.version
    except AppRefused:  # installed from an archive that is gone
        latest = None
    return instance_json(instance, parts.lifecycle.managed(instance), latest)


def _name(job: AppJob, parts: Services) -> str:
    installed = next((one.name for one in parts.lifecycle.instances() if one.uuid == job.uuid), None)
    return installed or parts.catalog.app(job.uuid).name
