"""Evaluates typed expressions in the reference implementation and in chDB.

chDB runs in a process of its own: a process can open it for one place only, which may be another test's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import count

import sqlglot.expressions as exp

from dohyo.functions.table import RunContext, function_named
from dohyo.lang.parse import parse_query
from dohyo.ops.context import CheckContext
from dohyo.ops.expressions import checked
from dohyo.plan.expr import Expr, Lit, Ref, Scalar
from dohyo.plan.schema import Field, Schema
from dohyo.plan.sqltree import Sql, call, plain, printed, text
from dohyo.sql.expressions import SQL_TYPES, literal_sql, named
from dohyo.sql.relation import Relation

RUN = RunContext(now_ms=1_700_000_000_000, start_ms=1_699_900_000_000, end_ms=1_700_000_000_000)
_ENGINE = """
import sys, json, chdb
connection = chdb.connect(":memory:")
for line in sys.stdin:
    try:
        answer = connection.query(json.loads(line), "JSONCompactEachRow").bytes().decode()
        print(json.dumps({"rows": [json.loads(row) for row in answer.split("\\n") if row]}), flush=True)
    except Exception as error:
        print(json.dumps({"error": str(error)}), flush=True)
"""
SETTINGS = (
    " SETTINGS output_format_json_quote_64bit_integers=0, output_format_json_quote_denormals=1,"
    " output_format_json_escape_forward_slashes=0"
)


class ChDb:
    """One chDB process; `rows(sql)` gives its answer."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ENGINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def rows(self, sql: str) -> list[list[Scalar]]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(sql + SETTINGS) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, f"{answer.get('error')}\n{sql}"
        return answer["rows"]

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def expression(source: str, fields: Sequence[Field] = ()) -> Expr:
    """The typed expression of a text that may name the fields."""
    from dohyo.ops.operator import operators

    class Statement:
        names = ("as",)

        @staticmethod
        def parse(reader):  # type: ignore[no-untyped-def]
            return reader.expr()

    tree, problems = parse_query(f"* | ({source})", {**operators(), "as": Statement})
    assert tree is not None, problems
    return checked(tree.steps[0].clause, Schema(tuple(fields), aggregate=True), CheckContext(RUN))


def reference(node: Expr, row: dict[str, Scalar] | None = None) -> Scalar:
    """Value of the expression by the reference implementations."""
    if isinstance(node, Lit):
        return node.value
    if isinstance(node, Ref):
        return (row or {})[node.name]
    function = function_named(node.function)
    assert function is not None
    args = [reference(arg, row) for arg in node.args]
    if function.nulls != "handles" and None in args:
        return None if function.nulls == "null" else False
    return function.rows(*([RUN] if function.needs_context else []), *args)


def select(nodes: Sequence[Expr]) -> str:
    """One row with the value of each expression."""
    return _select(nodes, [], exp.Table(this=call("values", text("nothing Int8"), plain(0))))


def select_rows(node: Expr, fields: Sequence[Field], rows: Sequence[Sequence[Scalar]]) -> str:
    """One row a row, with the expression's value; the fields are nullable, as a search has them."""
    types = ", ".join(f"{f.name} Nullable({SQL_TYPES[f.type]})" for f in fields)
    values = [[literal_sql(Lit(v, f.type)) for v, f in zip(row, fields, strict=True)] for row in rows]
    shown = [call("tuple", *row) if len(row) > 1 else row[0] for row in values]
    return _select([node], fields, exp.Table(this=call("values", text(types), *shown)))


def _select(nodes: Sequence[Expr], fields: Sequence[Field], source: Sql) -> str:
    names = [f.name for f in fields]
    relation = Relation(source, count(), names)
    relation.set_fields(names, {name: name for name in names})
    made = [named(node, relation, RUN) for node in nodes]
    outputs = [f"out{i}" for i in range(len(made))]
    relation.set_fields(outputs, dict(zip(outputs, made, strict=True)))
    relation.close()
    return printed(relation.select([relation.field(name) for name in outputs]))


def same(a: Scalar, b: Scalar) -> bool:
    """Whether the two engines agree; doubles up to their last digits, infinities as JSON spells them."""
    if isinstance(a, float) or isinstance(b, float):
        try:
            x, y = float(a), float(b)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return a == b
        return x == y or (x != x and y != y) or abs(x - y) <= 1e-9 * max(abs(x), abs(y))
    return type(a) is type(b) and a == b
