"""Fields that messages may carry, in the published shapes (v1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import FieldManager, FieldReader
from dohyo.api.bodies import JsonBody, JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.services import Parts
from dohyo.collect.field_table import BUILT_IN, MOST_FIELDS
from dohyo.metadata.receiving import CustomField

router = APIRouter(prefix="/api/v1/fields", tags=["fields"])
# Numbers for fields that no row is kept of.
BUILT_IN_FIELDS = {f"{number:016X}": name for number, name in enumerate(sorted(BUILT_IN), 1)}


@router.get("")
def list_fields(principal: FieldReader, parts: Parts) -> Response:
    """Custom fields by name."""
    return json_answer({"data": [_field_json(one) for one in parts.fields.all()]})


@router.get("/builtin")
def list_built_in(principal: FieldReader) -> Response:
    """Fields that every message has."""
    return json_answer({"data": [_built_in(ident) for ident in BUILT_IN_FIELDS]})


@router.get("/builtin/{field_id}")
def get_built_in(field_id: str, principal: FieldReader) -> Response:
    """One of them."""
    ident = field_id.strip().upper().zfill(16)
    if ident not in BUILT_IN_FIELDS:
        raise ApiRefused(404, "field:not_found", f"there is no built-in field {field_id}")
    return json_answer(_built_in(ident))


@router.get("/dropped")
def list_dropped(principal: FieldReader, parts: Parts) -> Response:
    """Fields that messages brought and that were left out."""
    return json_answer({"data": [{"fieldName": name} for name in parts.fields.dropped()]})


@router.get("/quota")
def quota(principal: FieldReader, parts: Parts) -> Response:
    """How many custom fields there may be and how many more can be added."""
    return json_answer({"quota": MOST_FIELDS, "remaining": max(0, MOST_FIELDS - len(parts.fields.all()))})


@router.post("")
def create_field(body: JsonObject, principal: FieldManager, parts: Parts) -> Response:
    """A field `{"fieldName"}`, kept in messages from now on."""
    name = body.get("fieldName")
    if not isinstance(name, str) or not name.strip():
        raise ApiRefused(400, "field:name", "fieldName: a name is needed")
    return json_answer(_field_json(parts.fields.create(name)))


@router.get("/{field_id}")
def get_field(field_id: str, principal: FieldReader, parts: Parts) -> Response:
    """One custom field."""
    return json_answer(_field_json(parts.fields.get(field_id)))


@router.put("/{field_id}/enable", status_code=204)
def enable_field(field_id: str, body: JsonBody, principal: FieldManager, parts: Parts) -> Response:
    """Messages keep it from now on."""
    parts.fields.enable(field_id, True)
    return Response(status_code=204)


@router.delete("/{field_id}/disable", status_code=204)
def disable_field(field_id: str, principal: FieldManager, parts: Parts) -> Response:
    """New messages go without it."""
    parts.fields.enable(field_id, False)
    return Response(status_code=204)


@router.delete("/{field_id}", status_code=204)
def delete_field(field_id: str, principal: FieldManager, parts: Parts) -> Response:
    """Forgets the field, unless an extraction rule makes it."""
    field = parts.fields.get(field_id)
    users = [rule.name for rule in parts.rules.all() if field.name in map(str.lower, rule.field_names)]
    if users:
        message = f'{field.name} is made by the extraction rule "{users[0]}"'
        raise ApiRefused(400, "field:in_use", message, "delete the rule first, or disable the field")
    parts.fields.delete(field_id)
    return Response(status_code=204)


def _field_json(field: CustomField) -> dict[str, Any]:
    state = "Enabled" if field.enabled else "Disabled"
    return {"fieldId": field.id, "fieldName": field.name, "dataType": field.data_type, "state": state}


def _built_in(ident: str) -> dict[str, Any]:
    name = BUILT_IN_FIELDS[ident]
    return {"fieldId": ident, "fieldName": name, "dataType": "String", "state": "Enabled"}
