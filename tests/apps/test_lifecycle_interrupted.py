"""Every transition, interrupted at every point between two writes, once and often, then taken up."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lifecycle_state import COMMITTED, TRANSITIONS, open_jobs, opened, points_of, prepared, state
from small_app import HotFieldsOnly

CASES = [(transition, point) for transition in TRANSITIONS for point in points_of(transition)]


class Killed(BaseException):
    """The process ends here: nothing that is not written is left."""


def killing(at, count=None):
    left = [count]

    def reached(point):
        if point == at and (left[0] is None or left[0] > 0):
            left[0] = None if left[0] is None else left[0] - 1
            raise Killed

    return reached


def killed(apps, order):
    """Gives the order and works on it, in this thread, until the kill."""
    with pytest.raises(Killed):
        apps.run(order(apps))


def taken_up(data, store):
    """Opens everything again, as a start after the kill does, and works off what was left."""
    apps = opened(data, store)
    apps.start()
    apps.close()
    assert open_jobs(data) == []


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """State before and after each transition that nothing interrupts, and the hot fields after it."""
    found = {}
    for transition, (before, order) in TRANSITIONS.items():
        data, store = tmp_path_factory.mktemp("whole"), HotFieldsOnly()
        prepared(data, store, before)
        old, passed = state(data), []
        apps = opened(data, store, passed.append)
        apps.run(order(apps))
        found[transition] = (old, state(data), store.sets)
        assert sorted(passed) == sorted(points_of(transition)) and old != found[transition][1]
    return found


@pytest.mark.parametrize(("transition", "point"), CASES)
def test_interrupted_job_leaves_old_or_new_and_ends_new(tmp_path, wanted, transition, point):
    before, order = TRANSITIONS[transition]
    old, new, hot = wanted[transition]
    store = HotFieldsOnly()
    prepared(tmp_path, store, before)
    killed(opened(tmp_path, store, killing(point)), order)
    assert state(tmp_path) == (new if point in COMMITTED else old)
    taken_up(tmp_path, store)
    assert (state(tmp_path), store.sets) == (new, hot)


@pytest.mark.parametrize(("transition", "point"), CASES)
def test_job_interrupted_again_and_again_ends_new(tmp_path, wanted, transition, point):
    before, order = TRANSITIONS[transition]
    store = HotFieldsOnly()
    prepared(tmp_path, store, before)
    killed(opened(tmp_path, store, killing(point)), order)
    for _ in range(3):
        again = opened(tmp_path, store, killing(point))
        for job_id in open_jobs(tmp_path):
            if point != "queued":
                with pytest.raises(Killed):
                    again.run(job_id)
    taken_up(tmp_path, store)
    assert (state(tmp_path), store.sets) == wanted[transition][1:]


@pytest.mark.parametrize(("transition", "point"), CASES)
def test_order_repeated_after_a_kill_changes_nothing_more(tmp_path, wanted, transition, point):
    before, order = TRANSITIONS[transition]
    store = HotFieldsOnly()
    prepared(tmp_path, store, before)
    killed(opened(tmp_path, store, killing(point)), order)
    taken_up(tmp_path, store)
    apps = opened(tmp_path, store)
    apps.run(order(apps))
    assert (state(tmp_path), store.sets) == wanted[transition][1:] and open_jobs(tmp_path) == []


def test_all_transitions_in_a_row_with_a_kill_in_each_leave_nothing(tmp_path):
    store = HotFieldsOnly()
    prepared(tmp_path, store, None)
    empty = state(tmp_path)
    for transition, point in (
        ("install", "content"), ("upgrade", "fields"), ("downgrade", "before commit"),
        ("upgrade over two", "instance"), ("downgrade", "switched"), ("uninstall", "content"),
    ):  # fmt: skip
        killed(opened(tmp_path, store, killing(point)), TRANSITIONS[transition][1])
        taken_up(tmp_path, store)
    assert (state(tmp_path), store.sets) == (empty, {})
