"""An app as the older published calls (v1) know it: its data sources are parameters, and installing copies
its content into a folder that its user may change. Upgrades do not reach such a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dohyo.apps.catalog import App
from dohyo.apps.inputs import DEFAULT_KEY, resolved_inputs
from dohyo.apps.package import Package
from dohyo.apps.refusals import AppRefused
from dohyo.apps.shapes import icon_url
from dohyo.content.definitions import Draft
from dohyo.content.names import check_name


def classic_app_json(app: App) -> dict[str, Any]:
    """The published `App` of v1. A parameter is `field=value`, named as the app's input for the value."""
    package, manifest = app.latest, app.latest.manifest
    return {
        "appDefinition": {
            "contentId": app.uuid.replace("-", "")[:16].upper(),
            "uuid": app.uuid,
            "name": app.name,
            "appVersion": package.version,
            "preview": False,
            "manifestVersion": manifest.schemaVersion,
        },
        "appManifest": {
            "family": manifest.attributes.category[0],
            "description": manifest.description,
            "categories": list(manifest.attributes.category),
            "hoverText": manifest.description,
            "iconURL": icon_url(package),
            "screenshotURLs": [],
            "helpURL": "",
            "requirements": list(package.collection.source_types),
            "accountTypes": [],
            "requiresInstallationInstructions": False,
            "installationInstructions": "",
            "parameters": [
                {
                    "parameterType": "DATA_SOURCE",
                    "parameterId": scope.defaultValueTfVar,
                    "dataSourceType": "LOG",
                    "label": scope.label,
                    "description": f"{scope.label}, as field=value",
                    "example": f"{DEFAULT_KEY}=Labs/MicrosoftGraphSecurity",
                    "hidden": False,
                }
                for scope in package.config.parameters
            ],
            "author": manifest.author.name,
            "authorWebsite": "",
        },
    }


def inputs_of(package: Package, given: Mapping[str, str]) -> dict[str, str]:
    """The inputs that `dataSourceValues` stand for: `field=value`, or a value of `_sourceCategory` alone."""
    keys = {scope.defaultValueTfVar: scope.keyTfVar for scope in package.config.parameters}
    found: dict[str, str] = {}
    for name, text in given.items():
        field, equals, value = text.partition("=")
        if name in keys and equals:
            found |= {keys[name]: field.strip(), name: value.strip().strip('"')}
        else:
            found[name] = text
    return resolved_inputs(package.config, found, {})


def folder_draft(package: Package, name: str, description: str, inputs: Mapping[str, str]) -> Draft:
    """The folder that an install makes, with everything in it."""
    if not package.resources:
        raise AppRefused(400, "apps:empty", f"{package.manifest.name} has no content")
    check_name(name, "Folder")
    return Draft("Folder", name, description, {}, tuple(package.drafts(inputs)))
