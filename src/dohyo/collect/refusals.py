"""What the registry refuses, with the published code and its HTTP status."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError

from dohyo.base.problem import Problem, ProblemError


class Refused(ProblemError):
    """A call that cannot be done. `code` is the published one, `status` what the API answers."""

    def __init__(self, status: int, code: str, message: str, *hints: str) -> None:
        super().__init__([Problem(code, message, hints=hints)])
        self.status = status

    @property
    def code(self) -> str:
        return self.problems[0].code


def no_collector(number: int | str) -> Refused:
    return Refused(404, "collectors.collector.invalid", f"InvalidCollector: no collector {number}")


def no_source(number: int) -> Refused:
    return Refused(404, "collectors.source.invalid", f"InvalidSource: no source {number} in this collector")


def name_taken(kind: str, name: str) -> Refused:
    message = f'DuplicateResourceName: a {kind} named "{name}" exists already'
    return Refused(400, "collectors.validation.name.duplicate", message)


def wrong_source_type(message: str, *hints: str) -> Refused:
    return Refused(400, "collectors.source.type.invalid", f"InvalidSourceType: {message}", *hints)


def wrong_fields(error: ValidationError, model: type[BaseModel], where: str = "") -> Refused:
    """One problem for each field, `field: what is wrong`; for an unknown key with the nearest known one."""
    problems = [_field_problem(detail, model.model_fields, where) for detail in error.errors()]
    refused = Refused(400, problems[0].code, problems[0].message, *problems[0].hints)
    refused.problems = problems
    return refused


def _field_problem(detail: object, known: Iterable[str], where: str) -> Problem:
    assert isinstance(detail, dict)
    path = (where + ".".join(str(part) for part in detail["loc"])).rstrip(".")
    words = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing":
        return Problem("collectors.validation.fields.missing", f"{path}: a value is needed")
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(detail["loc"][-1]), list(known), 1)
        hints = (f"the setting is named {near[0]}",) if near else ()
        return Problem("collectors.validation.fields.invalid", f"{path}: no such setting", hints=hints)
    return Problem("collectors.validation.fields.invalid", f"{path}: {words}" if path else words)


def check_etag(given: str | None, current: str) -> None:
    """The rule for `If-Match`: there, quoted and current."""
    if not given:
        raise Refused(403, "service.ifthen.missing", "the header If-Match is needed for a change")
    if len(given) < 2 or not (given.startswith('"') and given.endswith('"')):
        raise Refused(400, "service.ifthen.notquoted", "the value of If-Match stands in double quotes")
    if given != current:
        message = "it was changed in the meantime; read it again and repeat the change"
        raise Refused(412, "service.etagid.mismatch", message)
