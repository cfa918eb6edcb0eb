"""The content of a package as an installation would make it, without installing: for checks and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dohyo.apps.faults import PackageRefused, fault
from dohyo.apps.inputs import DEFAULT_KEY
from dohyo.apps.package import Package
from dohyo.content.dashboards import model_of
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

    @cached_property
    def boards(self) -> dict[str, dict[str, Any]]:
        """What each dashboard shows, by its file and its way down in it: `overview`, `app/Requests`."""
        return {
            place: model_of(draft.item_type, draft.document)
            for place, draft in _all(self.drafts)
            if draft.item_type in ("Dashboard", "Report")
        }

    @cached_property
    def searches(self) -> dict[str, str]:
        """Texts of the saved searches, by their places as those of dashboards."""
        return {
            place: str(draft.document["search"]["queryText"])
            for place, draft in _all(self.drafts)
            if draft.item_type == "Search" and "search" in draft.document
        }

    def board(self, place: str) -> dict[str, Any]:
        """PackageRefused where there is no such dashboard."""
        return _at(self.boards, place, "dashboard")

    def search(self, place: str) -> str:
        """PackageRefused where there is no such search."""
        return _at(self.searches, place, "search")


def _at(found: Mapping[str, Any], place: str, kind: str) -> Any:
    if place not in found:
        message = f"the package has no {kind} {place}"
        raise PackageRefused([fault("package-tests", f"resources/{place}.json", None, message)])
    return found[place]


def _all(drafts: Mapping[str, Draft]) -> Iterator[tuple[str, Draft]]:
    for place, draft in drafts.items():
        yield place, draft
        yield from _all({f"{place}/{child.name}": child for child in draft.children})
