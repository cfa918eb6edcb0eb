"""Imports every area's models, so that `Base.metadata` knows all tables."""

from importlib import import_module
from importlib.util import find_spec

from dohyo.metadata.base import Base

AREAS = ("accounts", "collection", "content", "receiving")

for area in AREAS:
    if find_spec(f"dohyo.metadata.{area}"):
        import_module(f"dohyo.metadata.{area}")

__all__ = ["Base"]
