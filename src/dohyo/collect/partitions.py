"""Partitions: messages kept apart by a routing expression, each with a retention of its own.

A message goes into the oldest active partition whose routing expression it meets, so that every search finds
it once; without one into the default index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.base.problem import Problem, ProblemError
from dohyo.collect.extraction_rules import ALL_TIMES, message_of
from dohyo.collect.refusals import Refused
from dohyo.compile import CompileContext, compile_query
from dohyo.lang import tree
from dohyo.metadata.receiving import Partition
from dohyo.plan import nodes
from dohyo.plan.scope import DEFAULT_INDEX, INTERNAL_INDEXES, scope_matches
from dohyo.store.event import Event

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
MOST_ROUTING = 16_384
MOST_PARTITIONS = 50
MOST_DAYS = 5000
TIERS = ("continuous", "frequent", "infrequent")


@dataclass(frozen=True)
class Route:
    name: str
    scope: tree.ScopeNode


def routing_scope(expression: str) -> tree.ScopeNode:
    """The scope of a routing expression. ProblemError where it is none."""
    plan = compile_query(expression, CompileContext(run=ALL_TIMES)).plan
    if not isinstance(plan, nodes.Scan):
        hint = "such as _sourceCategory=azure/*"
        message = "a routing expression is a scope without operators and subqueries"
        raise ProblemError([Problem("partition:routing", message, hints=(hint,))], expression)
    return plan.scope


def routed(routes: Sequence[Route], events: Sequence[Event]) -> list[Event]:
    """The events, each with the partition it goes to."""
    if not routes:
        return list(events)
    found = []
    for event in events:
        message = message_of(event)
        name = next((route.name for route in routes if scope_matches(route.scope, message)), "")
        found.append(replace(event, view=name) if name and not event.view else event)
    return found


class Partitions:
    """The partitions of one metadata database. Safe from many threads at once. Refused: `partition:...`."""

    def __init__(self, metadata: sessionmaker[Session]) -> None:
        self._metadata = metadata

    def all(self) -> list[Partition]:
        """The default index first, then the oldest."""
        with self._metadata() as session:
            found = list(session.scalars(select(Partition).order_by(Partition.created_ms)))
        if not any(one.name == DEFAULT_INDEX for one in found):
            found.insert(0, self._stored(_default()))
        return sorted(found, key=lambda one: one.name != DEFAULT_INDEX)

    def get(self, partition_id: str) -> Partition:
        ident = partition_id.strip().upper().zfill(16)
        found = next((one for one in self.all() if one.id == ident), None)
        if found is None:
            raise Refused(404, "partition:not_found", f"Partition Not Found: {ident}")
        return found

    def create(self, body: Mapping[str, Any], user_id: str) -> Partition:
        name = body.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name) or name.lower().startswith("sumologic"):
            message = "name: letters, digits and _, a letter first, and not beginning with sumologic"
            raise Refused(400, "partition:name", message)
        if len(self.all()) > MOST_PARTITIONS:
            raise Refused(400, "partition:too_many", f"there are {MOST_PARTITIONS} partitions already")
        tier = body.get("analyticsTier")
        if tier is not None and str(tier).lower() not in TIERS:
            raise Refused(400, "partition:tier", f"analyticsTier: one of {', '.join(TIERS)}")
        now = now_ms()
        partition = Partition(
            id=hex_id(), name=name, analytics_tier=tier, is_active=True, created_ms=now, created_by=user_id,
            modified_ms=now, modified_by=user_id, **_checked(body, None),
        )  # fmt: skip
        return self._stored(partition)

    def replace(self, partition_id: str, body: Mapping[str, Any], user_id: str) -> Partition:
        """Sets routing, retention and whether usual searches read it. What is left out stays."""
        partition = self.get(partition_id)
        for name, value in _checked(body, partition).items():
            setattr(partition, name, value)
        partition.modified_ms, partition.modified_by = now_ms(), user_id
        return self._stored(partition)

    def decommission(self, partition_id: str, user_id: str) -> None:
        """No message goes into it any more."""
        partition = self.get(partition_id)
        if partition.name == DEFAULT_INDEX:
            raise Refused(400, "partition:default", "the default index cannot be decommissioned")
        partition.is_active = False
        partition.modified_ms, partition.modified_by = now_ms(), user_id
        self._stored(partition)

    def routes(self) -> list[Route]:
        """Of active ones, the oldest first."""
        routed_to = [one for one in self.all() if one.is_active and one.name != DEFAULT_INDEX]
        return [Route(one.name, routing_scope(one.routing_expression)) for one in routed_to]

    def unusual(self) -> frozenset[str]:
        """Names of those that a search reads only when it names them."""
        return INTERNAL_INDEXES | {one.name for one in self.all() if not one.in_default_search}

    def _stored(self, partition: Partition) -> Partition:
        try:
            with self._metadata.begin() as session:
                return session.merge(partition)
        except IntegrityError:
            message = f'a partition named "{partition.name}" exists already'
            raise Refused(400, "partition:name_taken", message) from None


def _default() -> Partition:
    now = now_ms()
    return Partition(
        id="0000000000000001", name=DEFAULT_INDEX, routing_expression="", analytics_tier=None,
        retention_days=-1, is_compliant=False, in_default_search=True, is_active=True,
        created_ms=now, created_by="0" * 16, modified_ms=now, modified_by="0" * 16,
    )  # fmt: skip


def _checked(body: Mapping[str, Any], before: Partition | None) -> dict[str, Any]:
    given = {key: value for key, value in body.items() if value is not None}
    routing = given.get("routingExpression", before.routing_expression if before else None)
    days = given.get("retentionPeriod", before.retention_days if before else -1)
    compliant = given.get("isCompliant", before.is_compliant if before else False)
    usual = given.get("isIncludedInDefaultSearch", before.in_default_search if before else True)
    if before is not None and before.name == DEFAULT_INDEX:
        routing = ""
    elif not isinstance(routing, str) or not 1 <= len(routing.strip()) <= MOST_ROUTING:
        message = f"routingExpression: a text of 1 to {MOST_ROUTING:,} characters is needed"
        raise Refused(400, "partition:routing", message)
    else:
        routing_scope(routing)
    if not isinstance(days, int) or isinstance(days, bool) or not (days == -1 or 1 <= days <= MOST_DAYS):
        message = f"retentionPeriod: 1 to {MOST_DAYS:,} days, or -1 to keep messages"
        raise Refused(400, "partition:retention", message)
    if before and before.is_compliant and 0 < days < before.retention_days:
        raise Refused(400, "partition:compliant", "the retention of a compliant partition can only grow")
    if not isinstance(compliant, bool) or not isinstance(usual, bool):
        message = "isCompliant and isIncludedInDefaultSearch: true or false"
        raise Refused(400, "partition:flag", message)
    return {
        "routing_expression": routing,
        "retention_days": days,
        "is_compliant": compliant,
        "in_default_search": usual,
    }
