"""Searches as one person may make them: with his own lookup tables to read, and to fill by `save`."""

from __future__ import annotations

from dataclasses import replace

from dohyo.access.principal import Principal
from dohyo.api.services import Services
from dohyo.content.rights import Caller
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import LookupTable
from dohyo.search.jobs import Save
from dohyo.search.searches import Searches


def own_searches(principal: Principal, parts: Services) -> tuple[Searches, Save]:
    """Searches that find the tables the caller may see, and how his searches save rows."""
    caller = Caller.of(principal)

    def table_at(address: str) -> LookupTable | None:
        return parts.tables.table_at(address, caller)

    def save(address: str, rows: list[dict[str, Scalar]], append: bool) -> None:
        parts.tables.save(address, rows, append, caller)

    return replace(parts.searches, tables=table_at, lookups=None), save
