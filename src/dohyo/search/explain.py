"""A compiled query as text: the nodes of its plan and the SQL of the part that the engine runs."""

from __future__ import annotations

from dohyo.compile import Compiled
from dohyo.functions.table import RunContext
from dohyo.ops.subquery import resolved
from dohyo.plan import nodes
from dohyo.plan.nodes import Plan, Row, Subquery, chain
from dohyo.search.run import OUTSIDE_SQL
from dohyo.sql.query import plan_to_sql


def explained(compiled: Compiled, run: RunContext) -> str:
    """One line a node from the messages up, then the SQL before the first node that runs outside it.

    Where the answers of a subquery come in, its text stands.
    """
    lines = [f"{type(node).__name__:10} {', '.join(node.schema.names())}" for node in chain(compiled.plan)]
    part = sql_part(chain(resolved(compiled.plan, _itself, run)))
    if part is None:
        return "\n".join(lines)
    sql = plan_to_sql(part, run).sql(dialect="clickhouse", normalize_functions=False, pretty=True)
    return "\n".join([*lines, "", sql])


def _itself(query: Subquery) -> list[Row]:
    return [dict.fromkeys(query.fields, query.text)]


def sql_part(steps: list[Plan]) -> Plan | None:
    """The longest prefix of the plan that SQL can say; None where it begins with rows of a lookup table."""
    at = next((i for i, node in enumerate(steps) if _is_outside(node)), len(steps))
    return steps[at - 1] if at else None


def _is_outside(node: Plan) -> bool:
    """Whether the node, or a table of it, has to wait for rows."""
    if isinstance(node, nodes.Join):
        return any(_is_outside(one) for table in node.tables for one in chain(table.plan))
    return isinstance(node, OUTSIDE_SQL)
