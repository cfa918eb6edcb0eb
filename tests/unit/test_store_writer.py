"""Group commit: many writers share an insert, and each hears of its own."""

import errno
import os
import shutil
import threading
from concurrent.futures import Future

import pytest
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.sqltree import column, select
from dohyo.store import writer as writers
from dohyo.store.disk import Disk
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.event import LATEST_MS, Event, InsertResult
from dohyo.store.writer import GroupWriter


def event(number: int, raw: str = "m", time_ms: int = 1_700_000_000_000) -> Event:
    return Event(time_ms, 0, number, "cat", "c", "s", "h", "n", {}, raw)


@pytest.fixture
def store():
    store = EmbeddedStore.in_memory()
    yield store
    store.close()


class SlowStore:
    """Inserts when it is let; remembers how many batches came together."""

    def __init__(self) -> None:
        self.together: list[int] = []
        self.looked_for: list[bool] = []
        self.go_on = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)

    def insert_together(self, batches, *, token: str, may_repeat: bool) -> list[InsertResult]:
        self.begun.release()
        assert self.go_on.acquire(timeout=10)
        self.together.append(len(batches))
        self.looked_for.append(may_repeat)
        return [InsertResult(len(batch), 0) for batch in batches]


def test_writers_share_an_insert_and_hear_their_own_counts(store):
    writer = GroupWriter(store)
    store.insert([event(1)], token="0", may_repeat=False)
    futures = [writer.submit([event(1), event(2)]), writer.submit([event(2), event(3)]), writer.submit([])]
    assert [future.result(10) for future in futures] == [
        InsertResult(1, 1),
        InsertResult(1, 1),
        InsertResult(0, 0),
    ]
    writer.close()
    ids = store.query(select([column("_messageid")], exp.to_table("events"))).column(0).to_pylist()
    assert sorted(ids) == [1, 2, 3]


def test_batches_that_come_during_an_insert_are_written_together(monkeypatch):
    monkeypatch.setattr(writers, "GATHER_S", 1.0)  # a slow machine submits all of them within it
    store = SlowStore()
    writer = GroupWriter(store)
    first = writer.submit([event(1)])
    assert store.begun.acquire(timeout=10)
    later = [writer.submit([event(number)]) for number in (2, 3, 4)]
    store.go_on.release(2)
    assert [future.result(10) for future in (first, *later)] == [InsertResult(1, 0)] * 4
    writer.close()
    assert store.together == [1, 3]


def test_an_insert_begins_while_another_waits_for_the_disk():
    store = SlowStore()
    writer = GroupWriter(store)
    futures = []
    for number in (1, 2):
        futures.append(writer.submit([event(number)], may_repeat=False))
        assert store.begun.acquire(timeout=10), "though no insert has ended"
    store.go_on.release(2)
    assert [future.result(10) for future in futures] == [InsertResult(1, 0)] * 2
    writer.close()
    assert store.looked_for == [False, False]


def test_row_keys_are_looked_for_where_one_batch_may_repeat(monkeypatch):
    monkeypatch.setattr(writers, "GATHER_S", 1.0)  # a slow machine submits all of them within it
    store = SlowStore()
    writer = GroupWriter(store)
    first = writer.submit([event(1)], may_repeat=False)
    assert store.begun.acquire(timeout=10)
    later = [writer.submit([event(2)], may_repeat=False), writer.submit([event(3)])]
    store.go_on.release(2)
    for future in (first, *later):
        future.result(10)
    writer.close()
    assert sorted(store.looked_for) == [False, True]


def test_new_row_keys_are_looked_for_after_an_insert_failed_half_way(store, monkeypatch):
    """What was stored before the failure is not stored again."""
    writer = GroupWriter(store)
    whole = store.insert_together

    def fails(batches, *, token: str, may_repeat: bool) -> list[InsertResult]:
        if not may_repeat:
            whole(batches[:1], token=token, may_repeat=False)
            raise ProblemError([Problem("store-failed", "the store could not write")])
        return whole(batches, token=token, may_repeat=may_repeat)

    monkeypatch.setattr(store, "insert_together", fails)
    batches = [writers._Batch([event(number)], 1, False) for number in (1, 2)]
    writer._write(batches)
    assert [batch.done.result(10) for batch in batches] == [InsertResult(0, 1), InsertResult(1, 0)]
    writer.close()


