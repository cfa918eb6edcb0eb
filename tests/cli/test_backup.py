"""`dohyo backup`, `dohyo restore`, `dohyo doctor` on data directories of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

DOHYO = Path(sys.executable).with_name("dohyo")
LINES = [f'{{"id": {n}, "createdDateTime": "2026-11-25T07:00:{n:02}Z"}}' for n in range(50)]


def dohyo(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DOHYO, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


def ids(data: Path) -> list[str]:
    query = '* | json "id" as id | fields id'
    done = dohyo("query", "--json", "--from", "2026-01-01T00:00:00Z", "--data", data, query)
    assert done.returncode == 0, done.stderr
    return sorted(str(json.loads(line)["id"]) for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data directory with messages and a key, and a backup of it."""
    folder = tmp_path_factory.mktemp("backup")
    (folder / "in.ndjson").write_text("\n".join(LINES))
    imported = dohyo("import", folder / "in.ndjson", "--category", "a/b", "--data", folder / "data")
    assert imported.returncode == 0, imported.stderr
    done = dohyo("backup", folder / "backup", "--data", folder / "data")
    assert done.returncode == 0, done.stderr
    assert "50 messages" in done.stdout
    assert not list((folder / "data" / "snapshots").iterdir())
    return folder


def test_a_restored_directory_has_everything_and_takes_more(made, tmp_path):
    assert dohyo("restore", made / "backup", "--check").returncode == 0
    assert dohyo("restore", made / "backup", "--data", tmp_path / "data").returncode == 0
    assert ids(tmp_path / "data") == sorted(map(str, range(50)))
    again = dohyo("import", made / "in.ndjson", "--category", "a/b", "--data", tmp_path / "data")
    assert "0 stored, 50 repeated" in again.stdout + again.stderr
    assert dohyo("doctor", "--data", tmp_path / "data").returncode == 0


def test_what_is_there_is_kept_unless_it_is_moved_aside(made, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine").write_text("x")
    refused = dohyo("restore", made / "backup", "--data", tmp_path / "data")
    assert (refused.returncode, "restore-place" in refused.stderr) == (1, True)
    done = dohyo("restore", made / "backup", "--data", tmp_path / "data", "--replace")
    assert done.returncode == 0, done.stderr
    (aside,) = tmp_path.glob("data.before-*")
    assert (aside / "mine").read_text() == "x"


@pytest.mark.parametrize("harm", ["changed", "missing", "unfinished", "outside"])
def test_a_damaged_backup_is_refused_before_anything_is_written(made, tmp_path, harm):
    folder = tmp_path / "backup"
    subprocess.run(["cp", "-a", made / "backup", folder], check=True)
    manifest = folder / "backup.json"
    victim = next(folder.rglob("data.packed"))  # a part of the store
    if harm == "changed":
        first, *rest = victim.read_bytes()
        victim.write_bytes(bytes([first ^ 1, *rest]))
    elif harm == "missing":
        victim.unlink()
    elif harm == "unfinished":
        manifest.unlink()
    else:
        found = json.loads(manifest.read_text())
        found["links"]["events/away"] = "../../../etc"
        manifest.write_text(json.dumps(found))
    refused = dohyo("restore", folder, "--data", tmp_path / "data")
    assert (refused.returncode, "backup-" in refused.stderr) == (1, True)
    assert not (tmp_path / "data").exists()


def test_the_doctor_names_what_is_damaged(made, tmp_path):
    assert dohyo("doctor", "--data", tmp_path / "nothing").returncode == 1
    subprocess.run(["cp", "-a", made / "data", tmp_path / "data"], check=True)
    part = next((tmp_path / "data/events/store").rglob("data.packed"))
    held = part.read_bytes()
    middle = len(held) // 2
    part.write_bytes(
        held[:middle] + bytes(one ^ 255 for one in held[middle : middle + 40]) + held[middle + 40 :]
    )
    done = dohyo("doctor", "--data", tmp_path / "data")
    assert (done.returncode, "parts are damaged" in done.stdout) == (1, True), done.stdout + done.stderr
