"""The embedded engine over two shards: each statement's events come from `remote()` with two addresses.

Both addresses are this process itself, so nothing listens and nothing is sent; the engine still plans as for
two machines: each shard filters and groups its half, and the partial answers are merged. A shard has every
other message by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.plan.sqltree import call, column, plain, printed, select, text
from dohyo.sql.query import EVENTS
from dohyo.store import engine
from dohyo.store.embedded import EmbeddedStore

ADDRESSES = "127.0.0.1,localhost"
_SETTINGS = {
    "distributed_product_mode": "global",
    "query_plan_merge_expressions": 0,
    "output_format_arrow_compression_method": "none",
}
"""What a join of two tables of shards needs: the second one is gathered first."""


@dataclass(frozen=True)
class TwoShards:
    """An engine for searches over the messages of a store."""

    store: EmbeddedStore

    def query(
        self, sql: exp.Expression, *, tables: Mapping[str, pa.Table] | None = None, **options: Any
    ) -> pa.Table:
        made = printed(sql.copy().transform(_from_shards))
        with engine._connection(self.store._database, _SETTINGS) as connection:  # `read` forbids remote()
            for name, table in (tables or {}).items():
                engine._lend(connection, name, table)
            return pa.ipc.open_file(engine._answer(connection, made, "Arrow")).read_all()

    def cancel(self, query_id: str) -> None:
        self.store.cancel(query_id)

    def newest_insert(self) -> int:
        return self.store.newest_insert()

    def hot_fields(self) -> list[Any]:
        return self.store.hot_fields()


def _from_shards(node: exp.Expression) -> exp.Expression:
    if not isinstance(node, exp.Table) or node.name != EVENTS:
        return node
    this_half = exp.EQ(
        this=call("modulo", column("_messageid"), plain(2)),
        expression=call("minus", call("shardNum"), plain(1)),
    )
    half = select([exp.Star()], exp.to_table(EVENTS), where=[this_half])
    return exp.Table(this=call("remote", text(ADDRESSES), call("view", half)), alias=node.args.get("alias"))
