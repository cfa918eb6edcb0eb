"""One file a resource, each with its `router`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

ROUTERS: list[APIRouter] = [
    import_module(f"{__name__}.{module.name}").router
    for module in sorted(iter_modules(__path__), key=lambda module: module.name)
]
