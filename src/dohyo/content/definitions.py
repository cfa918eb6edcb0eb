"""Published sync definitions <-> drafts of items.

A definition is kept as it came in, unknown keys and key order included, so that an export gives back what was
imported. Only the children of a folder become items of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dohyo.content.dashboards import check_dashboard
from dohyo.content.names import check_name, fitting_name, numbered_name, stands_for
from dohyo.content.refusals import ContentRefused, wrong
from dohyo.content.searches import TYPE as SEARCH
from dohyo.content.searches import check_search, document_of_log_search
from dohyo.content.tables import check_table

Definition = dict[str, Any]
MOST_DOCUMENT_BYTES = 2 * 1024 * 1024
MOST_OBJECTS = 1000
MOST_DEPTH = 32  # items above each other, from the library down
DEEPEST_IMPORTED = MOST_DEPTH - 6
"""What comes in leaves room for the folders that it goes into."""

ITEM_TYPES = {
    "FolderSyncDefinition": "Folder",
    "DashboardV2SyncDefinition": "Dashboard",
    "MewboardSyncDefinition": "Dashboard",
    "SavedSearchWithScheduleSyncDefinition": "Search",
    "SavedSearchWithScheduleAndDependencySyncDefinition": "Search",
    "LookupTableSyncDefinition": "Lookups",
    "DashboardSyncDefinition": "Report",
    # The older exports of apps.
    "Folder": "Folder",
    "Search": "Search",
    "Report": "Report",
}
KEPT = "Other"
"""Content that nothing here shows or runs: stored and exported as it came in."""
_PUBLISHED_TYPE = re.compile(r"\w+(SyncDefinition|Export)")
CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "Dashboard": check_dashboard,
    "Search": check_search,
    "Lookups": check_table,
}


@dataclass(frozen=True)
class Draft:
    """An item before it has a place. `rows` are those of a lookup table."""

    item_type: str
    name: str
    description: str
    document: Definition
    children: tuple[Draft, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()

    def count(self) -> int:
        return 1 + sum(child.count() for child in self.children)


@dataclass(frozen=True)
class Failure:
    """An item that an import left out; `path` leads to it from the imported one."""

    path: str
    item_type: str
    error: ContentRefused

    def as_json(self) -> dict[str, str]:
        return {"path": self.path, "type": self.item_type, "error": str(self.error.problems[0].message)}


def read_definition(definition: Any, failures: list[Failure] | None = None) -> Draft:
    """The draft of a definition and of all below it.

    With `failures` it is read as published content: what does not fit its type is kept as it is, without
    being shown or run, and names are made to fit; only what is no content at all, too large or too deep goes
    to the list. Without, ContentRefused names each place that is wrong.
    """
    draft = _read(typed(definition), "", failures, 0)
    if (count := draft.count()) > MOST_OBJECTS:
        message = f"Too many objects: object count({count}) was greater than limit {MOST_OBJECTS}"
        raise ContentRefused(400, "content1:too_many_items", message)
    return draft


def _read(definition: Any, path: str, failures: list[Failure] | None, depth: int) -> Draft:
    is_published = failures is not None
    check_part(definition, depth, may_be_kept=is_published and depth > 0)
    name, item_type = definition.get("name"), item_type_of(definition) or KEPT
    if is_published:
        name = fitting_name(name, item_type)
    elif isinstance(name, str):
        check_name(name, item_type)
    else:
        raise wrong(f"{item_type}: a name is needed")
    children: tuple[Draft, ...] = ()
    document = dict(definition)
    if item_type == "Folder" and isinstance(definition.get("children"), list):
        children = _children(definition["children"], f"{path}/{name}", failures, depth)
        document["children"] = []
    if not is_published:
        check_document(item_type, document)
    elif item_type != "Dashboard" and misfit(item_type, document):
        item_type = KEPT
    description = definition.get("description")
    return Draft(item_type, name, description if isinstance(description, str) else "", document, children)


def check_part(definition: Any, depth: int, *, may_be_kept: bool) -> None:
    """ContentRefused for what is no content at all, too large or too deep. `depth`: folders around it;
    `may_be_kept`: whatever type it has.
    """
    if not isinstance(definition, Mapping):
        raise wrong("a content definition is a JSON object")
    if not may_be_kept and not is_definition(definition):
        kind = definition.get("type")
        raise wrong(f'content of type "{kind}" is not known here', f"known are {', '.join(ITEM_TYPES)}")
    if depth > DEEPEST_IMPORTED:
        raise wrong(f"it lies more than {DEEPEST_IMPORTED} folders deep")
    is_folder = item_type_of(definition) == "Folder" and isinstance(definition.get("children"), list)
    check_size({**definition, "children": []} if is_folder else dict(definition))


def misfit(item_type: str, document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document as an item of this type, each with its place."""
    try:
        CHECKS[item_type](document) if item_type in CHECKS else None
    except ContentRefused as refused:
        return [problem.message for problem in refused.problems]
    return []


