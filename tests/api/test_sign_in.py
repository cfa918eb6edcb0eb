"""Sessions: by link, by password, and what a page must send."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from dohyo.access.sign_in import create_sign_in_token
from dohyo.access.users import change_user, create_user

from .conftest import Server, own

SESSION = "/api/dohyo/v1/session"
PASSWORD = "a long enough password"


@pytest.fixture
def page(server: Server) -> Iterator[httpx.Client]:
    """A browser that is not signed in."""
    with server.client(headers={"X-Dohyo": "1"}) as client:
        yield client


@pytest.fixture(autouse=True)
def forgotten(server: Server) -> Iterator[None]:
    """Wrong passwords of one test do not slow down the next, which comes from the same address."""
    yield
    server.services.throttle.right("address 127.0.0.1")


@pytest.fixture(scope="module")
def person(server: Server):
    return create_user(
        server.services.metadata, "ada@example.com", "analyst", password=PASSWORD, first_name="Ada"
    )


def test_link_signs_in_once(server, page, person):
    token = create_sign_in_token(server.services.metadata, person.id)
    answer = page.post(SESSION, json={"token": token})
    user = answer.json()["user"]
    assert (answer.status_code, user["email"], user["name"], user["role"]) == (
        200,
        "ada@example.com",
        "Ada",
        "analyst",
    )
    assert page.get(SESSION).json()["user"] == user
    with server.client() as other:
        assert own(other.post(SESSION, json={"token": token})) == (401, "sign-in-token")


def test_password_signs_in_and_sign_out_ends_it(page, person):
    answer = page.post(SESSION, json={"email": "Ada@Example.com", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    assert page.get(SESSION).status_code == 200
    token = page.cookies["dohyo_session"]
    assert page.delete(SESSION).status_code == 200
    page.cookies.clear()
    page.cookies.set("dohyo_session", token)
    assert own(page.get(SESSION)) == (401, "unauthorized")


def test_cookie_is_secure_behind_https(server, person):
    with server.client(headers={"X-Forwarded-Proto": "https"}) as page:
        answer = page.post(SESSION, json={"email": person.email, "password": PASSWORD})
        assert "secure" in answer.headers["set-cookie"].lower()


def test_wrong_password_is_refused_without_saying_what_is_wrong(page, person):
    wrong = page.post(SESSION, json={"email": "ada@example.com", "password": "not the right one"})
    unknown = page.post(SESSION, json={"email": "nobody@example.com", "password": PASSWORD})
    assert own(wrong) == own(unknown) == (401, "sign-in-refused")
    assert wrong.json()["problem"]["message"] == unknown.json()["problem"]["message"]


def test_many_wrong_passwords_have_to_wait(server, page):
    create_user(server.services.metadata, "eve@example.com", "viewer", password=PASSWORD)
    answers = [
        page.post(SESSION, json={"email": "eve@example.com", "password": "wrong wrong wrong"})
        for _ in range(9)
    ]
    assert own(answers[-1]) == (429, "sign-in-throttled")
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_form_of_another_page_cannot_sign_in(page):
    answer = page.post(SESSION, content="{}", headers={"Content-Type": "text/plain"})
    assert own(answer) == (415, "contenttype.invalid")
    assert own(page.post(SESSION, json={"email": "x"})) == (400, "sign-in-form")


def test_change_in_a_session_needs_the_header_of_our_pages(server, person):
    with server.client() as page:
        token = create_sign_in_token(server.services.metadata, person.id)
        page.post(SESSION, json={"token": token})
        body = {"query": "error", "from": 0, "to": 1}
        assert page.get("/api/v1/collectors").status_code == 200
        assert page.post("/api/v1/search/jobs", json=body).status_code == 403
        header = {"X-Dohyo": "1"}
        assert page.post("/api/v1/search/jobs", json=body, headers=header).status_code == 202
        foreign = {**header, "Origin": "https://elsewhere.example"}
        assert page.post("/api/v1/search/jobs", json=body, headers=foreign).status_code == 403
        ours = {**header, "Origin": server.address}
        assert page.post("/api/v1/search/jobs", json=body, headers=ours).status_code == 202


def test_own_password_is_changed_and_other_sessions_end(server, page):
    user = create_user(server.services.metadata, "kim@example.com", "viewer")
    token = create_sign_in_token(server.services.metadata, user.id)
    page.post(SESSION, json={"token": token})
    assert page.get(SESSION).json()["hasPassword"] is False
    assert page.put(f"{SESSION}/password", json={"password": PASSWORD}).status_code == 200
    assert page.get(SESSION).json()["hasPassword"] is True
    with server.client(headers={"X-Dohyo": "1"}) as other:
        other.post(SESSION, json={"email": user.email, "password": PASSWORD})
        wrong = {"current": "not the right one", "password": "another long password"}
        assert own(page.put(f"{SESSION}/password", json=wrong)) == (400, "password-wrong")
        short = page.put(f"{SESSION}/password", json={"current": PASSWORD, "password": "short"})
        assert own(short) == (400, "password-length")
        new = {"current": PASSWORD, "password": "another long password"}
        assert page.put(f"{SESSION}/password", json=new).status_code == 200
        assert (page.get(SESSION).status_code, other.get(SESSION).status_code) == (200, 401)
        assert other.post(SESSION, json={"email": user.email, "password": PASSWORD}).status_code == 401


def test_key_changes_no_password(administrator):
    answer = administrator.put(f"{SESSION}/password", json={"password": PASSWORD})
    assert own(answer) == (403, "forbidden")


def test_administrator_gives_a_sign_in_link(server, administrator, analyst, page):
    user = create_user(server.services.metadata, "lou@example.com", "viewer")
    path = f"/api/dohyo/v1/users/{user.id}/sign-in-link"
    assert analyst.post(path).status_code == 403
    token = administrator.post(path).json()["path"].removeprefix("/sign-in?token=")
    assert page.post(SESSION, json={"token": token}).json()["user"]["email"] == "lou@example.com"
    change_user(server.services.metadata, user.id, is_active=False)
    assert own(administrator.post(path)) == (404, "user-unknown")


def test_session_ends_when_the_user_is_switched_off(server, page):
    user = create_user(server.services.metadata, "bob@example.com", "viewer", password=PASSWORD)
    page.post(SESSION, json={"email": user.email, "password": PASSWORD})
    assert page.get(SESSION).status_code == 200
    change_user(server.services.metadata, user.id, is_active=False)
    assert page.get(SESSION).status_code == 401


def test_nothing_of_the_api_but_health_answers_without_credentials(server, administrator):
    described = administrator.get("/api/openapi.json").json()["paths"]
    paths = {path: methods for path, methods in described.items() if path.startswith("/api/")}
    open_to_all = []
    with server.client() as nobody:
        for path, methods in paths.items():
            for method in methods:
                answer = nobody.request(method, path.replace("{", "").replace("}", ""))
                if answer.status_code != 401:
                    open_to_all.append((method, path, answer.status_code))
        assert nobody.get("/api/openapi.json").status_code == 401
        assert nobody.get("/api/v1/nothing").status_code == 401
    assert len(paths) > 60
    assert open_to_all == [("get", "/api/health", 200), ("post", SESSION, 415)]


def test_wrong_key_is_refused_in_the_classic_style(server):
    with server.client(auth=("su123456789012", "wrong")) as nobody:
        answer = nobody.get("/api/v2/dashboards")
    assert answer.status_code == 401 and answer.json()["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_key_is_used_by_the_pages_it_names_only(server, administrator):
    made = administrator.post("/api/v1/accessKeys", json={"label": "x", "corsHeaders": ["https://a.example"]})
    auth = (made.json()["id"], made.json()["key"])
    with server.client(auth=auth) as client:
        good = client.get("/api/v1/collectors", headers={"Origin": "https://a.example"})
        assert good.headers["Access-Control-Allow-Origin"] == "https://a.example"
        assert good.headers["Access-Control-Allow-Credentials"] == "true"
        bad = client.get("/api/v1/collectors", headers={"Origin": "https://b.example"})
        assert bad.status_code == 403
    asked = {"Access-Control-Request-Method": "POST"}
    with server.client() as browser:
        good = browser.options("/api/v1/search/jobs", headers={"Origin": "https://a.example", **asked})
        assert good.status_code == 204 and "POST" in good.headers["Access-Control-Allow-Methods"]
        assert (
            browser.options("/api/v1/search/jobs", headers={"Origin": "https://b.example"}).status_code == 403
        )
