"""The catalog: apps, versions, added archives, apps that claim the same."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "apps"))
from small_app import NAME, UUID, files, package, write_catalog

from dohyo.apps.archive import zip_of_files
from dohyo.apps.catalog import Catalog
from dohyo.apps.faults import PackageRefused
from dohyo.apps.refusals import AppRefused
from dohyo.apps.shapes import app_json, card_json, details_json, page_json

OTHER = "99999999-2222-3333-4444-555555555555"


@pytest.fixture
def catalog(tmp_path):
    return Catalog(tmp_path / "data", write_catalog(tmp_path / "catalog"))


def test_versions_stand_in_their_order(catalog):
    [app] = catalog.apps()
    assert (app.name, app.versions, app.latest.version) == (NAME, ["1.0.0", "1.1.0", "2.0.0"], "2.0.0")
    assert catalog.app(UUID.upper()).package("1.0.0").version == "1.0.0"
    for call in (lambda: catalog.app(OTHER), lambda: app.package("1.2.0")):
        with pytest.raises(AppRefused) as caught:
            call()
        assert caught.value.status == 404


def test_added_archive_is_there_after_a_restart(catalog, tmp_path):
    added = catalog.add(zip_of_files(files("1.0.0", uuid=OTHER, name="Added")))
    again = Catalog(tmp_path / "data", tmp_path / "catalog")
    assert [app.name for app in again.apps()] == ["Added", NAME]
    assert again.app(OTHER).latest.digest == added.digest
    again.add(zip_of_files(files("1.0.0", uuid=OTHER, name="Added")))


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"uuid": UUID, "name": "Other"}, "apps:id_taken"),
        ({"uuid": OTHER, "name": NAME.upper()}, "apps:name_taken"),
    ],
)
def test_apps_cannot_claim_the_id_or_name_of_another(catalog, named, code):
    with pytest.raises(AppRefused) as caught:
        catalog.add(zip_of_files(files("1.0.0", **named)))
    assert (caught.value.status, caught.value.code) == (409, code)
    assert len(catalog.apps()) == 1


def test_version_cannot_change(catalog):
    changed = {**files("1.0.0"), "README.md": b"# Other\n"}
    with pytest.raises(AppRefused) as caught:
        catalog.add(zip_of_files(changed))
    assert caught.value.code == "apps:version_taken"


def test_bad_archive_adds_nothing_and_one_gone_bad_is_told(catalog, tmp_path):
    with pytest.raises(PackageRefused):
        catalog.add(b"nothing")
    catalog.add(zip_of_files(files("1.0.0", uuid=OTHER, name="Added")))
    [stored] = (tmp_path / "data").rglob("*.zip")
    stored.write_bytes(stored.read_bytes()[:-9])
    again = Catalog(tmp_path / "data", tmp_path / "catalog")
    assert [app.name for app in again.apps()] == [NAME]
    assert "no whole .zip" in again.problems[0].message and str(stored) in again.problems[0].hints[0]


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ({"uuid": UUID, "name": "Other"}, 'so "Other" cannot have it'),
        ({"uuid": OTHER, "name": NAME}, f'another app is named "{NAME}"'),
        ({"uuid": UUID, "name": NAME}, "1.0.0 is there already with other files"),
        ({"newer": True}, "the app needs Dohyo 99.0.0 or newer"),
    ],
)
def test_archive_that_a_newer_or_older_dohyo_cannot_take_leaves_the_others(tmp_path, claim, told):
    """As after an update that brings an app of the same id, or a step back to an older Dohyo."""
    named = {key: value for key, value in claim.items() if key != "newer"}
    archive = dict(files("1.0.0", **{"uuid": OTHER, "name": "Added", **named}))
    archive["README.md"] += b"changed"
    if "newer" in claim:
        archive["manifest.yaml"] += b'requires: {dohyo: "99.0.0"}\n'
    stored = tmp_path / "data/apps/x/1.0.0.zip"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(zip_of_files(archive))
    catalog = Catalog(tmp_path / "data", write_catalog(tmp_path / "catalog"))
    assert [app.name for app in catalog.apps()] == [NAME]
    assert [told in one.message for one in catalog.problems] == [True]


def test_taking_an_app_out_leaves_nothing(catalog, tmp_path):
    for _ in range(2):
        catalog.add(zip_of_files(files("1.0.0", uuid=OTHER, name="Added")))
        catalog.remove(OTHER, "1.0.0")
        assert list((tmp_path / "data/apps").iterdir()) == []
    (tmp_path / "data/apps" / OTHER).mkdir()
    (tmp_path / "data/apps" / OTHER / "left.draft").write_bytes(b"half")
    catalog.add(zip_of_files(files("1.0.0", uuid=OTHER, name="Added")))
    assert [path.name for path in (tmp_path / "data/apps" / OTHER).iterdir()] == ["1.0.0.zip"]


def test_published_shapes(catalog):
    app = catalog.app(UUID)
    shown = app_json(app, 0)
    assert shown.pop("icon").startswith("data:image/svg+xml;base64,")
    assert shown == {
        "uuid": UUID, "name": NAME, "description": "A small app.", "latestVersion": "2.0.0",
        "author": "Tester", "accountTypes": [], "beta": False, "installs": 0, "appType": "Dohyo",
        "family": "Tests",
        "attributes": {"category": ["Tests"], "useCase": [], "collection": []}, "installable": True,
        "showOnMarketplace": True,
    }  # fmt: skip
    details = details_json(package("1.0.0"))
    assert set(details) == {"uuid", "version", "baseUrl", "manifest", "config", "readme", "files"}
    assert "CHANGELOG.md" in details["files"] and not any("tests/" in name for name in details["files"])


def test_page_lists_what_is_included_and_what_changed(catalog):
    app = catalog.app(UUID)
    shown = page_json(app, app.package("1.0.0"), None)
    assert ("DashboardV2", "Board") in [(part["type"], part["name"]) for part in shown["included"]]
    assert shown["versions"][-1] == {"version": "1.0.0", "changes": "- Things."}
    assert [version["version"] for version in shown["versions"]] == ["2.0.0", "1.1.0", "1.0.0"]
    assert "Gone" in [one["name"] for one in shown["sampleQueries"]] and shown["installedVersion"] is None
    assert card_json(app, None)["upgradeAvailable"] is False
