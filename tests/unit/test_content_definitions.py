"""Published definitions go in and come out again the same; what cannot be used is told."""

import json

import pytest

from dohyo.base.problem import Problem, ProblemError
from dohyo.content.dashboards import dashboard_json
from dohyo.content.definitions import read_definition
from dohyo.content.library import Library
from dohyo.content.refusals import ContentRefused
from dohyo.content.report import report_of
from dohyo.content.rights import Caller
from dohyo.content.searches import log_search_json
from dohyo.content.shapes import search_draft
from dohyo.metadata.db import open_metadata
from dohyo.search.dashboard_run import DashboardRequest, DashboardRuns

ANN = Caller("00000000000000AA")
RELATIVE = {"type": "RelativeTimeRangeBoundary", "relativeTime": "-24h"}
RANGE = {"type": "BeginBoundedTimeRange", "from": RELATIVE, "to": None}
BOARD = {
    "description": "d", "type": "DashboardV2SyncDefinition", "name": "Board", "title": "Board title",
    "timeRange": RANGE, "theme": "dark", "rootPanel": None, "unknown": [1.5, {"b": None, "a": "ü"}],
    "panels": [{"id": None, "key": "p", "panelType": "SumoSearchPanel", "visualSettings": "{ }",
                "queries": [{"queryString": "* |  count", "queryKey": "A", "metricsQueryData": None}]}],
}  # fmt: skip
SEARCH = {
    "type": "SavedSearchWithScheduleSyncDefinition", "name": "Search", "searchSchedule": None,
    "description": "", "search": {"queryText": "*", "defaultTimeRange": "-1d -12h", "byReceiptTime": True},
}  # fmt: skip
TABLE = {
    "type": "LookupTableSyncDefinition", "name": "Table", "description": "", "ttl": 0,
    "fields": [{"fieldName": "k", "fieldType": "string"}], "primaryKeys": ["k"],
}  # fmt: skip
FOLDER = {
    "type": "FolderSyncDefinition", "name": "App", "description": "all",
    "children": [
        {"type": "FolderSyncDefinition", "name": "Zed", "children": [SEARCH]},
        TABLE, BOARD, {"name": "Old", "type": "DashboardSyncDefinition", "panels": [], "filters": []},
    ],
}  # fmt: skip


@pytest.fixture
def library(tmp_path):
    return Library(open_metadata(tmp_path))


@pytest.fixture
def home(library):
    return library.personal(ANN).id


def test_export_gives_back_what_was_imported_in_its_order(library, home):
    imported = library.import_into(home, json.loads(json.dumps(FOLDER)), ANN)
    assert json.dumps(library.export(imported.item_id, ANN)) == json.dumps(FOLDER)
    assert imported.as_json() == {
        "status": "Success",
        "summary": {"totalItems": 6, "successCount": 6, "failureCount": 0},
        "failures": [],
    }


def test_export_has_the_present_name(library, home):
    imported = library.import_into(home, BOARD, ANN)
    library.rename(imported.item_id, "New", "n", ANN)
    assert library.export(imported.item_id, ANN) == {**BOARD, "name": "New", "description": "n"}


def test_folder_made_here_is_exported_too(library, home):
    made = library.create_folder(home, "F", "about", ANN)
    library.import_into(made.id, SEARCH, ANN)
    assert library.export(made.id, ANN) == {
        "type": "FolderSyncDefinition", "name": "F", "description": "about", "children": [SEARCH],
    }  # fmt: skip


def test_what_is_no_content_is_told_and_the_rest_goes_in(library, home):
    odd = {"type": "MetricsSearchSyncDefinition", "name": "metrics"}
    folder = {**FOLDER, "children": [odd, {**FOLDER, "name": "inner", "children": ["x", SEARCH]}, 7, SEARCH]}
    imported = library.import_into(home, folder, ANN)
    answer = imported.as_json()
    assert answer["summary"] == {"totalItems": 7, "successCount": 5, "failureCount": 2}
    assert [(f["path"], f["type"]) for f in answer["failures"]] == [
        ("/App/inner/None", "None"),
        ("/App/None", "None"),
    ]


