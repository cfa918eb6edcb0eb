"""`dohyo query` over files, without a server or a store."""

import gzip
import json
import lzma
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
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


@pytest.mark.parametrize("packing", ["gzip", "zst", "bz2", "xz", "lz4"])
def test_a_packed_file_that_is_cut_off_is_refused_whatever_its_name(tmp_path, packing):
    many = "".join(f'{{"n":{i},"severity":"{os.urandom(20).hex()}"}}\n' for i in range(20_000)).encode()
    whole, cut = tmp_path / "whole", tmp_path / "cut.log"
    if packing == "xz":
        whole.write_bytes(lzma.compress(many))
    else:
        with pa.output_stream(str(whole), compression={"zst": "zstd"}.get(packing, packing)) as out:
            out.write(many)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    assert rows("* | count", whole) == [{"_count": 20_000}]
    done = dohyo("--json", "* | count", cut)
    assert done.returncode == 2 and b"cut" in done.stderr and not done.stdout
    assert b"While executing" not in done.stderr and b"Traceback" not in done.stderr


def test_a_name_says_nothing_about_packing(alerts, tmp_path):
    plain = tmp_path / "plain.gz"
    plain.write_bytes(alerts.read_bytes())
    assert rows(BY_SEVERITY, plain) == HIGH_LOW


def test_one_line_without_a_time_of_its_own_does_not_change_the_times_of_others(alerts):
    alerts.write_text(alerts.read_text() + "2026-11-25 07:00:03 words\n")
    found = rows("*", alerts)
    assert [row["_messagetime"] % 60_000 for row in found] == [3000, 2000, 1000, 123]
    # Lines that the scope leaves out are asked for no time.
    assert [row["_messagetime"] % 60_000 for row in rows("title", alerts)] == [2000, 1000, 123]


def test_keywords_in_any_case_and_beside_letters_that_fold_into_them(tmp_path):
    file = tmp_path / "words.log"
    file.write_text("MASSE\nmaße\nMaße x\nmasses\nﬁle\nfile\nKelvin\n")
    counts = {"masse": 3, "file": 2, "fil*": 2, "mas*": 4, "kelvin": 1, "ma?e": 0, "mas?e": 3}
    for word, count in counts.items():
        assert rows(f"{word} | count", file) == ([{"_count": count}] if count else []), word


def test_messages_are_lines_and_records_a_table(alerts):
    lines = dohyo('two | json "severity"', alerts).stdout.decode().splitlines()
    assert lines == [f"2026-11-25 07:00:02.000  {LINES[1]}  severity=low"]
    table = dohyo(BY_SEVERITY, alerts).stdout.decode().splitlines()
    assert [line.split() for line in table] == [
        ["severity", "│", "_count"],
        ["━━━━━━━━━━┿━━━━━━━━"],
        ["high", "│", "2"],
        ["low", "│", "1"],
    ]


def test_options_that_do_not_go_together_are_refused(alerts, tmp_path):
    for options in (
        ["--json", "--csv"],
        ["--data", tmp_path, alerts],
        ["--server", "http://127.0.0.1:1", alerts],
        ["--follow", "--data", tmp_path],
        ["--zone", "Mars", alerts],
        ["--from", "", alerts],
        ["--data", alerts],
        ["--server", "127.0.0.1:1", "--key", "a:b"],
    ):
        done = dohyo("* | count", *options)
        assert done.returncode == 2 and done.stderr.startswith(b"error["), options
        assert b"Traceback" not in done.stderr


def test_a_server_that_is_not_dohyo_is_told():
    class Other(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        done = dohyo("* | count", "--server", f"http://127.0.0.1:{other.server_port}", "--key", "a:b")
        other.shutdown()
    assert done.returncode == 2 and b"not as Dohyo" in done.stderr and not done.stdout


def test_a_reader_that_has_enough_ends_it_in_silence(tmp_path):
    file = tmp_path / "many.log"
    file.write_text("word\n" * 200_000)
    command = f"{DOHYO} query '*' {file} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
    assert done.stdout.endswith(b"word\n") and not done.stderr


def test_ctrl_c_ends_a_long_search_soon(tmp_path):
    file = tmp_path / "many.log"
    with file.open("w") as out:
        for _ in range(20):
            out.write("no time of its own\n" * 50_000)
    command = [DOHYO, "query", "* | timeslice 1s | count by _timeslice", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        time.sleep(3)
        search.send_signal(signal.SIGINT)
        out, told = search.communicate(timeout=10)
    assert search.returncode in (130, -signal.SIGINT) and b"Traceback" not in told and not out
