"""What of a definition works here: asked before an import, and of what is stored. For our pages."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from dohyo.api.authentication import Reader
from dohyo.api.bodies import Archive, JsonObject
from dohyo.api.errors import ApiRefused, json_answer
from dohyo.api.routes.dashboards import caller_of
from dohyo.api.services import Parts
from dohyo.apps.published import published_of_bytes
from dohyo.content.definitions import Failure, read_definition
from dohyo.content.parameters import filled, parameters_of
from dohyo.content.report import report_of, unfilled

router = APIRouter(prefix="/api/dohyo/v1/content", tags=["pages"])


@router.post("/report")
def report(body: JsonObject, principal: Reader) -> Response:
    """Lines of a definition, the items that an import would leave out, and the parameters it asks for.
    Refused where nothing of it could be imported. Stores nothing.
    """
    failures: list[Failure] = []
    draft = read_definition(body, failures)
    return json_answer(
        {
            "name": draft.name,
            "items": draft.count(),
            "lines": [line.as_json() for line in report_of(body)],
            "leftOut": [failure.as_json() for failure in failures],
            "parameters": [one.as_json() for one in parameters_of(body)],
        }
    )


@router.post("/archive")
def of_archive(archive: Archive, principal: Reader) -> Response:
    """What a published package says as one definition, its inputs as places `{{name}}` unless they have a
    default; `others` is what it declares and is no content. Stores nothing.
    """
    found = published_of_bytes(archive, "Imported", {})
    return json_answer({"definition": found.definition, "others": list(found.others)})


@router.post("/filled")
def with_values(body: JsonObject, principal: Reader) -> Response:
    """`{"definition", "values"}`: the definition with its parameters filled in. Stores nothing."""
    values = body.get("values")
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise ApiRefused(400, "parameter", "values: an object of texts")
    return json_answer(filled(body.get("definition"), values))


@router.get("/{item_id}/report")
def report_of_item(item_id: str, request: Request, principal: Reader, parts: Parts) -> Response:
    """The same for what is stored, with what its import left out."""
    caller = caller_of(principal, request)
    definition = parts.library.export(item_id, caller)
    return json_answer(
        {
            "lines": [line.as_json() for line in (*unfilled(definition), *report_of(definition))],
            "leftOut": parts.library.left_out(item_id, caller),
            "parameters": [one.as_json() for one in parameters_of(definition)],
        }
    )
