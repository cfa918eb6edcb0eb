"""Many share the gate, or one is inside alone."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from dohyo.store.gate import Gate


def test_those_that_share_are_inside_together():
    gate, met = Gate(), threading.Barrier(3)

    def enter(_: int) -> None:
        with gate.shared():
            met.wait(10)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(enter, range(3)))


def test_who_is_alone_meets_nobody():
    gate, inside, met, guard = Gate(), [], [], threading.Lock()

    def enter(number: int) -> None:
        is_alone = number % 3 == 0
        with gate.alone() if is_alone else gate.shared():
            with guard:
                inside.append(is_alone)
                met.append(any(inside) and len(inside) > 1)
            time.sleep(random.random() / 500)
            with guard:
                inside.remove(is_alone)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(120)))
    assert len(met) == 120 and not any(met)


def test_who_waits_to_be_alone_goes_before_those_that_come_later():
    gate, order, came = Gate(), [], threading.Event()

    def alone() -> None:
        came.set()
        with gate.alone():
            order.append("alone")

    def later() -> None:
        with gate.shared():
            order.append("shared")

    threads = [threading.Thread(target=alone), threading.Thread(target=later)]
    with gate.shared():
        threads[0].start()
        assert came.wait(10)
        while not gate._alone:
            time.sleep(0.001)
        threads[1].start()
        threads[1].join(0.05)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == ["alone", "shared"]


def test_an_error_inside_leaves_the_gate_open():
    gate = Gate()
    for way in (gate.shared, gate.alone):
        try:
            with way():
                raise ValueError
        except ValueError:
            pass
    with gate.alone():
        pass
