"""Times operators that run outside the engine, each over 100,000 rows. Fails where one takes longer than 5 s
without saying which limit it met.
"""

from __future__ import annotations

import json
import random
import sys
import time

from rich.console import Console
from rich.table import Table

from dohyo.base.problem import ProblemError
from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext
from dohyo.plan.nodes import LookupTable
from dohyo.plan.types import TEXT
from dohyo.search.searches import Searches
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

ROWS, MOST_S, SLACK_S = 100_000, 5.0, 1.0
END_MS = 1_743_379_200_000
TABLE = "path:///Library/Users/me/teams"
FIELDS = '* | json "id", "user", "status", "address", "n", "site", "said" | '
QUERIES = {
    "compare": "count by id | compare timeshift 1d",
    "fillmissing": "count by site, n | fillmissing values all in site, values all in n",
    "filter": "count by id, user | filter user in (sum(_count) by user | topk(10, _sum))",
    "geoip": "geoip address | count by country_code",
    "join": "join (transactionize user | fields user, id) as a, (where n = 5 | fields user, n) as b "
    "on a.user = b.user | count",
    "json auto": "json auto",
    "logcompare": "logcompare timeshift -24h",
    "logexplain": "logexplain status = 500 on user, site, n",
    "logreduce": "logreduce by site",
    "logreduce keys": "logreduce keys noaggregate | count by _schema",
    "logreduce values": "logreduce values on status, site",
    "logreduce values, 2,000 users": "logreduce values on user, status, site",
    "lookup": f'count by user, n | lookup team from path://"{TABLE[7:]}" on user = user | count by team',
    "merge": 'merge said takeFirst, id join with ","',
    "outlier": "timeslice 1s | count by _timeslice, site | outlier _count by site window=100",
    "parse regex, look-around": 'parse regex field=said "(?<=took )(?<ms>\\d+)(?! s)" | count',
    "parse regex, back-reference": 'parse regex field=said "(?<w>\\w+) \\1" multi nodrop | count by w',
    "predict": "timeslice 1s | count by _timeslice | predict _count by 1s model=ar, forecast=100",
    "sessionize": 'sessionize "\\"user\\": \\"*\\", \\"status\\": 200" as (user), '
    '"\\"user\\": \\"$user\\", \\"status\\": 404*addr" as (x) | count',
    "subquery": 'where [subquery: * | json "user" | count by user | compose user maxresults=10000] | count',
    "trace": 'trace "\\"user\\": \\"(\\w+)\\"" "u5" | count',
    "transaction": 'transaction on user with "*login*" as first, with "*denied*" as second results by flow',
    "transactionize": "transactionize user (merge said takeFirst, id takeLast) | count",
    "transactionize, two fields": "transactionize id, site | count",
    "transpose": "count by id, status | transpose row id column status",
}


def events(count: int) -> list[Event]:
    dice = random.Random(3)
    words = ["login", "logout", "failed", "open", "close", "read", "write", "denied", "error", "timeout"]
    found = []
    for i in range(count):
        said = {
            "id": f"a{i}",
            "user": f"u{dice.randrange(2000)}",
            "status": dice.choice([200, 404, 500]),
            "address": ".".join(str(dice.randrange(1, 223)) for _ in range(4)),
            "n": i % 97,
            "site": f"s{i % 50}",
            "said": f"{dice.choice(words)} {dice.choice(words)} took {dice.randrange(1000)} ms",
        }
        at = END_MS - 1 - 36 * i % 3_599_000
        found.append(Event(at, END_MS, i, "bench", "", "", f"h{i % 20}", "", {}, json.dumps(said)))
    return found


def main() -> int:
    run = RunContext(END_MS, END_MS - 3_600_000, END_MS)
    teams = LookupTable(
        {"user": TEXT, "team": TEXT}, [{"user": f"u{i}", "team": f"t{i % 7}"} for i in range(2000)]
    )
    store = EmbeddedStore.in_memory()
    store.insert(events(ROWS), token="all", may_repeat=False)
    searches = Searches(store, tables={TABLE: teams}.get)
    table = Table("operator", "s", "rows", "limit met", show_edge=False)
    slow = []
    for name, steps in QUERIES.items():
        compiled = compile_query(FIELDS + steps, CompileContext(run, tables={TABLE: teams}.get))
        begun = time.monotonic()
        try:
            rows, limit = f"{len(searches.result(compiled, run).rows):,}", ""
        except ProblemError as refused:
            rows, limit = "", refused.problems[0].message
        took = time.monotonic() - begun
        table.add_row(name, f"{took:.2f}", rows, limit)
        if took > MOST_S + (SLACK_S if limit else 0):
            slow.append(name)
    Console(width=130).print(table)
    print(f"{ROWS:,} rows, limit {MOST_S:g} s: {'missed by ' + ', '.join(slow) if slow else 'met'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
