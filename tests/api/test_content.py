"""Folders, dashboards, saved searches and lookup tables over the published API."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import httpx

from .conftest import ended, newer

CONTENT = "/api/v2/content"
RANGE = {
    "type": "BeginBoundedTimeRange",
    "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1d"},
}
PANEL = {
    "id": None,
    "key": "p",
    "title": "Errors",
    "visualSettings": '{"general": {"type":"table"}}',
    "panelType": "SumoSearchPanel",
    "queries": [{"queryString": "error | count", "queryType": "Logs", "queryKey": "A", "transient": False}],
}
DASHBOARD = {
    "title": "Mine",
    "timeRange": RANGE,
    "panels": [PANEL],
    "layout": {
        "layoutType": "Grid",
        "layoutStructures": [{"key": "p", "structure": '{"x":0,"y":0,"width":6,"height":4}'}],
    },
    "coloringRules": [{"scope": "x"}],
    "createdBy": "somebody",
}
SEARCH = {"name": "Errors", "queryString": "error | count", "timeRange": RANGE, "description": "d"}
TABLE = {
    "name": "People",
    "description": "who is who",
    "fields": [{"fieldName": "id", "fieldType": "int"}, {"fieldName": "name", "fieldType": "string"}],
    "primaryKeys": ["id"],
}


def personal(client: httpx.Client) -> str:
    return str(client.get(f"{CONTENT}/folders/personal").json()["id"])


def job(client: httpx.Client, path: str, started: httpx.Response) -> dict:
    assert started.status_code == 200, started.text
    return ended(lambda: client.get(f"{path}/{started.json()['id']}/status").json())


def test_folder_is_made_renamed_found_and_deleted(analyst):
    home = personal(analyst)
    made = analyst.post(f"{CONTENT}/folders", json={"name": "A b", "description": "d", "parentId": home})
    folder = made.json()
    assert (made.status_code, folder["itemType"], folder["children"]) == (200, "Folder", [])
    lower = folder["id"].lstrip("0").lower()
    assert analyst.get(f"{CONTENT}/folders/%20{lower}").json()["id"] == folder["id"]
    place = analyst.get(f"{CONTENT}/{folder['id']}/path").json()
    assert place["path"].startswith("/Library/Users/") and place["path"].endswith("/A b")
    assert analyst.get(f"{CONTENT}/path?path={place['path'].replace(' ', '+')}").json()["id"] == folder["id"]
    renamed = analyst.put(f"{CONTENT}/folders/{folder['id']}", json={"name": "C", "description": "e"}).json()
    assert (renamed["name"], renamed["description"]) == ("C", "e")
    deleted = analyst.delete(f"{CONTENT}/{folder['id']}/delete")
    assert job(analyst, f"{CONTENT}/{folder['id']}/delete", deleted)["status"] == "Success"
    gone = analyst.get(f"{CONTENT}/folders/{folder['id']}")
    assert newer(gone) == (404, "content1:doesnt_exist")
    assert "Content with the given ID does not exist." in gone.text


def test_shared_folders_are_read_by_a_job(analyst, installed):
    for name in ("global", "installedApps", "adminRecommended"):
        started = analyst.get(f"{CONTENT}/folders/{name}")
        assert job(analyst, f"{CONTENT}/folders/{name}", started)["status"] == "Success"
        result = analyst.get(f"{CONTENT}/folders/{name}/{started.json()['id']}/result").json()
        names = [item["name"] for item in result.get("data", result.get("children"))]
        assert bool(names) == (name != "adminRecommended")


def test_import_gives_back_by_export_what_came_in(analyst):
    home = personal(analyst)
    definition = {
        "type": "FolderSyncDefinition",
        "name": "Brought",
        "description": "",
        "children": [
            {
                "type": "DashboardV2SyncDefinition",
                "name": "D",
                **DASHBOARD,
                "rootPanel": None,
                "theme": "Light",
            }
        ],
    }
    started = analyst.post(f"{CONTENT}/folders/{home}/import?overwrite=False", json=definition)
    status = job(analyst, f"{CONTENT}/folders/{home}/import", started)
    ident = status["statusMessage"].partition(":")[2]
    result = analyst.get(f"{CONTENT}/folders/{home}/import/{started.json()['id']}/result").json()
    assert result["summary"] == {"totalItems": 2, "successCount": 2, "failureCount": 0}
    exported = analyst.post(f"{CONTENT}/{ident}/export", content='""')
    assert job(analyst, f"{CONTENT}/{ident}/export", exported)["status"] == "Success"
    assert analyst.get(f"{CONTENT}/{ident}/export/{exported.json()['id']}/result").json() == definition
    again = analyst.post(f"{CONTENT}/folders/{home}/import", json=definition)
    failed = job(analyst, f"{CONTENT}/folders/{home}/import", again)
    assert failed["status"] == "Failed" and failed["error"] == failed["errors"]
    assert failed["error"]["code"] == "content1:name_taken"
    early = analyst.get(f"{CONTENT}/folders/{home}/import/{again.json()['id']}/result")
    assert newer(early) == (400, "job:no_result")


def test_copy_and_move_take_any_empty_body(analyst):
    home = personal(analyst)
    made = [
        analyst.post(f"{CONTENT}/folders", json={"name": n, "parentId": home}).json()["id"]
        for n in ("from", "to")
    ]
    for number, body in enumerate(("null", '""', "{}", "")):
        inner = analyst.post(f"{CONTENT}/folders", json={"name": f"x{number}", "parentId": made[0]}).json()[
            "id"
        ]
        started = analyst.post(f"{CONTENT}/{inner}/copy?destinationFolder={made[1]}", content=body)
        copied = job(analyst, f"{CONTENT}/{inner}/copy", started)["statusMessage"].removeprefix("id:")
        assert analyst.get(f"{CONTENT}/folders/{copied}").json()["parentId"] == made[1]
    moved = analyst.post(f"{CONTENT}/{made[0]}/move?destinationFolderId={made[1]}", content="null")
    assert (moved.status_code, moved.content) == (200, b"")
    assert analyst.get(f"{CONTENT}/folders/{made[0]}").json()["parentId"] == made[1]


def test_content_belongs_to_its_owner(analyst, viewer, administrator):
    folder = analyst.post(f"{CONTENT}/folders", json={"name": "own", "parentId": personal(analyst)}).json()[
        "id"
    ]
    assert newer(administrator.get(f"{CONTENT}/folders/{folder}"))[0] == 403
    as_admin = administrator.get(f"{CONTENT}/folders/{folder}", headers={"isAdminMode": "true"})
    assert as_admin.status_code == 200
    refused = viewer.post(f"{CONTENT}/folders", json={"name": "x", "parentId": personal(viewer)})
    assert refused.status_code == 403 and refused.json()["code"] == "forbidden"


def test_dashboard_is_made_read_replaced_and_deleted(analyst):
    made = analyst.post("/api/v2/dashboards", json=DASHBOARD).json()
    path = f"/api/v2/dashboards/{made['id']}"
    assert made["folderId"] == personal(analyst) and made["contentId"] != made["id"]
    assert made["panels"][0]["id"] and made["panels"][0]["visualSettings"] == PANEL["visualSettings"]
    assert (made["theme"], made["coloringRules"]) == ("Light", DASHBOARD["coloringRules"])
    assert analyst.get(path).json() == made
    changed = analyst.put(path, json={**made, "title": "Yours", "theme": "dark"}).json()
    assert (changed["title"], changed["theme"], changed["id"]) == ("Yours", "Dark", made["id"])
    listed = analyst.get("/api/v2/dashboards?limit=100&token=").json()
    assert made["id"] in [one["id"] for one in listed["dashboards"]] and listed["next"] is None
    deleted = analyst.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert newer(analyst.get(path))[0] == 404


def test_dashboards_come_in_pages(analyst):
    made = [
        analyst.post("/api/v2/dashboards", json={**DASHBOARD, "title": f"P{n}"}).json()["id"]
        for n in range(5)
    ]
    found, token = [], ""
    while token is not None:
        page = analyst.get("/api/v2/dashboards", params={"limit": 2, "token": token}).json()
        assert len(page["dashboards"]) <= 2
        found += [one["id"] for one in page["dashboards"]]
        token = page["next"]
    assert set(made) <= set(found) and len(found) == len(set(found))
    assert newer(analyst.get("/api/v2/dashboards?token=made-up")) == (400, "token_invalid")


def test_wrong_dashboard_is_refused_with_each_place(analyst):
    broken = {**DASHBOARD, "panels": [{**PANEL, "queries": [{"queryType": "Logs"}]}], "timeRange": 5}
    answer = analyst.post("/api/v2/dashboards", json=broken)
    assert newer(answer)[0] == 400
    assert "queryString" in answer.text and "timeRange" in answer.text and len(answer.json()["errors"]) == 2


def test_saved_search_is_made_read_replaced_and_deleted(analyst):
    made = analyst.post("/api/v1/logSearches", json=SEARCH).json()
    path = f"/api/v1/logSearches/{made['id']}"
    assert {key: made[key] for key in SEARCH} == SEARCH and made["createdBy"]
    assert analyst.get(path).json() == made
    assert made["id"] in [one["id"] for one in analyst.get("/api/v1/logSearches").json()["logSearches"]]
    changed = analyst.put(path, json={**SEARCH, "queryString": "warning"}).json()
    assert changed["queryString"] == "warning" and changed["parentId"] == made["parentId"]
    assert analyst.delete(path).status_code == 204
    assert newer(analyst.get(path))[0] == 404


def test_lookup_table_takes_rows_by_file_and_one_by_one(analyst):
    made = analyst.post("/api/v1/lookupTables", json=TABLE).json()
    path = f"/api/v1/lookupTables/{made['id']}"
    assert made["contentPath"].startswith("/Library/Users/") and made["size"] == 0

    def uploaded(content: bytes, query: str = "") -> dict:
        files = {"file": ("people.csv", content, "text/csv")}
        started = analyst.post(f"{path}/upload{query}", files=files)
        return job(analyst, "/api/v1/lookupTables/jobs", started)

    first = uploaded('Name,ID\nZoë,1\n"a,\nb",2\n'.encode())
    assert (first["status"], first["requestType"], first["lookupName"]) == (
        "Success",
        "BulkReplace",
        "People",
    )
    assert uploaded(b"id,name\n2,c\n3,d\n", "?merge=true")["requestType"] == "BulkMerge"
    wrong = uploaded(b"id,name\nx,y\n")
    assert wrong["status"] == "Failed" and "line 2" in wrong["errors"][0]["message"]
    row = {"row": [{"columnName": "id", "columnValue": "4"}, {"columnName": "name", "columnValue": "e"}]}
    assert analyst.put(f"{path}/row", json=row).status_code == 204
    key = {"primaryKey": [{"columnName": "id", "columnValue": "3"}]}
    assert analyst.put(f"{path}/deleteTableRow", json=key).status_code == 204
    assert analyst.get(path).json()["size"] > 0
    assert analyst.get(f"{path}/row").status_code == 405
    life = {"ttl": 100, "description": "new", "sizeLimitAction": "DeleteOldData"}
    assert analyst.put(path, json=life).json() | life == analyst.get(path).json()
    emptied = analyst.post(f"{path}/truncate", content="null")
    assert job(analyst, "/api/v1/lookupTables/jobs", emptied)["requestType"] == "Truncate"
    assert analyst.delete(path).status_code == 204


def test_upload_without_a_file_is_refused(analyst):
    table = analyst.post("/api/v1/lookupTables", json={**TABLE, "name": "Empty"}).json()["id"]
    path = f"/api/v1/lookupTables/{table}/upload"
    assert newer(analyst.post(path, files={"other": b"x"})) == (400, "file_missing")
    assert analyst.post(path, content=b"id\n1").status_code == 415


def test_a_definition_is_reported_on_before_it_is_imported_and_classic_dashboards_run(analyst, alerts):
    classic = {
        "type": "DashboardSyncDefinition",
        "name": "Old one",
        "panels": [
            {
                "name": "Count",
                "viewerType": "svv",
                "queryString": "_sourceCategory=Labs/* | count",
                "x": 1,
                "y": 1,
                "width": 6,
                "height": 3,
                "properties": "{}",
                "timeRange": '[{"t":"relative","d":-86400000}]',
            },
            {
                "name": "CPU",
                "viewerType": "metrics",
                "queryString": "",
                "metricsQueries": [{"query": "m"}],
                "x": 7,
                "y": 1,
                "width": 6,
                "height": 3,
                "properties": "{}",
            },
        ],
    }
    told = analyst.post("/api/dohyo/v1/content/report", json=classic).json()
    assert [(line["title"], line["verdict"]) for line in told["lines"]] == [
        ("Count", "works"),
        ("CPU", "unsupported"),
    ]
    refused = analyst.post("/api/dohyo/v1/content/report", json={"type": "x", "name": "y"})
    assert refused.status_code == 400
    home = personal(analyst)
    path = f"{CONTENT}/folders/{home}/import"
    status = job(analyst, path, analyst.post(path, json=classic))
    item = status["statusMessage"].removeprefix("id:")
    assert analyst.get(f"/api/dohyo/v1/content/{item}/report").json()["lines"] == told["lines"]
    shown = analyst.get(f"/api/v2/dashboards/{item}").json()
    assert [panel["title"] for panel in shown["panels"]] == ["Count", "CPU"]
    rows = analyst.get("/api/dohyo/v1/dashboards").json()["dashboards"]
    assert [(row["readOnly"], row["classic"]) for row in rows if row["id"] == item] == [(True, True)]
    run = analyst.post(f"/api/dohyo/v1/dashboards/{item}/runs", json={"range": {"from": "-1d"}}).text
    assert f'"rows":[[{len(alerts)}]]' in run
    assert analyst.put(f"/api/v2/dashboards/{item}", json=DASHBOARD).status_code == 404
    exported = job(analyst, f"{CONTENT}/{item}/export", analyst.post(f"{CONTENT}/{item}/export"))
    assert exported["status"] == "Success"
    job(analyst, f"{CONTENT}/{item}/delete", analyst.delete(f"{CONTENT}/{item}/delete"))


def imported(client: httpx.Client, definition, **options) -> tuple[dict, dict]:
    """How an import ended: the status of its job and, where it went in, what the export gives."""
    home = personal(client)
    path = f"{CONTENT}/folders/{home}/import"
    content = definition if isinstance(definition, bytes) else json.dumps(definition).encode()
    status = job(client, path, client.post(path, content=content, **options))
    if status["status"] != "Success":
        return status, {}
    item = status["statusMessage"].removeprefix("id:")
    started = client.post(f"{CONTENT}/{item}/export")
    job(client, f"{CONTENT}/{item}/export", started)
    exported = client.get(f"{CONTENT}/{item}/export/{started.json()['id']}/result")
    job(client, f"{CONTENT}/{item}/delete", client.delete(f"{CONTENT}/{item}/delete"))
    return status, json.loads(exported.text)


def test_numbers_letters_and_unknown_parts_come_out_as_they_went_in(analyst):
    odd = {
        "type": "FolderSyncDefinition",
        "name": "Odd <script>alert(1)</script>",
        "description": "",
        "children": [
            {
                "type": "DashboardV2SyncDefinition",
                "name": "Odd",
                "panels": [{"panelType": "FuturePanel", "key": "k", "visualSettings": "{not json"}],
                "numbers": [2**70, -(2**63), 1.0, 1e300, 5e-324, -0.0, 0.1],
                "letters": '\u0000\u2028\ud83d\ude00 \\ " </script>',
            },
            {"type": "MetricsSearchSyncDefinition", "name": "m", "queries": [{"query": "metric=x"}]},
            {"type": "FutureSyncDefinition", "name": "f", "any": {"thing": [None]}},
        ],
    }
    status, exported = imported(analyst, odd)
    assert status["status"] == "Success" and json.dumps(exported) == json.dumps(odd)
    told = analyst.post("/api/dohyo/v1/content/report", content=json.dumps(odd)).json()
    reasons = {line["reason"] for line in told["lines"]}
    assert 'panels of type "FuturePanel" are not known here; it is kept' in reasons
    assert "keys that are kept and do nothing here: letters, numbers" in reasons
    assert any("timeRange" in one for one in reasons) and told["items"] == 4 and not told["leftOut"]


def test_what_an_import_leaves_out_is_kept_with_what_it_made(analyst):
    large = {"type": "DashboardV2SyncDefinition", "name": "Large", "text": "x" * (3 * 1024 * 1024)}
    folder = {"type": "FolderSyncDefinition", "name": "Partly", "children": [None, large]}
    path = f"{CONTENT}/folders/{personal(analyst)}/import"
    made = job(analyst, path, analyst.post(path, json=folder))["statusMessage"].removeprefix("id:")
    told = analyst.get(f"/api/dohyo/v1/content/{made}/report").json()["leftOut"]
    assert [(one["path"], one["type"]) for one in told] == [
        ("/Partly/None", "None"), ("/Partly/Large", "DashboardV2SyncDefinition")
    ]  # fmt: skip
    assert "2,097,152" in told[1]["error"]
    job(analyst, f"{CONTENT}/{made}/delete", analyst.delete(f"{CONTENT}/{made}/delete"))


def test_unusable_definitions_are_refused_whole_with_one_clear_message(analyst):
    home = personal(analyst)
    path = f"{CONTENT}/folders/{home}/import"
    before = analyst.get(f"{CONTENT}/folders/{home}").json()["children"]
    deep: dict = {"type": "FolderSyncDefinition", "name": "f", "children": []}
    for _ in range(40):
        deep = {"type": "FolderSyncDefinition", "name": "f", "children": [deep]}
    large = {"type": "DashboardV2SyncDefinition", "name": "Large", "text": "x" * (3 * 1024 * 1024)}
    many = [{"type": "Search", "name": str(n), "searchQuery": "*"} for n in range(1001)]
    for definition, words in (
        ({"type": "Nothing", "name": "x"}, "is not known here"),
        (large, "2,097,152"),
        ([*many], "Too many objects"),
        ("text", "JSON object"),
    ):
        status, _ = imported(analyst, definition)
        assert status["status"] == "Failed" and words in json.dumps(status), status
    status, exported = imported(analyst, deep)
    assert status["status"] == "Success" and json.dumps(exported).count("children") == 27
    told = analyst.post("/api/dohyo/v1/content/report", json=deep).json()
    assert [one["error"] for one in told["leftOut"]] == ["it lies more than 26 folders deep"]
    assert [one["reason"] for one in told["lines"]] == ["it lies more than 26 folders deep; it is left out"]
    for body, words in ((b'{"type": ', "JSON"), (b'{"a": NaN}', "JSON"), (b'{"a": "\\ud83d"}', "JSON")):
        answer = analyst.post(path, content=body)
        assert answer.status_code == 400 and words in answer.text
    for depth in (300, 600, 1000):
        nested = b'{"type":"Report","name":"x","a":' + b"[" * depth + b"]" * depth + b"}"
        answer = analyst.post("/api/dohyo/v1/content/report", content=nested)
        assert answer.status_code in (200, 400), answer.text
        body = b'{"values":{"a":"b"},"definition":' + nested + b"}"
        assert analyst.post("/api/dohyo/v1/content/filled", content=body).status_code in (200, 400)
    whole = {"type": "Folder", "name": "Whole", "children": [{**large, "text": "x" * 20_000_000}]}
    answer = analyst.post(path, json=whole)
    assert answer.status_code == 413 and "10,485,760 bytes" in answer.text
    answer = analyst.post("/api/dohyo/v1/content/report", json=whole)
    assert answer.status_code == 413
    assert analyst.get(f"{CONTENT}/folders/{home}").json()["children"] == before


def test_the_same_content_twice_is_refused_or_replaced(analyst):
    home = personal(analyst)
    path = f"{CONTENT}/folders/{home}/import"
    search = {"type": "SavedSearchWithScheduleSyncDefinition", "name": "S", "search": {"queryText": "*"}}
    app = {"type": "FolderSyncDefinition", "name": "Twice", "description": "", "children": [search]}
    first = job(analyst, path, analyst.post(path, json=app))
    again = job(analyst, path, analyst.post(path, json=app))
    assert again["status"] == "Failed" and 'named "Twice" already' in again["error"]["message"]
    replaced = job(analyst, path, analyst.post(path, json=app, params={"overwrite": "true"}))
    assert replaced["statusMessage"] == first["statusMessage"]
    item = first["statusMessage"].removeprefix("id:")
    assert len(analyst.get(f"{CONTENT}/folders/{item}").json()["children"]) == 1
    job(analyst, f"{CONTENT}/{item}/delete", analyst.delete(f"{CONTENT}/{item}/delete"))


def test_a_package_in_an_archive_is_read_as_one_definition(analyst):
    package, made = Path(__file__).parents[1] / "apps" / "partner", io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(package.rglob("*")):
            archive.write(path, path.relative_to(package))
    path, kind = "/api/dohyo/v1/content/archive", {"Content-Type": "application/zip"}
    found = analyst.post(path, content=made.getvalue(), headers=kind).json()
    assert found["definition"]["name"] == "Partner Web" and found["others"] == ["sumologic_connection hook"]
    told = analyst.post("/api/dohyo/v1/content/report", json=found["definition"]).json()
    assert [(one["name"], one["kind"]) for one in told["parameters"]] == [("Logsdatasource", "variable")]
    assert not [line for line in told["lines"] if line["verdict"] == "unsupported"]
    filled = {"definition": found["definition"], "values": {"Logsdatasource": "Web/x"}}
    (board,) = analyst.post("/api/dohyo/v1/content/filled", json=filled).json()["children"]
    assert board["variables"][0]["defaultValue"] == "Web/x"
    for body in (b"PK\x03\x04 no archive", b"no json"):
        assert analyst.post(path, content=body, headers=kind).status_code == 400
    assert analyst.post(path, content=made.getvalue(), headers={"Content-Type": "x/y"}).status_code == 415


def test_values_with_quotes_and_pipes_change_no_query(analyst):
    asked = {
        "type": "DashboardV2SyncDefinition",
        "name": "Asks",
        "title": "Asks",
        "timeRange": RANGE,
        "panels": [{**PANEL, "queries": [{"queryString": "$$logsrc | count", "queryKey": "A"}]}],
    }
    told = analyst.post("/api/dohyo/v1/content/report", json=asked).json()
    assert [one["name"] for one in told["parameters"]] == ["logsrc"]
    for value in ('a" | delete', "a | count", "a // b", "a\nb"):
        answer = analyst.post(
            "/api/dohyo/v1/content/filled", json={"definition": asked, "values": {"logsrc": value}}
        )
        assert answer.status_code == 400 and "logsrc" in answer.json()["problem"]["message"]
    answer = analyst.post(
        "/api/dohyo/v1/content/filled",
        json={"definition": asked, "values": {"logsrc": '_sourceCategory="a|b"'}},
    )
    query = answer.json()["panels"][0]["queries"][0]["queryString"]
    assert query == '_sourceCategory="a|b" | count'
    variable = {"name": "v", "defaultValue": "*", "sourceDefinition": {"values": "a"}}
    board = {**asked, "variables": [variable]}
    board["panels"] = [{**PANEL, "queries": [{"queryString": '* | where "{{v}}" = "x" | count'}]}]
    home = personal(analyst)
    path = f"{CONTENT}/folders/{home}/import"
    item = job(analyst, path, analyst.post(path, json=board))["statusMessage"].removeprefix("id:")
    run = analyst.post(
        f"/api/dohyo/v1/dashboards/{item}/runs", json={"variables": {"v": 'x" or true | "'}}
    ).text
    answered = json.loads(run.splitlines()[1])
    assert answered["ok"] and r"\"" in answered["text"] and answered["text"].count("| count") == 1
    job(analyst, f"{CONTENT}/{item}/delete", analyst.delete(f"{CONTENT}/{item}/delete"))


def test_earlier_versions_are_kept_and_brought_back(analyst, administrator):
    made = analyst.post("/api/v2/dashboards", json={**DASHBOARD, "title": "Versions"}).json()
    item, path = made["contentId"], f"/api/dohyo/v1/content/{made['contentId']}/versions"
    assert analyst.get(path).json() == {"versions": []}
    analyst.put(f"/api/v2/dashboards/{made['id']}", json={**DASHBOARD, "title": "Versions 2"})
    admin = administrator.put(
        f"/api/v2/dashboards/{made['id']}",
        json={**DASHBOARD, "title": "Versions 3"},
        headers={"isAdminMode": "true"},
    )
    assert admin.status_code == 200
    kept = analyst.get(path).json()["versions"]
    assert [one["name"] for one in kept] == ["Versions 2", "Versions"]
    assert analyst.get(f"{path}/{kept[1]['version']}").json()["definition"]["title"] == "Versions"
    assert analyst.post(f"{path}/{kept[1]['version']}/restore").status_code == 200
    assert analyst.get(f"/api/v2/dashboards/{made['id']}").json()["title"] == "Versions"
    assert analyst.get(path).json()["versions"][0]["name"] == "Versions 3"
    assert newer_own(analyst.get(f"{path}/99")) == 404
    job(analyst, f"{CONTENT}/{item}/delete", analyst.delete(f"{CONTENT}/{item}/delete"))


def newer_own(answer: httpx.Response) -> int:
    assert answer.json()["problem"]["message"]
    return answer.status_code
