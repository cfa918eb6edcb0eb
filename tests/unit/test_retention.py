from contextlib import closing

import sqlglot.expressions as exp

from dohyo.collect.partitions import Partitions
from dohyo.collect.retention import DAY_MS, Retention
from dohyo.metadata.db import open_metadata
from dohyo.plan.sqltree import column, select
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event

NOW = 1_795_600_000_000


def event(number: int, days: int, view: str) -> Event:
    time_ms = NOW - days * DAY_MS
    return Event(time_ms, NOW, number, "c", "o", "s", "h", "n", {}, f"{view or 'default'} {days}", view)


def test_each_partition_forgets_what_is_older_than_it_keeps(tmp_path):
    partitions = Partitions(open_metadata(tmp_path))
    partitions.create({"name": "short", "routingExpression": "a", "retentionPeriod": 7}, "0" * 16)
    partitions.create({"name": "long", "routingExpression": "b"}, "0" * 16)
    events = [
        event(n, days, view)
        for n, (days, view) in enumerate([(6, "short"), (8, "short"), (400, "long"), (400, "")])
    ]
    with closing(EmbeddedStore.in_memory()) as store:
        store.insert(events, token="t", may_repeat=False)
        kept = Retention(partitions, store, lambda: NOW)
        assert kept.forget_old() == 1
        rows = store.query(select([column("_raw")], exp.to_table("events"))).column(0).to_pylist()
        assert sorted(rows) == ["default 400", "long 400", "short 6"]
        default = partitions.all()[0]
        partitions.replace(default.id, {"retentionPeriod": 30}, "0" * 16)
        assert kept.forget_old() == 1 and kept.forget_old() == 0
