"""A select whose rows have an order: what every node of a plan becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlglot.expressions as exp

from dohyo.plan.schema import Schema
from dohyo.plan.sqltree import Sql, alias, column, select, within
from dohyo.sql.expressions import INPUT, column_name


@dataclass(frozen=True)
class Relation:
    """A select that gives the fields of `schema` by `column_name`, and the columns of `order` beside them.

    `order` are columns with their direction (ascending or not); together they put the rows into one order,
    without ties.
    """

    select: exp.Select
    schema: Schema
    order: tuple[tuple[str, bool], ...]

    def columns(self) -> list[Sql]:
        """Its fields, as a select over it passes them on."""
        return [passed(column_name(f.name)) for f in self.schema]

    def over(self, fields: Iterable[Sql], **parts: Any) -> exp.Select:
        """A select of these columns over it that keeps its order; `parts` as `sqltree.select` takes them."""
        return self.bare([*fields, *(passed(name) for name, _ in self.order)], **parts)

    def bare(self, columns: Iterable[Sql], **parts: Any) -> exp.Select:
        """A select over it without its order."""
        return select(list(columns), within(self.select, INPUT), **parts)

    def ordering(self) -> list[exp.Ordered]:
        return [
            exp.Ordered(this=column(name, INPUT), desc=not ascending, nulls_first=False)
            for name, ascending in self.order
        ]


def passed(name: str) -> Sql:
    return alias(column(name, INPUT), name)


def order_names(start: int, count: int) -> list[str]:
    return [f"$o{start + i}" for i in range(count)]
