"""Macros that everybody's queries may call: kept here, put in by `dohyo.lang.macros`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.content.macro_checks import complaint_of, condition_of
from dohyo.content.refusals import ContentRefused, checked, wrong
from dohyo.content.shapes import timestamp
from dohyo.lang.macros import NAME, Macro
from dohyo.metadata.content import MacroText

MOST_MACROS = 50
MOST_ARGUMENTS = 20
MOST_DEFINITION = 15_000
MOST_VALIDATIONS = 20


class Argument(BaseModel):
    """A parameter: `{{name}}` in the definition."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,127}$")]
    type: Literal["String", "Any", "Number", "Keyword"] = "String"


class Validation(BaseModel):
    """A condition that the arguments of a call have to meet."""

    evalExpression: Annotated[str, Field(min_length=1, max_length=4000)]
    errorMessage: Annotated[str, Field(min_length=1, max_length=1000)]


class MacroBody(BaseModel):
    """What is sent to make or change a macro."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(pattern=NAME.pattern, max_length=128)]
    description: Annotated[str, Field(max_length=4000)] = ""
    definition: Annotated[str, Field(min_length=1, max_length=MOST_DEFINITION)]
    enabled: bool = True
    arguments: Annotated[list[Argument], Field(max_length=MOST_ARGUMENTS)] = []
    argumentValidations: Annotated[list[Validation], Field(max_length=MOST_VALIDATIONS)] = []

    @field_validator("arguments")
    @classmethod
    def _different(cls, value: list[Argument]) -> list[Argument]:
        if len({argument.name.lower() for argument in value}) < len(value):
            raise ValueError("two arguments have one name")
        return value

    @model_validator(mode="after")
    def _can_be_asked(self) -> MacroBody:
        types = {argument.name: argument.type for argument in self.arguments}
        for one in self.argumentValidations:
            try:
                condition_of(one.evalExpression, types)
            except ValueError as wrong:
                raise ValueError(f"argumentValidations: {one.evalExpression[:60]}: {wrong}") from None
        return self


class Macros:
    """The macros of one metadata database. Safe from many threads at once. ContentRefused: `macro:...`."""

    def __init__(self, metadata: sessionmaker[Session]) -> None:
        self._metadata = metadata
        self._lock = threading.Lock()
        self._ready: dict[str, Macro] | None = None

    def all(self) -> list[MacroText]:
        """In the order of their names."""
        with self._metadata() as session:
            return list(session.scalars(select(MacroText).order_by(MacroText.name)))

    def get(self, macro_id: str) -> MacroText:
        with self._metadata() as session:
            return _found(session, macro_id)

    def create(self, body: object, user_id: str) -> MacroText:
        sent = checked(MacroBody, body)
        known = self.all()
        if len(known) >= MOST_MACROS:
            raise wrong(f"there are {MOST_MACROS} macros already")
        if any(one.name.lower() == sent.name.lower() for one in known):
            raise ContentRefused(400, "macro:name_taken", f'a macro named "{sent.name}" exists already')
        macro = MacroText(id=hex_id(), created_ms=now_ms(), created_by=user_id, **_columns(sent))
        return self._stored(macro)

    def replace(self, macro_id: str, body: object) -> MacroText:
        """Everything but the name, which queries know it by."""
        macro, sent = self.get(macro_id), checked(MacroBody, body)
        if sent.name != macro.name:
            raise wrong(f'name: it stays "{macro.name}", which queries call')
        for name, value in _columns(sent).items():
            setattr(macro, name, value)
        return self._stored(macro)

    def delete(self, macro_id: str) -> None:
        with self._metadata.begin() as session:
            session.delete(_found(session, macro_id))
        self._forget()

    def ready(self) -> Mapping[str, Macro]:
        """Those that are enabled, for a compilation."""
        with self._lock:
            if self._ready is None:
                self._ready = {one.name: _macro(one) for one in self.all() if one.enabled}
            return self._ready

    def _stored(self, macro: MacroText) -> MacroText:
        with self._metadata.begin() as session:
            stored = session.merge(macro)
        self._forget()
        return stored

    def _forget(self) -> None:
        with self._lock:
            self._ready = None


def macro_json(macro: MacroText) -> dict[str, Any]:
    """The published `Macro`."""
    return {
        "id": macro.id,
        "name": macro.name,
        "description": macro.description,
        "definition": macro.definition,
        "enabled": macro.enabled,
        "arguments": macro.arguments,
        "argumentValidations": macro.validations,
        "createdAt": timestamp(macro.created_ms),
        "createdBy": macro.created_by,
    }


def _macro(macro: MacroText) -> Macro:
    numbers = frozenset(one["name"] for one in macro.arguments if one["type"] == "Number")
    complaint = complaint_of({one["name"]: one["type"] for one in macro.arguments}, macro.validations)
    return Macro(tuple(one["name"] for one in macro.arguments), macro.definition, numbers, complaint)


def _columns(sent: MacroBody) -> dict[str, Any]:
    return {
        "name": sent.name,
        "description": sent.description,
        "definition": sent.definition,
        "enabled": sent.enabled,
        "arguments": [argument.model_dump() for argument in sent.arguments],
        "validations": [validation.model_dump() for validation in sent.argumentValidations],
    }


def _found(session: Session, macro_id: str) -> MacroText:
    macro = session.get(MacroText, macro_id.strip().upper().zfill(16))
    if macro is None:
        raise ContentRefused(404, "macro:not_found", f"there is no macro {macro_id[:64]}")
    return macro
