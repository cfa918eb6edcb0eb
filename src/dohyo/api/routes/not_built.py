"""Published areas that are not built: 501, which clients neither retry nor take for a deletion."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import Anybody
from dohyo.api.errors import ApiRefused

router = APIRouter(include_in_schema=False)
AREAS = (
    "v1/metricsQueries",
    "v1/metrics",
    "v1/metricsSearches",
    "v2/metricsSearches",
    "v1/transformationRules",
    "v1/metricsRules",
    "metricsRules",
    "metrics/results",
    "v1/tracing",
    "v1/eventExtractionRules",
    "v1/slos",
    "v1/entities",
    "entities/hierarchies",
    "sec/v1",
    "v1/threatIntel",
    "v1/parsers",
    "v1/organizations",
    "v1/plan",
    "v1/account/subdomain",
    "v1/account/usage",
    "v1/account/usageForecast",
    "v1/budgets",
    "v1/alerts",
    "v1/connections",
    "v1/dataMaskingRules",
    "v1/dynamicParsingRules",
    "v1/monitors",
    "v1/mutingSchedules",
    "v1/passwordPolicy",
    "v1/policies",
    "v1/saml",
    "v1/scheduledViews",
    "v1/serviceAccounts",
    "v1/serviceAllowlist",
    "v1/tokens",
    "v2/ingestBudgets",
    "v1/logsDataForwarding",
    "v1/archive",
    "v1/dataDeletionRules",
    "v1/otCollectors",
    "v1/sourceTemplates",
    "v1/schemaIdentitiesGrouped",
    "v1/scim/Users",
    "v1/oauth",
    "v2/dashboards/migrate",
)
METHODS = ["GET", "POST", "PUT", "DELETE"]


def not_built(principal: Anybody) -> Response:
    raise ApiRefused(501, "not_implemented_yet", "Not implemented yet")


for _area in AREAS:
    router.add_api_route(f"/api/{_area}", not_built, methods=METHODS)
    router.add_api_route(f"/api/{_area}/{{rest:path}}", not_built, methods=METHODS)
router.add_api_route("/api/v2/content/folders/{folder_id}/synchronize", not_built, methods=["POST"])
router.add_api_route(
    "/api/v2/content/folders/{folder_id}/synchronize/{job_id}/status", not_built, methods=["GET"]
)
