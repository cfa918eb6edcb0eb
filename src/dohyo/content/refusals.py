"""What the content library refuses, with the published code and its HTTP status."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dohyo.base.problem import Problem, ProblemError
from dohyo.base.wording import words_of

NAME_TAKEN = "content1:name_taken"
Model = TypeVar("Model", bound=BaseModel)


class ContentRefused(ProblemError):
    """A call that cannot be done. `code` is the published one, `status` what the API answers."""

    def __init__(self, status: int, code: str, message: str, *hints: str) -> None:
        super().__init__([Problem(code, message, hints=hints)])
        self.status = status

    @property
    def code(self) -> str:
        return self.problems[0].code


def no_content() -> ContentRefused:
    # Clients match on this text.
    return ContentRefused(404, "content1:doesnt_exist", "Content with the given ID does not exist.")


def not_allowed(message: str, *hints: str) -> ContentRefused:
    return ContentRefused(403, "content1:forbidden", message, *hints)


def name_taken(name: str) -> ContentRefused:
    return ContentRefused(400, NAME_TAKEN, f'the folder has an item named "{name}" already')


def wrong(message: str, *hints: str) -> ContentRefused:
    return ContentRefused(400, "content1:wrong_definition", message, *hints)


def too_deep() -> ContentRefused:
    return wrong("the definition lies too deep", "objects in each other, as in no published content")


def wrong_fields(error: ValidationError, where: str) -> ContentRefused:
    """One problem for each place, `where.place: what is wrong`."""
    problems = []
    for detail in error.errors():
        path = ".".join(str(part) for part in (where, *detail["loc"]) if part != "")
        problems.append(Problem("content1:wrong_definition", f"{path}: {words_of(detail)}"))
    refused = ContentRefused(400, problems[0].code, problems[0].message)
    refused.problems = problems
    return refused


def checked(model: type[Model], given: object, where: str = "") -> Model:
    """The value read by the model; ContentRefused names each place that is wrong."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise wrong_fields(error, where) from error
