"""The YAML files of a package: what each may hold. Unknown keys are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from dohyo.base.problem import ProblemError
from dohyo.plan.json_path import read_path

VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _formed(pattern: re.Pattern[str], words: str) -> AfterValidator:
    """A check of the form of a text that says in words what is needed."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"{words} is needed")
        return text

    return AfterValidator(check)


Version = Annotated[str, _formed(VERSION, "a version of three numbers, such as 1.0.0,")]
Text = Annotated[str, Field(min_length=1, max_length=4096)]
Name = Annotated[str, _formed(NAME, "a name of small letters, digits and _, a letter first,")]
Uuid = Annotated[str, _formed(UUID, "a uuid in small letters")]


def version_key(version: str) -> tuple[int, ...]:
    """Versions in their order.

    >>> version_key("1.10.0") > version_key("1.9.0")
    True
    """
    return tuple(int(part) for part in version.split("."))


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthorOfApp(_Closed):
    name: Text
    supportUrl: str = ""
    homeUrl: str = ""
    documentationUrl: str = ""


class Attributes(_Closed):
    category: Annotated[list[Text], Field(min_length=1)]
    useCase: list[Text] = []
    collection: list[Text] = []
    searchTerms: list[Text] = []


class Overview(_Closed):
    """A text, or `README.md#Heading` for a part of the README."""

    overview: Text


class Media(_Closed):
    title: Text
    description: str = ""
    type: Literal["image"]
    location: Text


class Requires(_Closed):
    """The oldest version of Dohyo that can run the app."""

    dohyo: Version


class Manifest(_Closed):
    schemaVersion: Literal["2.0"]
    uuid: Uuid
    name: Annotated[str, Field(min_length=1, max_length=128)]
    version: Version
    description: Text
    author: AuthorOfApp
    attributes: Attributes
    appOverview: Overview
    appMedia: list[Media] = []
    installable: bool = True
    showOnMarketplace: bool = True
    requires: Requires | None = None
    asPublished: bool = False
    """The content is somebody else's, taken over as it is: what of it cannot run is told, not refused."""


class SourceOfApp(_Closed):
    """A source type by the name that sources have in `schemaRef.type`."""

    schemaType: Text


class CollectorOfApp(_Closed):
    type: Literal["Hosted", "Installed"]
    source: list[SourceOfApp] = []


class Collection(_Closed):
    """What installing can set up."""

    collector: list[CollectorOfApp] = []

    @property
    def source_types(self) -> list[str]:
        return [source.schemaType for collector in self.collector for source in collector.source]


class Scope(_Closed):
    """A scope that installing asks for: names of the two inputs that the resources have places for."""

    componentType: Literal["scope"]
    label: Text
    keyTfVar: Name
    defaultValueTfVar: Name


class Config(_Closed):
    parameters: list[Scope] = []

    @field_validator("parameters")
    @classmethod
    def _names(cls, parameters: list[Scope]) -> list[Scope]:
        names = [name for scope in parameters for name in (scope.keyTfVar, scope.defaultValueTfVar)]
        if len(set(names)) < len(names):
            raise ValueError("two parameters have the same name")
        return parameters

    @property
    def inputs(self) -> list[str]:
        return [name for scope in self.parameters for name in (scope.keyTfVar, scope.defaultValueTfVar)]


class HotFields(_Closed):
    """Extractions kept ready beside each message: field name -> path in the message."""

    name: Name
    fields: Annotated[dict[Name, str], Field(min_length=1, max_length=100)]

    @field_validator("fields")
    @classmethod
    def _paths(cls, fields: dict[str, str]) -> dict[str, str]:
        for path in fields.values():
            try:
                read_path(path)
            except ProblemError as error:
                raise ValueError(error.problems[0].message) from error
        return fields


class Case(_Closed):
    """Answers for one range and choice of variables, rows in order with every field: of panels by dashboard
    and key, of saved searches. Dashboards and searches go by the names of their files.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Text
    start: Annotated[str, Field(alias="from")]
    to: str
    variables: dict[str, str] = {}
    panels: dict[str, dict[str, list[dict[str, Any]]]] = {}
    searches: dict[str, list[dict[str, Any]]] = {}


class Expected(_Closed):
    """`tests/expected.yaml`. An event's time is its key `time_field`, or where that is empty the time that
    `dohyo import` would read; without a readable one it stands at `received`.
    """

    received: str
    time_field: str = "createdDateTime"
    source_category: Text
    cases: Annotated[list[Case], Field(min_length=1)]
