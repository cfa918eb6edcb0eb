"""Times reading and compiling of every published query, nothing kept from one to the next.

Read and checked: text to plan. Printed: the first statement of the plan to SQL. A query counts with both;
those that are refused count with the time until they are. Times are of the processor, so that other work
beside it does not count. Fails above the limits.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from corpus_queries import published  # noqa: E402

from dohyo.base.problem import ProblemError  # noqa: E402
from dohyo.compile import CompileContext, compile_query  # noqa: E402
from dohyo.functions.table import RunContext, all_functions  # noqa: E402
from dohyo.ops.operator import operators  # noqa: E402
from dohyo.ops.subquery import resolved  # noqa: E402
from dohyo.plan.nodes import chain  # noqa: E402
from dohyo.plan.sqltree import printed  # noqa: E402
from dohyo.search.explain import sql_part  # noqa: E402
from dohyo.sql.query import plan_to_sql  # noqa: E402

MEDIAN_LIMIT_MS, P99_LIMIT_MS = 5, 40
RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)
console = Console(width=120)


@dataclass(frozen=True)
class Timed:
    id: str
    read_ms: float
    print_ms: float
    refused: bool

    @property
    def both_ms(self) -> float:
        return self.read_ms + self.print_ms


def timed(query_id: str, text: str) -> Timed:
    begun = time.process_time()
    try:
        plan = compile_query(text, CompileContext(RUN)).plan
    except ProblemError:
        return Timed(query_id, 1000 * (time.process_time() - begun), 0, True)
    read = time.process_time()
    part = sql_part(chain(resolved(plan, lambda query: [], RUN)))
    if part is not None:
        printed(plan_to_sql(part, RUN))
    return Timed(query_id, 1000 * (read - begun), 1000 * (time.process_time() - read), False)


def at(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="every fifth query")
    step = 5 if parser.parse_args().short else 1
    operators(), all_functions()  # loaded once a process
    texts = published()[::step]
    timed(texts[0].id, texts[0].text)
    results = [timed(one.id, one.text) for one in texts]
    table = Table("ms", "median", "90 %", "99 %", "most", show_edge=False)
    for name in ("read_ms", "print_ms", "both_ms"):
        values = [getattr(one, name) for one in results]
        shown = (
            f"{value:.2f}" for value in (at(values, 0.5), at(values, 0.9), at(values, 0.99), max(values))
        )
        table.add_row({"read_ms": "read and checked", "print_ms": "printed", "both_ms": "both"}[name], *shown)
    console.print(table)
    slowest = sorted(results, key=lambda one: -one.both_ms)[:3]
    refused = sum(one.refused for one in results)
    console.print(
        f"{len(results):,} queries, {refused} refused; slowest {', '.join(one.id for one in slowest)}"
    )
    both = [one.both_ms for one in results]
    good = at(both, 0.5) < MEDIAN_LIMIT_MS and at(both, 0.99) < P99_LIMIT_MS
    console.print(
        f"limits: median {MEDIAN_LIMIT_MS} ms, 99 % {P99_LIMIT_MS} ms: {'met' if good else 'missed'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
