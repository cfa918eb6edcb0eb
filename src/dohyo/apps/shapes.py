"""Apps in the published JSON shapes, and in those of our own pages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from dohyo.apps.catalog import App
from dohyo.apps.jobs import FAILED
from dohyo.apps.manifest import version_key
from dohyo.apps.package import Package
from dohyo.apps.parts import definitions, query_text
from dohyo.apps.sample import FOLDER_PATH
from dohyo.content.shapes import meta_json
from dohyo.metadata.content import AppInstance, AppJob, ContentItem

MIME = {"svg": "image/svg+xml", "png": "image/png"}
VERSION_HEADING = re.compile(r"^##\s+(\S+).*$", re.MULTILINE)


# Published


def app_json(app: App, installs: int) -> dict[str, Any]:
    """The published `AppV2`."""
    manifest = app.latest.manifest
    return {
        "uuid": app.uuid,
        "name": manifest.name,
        "description": manifest.description,
        "latestVersion": app.latest.version,
        "icon": icon_url(app.latest),
        "author": manifest.author.name,
        "accountTypes": [],
        "beta": False,
        "installs": installs,
        "appType": "Dohyo",
        "family": manifest.attributes.category[0],
        "attributes": manifest.attributes.model_dump(include={"category", "useCase", "collection"}),
        "installable": manifest.installable,
        "showOnMarketplace": manifest.showOnMarketplace,
    }


def icon_url(package: Package) -> str:
    """The icon as a `data:` address, in which nothing can run; empty where there is none."""
    if package.icon is None:
        return ""
    mime = MIME[package.icon.rpartition(".")[2]]
    return f"data:{mime};base64,{_base64(package.files[package.icon])}"


def details_json(package: Package) -> dict[str, Any]:
    """The published details: the files of the package in base64, without its tests."""
    named = ("manifest.yaml", "config.yaml", "README.md")
    rest = {
        name: _base64(content)
        for name, content in package.files.items()
        if name not in named and not name.startswith("tests/")
    }
    return {
        "uuid": package.uuid,
        "version": package.version,
        "baseUrl": "",
        "manifest": _base64(package.files["manifest.yaml"]),
        "config": _base64(package.files.get("config.yaml", b"")),
        "readme": _base64(package.files["README.md"]),
        "files": rest,
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def status_json(job: AppJob, name: str) -> dict[str, Any]:
    """The published status of a job; `name` is the app's. Of several problems `error` has the first."""
    errors = [_error(problem) for problem in job.problems]
    if job.kind == "uninstall":
        return {"status": job.status, "statusMessage": job.message, "errors": errors}
    return {
        "status": job.status,
        "statusMessage": job.message,
        "instanceId": job.instance_id if job.status != FAILED else None,
        "path": f"{FOLDER_PATH}/{name}" if job.instance_id and job.status != FAILED else None,
        "folderId": job.folder_id if job.status != FAILED else None,
        "error": errors[0] if errors else None,
        "errors": errors,
    }


def _error(problem: dict[str, Any]) -> dict[str, Any]:
    shown = {"code": problem["code"], "message": problem["message"]}
    return {**shown, "detail": "; ".join(problem["hints"])} if problem["hints"] else shown


def instance_json(
    instance: AppInstance, managed: Sequence[ContentItem], latest: str | None
) -> dict[str, Any]:
    """The published instance; `latest` is the newest version in the catalog."""
    objects = [
        {"id": item.id, "name": item.name, "type": item.item_type, "description": item.description}
        for item in managed
        if item.id != instance.folder_id
    ]
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "version": instance.version,
        "name": instance.name,
        "description": instance.description,
        "configurationBlob": json.dumps(instance.parameters),
        "previousVersion": instance.previous_version,
        "latestVersion": latest or instance.version,
        "path": f"{FOLDER_PATH}/{instance.name}",
        "folderId": instance.folder_id,
        "managedObjects": objects,
        **meta_json(instance),
    }


# For our own pages


def card_json(app: App, instance: AppInstance | None) -> dict[str, Any]:
    """An app as the catalog page lists it."""
    installed = instance.version if instance else None
    newer = installed is not None and version_key(installed) < version_key(app.latest.version)
    return {
        **app_json(app, int(instance is not None)),
        "installedVersion": installed,
        "upgradeAvailable": newer,
    }


def page_json(app: App, package: Package, instance: AppInstance | None) -> dict[str, Any]:
    """Everything the page of an app shows of one of its versions. Times and ids are those of the instance."""
    manifest = package.manifest
    return {
        **card_json(app, instance),
        "version": package.version,
        "versions": [version_json(app.packages[version]) for version in app.versions[::-1]],
        "overview": _overview(package),
        "readme": package.text("README.md"),
        "included": list(_included(package)),
        "sourceTypes": package.collection.source_types,
        "parameters": [scope.model_dump() for scope in package.config.parameters],
        "media": [media.model_dump() for media in manifest.appMedia],
        "sampleLog": next(iter(package.text("tests/events.ndjson").splitlines()), ""),
        "sampleQueries": list(_sample_queries(package)),
        "instance": instance
        and {"id": instance.id, "folderId": instance.folder_id, "parameters": instance.parameters},
    }


def version_json(package: Package) -> dict[str, str]:
    """A version and what it changed, in Markdown."""
    parts = VERSION_HEADING.split(package.text("CHANGELOG.md"))
    changes = dict(zip(parts[1::2], parts[2::2], strict=False))
    return {"version": package.version, "changes": changes.get(package.version, "").strip()}


def _overview(package: Package) -> str:
    """The overview's text; `README.md#Heading` means what stands below that heading."""
    text = package.manifest.appOverview.overview
    if not text.startswith("README.md"):
        return text
    heading = re.escape(text.partition("#")[2].replace("-", " "))
    found = re.search(rf"^#+\s*{heading}\s*$(.*?)(?=^#|\Z)", package.text("README.md"), re.M | re.S | re.I)
    return found[1].strip() if found else package.text("README.md")


def _included(package: Package) -> Iterator[dict[str, str]]:
    for definition in definitions(package):
        kind = str(definition.get("type")).removesuffix("SyncDefinition")
        about = str(definition.get("description") or "")
        yield {"type": kind, "name": str(definition.get("name")), "description": about}


def _sample_queries(package: Package) -> Iterator[dict[str, str]]:
    for definition in definitions(package):
        if text := query_text(definition):
            yield {"name": str(definition.get("name")), "query": text}
