"""What the home page shows."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import Reader
from dohyo.api.errors import json_answer
from dohyo.api.routes.own_dashboards import app_refs, dashboard_rows
from dohyo.api.services import Parts
from dohyo.collect.overview import source_overview

router = APIRouter(prefix="/api/dohyo/v1", tags=["pages"])


@router.get("/home")
def home(principal: Reader, parts: Parts) -> Response:
    """Messages stored, sources with their last poll, dashboards, apps; why nothing can be stored."""
    return json_answer(
        {
            "alerts": parts.stored.shown(),
            "sources": source_overview(parts.metadata),
            "dashboards": dashboard_rows(principal, parts),
            "apps": list(app_refs(parts).values()),
            "trouble": trouble.as_json("") if (trouble := parts.writer.trouble()) else None,
        }
    )