def test_a_wrong_batch_does_not_take_others_with_it(store):
    writer = GroupWriter(store)
    good, wrong = writer.submit([event(1)]), writer.submit([event(2, time_ms=LATEST_MS + 1)])
    assert good.result(10) == InsertResult(1, 0)
    with pytest.raises(ProblemError) as refused:
        wrong.result(10)
    assert refused.value.problems[0].code == "time-outside-store"
    writer.close()


def test_a_batch_given_up_before_its_insert_is_not_written(monkeypatch):
    monkeypatch.setattr(writers, "GATHER_S", 1.0)  # a slow machine submits all of them within it
    store = SlowStore()
    writer = GroupWriter(store)
    first = writer.submit([event(1)])
    assert store.begun.acquire(timeout=10)
    given_up, last = writer.submit([event(2)]), writer.submit([event(3)])
    assert given_up.cancel()
    store.go_on.release(2)
    assert (first.result(10), last.result(10)) == (InsertResult(1, 0), InsertResult(1, 0))
    writer.close()
    assert store.together == [1, 1]


def test_a_fast_writer_waits_while_too_much_is_not_yet_on_disk(monkeypatch):
    monkeypatch.setattr(writers, "MOST_WAITING_BYTES", 10)
    store = SlowStore()
    writer = GroupWriter(store)
    writer.submit([event(1, "x" * 20)])
    assert store.begun.acquire(timeout=10) and writer.is_behind()
    submitted: list[Future] = []
    second = threading.Thread(target=lambda: submitted.append(writer.submit([event(2)])))
    second.start()
    second.join(0.1)
    assert second.is_alive() and submitted == []
    store.go_on.release(2)
    second.join(10)
    assert submitted[0].result(10) == InsertResult(1, 0)
    assert not writer.is_behind()
    writer.close()


def test_closing_writes_what_was_submitted_and_then_refuses(store):
    writer = GroupWriter(store)
    futures = [writer.submit([event(number)]) for number in range(20)]
    writer.close()
    assert [future.result(0) for future in futures] == [InsertResult(1, 0)] * 20
    with pytest.raises(ProblemError) as refused:
        writer.submit([event(21)])
    assert refused.value.problems[0].code == "store-closing"


class FailingStore(SlowStore):
    """Refuses until it is mended."""

    mended = False

    def insert_together(self, batches, *, token: str, may_repeat: bool) -> list[InsertResult]:
        if not self.mended:
            raise ProblemError([Problem("store-failed", "the store could not write")])
        return [InsertResult(len(batch), 0) for batch in batches]


def test_a_disk_with_too_little_space_takes_nothing_until_there_is_room(tmp_path):
    store, room = FailingStore(), shutil.disk_usage(tmp_path).free
    store.mended = True
    disk = Disk(tmp_path, reserve_bytes=2 * room)
    writer = GroupWriter(store, disk=disk)
    with pytest.raises(ProblemError) as refused:
        writer.insert([event(1)])
    assert (refused.value.problems[0].code, writer.trouble().code) == ("disk-full", "disk-full")
    disk._reserve_bytes = 0
    disk.suspect()
    assert writer.insert([event(1)]) == InsertResult(1, 0)
    assert writer.trouble() is None
    writer.close()


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk-full"), (errno.EROFS, "disk-read-only"), (errno.EIO, "disk-failing")],
)
def test_a_failed_write_is_told_by_what_the_disk_says_and_recovers(tmp_path, monkeypatch, number, code):
    store = FailingStore()
    disk = Disk(tmp_path, reserve_bytes=0)
    writer = GroupWriter(store, disk=disk)

    def refused(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refused)
        with pytest.raises(ProblemError) as told:
            writer.insert([event(1)])
        assert told.value.problems[0].code == code
        assert writer.trouble().code == code
    disk.suspect()
    with pytest.raises(ProblemError) as told:
        writer.insert([event(1)])
    assert told.value.problems[0].code == "store-failed", "the disk is well, the store is not"
    store.mended = True
    assert writer.insert([event(1)]) == InsertResult(1, 0)
    writer.close()
