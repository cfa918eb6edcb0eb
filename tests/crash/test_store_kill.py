"""kill -9 of a process that stores: what it was told to be stored is there afterwards, exactly once."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

KILLS = 8
# Stores batches for ever, over several months, four of them on their way; prints a batch's number when it is
# stored. Begins again with the last number that was printed, as a source does that was told no more.
STORE = """
import sys
from pathlib import Path
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import Event
from dohyo.store.writer import GroupWriter
MONTH_MS = 30 * 24 * 3600 * 1000
def event(number):
    raw = '{"id": "%d", "evidence": [{"ip": "10.0.0.%d"}], "text": "%s"}' % (number, number % 256, "x" * 900)
    time_ms = 1_700_000_000_000 + number % 3 * MONTH_MS
    return Event(time_ms, time_ms, number, "cat", "c", "s", "h", "n", {"batch": str(number // 100)}, raw)
store = EmbeddedStore.open(Path(sys.argv[1]))
batch = int(sys.argv[2])
store.set_hot_fields("app", {"id": "id", "ips" if batch % 2 else "ip_list": "evidence[*].ip"})
writer = GroupWriter(store)
waiting = []
while True:
    waiting.append((batch, writer.submit([event(n) for n in range(batch * 100, batch * 100 + 100)])))
    batch += 1
    if len(waiting) == 4:
        number, done = waiting.pop(0)
        done.result()
        print(number, flush=True)
"""
# In a process of its own, as one process opens one store.
PRINT_STORED = """
import json, sys
from pathlib import Path
from dohyo.plan.sqltree import alias, call, column, select, text
from dohyo.store.embedded import EmbeddedStore
import sqlglot.expressions as exp
store = EmbeddedStore.open(Path(sys.argv[1]))
hot = alias(call("tupleElement", column("h_app"), text("id")), "id")
sql = select([column("_messageid"), column("_raw"), hot], exp.to_table("events"))
for row in store.query(sql).to_pylist():
    print(json.dumps(row))
store.close()
"""


def test_acknowledged_events_are_stored_exactly_once_after_kills(tmp_path: Path):
    chance = random.Random(6)
    acknowledged = -1
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", STORE, tmp_path, str(max(acknowledged, 0))],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        for _ in range(chance.randint(1, 6)):
            acknowledged = int(process.stdout.readline())
        time.sleep(chance.uniform(0, 0.1))  # at any moment of an insert
        process.kill()
        acknowledged = max([acknowledged, *map(int, process.stdout.read().splitlines())])
        process.wait()
    shown = subprocess.run(
        [sys.executable, "-c", PRINT_STORED, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    times_stored = Counter(row["_messageid"] for row in rows)
    assert set(times_stored.values()) == {1}
    assert set(range(acknowledged * 100 + 100)) <= set(times_stored)
    assert all(json.loads(row["_raw"])["id"] == row["id"] == str(row["_messageid"]) for row in rows)
