"""Field extraction rules in the published shapes (v1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from dohyo.api.authentication import RuleManager, RuleReader
from dohyo.api.bodies import JsonObject
from dohyo.api.errors import json_answer
from dohyo.api.paging import token_page
from dohyo.api.services import Parts
from dohyo.content.shapes import meta_json
from dohyo.metadata.receiving import ExtractionRule

router = APIRouter(prefix="/api/v1/extractionRules", tags=["extraction rules"])


@router.get("")
def list_rules(
    principal: RuleReader, parts: Parts, limit: str | None = None, token: str | None = None
) -> Response:
    """All rules, oldest first."""
    page, after = token_page(parts.rules.all(), limit, token, parts.secrets, usual=100, most=1000)
    return json_answer({"data": [_rule_json(rule) for rule in page], "next": after})


@router.post("")
def create_rule(body: JsonObject, principal: RuleManager, parts: Parts) -> Response:
    """A rule `{"name", "scope", "parseExpression", "enabled"}`; it works on messages from now on."""
    made = parts.rules.create(body, principal.user_id)
    parts.preparation.changed()
    return json_answer(_rule_json(made))


@router.get("/{rule_id}")
def get_rule(rule_id: str, principal: RuleReader, parts: Parts) -> Response:
    """One rule."""
    return json_answer(_rule_json(parts.rules.get(rule_id)))


@router.put("/{rule_id}")
def replace_rule(rule_id: str, body: JsonObject, principal: RuleManager, parts: Parts) -> Response:
    """Sets the whole rule."""
    changed = parts.rules.replace(rule_id, body, principal.user_id)
    parts.preparation.changed()
    return json_answer(_rule_json(changed))


@router.delete("/{rule_id}", status_code=204)
def delete_rule(rule_id: str, principal: RuleManager, parts: Parts) -> Response:
    """Removes the rule; what is stored keeps its fields."""
    parts.rules.delete(rule_id)
    parts.preparation.changed()
    return Response(status_code=204)


def _rule_json(rule: ExtractionRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "scope": rule.scope,
        "parseExpression": rule.parse_expression,
        "enabled": rule.enabled,
        "fieldNames": list(rule.field_names),
        **meta_json(rule),
    }
