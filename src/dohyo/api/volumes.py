"""How many messages each source brought lately, by the time they came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlglot.expressions as exp

from dohyo.plan.sqltree import Sql, alias, call, column, number, plain, select
from dohyo.search.run import Engine

SLICE_MS = 120_000
SLICES = 30
DAY_MS = 86_400_000


@dataclass
class Volume:
    """Messages in the last 24 hours, and in the last hour by two minutes, oldest first; and the newest."""

    day: int = 0
    newest_ms: int | None = None
    hour: list[int] = field(default_factory=lambda: [0] * SLICES)


def volumes(engine: Engine, now_ms: int) -> Mapping[tuple[str, str], Volume]:
    """By names of collector and source; what has no messages in the last day is not there."""
    start = now_ms - SLICES * SLICE_MS
    received = call("toUnixTimestamp64Milli", column("_receipttime"))
    slot = call(
        "intDiv", call("greatest", call("minus", received, number(start)), number(0)), plain(SLICE_MS)
    )
    names = [column("_collector"), column("_source")]
    late = call("if", call("less", received, number(start)), plain(-1), slot)
    columns: list[Sql] = [
        *names,
        alias(late, "slot"),
        alias(call("count"), "n"),
        alias(call("max", received), "newest"),
    ]
    since = call(
        "greaterOrEquals", column("_receipttime"), call("fromUnixTimestamp64Milli", number(now_ms - DAY_MS))
    )
    found = engine.query(
        select(columns, exp.to_table("events"), where=[since], group=[*names, column("slot")])
    )
    by_source: dict[tuple[str, str], Volume] = {}
    for collector, source, at, count, newest in zip(
        *(part.to_pylist() for part in found.columns), strict=True
    ):
        volume = by_source.setdefault((collector, source), Volume())
        volume.day += count
        volume.newest_ms = max(volume.newest_ms or 0, newest)
        if 0 <= at < SLICES:
            volume.hour[at] += count
    return by_source
