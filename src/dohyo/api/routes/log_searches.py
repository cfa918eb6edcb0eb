"""Saved searches in the published shapes (v1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.api.authentication import Author, Reader
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import json_answer
from dohyo.api.paging import token_page
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts, Services
from dohyo.content.refusals import no_content
from dohyo.content.rights import Caller
from dohyo.content.searches import log_search_json
from dohyo.content.shapes import meta_json, search_draft
from dohyo.metadata.content import ContentItem

router = APIRouter(prefix="/api/v1/logSearches", tags=["log searches"])


@router.get("")
def list_searches(
    request: Request, principal: Reader, parts: Parts, limit: str | None = None, token: str | None = None
) -> Response:
    """Saved searches that the caller may see; the token of the next page stands in `token`."""
    caller = caller_of(principal, request)
    items = parts.library.items_of_type("Search", caller)
    page, after = token_page(items, limit, token, parts.secrets, usual=50, most=100)
    shown = [_shown(parts.library.get(item.id, caller)) for item in page]
    return json_answer({"logSearches": shown, "token": after, "warnings": []})


@router.post("")
def create_search(body: JsonObject, request: Request, principal: Author, parts: Parts) -> Response:
    """A saved search in the folder `parentId`, else in Personal."""
    caller = caller_of(principal, request)
    folder = str(body.get("parentId") or parts.library.personal(caller).id)
    return json_answer(_shown(parts.library.create(folder, search_draft(body), caller)))


@router.get("/{search_id}")
def get_search(search_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """One saved search."""
    return json_answer(_shown(_search(search_id, caller_of(principal, request), parts)))


@router.put("/{search_id}")
def replace_search(
    search_id: str, body: JsonObject, request: Request, principal: Author, parts: Parts
) -> Response:
    """Sets the whole search; it stays in its folder."""
    caller = caller_of(principal, request)
    item = _search(search_id, caller, parts)
    return json_answer(_shown(parts.library.replace(item.id, lambda now: search_draft(body), caller)))


@router.delete("/{search_id}", status_code=204)
def delete_search(search_id: str, request: Request, principal: Author, parts: Parts) -> Response:
    """Removes the search."""
    caller = caller_of(principal, request)
    parts.library.delete(_search(search_id, caller, parts).id, caller)
    return Response(status_code=204)


def _search(search_id: str, caller: Caller, parts: Services) -> ContentItem:
    item = parts.library.get(search_id, caller)
    if item.item_type != "Search":
        raise no_content()
    return item


def _shown(item: ContentItem) -> dict[str, Any]:
    return {**log_search_json(item), **meta_json(item)}
