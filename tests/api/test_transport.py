"""What holds for every request: shapes of refusals, headers, sizes, rates, failures of ours."""

from __future__ import annotations

import base64
import gzip
import logging
import re
import socket
import time
from urllib.parse import urlsplit

import pytest

from dohyo.access.keys import create_key
from dohyo.api.errors import ApiRefused
from dohyo.api.rates import KeyRates
from dohyo.api.settings import Settings
from dohyo.base.problem import ProblemError
from dohyo.search.jobs import SearchJobs

from .conftest import classic, newer, own


def test_refusals_have_the_shape_of_their_family(administrator):
    assert classic(administrator.get("/api/v1/collectors/77")) == (404, "collectors.collector.invalid")
    assert classic(administrator.get("/api/v1/search/nothing")) == (404, "notfound")
    assert newer(administrator.get("/api/v2/content/folders/77")) == (404, "content1:doesnt_exist")
    assert newer(administrator.get("/api/v1/nothing/root")) == (404, "notfound")
    assert own(administrator.get("/api/dohyo/v1/nothing")) == (404, "notfound")
    assert classic(administrator.patch("/api/v2/dashboards")) == (405, "method.unsupported")
    assert newer(administrator.get("/api/v1/v1/collectors")) == (404, "notfound")


def test_ids_of_errors_are_new_each_time(administrator):
    ids = {administrator.get("/api/v1/nothing").json()["id"] for _ in range(3)}
    assert len(ids) == 3 and all(re.fullmatch(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){2}", one) for one in ids)


def test_out_of_scope_areas_say_that_they_are_not_built(administrator):
    assert newer(administrator.get("/api/v1/slos/root")) == (501, "not_implemented_yet")
    assert newer(administrator.post("/api/sec/v1/insights")) == (501, "not_implemented_yet")
    assert newer(administrator.post("/api/v1/roles", json={"name": "x"})) == (501, "not_implemented_yet")


def test_every_answer_has_the_security_headers(server, administrator):
    with server.client() as nobody:
        answers = [
            administrator.get("/api/v1/collectors"),
            nobody.get("/api/v1/collectors"),
            nobody.get("/"),
            nobody.get("/no/such/page"),
        ]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.replace("style-src 'self' 'unsafe-inline'", "")
    assert "no-store" in answers[0].headers["Cache-Control"]


def test_trailing_slash_makes_no_difference(administrator):
    assert administrator.get("/api/v1/collectors/").json() == {"collectors": []}
    assert administrator.get("/api/v1/collectors/name/no.such/").status_code == 404


def test_body_that_is_no_json_is_named_with_its_place(administrator):
    answer = administrator.post("/api/v1/collectors", content='{"a": 1\n, b}')
    assert classic(answer) == (400, "service.json.invalid")
    assert "line 2, column 3" in answer.json()["message"]
    assert classic(administrator.post("/api/v1/collectors", json=[1])) == (400, "service.json.invalid")


def test_body_over_the_limit_is_refused_with_the_limit(administrator):
    most = Settings().max_body_bytes
    body = b'{"x": "' + b"y" * most + b'"}'
    for content in (body, iter([body])):  # with and without its length told before
        answer = administrator.post("/api/v2/dashboards", content=content)
        assert answer.status_code == 413 and f"{most:,}" in answer.json()["message"]


def test_large_answers_are_compressed(administrator):
    with administrator.stream("GET", "/api/openapi.json") as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(gzip.decompress(packed)) > 5 * len(packed)


def test_failure_of_ours_is_logged_under_the_id_that_is_told(administrator, monkeypatch, caplog):
    def broken(self, *_):
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(SearchJobs, "status", broken)
    with caplog.at_level(logging.ERROR):
        answer = administrator.get("/api/v1/search/jobs/1")
    assert classic(answer) == (500, "internal.error")
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert answer.json()["id"] in caplog.text and "the secret inside" in caplog.text


def test_client_that_goes_away_is_no_failure_of_ours(server, caplog):
    host, port = urlsplit(server.address).netloc.split(":")
    made = create_key(server.services.metadata, "analyst")
    secret = base64.b64encode(f"{made.id}:{made.secret}".encode()).decode()
    head = f"POST /api/v1/search/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {secret}\r\n"
    with caplog.at_level(logging.INFO):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{".encode())
        end = time.monotonic() + 10
        while "went away" not in caplog.text and time.monotonic() < end:
            time.sleep(0.02)
    assert "a client went away in the middle of POST /api/v1/search/jobs" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_key_that_asks_too_often_has_to_wait():
    now = [0.0]
    rates = KeyRates(4, 10, lambda: now[0])

    def asked() -> str | None:
        try:
            rates.begin("key")
        except ApiRefused as refused:
            assert refused.status == 429 and refused.headers["Retry-After"] == "1"
            return refused.problems[0].message
        rates.end("key")
        return None

    assert [asked() for _ in range(8)] == [None] * 8
    assert "4 requests a second" in (asked() or "")
    now[0] += 0.5
    assert [asked() is None for _ in range(3)] == [True, True, False]


def test_key_has_only_so_many_requests_at_once():
    rates = KeyRates(0, 2, lambda: 0.0)
    rates.begin("key")
    rates.begin("key")
    rates.begin("other")
    with pytest.raises(ApiRefused, match="at the same time"):
        rates.begin("key")
    rates.end("key")
    rates.begin("key")


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("DOHYO_MAX_BODY_BYTES", "1000")
    assert Settings.from_environment() == Settings(max_body_bytes=1000)
    monkeypatch.setenv("DOHYO_KEY_REQUESTS_PER_S", "many")
    with pytest.raises(ProblemError, match="DOHYO_KEY_REQUESTS_PER_S"):
        Settings.from_environment()
