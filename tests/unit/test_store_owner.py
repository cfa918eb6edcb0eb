"""A data directory has one owner at a time; others find it, or are told its process id."""

import json
import os
import subprocess
import sys

import pytest

from dohyo.base.problem import ProblemError
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.owner import own, running

HOLD = """
import sys
from pathlib import Path
{opening}
print("held", flush=True)
sys.stdin.read()
"""


def other_process(opening: str, folder) -> subprocess.Popen:
    """A process that has opened the folder, until its input ends."""
    script = HOLD.format(opening=opening)
    process = subprocess.Popen(
        [sys.executable, "-c", script, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def test_a_directory_has_one_owner_that_others_find(tmp_path):
    assert running(tmp_path) is None
    with own(tmp_path, "http://127.0.0.1:1") as owner:
        assert running(tmp_path) == owner
        assert (owner.pid, owner.address, len(owner.token)) == (os.getpid(), "http://127.0.0.1:1", 43)
        assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600
        with pytest.raises(ProblemError, match=f"process {owner.pid}, which serves"), own(tmp_path, None):
            pass
    assert running(tmp_path) is None
    assert not (tmp_path / "server.json").exists()


def test_what_a_killed_owner_left_behind_names_nobody(tmp_path):
    opening = "from dohyo.store.owner import own\nheld = own(Path(sys.argv[1]), None)\nheld.__enter__()"
    process = other_process(opening, tmp_path)
    assert json.loads((tmp_path / "server.json").read_text())["pid"] == process.pid
    found = running(tmp_path)
    assert found and found.pid == process.pid
    process.kill()
    process.wait()
    assert running(tmp_path) is None
    with own(tmp_path, None) as owner:
        assert running(tmp_path) == owner


def test_a_store_that_another_process_has_open_is_refused_with_its_id(tmp_path):
    opening = "from dohyo.store.embedded import EmbeddedStore\nstore = EmbeddedStore.open(Path(sys.argv[1]))"
    process = other_process(opening, tmp_path)
    with pytest.raises(ProblemError) as refused:
        EmbeddedStore.open(tmp_path)
    problem = refused.value.problems[0]
    assert (problem.code, str(process.pid) in problem.message) == ("data-in-use", True)
    process.communicate("")
    EmbeddedStore.open(tmp_path).close()
