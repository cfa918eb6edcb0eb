"""`dohyo query` over files, without a server or a store."""

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

DOHYO = Path(sys.executable).with_name("dohyo")
LINES = [
    '{"createdDateTime":"2026-11-25T07:00:00.1234567Z","severity":"high","title":"one"}',
    '{"createdDateTime":"2026-11-25T07:00:02Z","severity":"low","title":"two"}',
    '{"createdDateTime":"2026-11-25T07:00:01Z","severity":"high","title":"three ſ"}',
]
BY_SEVERITY = '* | json "severity" | count by severity'
HIGH_LOW = [{"severity": "high", "_count": 2}, {"severity": "low", "_count": 1}]


def dohyo(*options, given=b""):
    command = [DOHYO, "query", *map(str, options)]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def rows(*options, given=b""):
    done = dohyo("--json", *options, given=given)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def alerts(tmp_path):
    file = tmp_path / "alerts.ndjson"
    file.write_text("\n".join(LINES) + "\n\n")
    return file


def test_lines_are_grouped_in_whatever_packing_they_come(alerts, tmp_path):
    content = alerts.read_bytes()
    packed, unnamed, zst = tmp_path / "a.gz", tmp_path / "unnamed", tmp_path / "a.zst"
    packed.write_bytes(gzip.compress(content))
    unnamed.write_bytes(gzip.compress(content))
    with pa.output_stream(str(zst), compression="zstd") as out:
        out.write(content)
    for file in (alerts, packed, unnamed, zst):
        assert rows(BY_SEVERITY, file) == HIGH_LOW, file
    assert rows(BY_SEVERITY, given=content) == rows(BY_SEVERITY, given=packed.read_bytes()) == HIGH_LOW


def test_arrays_and_objects_over_many_lines_are_read_beside_lines(alerts, tmp_path):
    array, spread = tmp_path / "array.json", tmp_path / "spread.json"
    array.write_text("[\n" + ",\n".join(LINES) + "\n]")
    spread.write_text("\n".join(json.dumps(json.loads(line), indent=2) for line in LINES))
    assert rows(BY_SEVERITY, array) == rows(BY_SEVERITY, spread) == HIGH_LOW
    assert rows("* | count", array, spread, alerts) == [{"_count": 9}]


def test_messages_come_newest_first_with_the_time_in_them(alerts):
    found = rows("*", alerts)
    assert [row["_raw"] for row in found] == [LINES[1], LINES[2], LINES[0]]
    assert [row["_messagetime"] % 60_000 for row in found] == [2000, 1000, 123]
    assert rows("* | count", "--from", "2026-11-25T07:00:01Z", "--to", "2026-11-25T07:00:02Z", alerts) == [
        {"_count": 1}
    ]


def test_times_are_the_same_whether_the_engine_or_python_reads_them(alerts, tmp_path):
    other = tmp_path / "other.log"
    other.write_text("Nov 25 07:00:00 2026 host: started\r\nno time\n")
    by_engine = rows('* | json "title" | count by title, _messagetime', alerts)
    by_python = rows('* | json "title" | count by title, _messagetime', alerts, other)
    assert by_engine == by_python and len(by_engine) == 3


def test_keywords_are_found_without_an_index(alerts):
    assert [row["_raw"] for row in rows("ONE", alerts)] == [LINES[0]]
    assert rows("thre | count", alerts) == []
    assert rows("thre* | count", alerts) == [{"_count": 1}]
    assert rows("s | count", alerts) == [{"_count": 1}]  # the long s folds to s
    assert rows("not high | count", alerts) == [{"_count": 1}]


def test_bytes_that_are_no_text_and_line_ends_do_no_harm(tmp_path):
    file = tmp_path / "odd.log"
    file.write_bytes(b"a \xff b\r\n\x00c\r\n   \n")
    assert sorted(row["_raw"] for row in rows("*", file)) == ["\x00c", "a � b"]


def test_what_would_steer_the_terminal_is_written_out_and_kept_in_files():
    given = b'{"severity":"\\u001b[31mred\\u001b]0;x\\u0007"}\n'
    query = '* | json "severity" as severity | count by severity'
    table = dohyo(query, given=given).stdout
    assert b"\x1b" not in table and b"\x07" not in table
    assert rb"\x1b[31mred\x1b]0;x\x07" in table
    assert b"\x1b[31mred\x1b]0;x\x07,1" in dohyo("--csv", query, given=given).stdout


def test_a_wrong_query_is_told_with_its_place_and_a_missing_file_with_its_name(tmp_path):
    done = dohyo("* | cuont", tmp_path / "none.log")
    assert done.returncode == 2 and b"cuont" in done.stderr and b"^" in done.stderr
    done = dohyo("* | count", tmp_path / "none.log")
    assert done.returncode == 2 and b"none.log" in done.stderr and b"Traceback" not in done.stderr


def test_a_batch_answers_each_line(tmp_path):
    asked = [
        {"id": 1, "query": "* | count"},
        {"id": 2, "query": "* | cuont"},
        {"id": 3, "query": "_source={{where}} | count"},
        {"id": 4},
    ]
    done = dohyo("--check", "--batch", "-", given="\n".join(map(json.dumps, asked)).encode() + b"\nno json\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["id"], one["ok"]) for one in answers] == [
        (1, True),
        (2, False),
        (3, True),
        (4, False),
        (None, False),
    ]
    assert answers[1]["error"] == "operator-unknown: cuont is no operator (line 1, column 5)"
    assert answers[2]["filled"] == ["where"] and done.returncode == 1


def test_a_stream_is_followed_and_a_replaced_file_too(tmp_path):
    file = tmp_path / "app.log"
    file.write_text("error before\n")
    command = [DOHYO, "query", "--json", "--follow", "error", str(file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as tail:
        time.sleep(3)
        with file.open("a") as more:
            more.write("fine\nerror one\n")
        assert json.loads(tail.stdout.readline())["_raw"] == "error one"
        file.rename(tmp_path / "app.log.1")
        file.write_text("error two\n")
        assert json.loads(tail.stdout.readline())["_raw"] == "error two"
        tail.terminate()


def test_a_stream_cannot_be_grouped():
    done = dohyo("--follow", "* | count")
    assert done.returncode == 2 and b"one message at a time" in done.stderr
