"""The content of a package as an installation would make it, without installing: for checks and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dohyo.apps.faults import PackageRefused, fault
from dohyo.apps.inputs import DEFAULT_KEY
from dohyo.apps.package import Package
from dohyo.content.definitions import Draft
from dohyo.content.tables import table_of
from dohyo.plan.nodes import LookupTable

FOLDER_PATH = "/Library/Installed Apps"


@dataclass(frozen=True)
class Sample:
    """`drafts` by the name of their file in `resources/`, without `.json`."""

    drafts: dict[str, Draft]
    tables: dict[str, LookupTable]  # by path in lower case

    @classmethod
    def of(cls, package: Package, category: str) -> Sample:
        """The content with every scope over this source category."""
        scopes = package.config.parameters
        inputs = {scope.keyTfVar: DEFAULT_KEY for scope in scopes}
        inputs |= {scope.defaultValueTfVar: category for scope in scopes}
        stems = [r.path.removeprefix("resources/").removesuffix(".json") for r in package.resources]
        drafts = dict(zip(stems, package.drafts(inputs), strict=True))
        tables = {
            f"{FOLDER_PATH}/{package.manifest.name}/{draft.name}".lower(): LookupTable(
                table_of(draft.document).columns, draft.rows
            )
            for draft in drafts.values()
            if draft.item_type == "Lookups"
        }
        return cls(drafts, tables)

    def table_at(self, address: str) -> LookupTable | None:
        """The package's table at the path that it has when it is installed."""
        return self.tables.get(address.removeprefix("path://").strip("\"' ").lower())

    def document(self, stem: str, item_type: str) -> dict[str, Any]:
        """The definition in this file; PackageRefused where there is none of this type."""
        draft = self.drafts.get(stem)
        if draft is None or draft.item_type != item_type:
            message = f"the package has no {item_type.lower()} {stem}"
            raise PackageRefused([fault("package-tests", f"resources/{stem}.json", None, message)])
        return draft.document
