"""Partitions in the published shapes (v1). There is no removal: a partition is decommissioned."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import PartitionManager, PartitionReader
from dohyo.api.bodies import JsonBody, JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.paging import token_page
from dohyo.api.services import Parts, Services
from dohyo.collect.partitions import MOST_PARTITIONS
from dohyo.content.shapes import meta_json
from dohyo.metadata.receiving import Partition
from dohyo.plan.scope import DEFAULT_INDEX

router = APIRouter(prefix="/api/v1/partitions", tags=["partitions"])
KINDS = {"DefaultView": "DefaultIndex", "Partition": "Partition", "AuditIndex": "AuditIndex"}


@router.get("")
def list_partitions(
    principal: PartitionReader,
    parts: Parts,
    limit: str | None = None,
    token: str | None = None,
    viewTypes: str | None = None,
) -> Response:
    """The default index and all partitions, or those of the kinds in `viewTypes`."""
    found, sizes = parts.partitions.all(), parts.stored.bytes_by_view()
    if viewTypes:
        wanted = viewTypes.split(",")
        if unknown := [one for one in wanted if one not in KINDS]:
            raise ApiRefused(
                400, "partition:view_types", f"viewTypes: {unknown[0]} is none of {', '.join(KINDS)}"
            )
        found = [one for one in found if _kind(one) in {KINDS[name] for name in wanted}]
    page, after = token_page(found, limit, token, parts.secrets, usual=100, most=1000)
    return json_answer({"data": [_partition_json(one, sizes) for one in page], "next": after})


@router.get("/quota")
def quota(principal: PartitionReader, parts: Parts) -> Response:
    """How many partitions there may be and how many more can be made."""
    used = len(parts.partitions.all()) - 1
    return json_answer({"quota": MOST_PARTITIONS, "remaining": max(0, MOST_PARTITIONS - used)})


@router.post("")
def create_partition(body: JsonObject, principal: PartitionManager, parts: Parts) -> Response:
    """A partition `{"name", "routingExpression", "retentionPeriod"}`; it takes messages from now on."""
    return _answer(parts.partitions.create(body, principal.user_id), parts)


@router.get("/{partition_id}")
def get_partition(partition_id: str, principal: PartitionReader, parts: Parts) -> Response:
    """One partition."""
    return _answer(parts.partitions.get(partition_id), parts)


@router.put("/{partition_id}")
def replace_partition(
    partition_id: str, body: JsonObject, principal: PartitionManager, parts: Parts
) -> Response:
    """Sets routing, retention and whether usual searches read it."""
    return _answer(parts.partitions.replace(partition_id, body, principal.user_id), parts)


@router.post("/{partition_id}/decommission")
def decommission(partition_id: str, body: JsonBody, principal: PartitionManager, parts: Parts) -> Response:
    """Ends the routing; what the partition has stays searchable."""
    parts.partitions.decommission(partition_id, principal.user_id)
    parts.preparation.changed()
    return Response()


@router.post("/{partition_id}/cancelRetentionUpdate", status_code=204)
def cancel_retention(
    partition_id: str, body: JsonBody, principal: PartitionManager, parts: Parts
) -> Response:
    """Nothing to cancel: a changed retention counts at once."""
    parts.partitions.get(partition_id)
    return Response(status_code=204)


def _answer(partition: Partition, parts: Services) -> Response:
    parts.preparation.changed()
    return json_answer(_partition_json(partition, parts.stored.bytes_by_view()))


def _kind(partition: Partition) -> str:
    return "DefaultIndex" if partition.name == DEFAULT_INDEX else "Partition"


def _partition_json(partition: Partition, sizes: dict[str, int]) -> dict[str, Any]:
    view = "" if partition.name == DEFAULT_INDEX else partition.name
    return {
        "id": partition.id,
        "name": partition.name,
        "routingExpression": partition.routing_expression,
        "analyticsTier": partition.analytics_tier,
        "retentionPeriod": partition.retention_days,
        "isCompliant": partition.is_compliant,
        "isIncludedInDefaultSearch": partition.in_default_search,
        "totalBytes": sizes.get(view, 0),
        "isActive": partition.is_active,
        "indexType": _kind(partition),
        "dataForwardingId": None,
        "newRetentionPeriod": None,
        "retentionEffectiveAt": None,
        **meta_json(partition),
    }
