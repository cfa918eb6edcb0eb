"""Published JSON shapes of content, and drafts of what requests ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dohyo.base.clock import utc_of_ms
from dohyo.content import tree
from dohyo.content.dashboards import document_of_request
from dohyo.content.definitions import Draft, read_definition
from dohyo.content.library import Place
from dohyo.content.refusals import wrong
from dohyo.content.rights import Caller
from dohyo.content.searches import document_of_log_search
from dohyo.content.tables import TYPE as LOOKUP_TABLE
from dohyo.metadata.content import ContentItem

ALL_PERMISSIONS = ["View", "GrantView", "Edit", "GrantEdit", "Manage", "GrantManage"]


def timestamp(moment_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds.

    >>> timestamp(1)
    '1970-01-01T00:00:00.001Z'
    """
    return utc_of_ms(moment_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def meta_json(item: Any) -> dict[str, str]:
    """When and by whom something was made and last changed."""
    return {
        "createdAt": timestamp(item.created_ms),
        "createdBy": item.created_by,
        "modifiedAt": timestamp(item.modified_ms),
        "modifiedBy": item.modified_by,
    }


def item_json(item: ContentItem, caller: Caller) -> dict[str, Any]:
    """The published `Content`."""
    return {
        "id": item.id,
        "name": shown_name(item),
        "itemType": item.item_type,
        "parentId": item.parent_id,
        "permissions": ALL_PERMISSIONS if caller.may_change(item) or caller.may_fill(item) else ["View"],
        "description": item.description,
        "isScheduled": False,
        **meta_json(item),
    }


def folder_json(folder: ContentItem, children: Sequence[ContentItem], caller: Caller) -> dict[str, Any]:
    """The published `Folder`."""
    return {**item_json(folder, caller), "children": [item_json(child, caller) for child in children]}


def place_json(place: Place) -> dict[str, Any]:
    """The published answer to a question for a path."""
    items = [{"id": i.id, "name": shown_name(i), "description": i.description} for i in place.items]
    return {"path": place.path, "pathItems": items}


def shown_name(item: ContentItem) -> str:
    return "Personal" if item.parent_id == tree.USERS else item.name


def dashboard_draft(request: Mapping[str, Any], item: ContentItem | None = None) -> Draft:
    """The draft of a published `DashboardRequest`; with `item`, of the dashboard that it changes.

    A name that was not the title stays when the title changes.
    """
    title = request.get("title")
    if not isinstance(title, str):
        raise wrong("title: a text is needed")
    document = document_of_request(request, item.document if item else None)
    named = item is not None and item.name != item.document.get("title")
    name = item.name if item is not None and named else title
    return read_definition({**document, "name": name})


def search_draft(request: Mapping[str, Any]) -> Draft:
    """The draft of a published `LogSearchDefinition`."""
    return read_definition(document_of_log_search(request))


def table_draft(request: Mapping[str, Any]) -> Draft:
    """The draft of a published lookup table definition."""
    known = ("name", "description", "fields", "primaryKeys", "ttl", "sizeLimitAction")
    given = {key: request[key] for key in known if request.get(key) is not None}
    return read_definition({"type": LOOKUP_TABLE, **given})