def item_type_of(definition: Mapping[str, Any]) -> str | None:
    """The type of the item that a definition makes; None for one that is only kept."""
    return ITEM_TYPES.get(str(definition.get("type")))


def is_definition(found: Any) -> bool:
    """Whether this says that it is published content, of a type known here or not."""
    if not isinstance(found, Mapping):
        return False
    return item_type_of(found) is not None or bool(_PUBLISHED_TYPE.fullmatch(str(found.get("type"))))


def typed(definition: Any) -> Any:
    """What the API shows of a dashboard or search, and lists of definitions, as a definition with a type."""
    if isinstance(definition, list) and definition and all(isinstance(one, Mapping) for one in definition):
        children = [typed(one) for one in definition]
        return {"type": "FolderSyncDefinition", "name": "Imported", "children": children}
    if not isinstance(definition, Mapping) or "type" in definition:
        return definition
    name = definition.get("name") or definition.get("title")
    if isinstance(definition.get("title"), str) and "panels" in definition:
        return {"type": "DashboardV2SyncDefinition", "name": name, **definition}
    if isinstance(definition.get("queryString"), str) and isinstance(definition.get("timeRange"), Mapping):
        return document_of_log_search(definition)
    if "search" in definition and name:
        return {"type": SEARCH, "name": name, **definition}
    if isinstance(definition.get("children"), list) and name:
        return {"type": "FolderSyncDefinition", "name": name, **definition}
    return definition


def _children(
    given: Sequence[Any], path: str, failures: list[Failure] | None, depth: int
) -> tuple[Draft, ...]:
    found: list[Draft] = []
    names: set[str] = set()
    for child in given:
        try:
            draft = _read(child, path, failures, depth + 1)
            if draft.name in names and failures is None:
                raise wrong(f'two items of the folder are named "{draft.name}"')
        except ContentRefused as refused:
            if failures is None:
                raise
            label = child if isinstance(child, Mapping) else {}
            failures.append(Failure(f"{path}/{label.get('name')}", str(label.get("type")), refused))
        else:
            name, number = draft.name, 1
            while draft.name in names:
                number += 1
                draft = replace(draft, name=numbered_name(name, number, draft.item_type))
            names.add(draft.name)
            found.append(draft)
    return tuple(found)


def check_document(item_type: str, document: Definition) -> None:
    """ContentRefused where a document is too large, or is no definition of its type."""
    check_size(document)
    if check := CHECKS.get(item_type):
        check(document)


def check_size(document: Definition) -> None:
    """ContentRefused for what is no JSON of reasonable depth and size."""
    try:
        size = len(json.dumps(document, allow_nan=False, ensure_ascii=False).encode())
    except UnicodeEncodeError as error:
        message = f"half of a character, {error.object[error.start]!a}, stands alone in a text"
        raise wrong(message, "write the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise wrong("the definition lies too deep, or holds a number that JSON does not have") from error
    if size > MOST_DOCUMENT_BYTES:
        raise wrong(
            f"the definition has {size:,} bytes, which is more than {MOST_DOCUMENT_BYTES:,}",
            "split it into several items",
        )


def definition_of(
    document: Definition, name: str, description: str, children: Sequence[Definition]
) -> Definition:
    """The definition of an item: what came in, with its present name and description."""
    shown: Definition = (
        dict(document) if document else {"type": "FolderSyncDefinition", "name": name, "children": []}
    )
    if not stands_for(name, shown.get("name"), item_type_of(shown) or KEPT):
        shown["name"] = name
    given = shown.get("description")
    if description != (given if isinstance(given, str) else ""):
        shown["description"] = description
    if item_type_of(shown) == "Folder" and (children or isinstance(shown.get("children"), list)):
        shown["children"] = list(children)
    return shown
