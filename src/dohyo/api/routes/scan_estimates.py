"""How much a search would read, in the published shapes (v1). Clients use it to check a query, too."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import Searcher
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts, Services
from dohyo.base.clock import now_ms
from dohyo.functions.table import RunContext
from dohyo.search.ranges import resolved
from dohyo.search.scanned import scanned_bytes

router = APIRouter(prefix="/api/v1/logSearches", tags=["log searches"])
TIER = "Continuous"
"""All messages lie in one tier."""


@router.post("/estimatedUsage")
def estimated_usage(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Bytes over all partitions."""
    return _answer(body, {"dataScannedInBytes": sum(_scanned(body, parts).values())})


@router.post("/estimatedUsageByTier")
def estimated_usage_by_tier(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Bytes by tier."""
    return _answer(body, [_of_tier(sum(_scanned(body, parts).values()))])


@router.post("/estimatedUsageByMeteringType")
def estimated_usage_by_metering_type(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Bytes by what is paid for; here nothing is."""
    return _answer(body, [_metered(sum(_scanned(body, parts).values()))])


@router.post("/estimatedUsageByView")
def estimated_usage_by_view(body: JsonObject, principal: Searcher, parts: Parts) -> Response:
    """Bytes by partition; the empty name is that of messages in none."""
    scanned = _scanned(body, parts)
    return _answer(body, [{"viewName": view, "usageDetails": [_metered(scanned[view])]} for view in scanned])


def _of_tier(size: int) -> dict[str, Any]:
    return {"tier": TIER, "dataScannedInBytes": size}


def _metered(size: int) -> dict[str, Any]:
    return {"meteringType": TIER, **_of_tier(size), "scanCreditAccounted": False}


def _scanned(body: dict[str, Any], parts: Services) -> dict[str, int]:
    text, zone = body.get("queryString"), str(body.get("timezone") or "UTC")
    if not isinstance(text, str) or not text.strip():
        raise ApiRefused(400, "searchjob:no_query", "queryString: a query is needed")
    now = now_ms()
    start, end = resolved(body.get("timeRange"), now, zone)
    return scanned_bytes(parts.searches, text, RunContext(now, start, end, zone))


def _answer(body: dict[str, Any], found: Any) -> Response:
    return json_answer({**body, "estimatedUsageDetails": found})
