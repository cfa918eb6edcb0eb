"""The account in the published shapes (v1): one of a system that is never suspended and sells nothing."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.access.users import list_users
from dohyo.api.authentication import Anybody
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts

router = APIRouter(prefix="/api/v1/account", tags=["account"])
STATUS = {
    "pricingModel": "credits",
    "canUpdatePlan": False,
    "planType": "Paid",
    "planExpirationDays": None,
    "applicationUse": "ALLOWED",
    "accountActivated": True,
    "totalCredits": 0,
    "logModel": "Tiered",
}


@router.get("/accountOwner")
def account_owner(principal: Anybody, parts: Parts) -> Response:
    """The id of the first administrator."""
    owners = [user for user in list_users(parts.metadata) if user.role == "administrator"]
    if not owners:
        raise ApiRefused(404, "account:no_owner", "there is no administrator")
    return json_answer(min(owners, key=lambda user: user.created_ms).id)


@router.get("/status")
def account_status(principal: Anybody) -> Response:
    """What the account may do."""
    return json_answer(STATUS)
