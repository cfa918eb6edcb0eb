"""Calls the vendor's SDK and prints what it got as one JSON object: ADDRESS ACCESS_ID ACCESS_KEY."""

import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import requests
from sumologic import SumoLogic

address, access_id, access_key = sys.argv[1:]
sumo = SumoLogic(access_id, access_key, address)
got: dict = {}


def ended(status, key="status"):
    for _ in range(150):
        answer = plain(status())
        if answer[key] not in ("InProgress", "Pending", "NOT STARTED", "GATHERING RESULTS"):
            return answer
        time.sleep(0.1)
    raise TimeoutError(key)


def plain(answer):
    """Some methods give the body, others the response."""
    return answer.json() if isinstance(answer, requests.Response) else answer


def status_of(call):
    try:
        call()
    except requests.HTTPError as error:
        return error.response.status_code
    return 200


# Searches
query = '_sourceCategory=Labs/* | json "severity" | count by severity'
job = sumo.search_job(query, "2020-01-01T00:00:00", "2030-01-01T00:00:00")
got["search_job"] = ended(lambda: sumo.search_job_status(job), "state")
got["search_job_records"] = sumo.search_job_records(job, limit=100)
sumo.delete_search_job(job)
job = sumo.search_job("_sourceCategory=Labs/*", "2020-01-01T00:00:00", "2030-01-01T00:00:00")
ended(lambda: sumo.search_job_status(job), "state")
got["search_job_messages"] = sumo.search_job_messages(job, limit=100)

# Collectors and sources
sumo.create_collector({"collector": {"collectorType": "Hosted", "name": "SDK"}})
found = next(
    one for one in sumo.collectors(limit=100, offset=0, filter_type="Hosted") if one["name"] == "SDK"
)
collector, etag = sumo.collector(found["id"])
collector["collector"]["description"] = "by the SDK"
sumo.update_collector(collector, etag)
got["update_collector"] = sumo.collector(found["id"])[0]["collector"]
sumo.create_source(found["id"], {"source": {"sourceType": "HTTP", "name": "h", "messagePerRequest": False}})
source, etag = sumo.source(found["id"], sumo.sources(found["id"])[0]["id"])
source["source"]["category"] = "by/sdk"
sumo.update_source(found["id"], source, etag)
got["update_source"] = sumo.source(found["id"], source["source"]["id"])[0]["source"]
sumo.delete_source(found["id"], source)
sumo.delete_collector(collector)
got["delete_collector"] = "gone" if status_of(lambda: sumo.collector(found["id"])) == 404 else "there"
got["get_available_builds"] = sumo.get_available_builds()

# Content
home = plain(sumo.get_personal_folder())["id"]
here = plain(sumo.create_folder("SDK here", "", home, False))["id"]
there = plain(sumo.create_folder("SDK there", "", home, False))["id"]
got["imported"] = {
    "type": "SavedSearchWithScheduleSyncDefinition",
    "name": "Errors",
    "search": {
        "queryText": "error | count",
        "defaultTimeRange": "-15m",
        "byReceiptTime": False,
        "viewName": "",
        "viewStartTime": None,
        "queryParameters": [],
        "parsingMode": "Manual",
    },
    "searchSchedule": None,
    "description": "",
}
job = plain(sumo.import_content(here, got["imported"]))
ended(lambda: sumo.check_import_status(here, job["id"]))
search = plain(sumo.get_folder(here))["children"][0]["id"]
job = plain(sumo.export_content(search))
ended(lambda: sumo.check_export_status(search, job["id"]))
got["get_export_content_result"] = plain(sumo.get_export_content_result(search, job["id"]))
job = plain(sumo.copy_content(search, home))
got["check_copy_status"] = ended(lambda: sumo.check_copy_status(search, job["id"]))
copy = next(one["id"] for one in sumo.get_children_folder(home) if one["name"] == "Errors")
got["get_content_path"] = plain(sumo.get_content_path(search))["path"]
sumo.move_content(search, there)
got["move_content"] = plain(sumo.get_content_path(search))["path"]
path = plain(sumo.get_content_path(here))["path"]
got["get_content_item_by_path"] = plain(sumo.get_content_item_by_path(path))["name"]
got["get_global_folder"] = [one["name"] for one in plain(sumo.get_global_folder())["data"]]
for item in (copy, here, there):
    job = plain(sumo.delete_content(item))
    got["check_delete_status"] = ended(partial(sumo.check_delete_status, item, job["id"]))
got["folder_not_exist"] = sumo.folder_not_exist(here)

# Lookup tables
columns = [{"fieldName": name, "fieldType": "string"} for name in ("name", "number")]
table = plain(
    sumo.create_lookup_table(
        {
            "name": "SDK table",
            "description": "",
            "fields": columns,
            "primaryKeys": ["name"],
            "ttl": 100,
            "sizeLimitAction": "StopIncomingMessages",
            "parentFolderId": home,
        }
    )
)["id"]
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "t.csv").write_text("name,number\none,1\n")
    job = plain(sumo.upload_csv_lookup_table(table, folder, "t.csv"))
got["check_lookup_status"] = ended(lambda: sumo.check_lookup_status(job["id"]))
row = [{"columnName": "name", "columnValue": "three"}, {"columnName": "number", "columnValue": "3"}]
sumo.update_lookup_table(table, {"row": row})
edited = plain(
    sumo.edit_lookup_table(
        table, {"ttl": 50, "description": "changed", "sizeLimitAction": "StopIncomingMessages"}
    )
)
got["edit_lookup_table"] = {"description": edited["description"], "ttl": edited["ttl"]}
place = plain(sumo.get_content_path(table))["path"]
job = sumo.search_job(f'cat path://"{place}" | sort name asc', "2020-01-01T00:00:00", "2030-01-01T00:00:00")
got["cat"] = ended(lambda: sumo.search_job_status(job), "state")
rows = [row["map"] for row in sumo.search_job_records(job, limit=10)["records"]]
got["lookup"] = [[row["name"], row["number"]] for row in rows]
sumo.empty_lookup_table(table)
sumo.delete_lookup_table(table)

# Apps
app = next(
    one
    for one in plain(sumo.get_apps())["apps"]
    if one["appDefinition"]["name"].endswith("Defender for Cloud Apps")
)
parameter = app["appManifest"]["parameters"][0]["parameterId"]
order = {
    "name": "SDK app",
    "description": "copied",
    "destinationFolderId": home,
    "dataSourceValues": {parameter: "_sourceCategory=Labs/MicrosoftGraphSecurity"},
}
job = plain(sumo.install_app(app["appDefinition"]["uuid"], order))
got["check_app_install_status"] = ended(lambda: sumo.check_app_install_status(job["id"]))
folder = next(one["id"] for one in sumo.get_children_folder(home) if one["name"] == "SDK app")
got["app_folder"] = [
    one["name"] for one in sumo.get_children_folder(folder) if one["itemType"] == "Dashboard"
]
sumo.delete_folder(folder)

# Not built
got["refused"] = {
    "search_metrics": status_of(lambda: sumo.search_metrics("a", 0, 1)),
    "sync_folder": status_of(lambda: sumo.sync_folder(home, {})),
    "get_explorer_views": status_of(sumo.get_explorer_views),
    "get_root_folder": status_of(sumo.get_root_folder),
    "dashboards": status_of(sumo.dashboards),
}
print(json.dumps(got))
