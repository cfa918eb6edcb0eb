"""Published apps as they are found: folders and archives with declarative resources, made packages too."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from dohyo.api.app_shapes import details
from dohyo.apps.authoring import adopt, not_running, pack, run_tests, validate
from dohyo.apps.catalog import App
from dohyo.apps.faults import PackageRefused
from dohyo.apps.package import package_at
from dohyo.apps.plans import Standing, plan_json
from dohyo.apps.published import published_of_bytes, read_published
from dohyo.apps.shapes import page_json
from dohyo.base.problem import ProblemError
from dohyo.content.report import report_of

PARTNER = Path(__file__).parent / "partner"
QUERY = '_sourceCategory={{Logsdatasource}} | json "status" as status | count'


def test_declared_resources_are_one_folder_with_their_inputs():
    found = read_published(PARTNER)
    assert (found.name, found.definition["name"]) == ("Partner Web", "Partner Web")
    assert found.inputs == {"scope_key": "_sourceCategory", "default_scope_value": ""}
    assert found.others == ("sumologic_connection hook",)
    (board,) = found.definition["children"]
    assert board["panels"][0]["queries"][0]["queryString"] == "{{scope_key}}" + QUERY.removeprefix(
        "_sourceCategory"
    )
    filled = read_published(PARTNER, {"default_scope_value": "Web/x"})
    (board,) = filled.definition["children"]
    assert board["panels"][0]["queries"][0]["queryString"] == QUERY
    assert (board["variables"][0]["name"], board["variables"][0]["defaultValue"]) == (
        "Logsdatasource",
        "Web/x",
    )
    assert filled.inputs == {}
    assert read_published(PARTNER, {}).inputs == {"default_scope_value": ""}


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_an_archive_says_the_same_as_its_folder():
    files = {str(p.relative_to(PARTNER)): p.read_bytes() for p in PARTNER.rglob("*") if p.is_file()}
    assert published_of_bytes(zipped(files), "x").definition == read_published(PARTNER).definition


def test_what_is_no_app_is_told(tmp_path):
    (tmp_path / "notes.json").write_text('{"a": 1}')
    for place in (tmp_path, tmp_path / "gone.json"):
        with pytest.raises(ProblemError) as refused:
            read_published(place)
        assert refused.value.problems[0].code in ("definition-missing", "file-unreadable")
    (tmp_path / "bad.tf").write_text('resource "sumologic_dashboard" "x" {\n  title = \n')
    with pytest.raises(ProblemError) as refused:
        read_published(tmp_path)
    assert "bad.tf:" in refused.value.problems[0].message
    with pytest.raises(PackageRefused):
        published_of_bytes(zipped({"../app.json": b"{}"}), "x")


def test_a_published_app_becomes_a_package_that_is_tested_and_packed(tmp_path):
    folder = adopt(PARTNER, None, "2.3.0", tmp_path / "made")
    assert validate(folder) == []
    package = package_at(folder)
    assert (package.manifest.name, package.version) == ("Partner Web", "2.3.0")
    assert package.config.inputs == ["scope_key", "default_scope_value"]
    report = run_tests(folder)
    assert (report.compared, report.differences, report.unasked) == (2, (), ())
    assert package_at(pack(folder, tmp_path / "made.zip")).digest == package.digest
    events = folder / "tests/events.ndjson"
    events.write_text(events.read_text().replace("404", "500"))
    assert [one.place for one in run_tests(folder).differences] == [
        "all events / partner-web-overview / by-status"
    ]
    with pytest.raises(PackageRefused):
        adopt(PARTNER, None, "2.3.0", folder)


@pytest.mark.parametrize("pairs", [("ab", "bc", "ca"), ("aa",)])
def test_folders_that_are_in_each_other_are_refused(tmp_path, pairs):
    folder = 'resource "sumologic_folder" "%s" {\n  name = "%s"\n  parent_id = sumologic_folder.%s.id\n}\n'
    (tmp_path / "app.tf").write_text("".join(folder % (one, one, above) for one, above in pairs))
    with pytest.raises(ProblemError, match="in each other" if pairs[1:] else "in itself"):
        read_published(tmp_path)


def test_what_only_another_tool_can_fill_in_is_told(tmp_path):
    search = 'resource "sumologic_log_search" "%s" {\n  name = "%s"\n  query_string = %s\n%s\n}\n'
    texts = (
        search % ("a", "A", 'upper("x")', ""),
        search % ("b", "B", '"*"', "for_each = toset([1])"),
        'resource "sumologic_dashboard" "d" {\n  title = "D"\n  dynamic "panel" {\n    a = 1\n  }\n}\n',
    )
    (tmp_path / "app.tf").write_text("".join(texts))
    told = {one.title: one.reason for one in report_of(read_published(tmp_path, {}).definition)}
    assert told["A"] == '${upper("x")} is a value of the tool that it was written for, and nobody gave it'
    assert told["B"].startswith("forEach makes several of it")
    assert told["D"].startswith("its dynamic blocks make parts")


def test_exports_of_every_type_in_a_folder_are_taken_and_other_files_told(tmp_path):
    for name, kind in (("a", "FutureSyncDefinition"), ("b", "MonitorsLibraryMonitorExport")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"type": kind, "name": name}))
    (tmp_path / "settings.json").write_text('{"a": 1}')
    found = read_published(tmp_path)
    assert [one["name"] for one in found.definition["children"]] == ["a", "b"]
    assert found.others == ("settings.json",)


DASHBOARD = {
    "type": "DashboardV2SyncDefinition",
    "name": "B",
    "title": "B",
    "theme": "Light",
    "refreshInterval": 0,
    "timeRange": {
        "type": "BeginBoundedTimeRange",
        "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1d"},
        "to": None,
    },
    "layout": {"layoutType": "Grid", "layoutStructures": []},
    "variables": [],
}

KEYS = ("panels", "children", "search", "timeRange", "variables", "layout", "fields", "queryParameters")


def panel(key: str, query: str) -> dict:
    asked = {"queryString": query, "queryType": "Logs", "queryKey": "A"}
    return {
        "key": key,
        "title": key,
        "panelType": "SumoSearchPanel",
        "visualSettings": "{}",
        "queries": [asked],
    }


@pytest.mark.parametrize(
    ("query", "made", "inputs"),
    [
        ("$$logsrc | count", "{{scope_key}}={{default_scope_value}} | count", 1),
        ('* | where a = "$$src"', '* | where a = "{{default_scope_value}}"', 1),
        ("_sourceCategory=$$src | count", "_sourceCategory={{default_scope_value}} | count", 1),
        ("_sourceHost = <HOST> | count", "_sourceHost = {{default_scope_value}} | count", 1),
        ("_sourceHost={{Host}} | count", "_sourceHost={{default_scope_value}} | count", 1),
        ("_source=a | count", "_source=a | count", 0),
        (
            "$$first or $$second-x | count",
            "{{first_key}}={{first_value}} or {{second_key}}={{second_value}}-x | count",
            2,
        ),
    ],
)
def test_every_spelling_of_a_scope_becomes_an_input(tmp_path, query, made, inputs):
    source = tmp_path / "app.json"
    source.write_text(json.dumps({**DASHBOARD, "panels": [panel("p", query)]}))
    folder = adopt(source, "An app", "1.0.0", tmp_path / "made")
    package = package_at(folder)
    assert package.resources[0].definition["panels"][0]["queries"][0]["queryString"] == made
    assert len(package.config.parameters) == inputs


def test_the_variable_of_the_scope_gets_the_input_as_its_default(tmp_path):
    source = tmp_path / "app.json"
    variable = {
        "name": "Logsdatasource",
        "defaultValue": "*",
        "sourceDefinition": {"variableSourceType": "CsvVariableSourceDefinition", "values": "*"},
    }
    board = {
        **DASHBOARD,
        "variables": [variable],
        "panels": [panel("p", "_source={{Logsdatasource}} | count")],
    }
    source.write_text(json.dumps(board))
    definition = package_at(adopt(source, "An app", "1.0.0", tmp_path / "made")).resources[0].definition
    assert definition["variables"][0]["defaultValue"] == "{{default_scope_value}}"
    assert definition["panels"][0]["queries"][0]["queryString"] == "_source={{Logsdatasource}} | count"


def test_items_in_folders_and_classic_dashboards_are_tested_too(tmp_path):
    classic = {
        "type": "DashboardSyncDefinition",
        "name": "Classic",
        "description": "",
        "panels": [{"name": "n", "viewerType": "table", "queryString": "$$logsrc | count", "id": 1}],
    }
    folder = {"type": "FolderSyncDefinition", "name": "inner", "description": "", "children": [classic]}
    whole = {"type": "FolderSyncDefinition", "name": "Whole", "description": "", "children": [folder]}
    place = tmp_path / "published"
    shutil.copytree(PARTNER / "events", place / "events")
    (place / "app.json").write_text(json.dumps(whole))
    made = adopt(place, None, "1.0.0", tmp_path / "made")
    expected = package_at(made).expected
    assert expected.cases[0].panels == {"inner/Classic": {"classic0": [{"_count": 3}]}}
    assert run_tests(made).compared == 1


def test_the_next_revision_is_another_version_of_the_same_app(tmp_path):
    source = tmp_path / "app.json"
    source.write_text(json.dumps([{**DASHBOARD, "panels": [panel("p", "* | count")]}]))
    first = package_at(adopt(source, "An app", "1.0.0", tmp_path / "first"))
    source.write_text(json.dumps({**DASHBOARD, "panels": [panel("q", "* | count")]}))
    second = package_at(adopt(source, "An app", "1.1.0", tmp_path / "second"))
    assert first.uuid == second.uuid and first.digest != second.digest
    assert [one.definition["name"] for one in first.resources + second.resources] == ["B", "B"]
    assert package_at(adopt(source, "Another", "1.0.0", tmp_path / "third")).uuid != first.uuid


def test_what_cannot_run_is_told_and_the_app_is_packed_all_the_same(tmp_path):
    place = tmp_path / "published"
    shutil.copytree(PARTNER / "events", place / "events")
    odd = {**DASHBOARD, "name": "Odd", "title": None, "panels": [{"panelType": "FuturePanel"}, 7]}
    broken = {**DASHBOARD, "panels": [panel("good", "$$logsrc | count"), panel("bad", "$$logsrc | cuont")]}
    search = {"type": "Search", "name": "B", "searchQuery": "{{gone}} | count"}
    whole = {"type": "FolderSyncDefinition", "name": "Whole", "children": [broken, odd, search]}
    (place / "app.json").write_text(json.dumps(whole))
    made = adopt(place, None, "1.0.0", tmp_path / "made")
    assert validate(made) == []
    (told,) = not_running(made)
    assert "panel bad, line 1 of its query: cuont is no operator" in told.message
    assert package_at(made).expected.cases[0].panels["b"]["good"] == [{"_count": 3}]
    assert run_tests(made).compared >= 1
    package = package_at(pack(made, tmp_path / "made.zip"))
    names = [draft.name for draft in package.drafts({name: "x" for name in package.config.inputs})]
    assert sorted(names) == ["B", "B (2)", "Odd"]


def test_pages_and_plans_take_whatever_published_content_has(tmp_path):
    """Every part may be something else than it should be."""
    other = [7, "x", [], {}, None, True]
    children = [
        {"type": kind, "name": f"{kind} {at}", **dict.fromkeys(KEYS, value)}
        for kind in ("DashboardV2SyncDefinition", "Report", "Search", "Folder", "LookupTableSyncDefinition")
        for at, value in enumerate(other)
    ]
    source = tmp_path / "app.json"
    source.write_text(json.dumps({"type": "Folder", "name": "Odd", "children": children}))
    packages = [package_at(adopt(source, None, v, tmp_path / v)) for v in ("1.0.0", "1.1.0")]
    app = App(packages[0].uuid, {package.version: package for package in packages})
    for package in packages:
        assert json.dumps(details(app, package, None, [], None, "", []))
        assert json.dumps(page_json(app, package, None))
        plan = plan_json(app, package, Standing(), "install")
        assert len(plan["changes"]) == len([one for one in children if one["type"] != "Folder"])
