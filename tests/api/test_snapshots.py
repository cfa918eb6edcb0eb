"""A backup taken while the server runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dohyo.upkeep.backup import write_backup

from .test_uploads import source  # noqa: F401

SNAPSHOTS = "/api/dohyo/v1/snapshots"


def test_a_snapshot_of_a_running_server_becomes_a_backup(local, administrator, source, tmp_path):  # noqa: F811
    web = source(category="snapshots/in")
    web.send("one\ntwo")
    made = local.post(SNAPSHOTS).json()
    web.send("three")
    backup = write_backup(Path(made["path"]), made["messages"], tmp_path / "backup")
    assert local.delete(f"{SNAPSHOTS}/{made['name']}").status_code == 204
    assert not Path(made["path"]).exists()
    assert local.delete(f"{SNAPSHOTS}/{made['name']}").status_code == 404
    assert "metadata.sqlite" in backup.files and "secret.key" in backup.files
    dohyo = Path(sys.executable).with_name("dohyo")
    words = ["restore", str(tmp_path / "backup"), "--data", str(tmp_path / "data")]
    subprocess.run([dohyo, *words], check=True, capture_output=True)
    query = ["query", "--csv", "--data", str(tmp_path / "data"), "_sourceCategory=snapshots/in | count"]
    done = subprocess.run([dohyo, *query], check=True, capture_output=True, text=True)
    assert done.stdout == "_count\n2\n"
    assert len(web.texts()) == 3, "the server goes on"


def test_only_the_command_line_of_this_machine_takes_snapshots(administrator):
    assert administrator.post(SNAPSHOTS).status_code == 403
