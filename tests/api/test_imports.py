"""Batches of `dohyo import`."""

from __future__ import annotations

import time

from .conftest import own

IMPORT = "/api/dohyo/v1/import"


def batch(records: list, **changes) -> dict:
    body = {"category": "Imported/By hand", "name": "a.json", "host": "h", "file": "hash", "first": 0}
    return {**body, "records": records, **changes}


def found(client, category: str) -> list[dict[str, str]]:
    now = int(time.time() * 1000)
    body = {"query": f'_sourceCategory="{category}"', "from": 0, "to": now + 60_000}
    job = client.post("/api/v1/search/jobs", json=body).json()["id"]
    while not client.get(f"/api/v1/search/jobs/{job}").json()["state"].startswith("DONE"):
        time.sleep(0.02)
    page = client.get(f"/api/v1/search/jobs/{job}/messages?offset=0&limit=100").json()
    return [row["map"] for row in page["messages"]]


def test_batch_is_stored_once_and_byte_for_byte(local, viewer):
    texts = ['{\n  "a": 1.50,\r\n "b": "\\u00e9 é"}', "line", "line"]
    records = [[texts[0], 1000], [texts[1], None], [texts[2], 3000]]
    assert local.post(IMPORT, json=batch(records)).json() == {"stored": 3, "repeated": 0}
    assert local.post(IMPORT, json=batch(records)).json() == {"stored": 0, "repeated": 3}
    other = batch(records, category="Imported/Elsewhere")
    assert local.post(IMPORT, json=other).json() == {"stored": 3, "repeated": 0}
    rows = found(viewer, "Imported/By hand")
    assert sorted(row["_raw"] for row in rows) == sorted(texts)
    assert rows[-1]["_messagetime"] == "1000" and rows[-1]["_sourcename"] == "a.json"
    assert rows[0]["_messagetime"] == rows[0]["_receipttime"]


def test_only_the_command_line_of_this_machine_imports(administrator, server):
    assert own(administrator.post(IMPORT, json=batch([]))) == (403, "forbidden")
    with server.client(headers={"Authorization": "Bearer guessed"}) as stranger:
        assert own(stranger.post(IMPORT, json=batch([]))) == (401, "unauthorized")


def test_batch_of_another_shape_is_refused(local):
    for wrong in (batch([["x"]]), batch([["x", -1]]), batch([], category=""), {}):
        assert own(local.post(IMPORT, json=wrong)) == (400, "import-batch")
