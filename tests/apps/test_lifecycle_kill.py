"""The same with real processes: killed by SIGKILL at every point, killed there again, then taken up."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lifecycle_state import COMMITTED, TRANSITIONS, open_jobs, opened, points_of, prepared, state
from small_app import HotFieldsOnly

HERE = Path(__file__).parent
# Forks a process for each line and tells how it ended; opens nothing itself, so that nothing is inherited.
DRIVER = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lifecycle_state import TRANSITIONS, opened
from small_app import HotFieldsOnly

def work(data, transition, point, orders):
    def reached(at):
        if at == point:
            os.kill(os.getpid(), signal.SIGKILL)
    apps = opened(Path(data), HotFieldsOnly(), reached)
    apps.start()
    if orders == "orders":
        apps.wait(TRANSITIONS[transition][1](apps))
    apps.close()

for line in sys.stdin:
    words = line.rstrip("\\n").split("\\t")
    pid = os.fork()
    if pid == 0:
        work(*words)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Driver:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ended(self, *words: object) -> int:
        """How the process ended that worked on the data directory."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    words = [sys.executable, "-c", DRIVER, str(HERE)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Driver(process)
        assert process.stdin
        process.stdin.close()


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_killed_process_leaves_old_or_new_and_the_next_one_ends_new(tmp_path, driver, transition):
    before, order = TRANSITIONS[transition]
    start, whole = tmp_path / "start", tmp_path / "whole"
    prepared(start, HotFieldsOnly(), before)
    old = state(start)
    shutil.copytree(start, whole)
    apps = opened(whole, HotFieldsOnly())
    apps.run(order(apps))
    new = state(whole)
    assert old != new
    for point in points_of(transition):
        data = tmp_path / point
        shutil.copytree(start, data)
        assert driver.ended(data, transition, point, "orders") == -signal.SIGKILL, point
        assert state(data) == (new if point in COMMITTED else old), point
        # Who takes the job up is killed there, too, where the job still comes by.
        gone = point in ("queued", "ended")
        assert driver.ended(data, transition, point, "takes up") == (0 if gone else -signal.SIGKILL), point
        assert state(data) == (new if gone or point in COMMITTED else old), point
        store = HotFieldsOnly()
        apps = opened(data, store)
        apps.start()
        apps.close()
        assert state(data) == new and open_jobs(data) == [], point
        # The same order once more changes nothing.
        apps = opened(data, store)
        apps.run(order(apps))
        assert state(data) == new and open_jobs(data) == [], point
        shutil.rmtree(data)
