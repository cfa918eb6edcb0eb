"""`/api/health`: the one address that answers anybody."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.get("/api/health")
def health() -> dict[str, str]:
    """Answers while the server runs; tells nothing else."""
    return {"status": "ok"}
