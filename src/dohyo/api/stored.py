"""How much is stored, as the home page shows it."""

from __future__ import annotations

from typing import Any

import sqlglot.expressions as exp

from dohyo.plan.sqltree import Sql, call, column, select
from dohyo.search.run import Engine


class StoredMessages:
    """Counts again only after something new was stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: tuple[int, dict[str, Any]] | None = None

    def shown(self) -> dict[str, Any]:
        """`{messages, newest_ms, oldest_ms}`; times are null while nothing is stored."""
        newest_insert = self._engine.newest_insert()
        if self._known is None or self._known[0] != newest_insert:
            self._known = (newest_insert, self._counted())
        return self._known[1]

    def bytes_by_view(self) -> dict[str, int]:
        """Size of the messages by partition; the empty name is the default index."""
        size = call("sum", call("length", column("_raw")))
        found = self._engine.query(
            select([column("_view"), size], exp.to_table("events"), group=[column("_view")])
        )
        return dict(zip(*(part.to_pylist() for part in found.columns), strict=True))

    def _counted(self) -> dict[str, Any]:
        columns = [call("count"), _ms("max"), _ms("min")]
        found = self._engine.query(select(columns, exp.to_table("events")))
        messages, newest, oldest = (column[0].as_py() for column in found.columns)
        if not messages:
            newest = oldest = None
        return {"messages": messages, "newest_ms": newest, "oldest_ms": oldest}


def _ms(edge: str) -> Sql:
    return call("toUnixTimestamp64Milli", call(edge, column("_messagetime")))
