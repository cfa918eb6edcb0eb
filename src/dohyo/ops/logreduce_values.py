"""logreduce values: rows gathered by the values that their fields have together.

After the paper on Squeezer (He, Xu, Deng: "Squeezer: An Efficient Algorithm for Clustering Categorical Data",
2002): one pass, a row joins the cluster whose values it shares most, or opens a new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.ops.budget import in_time
from dohyo.ops.context import CheckContext, known, refuse_twice
from dohyo.ops.operator import Help, Operator, Traits
from dohyo.ops.rows import with_custom_fields
from dohyo.ops.signatures import COUNT, signature_id
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import Aggregate, AggregateCall, Local, Plan, Row
from dohyo.plan.schema import HIDDEN, Field, Schema
from dohyo.plan.types import LONG, TEXT

MOST_KEYS = 100
USUAL_THRESHOLD = 1
_TIMES = f"{HIDDEN}times"
_LEAST_SHARED = 0.5
_MOST_CLUSTERS = 1_000


@dataclass(frozen=True)
class ValuesClause:
    """`threshold`: values of fewer percent of a cluster are not shown."""

    keys: tuple[tree.FieldRef, ...]
    threshold: float


def read_clause(reader: Reader) -> ValuesClause:
    if reader.peek().word == "details":
        message = "logreduce values details needs results of earlier searches, which Dohyo does not keep"
        reader.fail("logreduce-details", message, hints=("filter with where by the values of the cluster",))
    reader.expect_word("on")
    keys = reader.fields()
    threshold: float = USUAL_THRESHOLD
    if reader.option("output_threshold") or reader.word("output_threshold"):
        read = reader.number()
        threshold = read.value
        if not 0 <= threshold <= 100:
            reader.fail("number-range", "a percentage from 0 to 100 is expected here", read.span)
    if len(keys) > MOST_KEYS:
        reader.fail("too-many-fields", f"at most {MOST_KEYS} fields can be looked at", keys[-1].span)
    return ValuesClause(keys, threshold)


def to_plan(clause: ValuesClause, plan: Plan, context: CheckContext) -> Plan:
    """Equal rows are counted first, so many messages become few rows."""
    refuse_twice(clause.keys)
    plan = with_custom_fields(plan, clause.keys)
    keys = [known(plan.schema, name.name, name.span) for name in clause.keys]
    counted = Schema((*keys, Field(_TIMES, LONG)), aggregate=True)
    names = tuple(key.name for key in keys)
    grouped = Aggregate(plan, names, (AggregateCall("count", None, _TIMES, LONG),), counted)
    schema = Schema(
        (Field("_cluster_id", TEXT), Field("_signature", TEXT), Field(COUNT, LONG)), aggregate=True
    )
    return Local(grouped, "logreduce values", _Clustering(names, clause.threshold), schema)


@dataclass
class _Cluster:
    """How often each value is there, for each field."""

    values: list[Counter[str]]
    size: int = 0

    def shared(self, row: Sequence[str]) -> float:
        """The share of its members' values that the row has too, 0 to the number of fields."""
        return sum(held[value] for held, value in zip(self.values, row, strict=True)) / self.size

    def take_in(self, row: Sequence[str], times: int) -> None:
        for held, value in zip(self.values, row, strict=True):
            held[value] += times
        self.size += times


@dataclass(frozen=True)
class _Clustering:
    names: tuple[str, ...]
    threshold: float

    def __call__(self, rows: list[Row], run: RunContext) -> list[Row]:
        """The most frequent combinations first, so that clusters form around them."""
        weighed = [([_shown(row[name]) for name in self.names], int(row[_TIMES] or 0)) for row in rows]
        weighed.sort(key=lambda pair: (-pair[1], pair[0]))
        clusters: list[_Cluster] = []
        for values, times in in_time(weighed, "logreduce values"):
            best = max(clusters, key=lambda one: one.shared(values), default=None)
            enough = _LEAST_SHARED * len(self.names)
            full = len(clusters) >= _MOST_CLUSTERS
            if best is None or (best.shared(values) < enough and not full):
                best = _Cluster([Counter() for _ in self.names])
                clusters.append(best)
            best.take_in(values, times)
        clusters.sort(key=lambda one: -one.size)
        return [self._row(one) for one in clusters]

    def _row(self, cluster: _Cluster) -> Row:
        signature = ", ".join(
            f"{name}={value} ({times}, {100 * times / cluster.size:.3g}%)"
            for name, held in zip(self.names, cluster.values, strict=True)
            for value, times in sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))
            if 100 * times >= self.threshold * cluster.size
        )
        return {"_cluster_id": signature_id(signature), "_signature": signature, COUNT: cluster.size}


def _shown(value: Scalar) -> str:
    return "null" if value is None else any_to_text(value) or ""


LOGREDUCE_VALUES = Operator(
    names=("logreduce values",),
    syntax="logreduce values on <field>[, <field>]... [output_threshold <percent>]",
    parse=read_clause,
    check=to_plan,
    traits=Traits(order="loses", split="gather", live_tail=False),
    help=Help(
        "Gathers rows whose fields have much the same values, and tells how often each value is there.",
        (
            ("field", "fields made before, such as by json"),
            ("output_threshold", "values of fewer percent of a cluster are not shown, 1 unless said"),
        ),
        see=("logreduce", "logreduce keys", "logexplain"),
        example='* | json "a", "b" as a, b nodrop | logreduce values on a, b',
    ),
)
