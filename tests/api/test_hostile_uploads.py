"""Uploads that are meant to fill the memory or the tables: each gets its answer, others are not disturbed."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dohyo.base.clock import now_ms
from dohyo.base.stamps import DAY_MS
from dohyo.collect.field_table import MOST_DROPPED
from dohyo.collect.overview import recent_polls

from .test_rules_and_partitions import rows
from .test_uploads import source  # noqa: F401

MIB = 1024 * 1024
PROTOBUF = "application/x-protobuf"
SELF = Path("/proc/self")


@contextmanager
def at_most(mib: int) -> Iterator[None]:
    """What the server, which is in this process, takes at its peak beyond what it has now."""

    def figure(name: str) -> int:
        return int(re.search(rf"{name}:\s+(\d+) kB", (SELF / "status").read_text())[1]) // 1024

    (SELF / "clear_refs").write_text("5")
    before = figure("VmRSS")
    yield
    assert figure("VmHWM") - before < mib


def part(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer."""
    size, coded = len(content), bytearray([number << 3 | 2])
    while size > 127:
        coded.append(size & 127 | 128)
        size >>= 7
    return bytes(coded) + bytes([size]) + content


def attribute(name: str) -> bytes:
    return part(1, part(1, name.encode()) + part(2, part(1, b"v")))


RECORD = part(2, part(2, part(5, part(1, b"hi"))))


@pytest.mark.parametrize(
    ("path", "kind", "body", "words"),
    [
        ("", "text/plain", b"a\n" * 30_000_000, "at most 250,000 lines"),
        ("", "text/plain", b"\n" * 60_000_000, "at most 250,000 lines"),
        ("/v1/logs", PROTOBUF, part(1, part(2, part(2, b"") * 900_000)), "at most 20,000 log records"),
        ("/v1/logs", PROTOBUF, part(1, RECORD + b"\0" * 17 * MIB), "at most 16,777,216 bytes"),
        (
            "/v1/logs",
            "application/json",
            b'{"resourceLogs":[' + b"{}," * 6 * MIB + b"{}]}",
            "at most 16,777,216 bytes",
        ),
    ],
    ids=["lines", "line-ends", "records", "otlp", "otlp-json"],
)
def test_small_body_with_millions_of_messages_is_refused_and_disturbs_nobody(
    source,  # noqa: F811
    server,
    monkeypatch,
    path,
    kind,
    body,
    words,
):
    web, other = source(), source()
    packed = gzip.compress(body, 1)
    answers = []
    if "records" in words:  # so that the time is not spent in reading them
        limits = replace(server.services.receiver.limits, most_messages=20_000)
        monkeypatch.setattr(server.services.receiver, "limits", limits)
    with at_most(700):
        url = f"{web.url}{path}"
        headers = {"Content-Encoding": "gzip", "Content-Type": kind}
        sending = threading.Thread(
            target=lambda: answers.append(web._client.post(url, content=packed, headers=headers))
        )
        sending.start()
        assert other.send("good") == (200, "")
        sending.join()
    assert answers[0].status_code == 413
    assert words.encode() in answers[0].content
    assert web.rows() == []
    assert other.texts() == ["good"]


def test_endless_line_is_kept_in_pieces(source):  # noqa: F811
    web = source()
    body = b"[" + b"[]," * 10 * MIB + b"[]]"
    with at_most(900):
        assert web.send(body) == (200, "")
        assert web.send(b'{"a":1}') == (200, "")
    pieces = sorted(
        (int(row["fields"]["_part"]), row["_raw"]) for row in web.rows() if "_part" in row["fields"]
    )
    assert "".join(text for _, text in pieces).encode() == body
    assert web.texts()[-1] == '{"a":1}'


@pytest.fixture
def full_table(server):
    """The table of fields with room for twenty more; as it was, afterwards."""
    table = server.services.receiver._table
    before = {one.name for one in table.all()}
    table._most, most = len(before) + 20, table._most
    yield table
    table._most, table._read_at_s = most, None
    for one in table.all():
        if one.name not in before:
            table.delete(one.id)


def test_million_of_field_names_fill_no_table(source, server, full_table):  # noqa: F811
    web = source()
    url = f"{web.url}/v1/logs"
    headers = {"Content-Type": PROTOBUF}
    names = b"".join(attribute(f"name{number}") for number in range(200_000))
    with at_most(700):
        assert (
            web._client.post(url, content=part(1, part(1, names) + RECORD), headers=headers).status_code
            == 200
        )
    each = [part(1, b"".join(attribute(f"n{row}x{at}") for at in range(25))) for row in range(200)]
    body = b"".join(part(1, one + RECORD) for one in each)
    assert web._client.post(url, content=body, headers=headers).status_code == 200
    keys = "\n".join(json.dumps({f"k{row}x{at}": at for at in range(1000)}) for row in range(800))
    with at_most(700):
        assert web.send(keys) == (200, "")
    rows = web.rows()
    assert len(rows) == 1 + 200 + 800
    assert max(len(row["fields"]) for row in rows) <= 31
    assert len(full_table.all()) <= full_table._most
    assert 0 < len(full_table.dropped()) <= MOST_DROPPED
    server.services.receiver.write_accounts()
    told = " ".join(poll.message or "" for poll in recent_polls(server.services.metadata, web.json["id"]))
    assert "times: a field that is not in the table of fields was dropped" in told


@pytest.mark.parametrize("years", [-10, 10])
def test_clock_ten_years_off_gives_the_time_of_receipt_and_is_counted(source, server, administrator, years):  # noqa: F811
    web = source()
    moment_ms = now_ms() + years * 365 * DAY_MS
    assert web.send(f"{moment_ms} from a clock that is off") == (200, "")
    [row] = web.rows()
    assert row["_messagetime"] == row["_receipttime"]
    assert row["fields"]["_format"].startswith("t:ac2,")
    server.services.receiver.write_accounts()
    [poll] = recent_polls(server.services.metadata, web.json["id"])
    assert poll.message == "1 times: the time lies outside what is plausible, so it has the time of receipt"
    assert rows(administrator, f'_collector="{web.name}" _format=t:ac2* | count') == [{"_count": "1"}]
