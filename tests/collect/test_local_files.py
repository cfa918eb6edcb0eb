"""LocalFile sources: followed, rotated, emptied, restarted; every line once."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import time
from pathlib import Path

import pytest
from tests.collect.log_sources import KeptEvents, running

from dohyo.collect import local_files
from dohyo.collect.file_tail import Tail, new_place
from dohyo.collect.local_files import LocalFileSettings
from dohyo.collect.refusals import Refused


@pytest.fixture
def logs(tmp_path, monkeypatch) -> Path:
    """A folder that sources may read, looked at all the time."""
    folder = tmp_path / "logs"
    folder.mkdir()
    monkeypatch.setenv(local_files.FOLDERS_VARIABLE, str(folder))
    monkeypatch.setattr(local_files, "POLL_S", 0.01)
    monkeypatch.setattr(local_files, "LOOK_EVERY_MS", 20)
    monkeypatch.setattr(local_files, "IDLE_MS", 100)
    return folder


def body(logs: Path, pattern: str = "*.log", **settings) -> dict:
    return {"sourceType": "LocalFile", "name": "in", "pathExpression": f"{logs}/{pattern}", **settings}


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


EACH_LINE = {"multilineProcessingEnabled": False}


def test_what_is_there_and_what_is_appended_arrives_with_its_file_name(logs, tmp_path):
    first, second = logs / "a.log", logs / "sub" / "b.log"
    second.parent.mkdir()
    first.write_text("2026-11-24T10:00:00Z one\n more\n2026-11-24T10:00:01Z two\n")
    with running(tmp_path / "data", body(logs, "**/*.log", category="host/x")) as run:
        run.wait_for(lambda: len(run.kept.events) == 2)
        second.write_text("2026-11-24T10:00:02Z three")
        run.wait_for(lambda: len(run.kept.events) == 3)
        append(second, "\n2026-11-24T10:00:03Z four\n")
        run.wait_for(lambda: len(run.kept.events) == 4)
        found = {event.raw: event for event in run.kept.events.values()}
    assert set(found) == {
        "2026-11-24T10:00:00Z one\n more",
        "2026-11-24T10:00:01Z two",
        "2026-11-24T10:00:02Z three",
        "2026-11-24T10:00:03Z four",
    }
    assert {(event.sourcename, event.sourcecategory) for event in found.values()} == {
        (str(first), "host/x"),
        (str(second), "host/x"),
    }
    assert found["2026-11-24T10:00:03Z four"].messagetime_ms == 1_795_514_403_000


def test_equal_lines_all_stay(logs, tmp_path):
    (logs / "a.log").write_text("x\nx\n\nx\n")
    with running(tmp_path / "data", body(logs, **EACH_LINE)) as run:
        run.wait_for(lambda: run.kept.texts() == ["x"] * 3)


def test_renamed_file_is_read_to_its_end_and_its_successor_from_the_start(logs, tmp_path):
    path = logs / "a.log"
    path.write_text("1\n")
    with running(tmp_path / "data", body(logs, **EACH_LINE)) as run:
        run.wait_for(lambda: run.kept.texts() == ["1"])
        with path.open("a") as writer:
            path.rename(logs / "a.log.1")
            path.write_text("3\n")
            writer.write("2\n")
        run.wait_for(lambda: sorted(run.kept.texts()) == ["1", "2", "3"])


def test_file_renamed_to_another_matching_name_is_not_read_again(logs, tmp_path):
    path = logs / "a.log"
    path.write_text("1\n")
    with running(tmp_path / "data", body(logs, "a.log*", **EACH_LINE)) as run:
        run.wait_for(lambda: run.kept.texts() == ["1"])
        path.rename(logs / "a.log.1")
        append(logs / "a.log.1", "2\n")
        path.write_text("3\n")
        run.wait_for(lambda: len(run.kept.events) == 3)
        time.sleep(0.3)  # long enough for files that left to be closed
        append(path, "4\n")
        run.wait_for(lambda: len(run.kept.events) >= 4)
    assert sorted(run.kept.texts()) == ["1", "2", "3", "4"]


def test_emptied_file_begins_anew_even_with_the_same_lines(logs, tmp_path):
    path = logs / "a.log"
    path.write_text("1\n2\n3\n")
    with running(tmp_path / "data", body(logs, **EACH_LINE)) as run:
        run.wait_for(lambda: run.kept.texts() == ["1", "2", "3"])
        os.truncate(path, 0)
        append(path, "1\n")
        run.wait_for(lambda: run.kept.texts() == ["1", "2", "3", "1"])
        shutil.copyfile(path, logs / "copy")
        with path.open("r+") as file:  # emptied and longer again between two looks
            file.truncate()
            file.write("another\nand more\n")
        run.wait_for(lambda: run.kept.texts()[4:] == ["another", "and more"])


def test_restart_goes_on_where_it_was_also_in_a_file_renamed_meanwhile(logs, tmp_path):
    path, kept = logs / "a.log", KeptEvents()
    path.write_text("1\n2\n")
    with running(tmp_path / "data", body(logs, **EACH_LINE), kept) as run:
        run.wait_for(lambda: kept.texts() == ["1", "2"])
    append(path, "3\n")
    path.rename(logs / "a.log.1")
    path.write_text("4\n")
    with running(tmp_path / "data", body(logs, **EACH_LINE), kept) as run:
        run.wait_for(lambda: sorted(kept.texts()) == ["1", "2", "3", "4"])


def test_last_line_without_its_end_arrives_and_its_rest_is_a_message_of_its_own(logs, tmp_path):
    path = logs / "a.log"
    path.write_text("2026-11-24T10:00:00Z one\n no end")
    with running(tmp_path / "data", body(logs)) as run:
        run.wait_for(lambda: run.kept.texts() == ["2026-11-24T10:00:00Z one\n no end"])
        append(path, " of it\n2026-11-24T10:00:01Z two\n")
        run.wait_for(lambda: len(run.kept.events) == 3)
    assert run.kept.texts()[1:] == [" of it", "2026-11-24T10:00:01Z two"]


def test_file_without_right_of_reading_or_packed_is_named(logs, tmp_path):
    (logs / "a.log").write_bytes(gzip.compress(b"x"))
    with running(tmp_path / "data", body(logs)) as run:
        run.wait_for(lambda: run.overview()["health"] == "warning")
        assert run.overview()["message"] == f"not read: {logs}/a.log is packed"
    assert run.kept.texts() == []


def test_link_out_of_the_allowed_folders_is_not_followed(logs, tmp_path):
    secret = tmp_path / "secret.key"
    secret.write_text("secret\n")
    (logs / "a.log").symlink_to(secret)
    with running(tmp_path / "data", body(logs)) as run:
        run.wait_for(lambda: "leads out of the folders" in (run.overview()["message"] or ""))
    assert run.kept.texts() == []


def test_denied_old_and_special_files_are_left_out(logs, tmp_path):
    for name in ("a.log", "b.log", "old.log"):
        (logs / name).write_text(f"{name}\n")
    os.utime(logs / "old.log", (1_000_000_000, 1_000_000_000))
    os.mkfifo(logs / "pipe.log")
    settings = {"denylist": [f"{logs}/b*"], "cutoffRelativeTime": "-1d"}
    with running(tmp_path / "data", body(logs, **settings)) as run:
        run.wait_for(lambda: run.kept.texts() == ["a.log"])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pathExpression": "/etc/*"}, "files are read below"),
        ({"pathExpression": "relative/*.log"}, "files are read below"),
        ({"pathExpression": "/var/log/../../etc/passwd"}, "files are read below"),
        ({"encoding": "UTF-16"}, "cannot be followed"),
    ],
)
def test_wrong_setting_is_refused(logs, tmp_path, settings, words):
    with pytest.raises(Refused, match=words), running(tmp_path / "data", body(logs) | settings):
        pass


class Killed(Exception):
    pass


@pytest.mark.parametrize("seed", range(4))
def test_store_that_fails_and_restarts_at_any_moment_lose_and_double_nothing(logs, tmp_path, seed):
    """The store may have taken what it says it did not; the process may end after any batch."""
    chance = random.Random(seed)
    path, kept = logs / "a.log", KeptEvents()
    written: list[str] = []

    def write(count: int) -> None:
        for _ in range(count):
            stamp = f"2026-11-24T10:00:00Z {len(written)}"
            text = chance.choice([stamp, f"{stamp}\n trace\n  more", f'{{\n"n": {len(written)}\n}}'])
            append(path, text + "\n")
            written.append(text)

    for round_number in range(6):
        write(chance.randint(0, 5))
        with running(tmp_path / "data", body(logs), kept) as run:
            write(chance.randint(0, 5))
            if chance.random() < 0.7:
                kept.keeps_before_failing = chance.random() < 0.5
                kept.failure = OSError("no")
                time.sleep(chance.uniform(0, 0.15))
                kept.failure = None
            time.sleep(chance.uniform(0, 0.15))
        if chance.random() < 0.4 and path.exists():
            path.rename(logs / f"a.log.{round_number}")
    with running(tmp_path / "data", body(logs), kept) as run:
        run.wait_for(lambda: len(kept.events) >= len(written))
    assert sorted(kept.texts()) == sorted(written)


def test_endless_line_comes_in_parts_in_bounded_memory(logs, tmp_path):
    path = logs / "a.log"
    path.write_bytes(b"\xc3\xa9" * 2_000_000)
    settings = LocalFileSettings(name="x", pathExpression=str(path), multilineProcessingEnabled=False)
    tail = Tail(path, new_place(str(path)), settings)
    parts = []
    for _ in range(10):
        parts += tail.read()
        assert len(tail._rest) <= 1024 * 1024
    parts += tail.end()
    tail.close()
    assert "".join(part.text for part in parts) == "é" * 2_000_000
    assert [(part.at, part.part) for part in parts] == [(0, number) for number in range(1, len(parts) + 1)]
    assert max(len(part.text.encode()) for part in parts) <= 1024 * 1024
