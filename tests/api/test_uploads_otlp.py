"""OTLP logs below the address of an HTTP source."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from dohyo.collect.protobuf import text_field

from .test_uploads import source  # noqa: F401

TIME_NS = 1_795_514_400_123_456_789  # 2026-11-24T10:00:00.123Z
RECORD = {
    "timeUnixNano": str(TIME_NS),
    "observedTimeUnixNano": "1",
    "severityNumber": 17,
    "traceId": "0102030405060708090a0b0c0d0e0f10",
    "spanId": "0102030405060708",
    "body": {"stringValue": "it broke"},
}
ATTRIBUTES = [
    {"key": "log", "value": {"stringValue": "é"}},
    {"key": "n", "value": {"intValue": "-5"}},
    {"key": "x", "value": {"doubleValue": 1.5}},
    {"key": "yes", "value": {"boolValue": True}},
    {"key": "list", "value": {"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "a"}]}}},
    {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"bytesValue": "AQI="}}]}}},
    {"key": "none", "value": {}},
]
RESOURCE = [
    {"key": "service.name", "value": {"stringValue": "shop"}},
    {"key": "host.name", "value": {"stringValue": "web-1"}},
    {"key": "replicas", "value": {"intValue": "3"}},
    {"key": "_sourceCategory", "value": {"stringValue": "prod/shop"}},
]


def request(*records: dict) -> dict:
    scope = {"scope": {"name": "shop.cart"}, "logRecords": list(records)}
    return {"resourceLogs": [{"resource": {"attributes": RESOURCE}, "scopeLogs": [scope]}]}


# Protocol buffers written here by the published field numbers, apart from the code that reads them.


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    coded = b""
    while number > 127:
        coded, number = coded + bytes([number & 127 | 128]), number >> 7
    return coded + bytes([number])


def part(number: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def fixed(number: int, coded: bytes) -> bytes:
    return varint(number << 3 | (1 if len(coded) == 8 else 5)) + coded


def value(given: dict) -> bytes:
    import base64
    import struct

    if not given:
        return b""
    [(kind, content)] = given.items()
    if kind == "arrayValue":
        return part(5, b"".join(part(1, value(one)) for one in content["values"]))
    if kind == "kvlistValue":
        return part(6, b"".join(part(1, pair(one)) for one in content["values"]))
    return {
        "stringValue": lambda: part(1, content),
        "boolValue": lambda: whole(2, int(content)),
        "intValue": lambda: whole(3, int(content)),
        "doubleValue": lambda: fixed(4, struct.pack("<d", content)),
        "bytesValue": lambda: part(7, base64.b64decode(content)),
    }[kind]()


def pair(given: dict) -> bytes:
    return part(1, given["key"]) + part(2, value(given["value"]))


def record(given: dict) -> bytes:
    return (
        fixed(1, int(given["timeUnixNano"]).to_bytes(8, "little"))
        + fixed(11, int(given["observedTimeUnixNano"]).to_bytes(8, "little"))
        + whole(2, given["severityNumber"])
        + part(5, value(given["body"]))
        + b"".join(part(6, pair(one)) for one in given.get("attributes", []))
        + fixed(8, bytes(4))
        + part(9, bytes.fromhex(given["traceId"]))
        + part(10, bytes.fromhex(given["spanId"]))
    )


def protobuf(given: dict) -> bytes:
    coded = b""
    for one in given["resourceLogs"]:
        resource = b"".join(part(1, pair(each)) for each in one["resource"]["attributes"])
        scopes = b""
        for scope in one["scopeLogs"]:
            records = b"".join(part(2, record(each)) for each in scope["logRecords"])
            scopes += part(2, part(1, part(1, scope["scope"]["name"])) + records)
        coded += part(1, part(1, resource) + scopes)
    return coded


FORMS = {
    "application/x-protobuf": protobuf,
    "application/json": lambda given: json.dumps(given).encode(),
}


@pytest.fixture(params=FORMS)
def send(request, source):  # noqa: F811
    """Sends to a source of its own in one of the two forms; the source and what sends."""
    web = source()

    def sent(given: dict, **headers: str) -> httpx.Response:
        named = {"Content-Type": request.param, **{k.replace("_", "-"): v for k, v in headers.items()}}
        body = FORMS[request.param](given)
        if "Content-Encoding" in named:
            body = gzip.compress(body)
        return httpx.post(f"{web.url}/v1/logs", content=body, headers=named, trust_env=False)

    sent.kind = request.param
    return web, sent


def test_record_becomes_a_message_with_its_time_and_resource(send):
    web, sent = send
    answer = sent(request(RECORD, {**RECORD, "attributes": ATTRIBUTES}))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, sent.kind)
    assert answer.content == (b"{}" if sent.kind == "application/json" else b"")
    with_attributes, plain = sorted(web.rows(), key=lambda row: row["_raw"][0] == "i")
    assert plain["_raw"] == "it broke"
    assert json.loads(with_attributes["_raw"]) == {
        "log": "it broke",
        "attributes.log": "é",
        "n": -5,
        "x": 1.5,
        "yes": True,
        "list": [1, "a"],
        "map": {"k": "AQI="},
        "none": None,
    }
    for row in (plain, with_attributes):
        assert row["_messagetime"].isoformat() == "2026-11-24T10:00:00.123000+00:00"
        assert (row["_sourcename"], row["_sourcehost"], row["_sourcecategory"]) == (
            "shop",
            "web-1",
            "prod/shop",
        )
        assert row["fields"] == {
            "severity": "ERROR",
            "trace_id": RECORD["traceId"],
            "span_id": RECORD["spanId"],
            "service.name": "shop",
            "host.name": "web-1",
            "replicas": "3",
            "otel.scope.name": "shop.cart",
            "_format": "t:def,o:-1,l:0,p:epoch",
        }


def test_headers_win_over_the_resource_and_body_may_be_packed(send):
    web, sent = send
    headers = {"X_Sumo_Category": "c", "X_Sumo_Name": "n", "X_Sumo_Host": "h", "X_Sumo_Fields": "replicas=9"}
    assert sent(request(RECORD), Content_Encoding="gzip", **headers).status_code == 200
    [row] = web.rows()
    assert (row["_sourcename"], row["_sourcehost"], row["_sourcecategory"]) == ("n", "h", "c")
    assert row["fields"]["replicas"] == "9"


def test_body_that_is_no_text_is_json(send):
    web, sent = send
    body = {"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "1"}}]}}
    assert sent(request({**RECORD, "body": body})).status_code == 200
    assert web.texts() == ['{"a":1}']


def test_key_counts_here_too(send):
    web, sent = send
    for _ in range(2):
        assert sent(request(RECORD), Idempotency_Key="k").status_code == 200
    assert web.texts() == ["it broke"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-protobuf", b"\x0a\xff", 400),
        ("application/x-protobuf", b"\x0f", 400),
        ("application/x-protobuf", b"\xff" * 20, 400),
        ("application/x-protobuf", part(1, part(2, part(2, part(5, b"\x0a\x02\xff\xff")))), 400),
        ("application/json", b"{", 400),
        ("application/json", b"[1]", 400),
        ("application/json", b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"odd":1}}]}]}]}', 400),
        ("text/plain", b"x", 415),
    ],
)
def test_what_is_no_request_is_refused_with_a_status_message(source, kind, body, status):  # noqa: F811
    web = source()
    answer = httpx.post(f"{web.url}/v1/logs", content=body, headers={"Content-Type": kind}, trust_env=False)
    assert answer.status_code == status
    if kind == "application/json":
        assert "no OTLP request for logs" in answer.json()["message"]
    else:
        words = answer.content[2:] if len(answer.content) < 130 else answer.content[3:]
        assert answer.content == text_field(2, words.decode())
    assert web.texts() == []


def test_values_too_deep_in_each_other_are_refused(source):  # noqa: F811
    deep = b"\x0a\x01x"
    for _ in range(10_000):
        deep = part(5, part(1, deep))
    body = part(1, part(2, part(2, part(5, deep))))
    web = source()
    kind = {"Content-Type": "application/x-protobuf"}
    answer = httpx.post(f"{web.url}/v1/logs", content=body, headers=kind, trust_env=False)
    assert (answer.status_code, b"64 deep" in answer.content) == (400, True)


def test_unknown_token_is_refused_here_too(source):  # noqa: F811
    web = source()
    kind = {"Content-Type": "application/json"}
    answer = httpx.post(f"{web.url[:-5]}/v1/logs", content=b"{}", headers=kind, trust_env=False)
    assert (answer.status_code, answer.json()) == (401, {"message": "this upload address is not known"})
