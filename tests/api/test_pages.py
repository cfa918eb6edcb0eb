"""The pages: files, addresses of the application, what a browser may keep."""

from __future__ import annotations

import pytest

from dohyo.api import pages


@pytest.fixture
def built(tmp_path, monkeypatch):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Dohyo</title>")
    (tmp_path / "assets" / "main-1a2b.js").write_text("export {}")
    monkeypatch.setattr(pages, "FOLDERS", (tmp_path,))


def test_addresses_of_pages_give_the_application(server, built):
    with server.client() as browser:
        for path in ("/", "/dashboards/x?from=-1d", "/sign-in", "/apps/a.b"):
            answer = browser.get(path)
            assert answer.text == "<title>Dohyo</title>" and answer.headers["Cache-Control"] == "no-cache"
        tag = answer.headers["ETag"]
        assert browser.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_hashed_files_are_kept_for_ever_and_missing_ones_are_missing(server, built):
    with server.client() as browser:
        answer = browser.get("/assets/main-1a2b.js")
        assert "immutable" in answer.headers["Cache-Control"]
        assert "javascript" in answer.headers["Content-Type"]
        assert browser.get("/assets/main-old.js").status_code == 404
        assert "passwd" not in browser.get("/assets/..%2f..%2f..%2fetc/passwd").text


def test_unbuilt_pages_say_how_to_build_them(server, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "FOLDERS", (tmp_path / "missing",))
    with server.client() as browser:
        answer = browser.get("/")
    assert answer.status_code == 503 and "script/prepare" in answer.text
