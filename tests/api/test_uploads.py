"""Uploads to HTTP Logs sources over HTTP, up to what is in the store."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import time
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pyarrow as pa
import pytest
from sqlglot import column, select

from dohyo.base.problem import Problem, ProblemError
from dohyo.collect.overview import source_overview

COLLECTORS = "/api/v1/collectors"
NAMES = itertools.count(1)
COLUMNS = ("_sourcecategory", "_sourcehost", "_sourcename", "_source", "_collector", "fields", "_raw")


class Source:
    """A source of its own for one test, by default an HTTP one."""

    def __init__(self, server, administrator: httpx.Client, settings: dict) -> None:
        self.name = f"http {next(NAMES)}"
        self._store = server.services.store
        made = administrator.post(
            COLLECTORS, json={"collector": {"collectorType": "Hosted", "name": self.name}}
        )
        self.path = f"{COLLECTORS}/{made.json()['collector']['id']}/sources"
        body = {"sourceType": "HTTP", "name": "in", "messagePerRequest": False, **settings}
        answer = administrator.post(self.path, json={"source": body})
        assert answer.status_code == 201, answer.text
        self.json = answer.json()["source"]
        self.url = self.json.get("url", "")
        self._metadata = server.services.metadata
        self._client = server.client()

    def send(self, body: bytes | str, method: str = "POST", **headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
        answer = self._client.request(method, self.url, content=body, headers=named)
        return answer.status_code, answer.text

    def rows(self) -> list[dict]:
        sql = select(*(column(name) for name in (*COLUMNS, "_messagetime", "_receipttime"))).from_("events")
        sql = sql.where(column("_collector").eq(self.name)).order_by(column("_raw"))
        found = self._store.query(sql, timeout_s=30).to_pylist()
        return [row | {"fields": dict(row["fields"])} for row in found]

    def texts(self) -> list[str]:
        return [row["_raw"] for row in self.rows()]

    def overview(self) -> dict:
        return next(one for one in source_overview(self._metadata) if one["id"] == self.json["id"])

    def state(self) -> str:
        return self.overview()["state"]


@pytest.fixture
def source(server, administrator):
    made = []

    def make(**settings) -> Source:
        made.append(Source(server, administrator, settings))
        return made[-1]

    yield make
    for one in made:
        administrator.delete(one.path.removesuffix("/sources"))


def test_upload_is_searchable_when_it_is_acknowledged(source):
    web = source(category="prod/web", fields={"team": "blue"}, hostName="web-1")
    assert web.send("2026-11-24 10:00:00,123 one\n\ttrace\n2026-11-24T10:00:01Z two\n") == (200, "")
    rows = web.rows()
    assert [{name: row[name] for name in COLUMNS} for row in rows] == [
        {
            "_sourcecategory": "prod/web",
            "_sourcehost": "web-1",
            "_sourcename": "Http Input",
            "_source": "in",
            "_collector": web.name,
            "fields": {"team": "blue", "_format": f"t:full,o:0,l:{length},p:{pattern}"},
            "_raw": text,
        }
        for text, length, pattern in (
            ("2026-11-24 10:00:00,123 one\n\ttrace", 23, "yyyy-MM-dd HH:mm:ss,SSS"),
            ("2026-11-24T10:00:01Z two", 20, "yyyy-MM-dd'T'HH:mm:ss'Z'"),
        )
    ]
    assert [row["_messagetime"].isoformat() for row in rows] == [
        "2026-11-24T10:00:00.123000+00:00",
        "2026-11-24T10:00:01+00:00",
    ]


def test_headers_win_over_the_settings_of_the_source(source):
    web = source(category="prod/web", fields={"team": "blue", "tier": "1"}, hostName="web-1")
    headers = {
        "X_Sumo_Name": "n",
        "X_Sumo_Host": "höst",
        "X_Sumo_Category": "c/d",
        "X_Sumo_Fields": "team=red, Zone = eu=1",
    }
    assert web.send("x", **headers) == (200, "")
    [row] = web.rows()
    assert {name: row[name] for name in COLUMNS[:3]} == {
        "_sourcecategory": "c/d",
        "_sourcehost": "höst",
        "_sourcename": "n",
    }
    assert row["fields"] == {"team": "red", "tier": "1", "zone": "eu=1", "_format": "t:fail,o:-1,l:0,p:none"}
    assert row["_messagetime"] == row["_receipttime"]


def test_host_is_the_sender_where_nobody_names_one(source):
    web = source()
    web.send("x")
    assert web.rows()[0]["_sourcehost"] == "127.0.0.1"


def test_headers_become_fields_where_the_source_says_so(source):
    web = source(fields={"_convertHeadersToFields": "true"})
    web.send("x", X_Team="a" * 300, X_Sumo_Fields="x-zone=eu", X_Zone="us", Authorization="Basic eDp5")
    fields = web.rows()[0]["fields"]
    assert (fields["x-team"], fields["x-zone"]) == ("a" * 200, "eu")
    assert not {"authorization", "content-length", "_convertheaderstofields"} & set(fields)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", lambda data: pa.compress(data, "zstd", asbytes=True)),
        ("identity", bytes),
    ],
)
def test_packed_body_is_unpacked(source, encoding, pack):
    web = source()
    lines = [json.dumps({"n": number, "pad": "x" * 50}) for number in range(1000)]
    assert web.send(pack("\n".join(lines).encode()), Content_Encoding=encoding) == (200, "")
    assert web.texts() == sorted(lines)


def test_body_is_one_message_or_one_a_line_as_set(source):
    text = " a\n{\n}\n\nb "
    whole = source(messagePerRequest=True, multilineProcessingEnabled=False)
    lines = source(multilineProcessingEnabled=False)
    by_first_line = source(useAutolineMatching=False, manualPrefixRegexp=r"\{|b ")
    for one in (whole, lines, by_first_line):
        assert one.send(text) == (200, "")
    assert (whole.texts(), lines.texts(), by_first_line.texts()) == (
        [text],
        [" a", "b ", "{", "}"],
        [" a", "b ", "{\n}"],
    )


def test_rules_work_before_anything_is_stored(source):
    filters = [
        {"filterType": "Exclude", "name": "debug", "regexp": ".*DEBUG.*"},
        {"filterType": "Mask", "name": "card", "regexp": r"card=(\d+)", "mask": "****"},
    ]
    web = source(filters=filters)
    web.send("a card=123 b card=4\nDEBUG card=5\nc")
    assert web.texts() == ["a card=**** b card=****", "c"]


def test_long_message_is_cut_into_numbered_parts(source, server):
    web = source()
    most = server.services.receiver.limits.most_message_bytes
    assert web.send("2026-11-24T10:00:00Z " + "x" * most) == (200, "")
    parts = {row["fields"]["_part"]: (len(row["_raw"]), row["_messagetime"].hour) for row in web.rows()}
    assert parts == {"1": (most, 10), "2": (21, 10)}


def test_bytes_that_are_no_text_are_replaced_and_charset_counts(source):
    web = source()
    assert web.send("grün".encode("latin-1")) == (200, "")
    assert web.send("grün".encode("latin-1"), Content_Type="text/plain; charset=ISO-8859-1") == (200, "")
    assert web.texts() == ["gr\ufffdn", "grün"] or web.texts() == ["grün", "gr\ufffdn"]


def test_equal_messages_all_stay_without_a_key(source):
    web = source()
    assert web.send("a\na") == (200, "") and web.send("a\na") == (200, "")
    assert web.texts() == ["a"] * 4


def test_same_key_again_changes_nothing_whatever_the_body(source):
    web = source()
    for body in ("a\nb", "a\nb", "c\nd\ne", ""):
        assert web.send(body, Idempotency_Key="k1") == (200, "")
    assert web.send("a\nb", Idempotency_Key="k2") == (200, "")
    assert web.texts() == ["a", "a", "b", "b"]


def test_same_key_at_the_same_time_stores_once(source):
    web = source()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: web.send("a\nb", Idempotency_Key="k"), range(8)))
    assert answers == [(200, "")] * 8
    assert web.texts() == ["a", "b"]


def test_key_of_an_upload_that_failed_stores_what_is_missing(source, server, monkeypatch):
    web = source()

    def broken(events, *, may_repeat: bool = True) -> Future:
        failed: Future = Future()
        failed.set_exception(ProblemError([Problem("store-full", "the disk of the event store is full")]))
        return failed

    with monkeypatch.context() as patched:
        patched.setattr(server.services.writer, "submit", broken)
        answer = httpx.post(web.url, content="a\nb", headers={"Idempotency-Key": "k"}, trust_env=False)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.text == "the disk of the event store is full"
    assert web.send("a\nb", Idempotency_Key="k") == (200, "")
    assert web.texts() == ["a", "b"]


def test_only_who_manages_collectors_sees_where_messages_can_be_sent(source, viewer, administrator):
    made = source()
    path = f"{made.path}/{made.json['id']}"
    assert administrator.get(path).json()["source"]["url"] == made.url
    shown = [viewer.get(path).json()["source"], *viewer.get(made.path).json()["sources"]]
    assert all(not {"url", "token", "baseUrl"} & set(one) for one in shown)
    assert made.url.rsplit("/", 1)[-1] not in viewer.get(path).text


def test_writer_that_is_behind_asks_senders_to_wait(source, server, monkeypatch):
    web = source()
    with monkeypatch.context() as patched:
        patched.setattr(server.services.writer, "is_behind", lambda: True)
        answer = httpx.post(web.url, content="a", trust_env=False)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert web.texts() == []


def test_uploads_share_a_bounded_memory(source, server, monkeypatch):
    web = source()
    monkeypatch.setattr(server.services.receiver.held, "_most_bytes", 2000)
    assert web.send("x" * 600)[0] == 429  # it is held as bytes, text and messages
    assert web.send("x\n" * 10)[0] == 429  # a message takes more than its text
    assert web.send("x" * 100) == (200, "")
    assert server.services.receiver.held._held_bytes == 0


def test_paused_source_sends_clients_away_until_it_goes_on(source, server):
    web = source()
    collector_id, source_id = int(web.path.split("/")[4]), web.json["id"]
    registry, receiver = server.services.registry, server.services.receiver
    assert web.send("a") == (200, "")
    registry.pause_source(collector_id, source_id, True)
    receiver.changed()
    assert web.send("b")[0] == 503
    registry.pause_source(collector_id, source_id, False)
    receiver.changed()
    assert web.send("c") == (200, "")
    assert web.texts() == ["a", "c"]


BOMB = gzip.compress(b"\0" * (200 << 20))


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (BOMB, {"Content_Encoding": "gzip"}, 413, "at most 67,108,864 bytes, unpacked; send"),
        (b"x", {"Content_Encoding": "br"}, 415, "Content-Encoding br is not known"),
        (b"x", {"Content_Encoding": "gzip"}, 400, "not packed by gzip"),
        (gzip.compress(b"x" * 99)[:-4], {"Content_Encoding": "gzip"}, 400, "ends too early"),
        (b"x", {"Content_Type": "application/vnd.sumologic.carbon2"}, 415, "a type of metrics"),
        (b"x", {"Content_Type": "text/plain; charset=klingon"}, 415, "no charset is named klingon"),
        (b"x", {"X_Sumo_Fields": "novalue"}, 400, 'which "novalue" is not'),
        (b"x", {"X_Sumo_Fields": ",".join(f"a{n}=b" for n in range(31))}, 400, "at most 30 fields"),
        (b"x", {"X_Sumo_Fields": "a=" + "b" * 201}, 400, "200 in its value"),
        (b"x", {"X_Sumo_Category": "c" * 1025}, 400, "at most 1,024"),
        (b"x", {"Idempotency_Key": "k" * 256}, 400, "1 to 255 characters"),
    ],
)
def test_wrong_upload_gets_its_status_and_reason_and_stores_nothing(source, body, headers, status, words):
    web = source()
    found, said = web.send(body, **headers)
    assert (found, words in said) == (status, True), said
    assert web.texts() == []
    assert web.send("good") == (200, "")


def test_body_over_the_limit_is_refused_by_what_it_announces(source, monkeypatch):
    monkeypatch.setattr("dohyo.api.routes.receiver.READ_ON_S", 0.1)
    web = source()
    address = urlsplit(web.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        head = f"POST {address.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1000)
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")


def test_unknown_token_gets_401_and_others_no_hint(source):
    web = source()
    root, token = web.url.rsplit("/", 1)
    for guess in (token[:-3], "x", token + "x"):
        assert httpx.post(f"{root}/{guess}", content="x", trust_env=False).status_code == 401
    assert httpx.post(f"{root}/", content="x", trust_env=False).status_code in (404, 405)
    assert web.texts() == []


def test_other_methods_are_refused_and_put_is_taken(source):
    web = source()
    assert web.send("a", "PUT") == (200, "")
    for method in ("GET", "HEAD", "DELETE"):
        assert web.send("", method)[0] == 405
    assert web.texts() == ["a"]


def test_page_of_another_origin_may_upload(source):
    web = source()
    asked = {"Origin": "https://a.example", "Access-Control-Request-Headers": "x-sumo-name,content-type"}
    answer = httpx.options(web.url, headers=asked, trust_env=False)
    allowed = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
    assert (answer.status_code, allowed) == (
        204,
        {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "POST, PUT, OPTIONS",
            "access-control-allow-headers": "x-sumo-name,content-type",
            "access-control-max-age": "600",
        },
    )
    answer = httpx.post(web.url, content="a", headers={"Origin": "https://a.example"}, trust_env=False)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_renewed_and_deleted_addresses_stop_at_once(source, server, administrator):
    web = source()
    receiver = server.services.receiver
    assert web.send("a") == (200, "")
    renewed = administrator.post(f"/api/dohyo/v1/sources/{web.json['id']}/renew-url").json()["url"]
    receiver.changed()
    assert web.send("b")[0] == 401
    shown = administrator.get(f"{web.path}/{web.json['id']}")
    assert shown.json()["source"]["url"] == renewed != web.url
    web.url = renewed
    assert web.send("c") == (200, "")
    administrator.delete(f"{web.path}/{web.json['id']}")
    receiver.changed()
    assert web.send("d")[0] == 401
    assert web.texts() == ["a", "c"]


def test_settings_change_by_the_published_call_and_its_etag(source, server, administrator):
    web = source(category="a")
    path = f"{web.path}/{web.json['id']}"
    read = administrator.get(path)
    body = {"source": {**read.json()["source"], "category": "b"}}
    assert administrator.put(path, json=body).status_code == 403
    changed = administrator.put(path, json=body, headers={"If-Match": read.headers["ETag"]})
    assert changed.json() == body
    assert administrator.put(path, json=body, headers={"If-Match": read.headers["ETag"]}).status_code == 412
    server.services.receiver.changed()
    assert web.send("x") == (200, "")
    assert web.rows()[0]["_sourcecategory"] == "b"


def test_what_arrived_is_told_in_an_account(source, server):
    web = source(filters=[{"filterType": "Exclude", "name": "x", "regexp": ".*x"}])
    web.send("2026-11-24T10:00:00Z a\n2026-11-24T10:00:00Z x\n2001-01-01T00:00:00Z b")
    web.send("no time", Idempotency_Key="k")
    server.services.receiver.write_accounts()
    shown = web.overview()
    poll = shown["lastPoll"]
    assert {name: poll[name] for name in ("fetched", "new", "repeated", "refused")} == {
        "fetched": 4,
        "new": 3,
        "repeated": 0,
        "refused": 1,
    }
    assert poll["message"] == (
        "1 times: no readable time in the message, so it has the time of receipt; "
        "1 times: the time lies outside what is plausible, so it has the time of receipt"
    )


def test_source_is_collecting_and_shows_an_error_while_the_store_fails(source, server, monkeypatch):
    web = source()
    _wait(lambda: web.overview()["state"] == "Collecting")

    def broken(events, *, may_repeat: bool = True) -> Future:
        failed: Future = Future()
        failed.set_exception(ProblemError([Problem("store-full", "the disk of the event store is full")]))
        return failed

    with monkeypatch.context() as patched:
        patched.setattr(server.services.writer, "submit", broken)
        assert web.send("a")[0] == 503
    _wait(lambda: web.overview()["health"] == "error")
    assert "the disk of the event store is full" in web.overview()["message"]
    assert web.send("a") == (200, "")
    _wait(lambda: web.overview()["health"] == "healthy")


def _wait(condition_holds, timeout_s: float = 10) -> None:
    until = time.monotonic() + timeout_s
    while not condition_holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
