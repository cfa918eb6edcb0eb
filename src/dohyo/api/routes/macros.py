"""Macros in the published shapes (v2)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import ContentManager, Reader
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import json_answer
from dohyo.api.paging import token_page
from dohyo.api.services import Parts
from dohyo.content.macros import macro_json

router = APIRouter(prefix="/api/v2/macros", tags=["macros"])


@router.get("")
def list_macros(
    principal: Reader, parts: Parts, limit: str | None = None, token: str | None = None
) -> Response:
    """All macros in the order of their names."""
    page, after = token_page(parts.macros.all(), limit, token, parts.secrets, usual=50, most=100)
    return json_answer({"data": [macro_json(one) for one in page], "next": after})


@router.post("")
def create_macro(body: JsonObject, principal: ContentManager, parts: Parts) -> Response:
    """A macro `{"name", "definition", "arguments": [{"name", "type"}]}`; queries may call it at once."""
    return json_answer(macro_json(parts.macros.create(body, principal.user_id)))


@router.get("/{macro_id}")
def get_macro(macro_id: str, principal: Reader, parts: Parts) -> Response:
    """One macro."""
    return json_answer(macro_json(parts.macros.get(macro_id)))


@router.put("/{macro_id}")
def replace_macro(macro_id: str, body: JsonObject, principal: ContentManager, parts: Parts) -> Response:
    """Sets all of a macro but its name."""
    return json_answer(macro_json(parts.macros.replace(macro_id, body)))


@router.delete("/{macro_id}", status_code=204)
def delete_macro(macro_id: str, principal: ContentManager, parts: Parts) -> Response:
    """Queries that call it are refused from then on."""
    parts.macros.delete(macro_id)
    return Response(status_code=204)