ODD = [
    {**BOARD, "panels": [{}, 7, {"key": 1, "queries": "x"}, {"key": 1, "queries": [{"queryString": 5}, 3]}]},
    {**BOARD, "title": None, "timeRange": "yesterday", "layout": [], "variables": [{"name": "a"}, {}, 3]},
    {**BOARD, "panels": "none", "layout": {"layoutStructures": [{"key": "p", "structure": "no json"}, 1]}},
    {**BOARD, "panels": [{"key": "p", "timeRange": {"from": {"epochMillis": "x"}}, "queries": [
        {"queryString": "*", "outputCardinalityLimit": "many"}]}]},
    {"type": "DashboardV2SyncDefinition", "name": "Bare"},
    {"type": "Report", "name": "Old", "panels": 5, "filters": {}, "properties": "{"},
    {**SEARCH, "search": {"queryText": None}},
    {**TABLE, "fields": "k"},
    {"type": "FolderSyncDefinition", "name": "f", "children": {"a": 1}},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ODD)))
def test_odd_content_is_kept_told_and_shown_without_what_it_lacks(library, home, number):
    odd = ODD[number]
    folder = {**FOLDER, "children": [odd, SEARCH | {"name": "Good"}]}
    imported = library.import_into(home, json.loads(json.dumps(folder)), ANN)
    assert not imported.failures
    assert json.dumps(library.export(imported.item_id, ANN)) == json.dumps(folder)
    lines = [one for one in report_of(folder) if one.title != "Good"]
    assert not lines or any(one.verdict != "works" for one in lines)
    item = library.children(imported.item_id, ANN)[0]
    if item.item_type in ("Dashboard", "Report"):
        shown = dashboard_json(library.get(item.id, ANN))
        runs = DashboardRuns(NoAnswers())
        last = list(runs.run(shown, DashboardRequest()))[-1]
        runs.close()
        assert last == {"done": True} and len({panel["key"] for panel in shown["panels"]}) == len(
            shown["panels"]
        )


class NoAnswers:
    def compiled(self, text, run):
        raise ProblemError([Problem("none", "nothing runs here")])

    def newest_insert(self):
        return 0


def test_items_of_one_name_and_names_that_do_not_fit_are_kept(library, home):
    tabbed = {**SEARCH, "name": "a\tb"}
    folder = {**FOLDER, "children": [SEARCH, {**BOARD, "name": "Search"}, tabbed, {**SEARCH, "name": None}]}
    imported = library.import_into(home, json.loads(json.dumps(folder)), ANN)
    names = [item.name for item in library.children(imported.item_id, ANN)]
    assert names == ["Search", "Search (2)", "a b", "Untitled"]
    assert json.dumps(library.export(imported.item_id, ANN)) == json.dumps(folder)
    again = library.import_into(home, {**folder, "name": "Again"}, ANN)
    assert json.dumps(library.export(again.item_id, ANN)["children"]) == json.dumps(folder["children"])


def test_a_new_name_goes_out_though_it_looks_numbered(library, home):
    imported = library.import_into(home, SEARCH, ANN)
    library.rename(imported.item_id, "Search (2)", None, ANN)
    assert library.export(imported.item_id, ANN)["name"] == "Search (2)"


def test_content_of_an_unknown_type_is_kept_as_it_is_and_told(library, home):
    future = {"name": "new", "type": "FutureSyncDefinition", "description": 7, "children": [1, {"a": None}]}
    folder = {**FOLDER, "children": [SEARCH, future, {"type": "whatever", "name": "odd", "x": [None]}]}
    imported = library.import_into(home, json.loads(json.dumps(folder)), ANN)
    assert json.dumps(library.export(imported.item_id, ANN)) == json.dumps(folder)
    assert [(line.title, line.reason) for line in report_of(folder) if line.verdict == "unsupported"] == [
        ("new", "content of type FutureSyncDefinition is kept and does nothing here"),
        ("odd", "content of type whatever is kept and does nothing here"),
    ]


def test_folder_without_children_or_with_null_goes_out_as_it_came(library, home):
    folders = [{"type": "Folder", "name": "a"}, {"type": "Folder", "name": "b", "children": None}]
    for folder in folders:
        imported = library.import_into(home, folder, ANN)
        assert json.dumps(library.export(imported.item_id, ANN)) == json.dumps(folder)


