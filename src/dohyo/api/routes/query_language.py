"""What the query editor asks of the language: its words with their help, values of fields, formatting."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import Searcher
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts
from dohyo.base.clock import now_ms
from dohyo.functions.table import RunContext
from dohyo.lang.format import format_query
from dohyo.metadata.content import MacroText
from dohyo.ops.manual import words
from dohyo.plan.schema import MESSAGE_FIELDS
from dohyo.search.explain import explained

router = APIRouter(prefix="/api/dohyo/v1/query", tags=["pages"])
MOST_TEXT = 15_000
MOST_VALUES = 50
VALUES_RANGE_MS = 24 * 3600 * 1000


@router.get("/language")
def language(principal: Searcher, parts: Parts) -> Response:
    """Operators and functions with syntax, help and example; macros; fields that messages have."""
    fields = [field.name for field in MESSAGE_FIELDS] + [
        one.name for one in parts.fields.all() if one.enabled
    ]
    macros = [
        {"name": one.name, "kind": "macro", "syntax": _call(one), "help": one.description, "example": ""}
        for one in parts.macros.all()
        if one.enabled
    ]
    return json_answer({"words": [*(word._asdict() for word in words()), *macros], "fields": fields})


def _call(macro: MacroText) -> str:
    names = ", ".join(argument["name"] for argument in macro.arguments)
    return f"`{macro.name}({names})`" if names else f"`{macro.name}`"


@router.get("/values")
def values(principal: Searcher, parts: Parts, field: str = "") -> Response:
    """The commonest values of a field that every message has, in the last 24 hours."""
    wanted = field.strip().lower()
    if wanted not in {one.name for one in MESSAGE_FIELDS} - {"_raw"}:
        raise ApiRefused(400, "query-values", "field: the name of a field that every message has")
    now = now_ms()
    run = RunContext(now, now - VALUES_RANGE_MS, now)
    text = f"* | count by {wanted} | sort by _count | limit {MOST_VALUES}"
    result = parts.searches.result(parts.searches.compiled(text, run), run)
    found: list[dict[str, Any]] = [{"value": row[0], "count": row[1]} for row in result.rows if row[0]]
    return json_answer({"values": found})


@router.post("/format")
def formatted(body: JsonObject, principal: Searcher) -> Response:
    """The query laid out: an operator a line. What cannot be read stays as it is."""
    return json_answer({"query": format_query(_query(body))})


@router.post("/explain")
def explanation(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """The plan of the query over the last 24 hours, and the SQL of the part that the engine runs."""
    now = now_ms()
    run = RunContext(now, now - VALUES_RANGE_MS, now, audited=True)
    return json_answer({"text": explained(parts.searches.compiled(_query(body), run), run)})


def _query(body: dict[str, Any]) -> str:
    text = body.get("query")
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise ApiRefused(400, "query-text", f"query: a text of at most {MOST_TEXT:,} characters")
    return text
