"""The same with real processes: one is killed by SIGKILL at every point, the next one takes its job up."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lifecycle_state import COMMITTED, TRANSITIONS, open_jobs, opened, points_of, prepared, state
from small_app import HotFieldsOnly

HERE = Path(__file__).parent
CHOSEN = ("install with a source", "upgrade", "uninstall")
CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lifecycle_state import TRANSITIONS, opened
from small_app import HotFieldsOnly

def reached(point):
    if point == sys.argv[4]:
        os.kill(os.getpid(), signal.SIGKILL)

apps = opened(Path(sys.argv[2]), HotFieldsOnly(), reached)
apps.start()
apps.wait(TRANSITIONS[sys.argv[3]][1](apps))
"""


@pytest.mark.parametrize("transition", CHOSEN)
def test_killed_process_leaves_old_or_new_and_the_next_one_ends_new(tmp_path, transition):
    before, order = TRANSITIONS[transition]
    whole, store = tmp_path / "whole", HotFieldsOnly()
    prepared(whole, store, before)
    old = state(whole)
    apps = opened(whole, store)
    apps.run(order(apps))
    new = state(whole)
    for point in points_of(transition):
        data, store = tmp_path / point, HotFieldsOnly()
        prepared(data, store, before)
        words = [sys.executable, "-c", CHILD, str(HERE), str(data), transition, point]
        assert subprocess.run(words, timeout=60).returncode == -signal.SIGKILL
        assert state(data) == (new if point in COMMITTED else old), point
        apps = opened(data, store)
        apps.start()
        apps.close()
        assert state(data) == new and open_jobs(data) == [], point