@pytest.mark.parametrize(
    ("shown", "item_type"),
    [
        ({"id": "x", "title": "T", "panels": [], "timeRange": RANGE, "folderId": "1"}, "Dashboard"),
        ({"name": "S", "queryString": "* | count", "timeRange": RANGE}, "Search"),
        ([BOARD, SEARCH], "Folder"),
    ],
)
def test_what_the_api_shows_can_be_imported(library, home, shown, item_type):
    imported = library.import_into(home, shown, ANN)
    assert library.get(imported.item_id, ANN).item_type == item_type


def test_taken_name_is_refused_and_nothing_goes_in(library, home):
    library.import_into(home, {**FOLDER, "children": [TABLE]}, ANN)
    with pytest.raises(ContentRefused):
        library.import_into(home, FOLDER, ANN)
    assert [item.name for item in library.children(library.children(home, ANN)[0].id, ANN)] == ["Table"]


def test_overwriting_keeps_ids_and_other_children(library, home):
    first = library.import_into(home, {**FOLDER, "children": [TABLE, BOARD]}, ANN).item_id
    before = {item.name: item.id for item in library.children(first, ANN)}
    changed = {**BOARD, "theme": "Light"}
    again = library.import_into(home, {**FOLDER, "children": [changed, SEARCH]}, ANN, overwrite=True)
    after = {item.name: item.id for item in library.children(first, ANN)}
    assert again.item_id == first and after == {**before, "Search": after["Search"]}
    assert library.export(before["Board"], ANN) == changed


def test_overwriting_another_type_is_refused(library, home):
    library.import_into(home, {**FOLDER, "name": "Board"}, ANN)
    with pytest.raises(ContentRefused):
        library.import_into(home, BOARD, ANN, overwrite=True)


def test_too_many_objects_are_told_in_the_published_words():
    folder = {**FOLDER, "children": [{**SEARCH, "name": str(i)} for i in range(1099)]}
    with pytest.raises(ContentRefused) as caught:
        read_definition(folder)
    assert caught.value.problems[0].message == (
        "Too many objects: object count(1100) was greater than limit 1000"
    )


def test_deep_nesting_is_refused():
    folder = SEARCH
    for _ in range(60):
        folder = {**FOLDER, "children": [folder]}
    with pytest.raises(ContentRefused):
        read_definition(folder)


@pytest.mark.parametrize(
    "definition",
    [
        None, [], {"type": "FolderSyncDefinition"}, {"type": "Nothing", "name": "x"},
        {**SEARCH, "search": {}}, {**TABLE, "primaryKeys": ["gone"]}, {**TABLE, "fields": []},
        {**TABLE, "fields": [{"fieldName": "k", "fieldType": "date"}]},
        {**TABLE, "fields": [{"fieldName": n, "fieldType": "int"} for n in "kK"]},
    ],
)  # fmt: skip
def test_unusable_definition_is_refused(definition):
    with pytest.raises(ContentRefused):
        read_definition(definition)


def test_log_search_and_definition_say_the_same(library, home):
    epoch = {"type": "EpochTimeRangeBoundary", "epochMillis": 1_700_000_000_123}
    for time_range in (RANGE, {**RANGE, "to": {**RELATIVE, "relativeTime": "-1h"}}, {**RANGE, "from": epoch}):
        request = {"name": "S", "queryString": "* | count", "timeRange": time_range, "runByReceiptTime": True}
        made = library.create(home, search_draft(request), ANN)
        shown = log_search_json(made)
        assert {key: shown[key] for key in request} == request and shown["parentId"] == home
        library.delete(made.id, ANN)


def test_published_text_range_becomes_an_object(library, home):
    imported = library.import_into(home, SEARCH, ANN)
    shown = log_search_json(library.get(imported.item_id, ANN))
    assert shown["timeRange"]["from"] == {**RELATIVE, "relativeTime": "-1d"}
    assert shown["timeRange"]["to"] == {**RELATIVE, "relativeTime": "-12h"}
    assert (shown["intervalTimeType"], shown["runByReceiptTime"]) == ("receiptTime", True)
