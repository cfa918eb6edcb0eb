"""Bodies and parameters of requests, read as leniently as published clients need it."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Request

from dohyo.api.errors import ApiRefused

LONG_NUMBER = re.compile(rb"[:,\[]\s*-?\d{19,}\s*[,\]}]")


async def _json_of(request: Request) -> Any:
    """The body as JSON, whatever content type it has; None for an empty one."""
    body = await request.body()
    if not body.strip():
        return None
    try:
        found = orjson.loads(body.removeprefix(BOM_UTF8))
        # orjson makes long whole numbers inexact; an export must come out again as it went in.
        return json.loads(body) if LONG_NUMBER.search(body) else found
    except RecursionError:
        return found
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise ApiRefused(400, "service.json.invalid", message) from None


async def _object_of(request: Request) -> dict[str, Any]:
    found = await _json_of(request)
    if not isinstance(found, dict):
        raise ApiRefused(400, "service.json.invalid", "the body is a JSON object")
    return found


async def _json_typed_object_of(request: Request) -> dict[str, Any]:
    """The object of a request that says it is JSON; 415 else. Foreign pages cannot send this type unasked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiRefused(415, "contenttype.invalid", "the content type of the body is application/json")
    return await _object_of(request)


async def _archive_of(request: Request) -> bytes:
    """The body as it is. Foreign pages cannot send this type unasked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/zip", "application/octet-stream"):
        raise ApiRefused(415, "contenttype.invalid", "the content type of an archive is application/zip")
    return await request.body()


Archive = Annotated[bytes, Depends(_archive_of)]
JsonBody = Annotated[Any, Depends(_json_of)]
JsonObject = Annotated[dict[str, Any], Depends(_object_of)]
JsonTypedObject = Annotated[dict[str, Any], Depends(_json_typed_object_of)]
Number = Annotated[int, Path(ge=0, le=2**63 - 1)]
"""The id of a collector or source in a path; there is nothing at one that is no such number."""


def inner(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`, the envelope of collectors and sources."""
    found = body.get(name)
    if not isinstance(found, dict):
        raise ApiRefused(400, "service.json.invalid", f'the body is {{"{name}": {{...}}}}')
    return found


def truth(text: Any, default: bool = False) -> bool:
    """`true` or `false` in any case, JSON or text; None is the default. ValueError for anything else."""
    if text is None or text == "":
        return default
    if isinstance(text, bool):
        return text
    word = str(text).strip().lower()
    if word not in ("true", "false"):
        raise ValueError(f'"{text}" is neither true nor false')
    return word == "true"


def truth_param(text: str | None, name: str, default: bool = False) -> bool:
    """A truth in the address; refused with 400 where it is none."""
    try:
        return truth(text, default)
    except ValueError as error:
        raise ApiRefused(400, f"{name}_invalid", f"{name}: {error}") from None


def whole_param(text: str | None, name: str, default: int, least: int = 0, most: int = 2**31) -> int:
    """A number in the address. Below `least` it is refused, above `most` it is `most`."""
    if text is None or text == "":
        return default
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise ApiRefused(400, f"service.{name}.invalid", f"{name} is a whole number from {least}")
    return min(number, most)
