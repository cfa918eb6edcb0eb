"""Access keys, users and roles over the published API, and what each role may do."""

from __future__ import annotations

import pytest

from .conftest import newer

KEYS, USERS, ROLES = "/api/v1/accessKeys", "/api/v1/users", "/api/v1/roles"


def test_key_shows_its_secret_once_and_can_be_switched_off_and_renewed(server, analyst):
    made = analyst.post(KEYS, json={"label": "script", "corsHeaders": []}).json()
    path = f"{KEYS}/{made['id']}"
    listed = analyst.get(f"{KEYS}/personal").json()["data"]
    assert made["id"] in [key["id"] for key in listed] and all("key" not in key for key in listed)

    def works(secret: str) -> bool:
        with server.client(auth=(made["id"], secret)) as client:
            return client.get("/api/v1/collectors").status_code == 200

    assert works(made["key"])
    assert analyst.put(path, json={"disabled": True}).json()["disabled"] is True
    assert not works(made["key"])
    analyst.put(path, json={"disabled": False, "corsHeaders": ["https://a.example"]})
    renewed = analyst.put(f"{path}/rotate").json()
    assert works(renewed["key"]) and not works(made["key"])
    assert analyst.delete(path).status_code == 204
    assert newer(analyst.delete(path)) == (404, "access_key:not_found")
    assert newer(analyst.post(KEYS, json={"label": ""})) == (400, "key_label")


def test_narrowed_key_keeps_to_its_scopes_and_makes_no_wider_key(server, analyst):
    assert "runLogSearch" in [one["id"] for one in analyst.get(f"{KEYS}/scopes").json()["data"]]
    wide = analyst.post(KEYS, json={"label": "wide"}).json()
    scopes = ["managePersonalAccessKeys", "viewCollectors"]
    made = analyst.post(KEYS, json={"label": "narrow", "scopes": scopes}).json()
    assert made["scopes"] == scopes
    with server.client(auth=(made["id"], made["key"])) as narrow:
        assert narrow.get("/api/v1/collectors").status_code == 200
        assert narrow.get("/api/v2/dashboards").status_code == 403
        assert narrow.post(KEYS, json={"label": "same"}).json()["scopes"] == scopes
        refused = [
            narrow.post(KEYS, json={"label": "more", "scopes": ["viewLibrary"]}),
            narrow.put(f"{KEYS}/{made['id']}", json={"disabled": False, "scopes": ["viewLibrary"]}),
            narrow.put(f"{KEYS}/{wide['id']}/rotate"),
            narrow.delete(f"{KEYS}/{wide['id']}"),
        ]
        assert [answer.status_code for answer in refused] == [403] * 4
    for key in analyst.get(f"{KEYS}/personal").json()["data"]:
        if key["label"] in ("wide", "narrow", "same"):
            analyst.delete(f"{KEYS}/{key['id']}")


def test_key_of_another_is_managed_by_administrators(server, analyst, administrator):
    theirs = administrator.post(KEYS, json={"label": "theirs"}).json()["id"]
    assert analyst.delete(f"{KEYS}/{theirs}").status_code == 403
    assert analyst.get(KEYS).status_code == 403
    page = administrator.get(KEYS, params={"limit": 1}).json()
    assert len(page["data"]) == 1 and page["next"]
    mine = analyst.post(KEYS, json={"label": "mine"}).json()["id"]
    assert administrator.delete(f"{KEYS}/{mine}").status_code == 204


def test_user_is_made_changed_and_removed(administrator):
    roles = {role["name"]: role["id"] for role in administrator.get(ROLES).json()["data"]}
    assert set(roles) == {"Viewer", "Analyst", "Administrator"}
    body = {
        "firstName": "Max",
        "lastName": "Muster",
        "email": "Max@Example.com",
        "roleIds": [roles["Viewer"]],
    }
    made = administrator.post(USERS, json=body).json()
    assert (made["email"], made["roleIds"], made["lastLoginTimestamp"]) == (
        "max@example.com",
        [roles["Viewer"]],
        None,
    )
    path = f"{USERS}/{made['id']}"
    assert administrator.get(USERS, params={"email": "max@example.com"}).json()["data"] == [made]
    change = {
        "firstName": "Maxi",
        "lastName": "",
        "email": "",
        "roleIds": [roles["Analyst"]],
        "isActive": False,
    }
    changed = administrator.put(path, json=change).json()
    assert (changed["firstName"], changed["lastName"], changed["isActive"]) == ("Maxi", "", False)
    assert made["id"] in administrator.get(f"{ROLES}/{roles['Analyst']}").json()["users"]
    given = administrator.put(f"{ROLES}/{roles['Viewer']}/users/{made['id']}")
    assert made["id"] in given.json()["users"]
    assert newer(administrator.post(USERS, json=body)) == (400, "user_exists")
    assert newer(administrator.post(USERS, json={**body, "roleIds": ["77"]})) == (400, "user:role_ids")
    assert administrator.delete(path).status_code == 204
    assert newer(administrator.get(path)) == (404, "user:not_found")


def test_role_is_found_by_name_and_lists_its_capabilities(administrator):
    found = administrator.get("/api/v2/roles", params={"name": "Analyst"}).json()["data"]
    assert len(found) == 1 and "manageLibrary" in found[0]["capabilities"]
    assert "manageCollectors" not in found[0]["capabilities"]
    assert newer(administrator.get(f"{ROLES}/0000000000000099")) == (404, "role:not_found")


# Method and path, and the first role that may; a body is sent where there is one.
NEEDS = [
    ("GET", "/api/dohyo/v1/home", "viewer"),
    ("GET", "/api/v2/dashboards", "viewer"),
    ("GET", "/api/v1/collectors", "viewer"),
    ("POST", "/api/dohyo/v1/query/check", "viewer"),
    ("GET", "/api/v2/apps", "viewer"),
    ("POST", "/api/v2/dashboards", "analyst"),
    ("POST", "/api/v2/content/folders", "analyst"),
    ("POST", "/api/v1/logSearches", "analyst"),
    ("GET", "/api/v1/accessKeys/personal", "analyst"),
    ("POST", "/api/v1/collectors", "administrator"),
    ("POST", "/api/v2/apps/x/install", "administrator"),
    ("GET", "/api/v1/users", "administrator"),
    ("GET", "/api/v1/accessKeys", "administrator"),
]


@pytest.mark.parametrize(("method", "path", "least"), NEEDS)
def test_roles_may_what_their_capabilities_say(method, path, least, viewer, analyst, administrator):
    clients = {"viewer": viewer, "analyst": analyst, "administrator": administrator}
    order = list(clients)
    for role, client in clients.items():
        answer = client.request(method, path, json={} if method == "POST" else None)
        refused = answer.status_code == 403
        assert refused == (order.index(role) < order.index(least)), (role, answer.text)
        if refused:
            assert answer.json()["code" if "code" in answer.json() else "problem"]
