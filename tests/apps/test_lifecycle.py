"""Install, upgrade, downgrade and uninstall: what each leaves, asked once, twice or wrongly."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_app import NAME, UUID, HotFieldsOnly, dashboard, files, write_catalog

from dohyo.access.secrets import SecretBox
from dohyo.access.users import create_user
from dohyo.apps.archive import zip_of_files
from dohyo.apps.catalog import App, Catalog
from dohyo.apps.lifecycle import Lifecycle
from dohyo.apps.plans import plan_json, standing_of
from dohyo.apps.refusals import AppRefused
from dohyo.apps.set_up import SetUp, set_up_of
from dohyo.apps.shapes import instance_json, status_json
from dohyo.base.problem import ProblemError
from dohyo.collect.registry import Registry
from dohyo.content import tree
from dohyo.content.definitions import read_definition
from dohyo.content.library import Library
from dohyo.content.lookup_tables import LookupTables
from dohyo.content.refusals import ContentRefused
from dohyo.content.rights import Caller
from dohyo.metadata.content import AppJob
from dohyo.metadata.db import open_metadata

SCOPE = {"scope_key": "_sourceCategory", "default_scope_value": "azure/graph"}
CONFIG = {
    "name": "Graph", "category": "Labs/Graph", "tenant_id": "0f0e9a3c-91f5-4a5e-9a51-0c2d8d9b6a11",
    "application_id": "7a1c2b3d-0000-4000-8000-000000000001", "secret_key": "a secret", "polling_interval": 5,
}  # fmt: skip
SOURCE = {"sourceType": "Universal", "schemaRef": {"type": "Microsoft Graph Security API"}, "config": CONFIG}
TABLE = f'path://"/Library/Installed Apps/{NAME}/Table"'


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


@pytest.fixture
def store():
    return HotFieldsOnly()


@pytest.fixture
def catalog(tmp_path):
    return Catalog(tmp_path, write_catalog(tmp_path / "catalog"))


@pytest.fixture
def apps(metadata, store, catalog, tmp_path):
    made = Lifecycle(metadata, catalog, store, SecretBox(tmp_path))
    made.start()
    yield made
    made.close()


@pytest.fixture
def admin(metadata):
    return Caller(create_user(metadata, "admin@contoso.com", "administrator").id, manages=True)


@pytest.fixture
def library(metadata):
    return Library(metadata)


def names(library, admin, folder_id, prefix=""):
    found = []
    for child in library.children(folder_id, admin):
        found += [f"{prefix}{child.name}", *names(library, admin, child.id, f"{prefix}{child.name}/")]
    return found


def done(apps, job_id):
    job = apps.wait(job_id)
    assert (job.status, job.problems, job.message) == ("Success", [], None)
    return job


def failed(apps, job_id):
    job = apps.wait(job_id)
    assert job.status == "Failed" and job.instance_id is None
    return job.problems[0]["message"]


def install(apps, admin, version="1.0.0", **named):
    return done(apps, apps.install(UUID, admin.user_id, version, SCOPE, **named))


def test_installed_app_has_its_content_filled_in_and_read_only(apps, library, admin, store):
    job = install(apps, admin)
    assert status_json(job, NAME) == {
        "status": "Success", "statusMessage": None, "instanceId": job.instance_id, "folderId": job.folder_id,
        "path": "/Library/Installed Apps/Small App", "error": None, "errors": [],
    }  # fmt: skip
    assert names(library, admin, tree.INSTALLED_APPS) == [
        "Small App", "Small App/Board", "Small App/Deep", "Small App/Deep/Inner", "Small App/Deep/Deeper",
        "Small App/Deep/Deeper/Innermost", "Small App/Gone", "Small App/Kind", "Small App/One",
        "Small App/Two", "Small App/Table",
    ]  # fmt: skip
    board = library.at_path("/Library/Installed Apps/small app/board", admin)
    assert (
        board.document["panels"][0]["queries"][0]["queryString"]
        == "_sourceCategory={{Logsdatasource}} | count"
    )
    assert board.document["variables"][0]["defaultValue"] == "azure/graph"
    one = library.at_path("/Library/Installed Apps/Small App/One", admin)
    assert one.document["search"]["queryText"] == "_sourceCategory=azure/graph | count"
    assert store.sets == {"small": {"x": "['x']"}}
    for call in (library.delete, library.move, library.rename):
        with pytest.raises(ContentRefused) as caught:
            call(
                board.id,
                *(() if call == library.delete else ("x", None) if call == library.rename else ("1",)),
                admin,
            )
        assert caught.value.status == 403


def test_instance_has_the_published_shape(apps, admin):
    job = install(apps, admin)
    shown = instance_json(apps.instance(job.instance_id.lower()), apps.managed(apps.instances()[0]), "2.0.0")
    objects = shown.pop("managedObjects")
    assert ("Board", "Dashboard") in [(one["name"], one["type"]) for one in objects] and len(objects) == 10
    for stamp in ("createdAt", "modifiedAt"):
        assert shown.pop(stamp).endswith("Z")
    assert shown == {
        "id": job.instance_id, "uuid": UUID, "version": "1.0.0", "name": NAME, "description": "A small app.",
        "configurationBlob": '{"scope_key": "_sourceCategory", "default_scope_value": "azure/graph"}',
        "previousVersion": None, "latestVersion": "2.0.0", "path": "/Library/Installed Apps/Small App",
        "folderId": job.folder_id, "createdBy": admin.user_id, "modifiedBy": admin.user_id,
    }  # fmt: skip


def test_upgrade_and_downgrade_keep_ids_and_parameters(apps, library, admin, store):
    install(apps, admin)
    path = "/Library/Installed Apps/Small App/"
    first = library.at_path(path + "Board", admin)
    done(apps, apps.upgrade(UUID, admin.user_id, "1.1.0"))
    second = library.at_path(path + "Board", admin)
    assert (second.id, second.dashboard_id) == (first.id, first.dashboard_id)
    assert second.document["panels"][0]["queries"][0]["queryString"].endswith("| count by x")
    assert second.document["variables"][0]["defaultValue"] == "azure/graph"
    assert store.sets == {"small": {"x": "['x']", "y": "['a'][*]['y']"}}
    instance = apps.instances()[0]
    assert (instance.version, instance.previous_version) == ("1.1.0", "1.0.0")
    done(apps, apps.upgrade(UUID, admin.user_id, "1.0.0"))
    assert library.at_path(path + "Board", admin).document == first.document
    assert (apps.instances()[0].version, store.sets) == ("1.0.0", {"small": {"x": "['x']"}})


def test_new_version_asks_only_for_what_is_new(apps, admin, catalog, library, metadata):
    install(apps, admin)
    app = catalog.app(UUID)
    asked = plan_json(app, app.package("2.0.0"), standing_of(metadata, UUID), "upgrade")
    assert [scope["keyVar"] for scope in asked["parameters"]] == ["other_key"]
    with pytest.raises(AppRefused) as caught:
        apps.upgrade(UUID, admin.user_id)
    assert (caught.value.status, caught.value.problems[0].message) == (
        400, "other_value: a value is needed for Other data source",
    )  # fmt: skip
    done(apps, apps.upgrade(UUID, admin.user_id, parameters={"other_value": "x"}))
    assert apps.instances()[0].parameters == {**SCOPE, "other_key": "_sourceCategory", "other_value": "x"}


def test_preview_says_what_changes(apps, admin, catalog, metadata):
    install(apps, admin)
    app = catalog.app(UUID)
    shown = plan_json(app, app.package("1.1.0"), standing_of(metadata, UUID), "upgrade")
    assert {one["name"]: (one["change"], one["detail"]) for one in shown["changes"]} == {
        "Board": ("changed", "1 panel changed: P"),
        "New board": ("added", "1 panel, last hour"),
        "Gone": ("removed", ""),
        "Table": ("changed", "other rows"),
        "One": ("kept", ""),
        "Two": ("kept", ""),
        "Deep/Inner": ("removed", ""),
        "Deep/Deeper/Innermost": ("changed", "another query"),
        "Kind": ("changed", "becomes a dashboard, was a search"),
        "Hot fields": ("changed", "2 keys"),
    }


def test_plan_tells_what_becomes_of_rows_that_people_changed(apps, admin, catalog, metadata, library):
    install(apps, admin)
    table = library.at_path("/Library/Installed Apps/Small App/Table", admin).id
    LookupTables(metadata).put_row(table, {"k": "mine"}, admin)
    app = catalog.app(UUID)

    def told(package, action="upgrade"):
        changes = plan_json(app, package, standing_of(metadata, UUID), action)["changes"]
        return next(one["detail"] for one in changes if one["name"] == "Table")

    assert told(app.package("1.1.0")) == "the rows that people changed stay"
    assert told(app.package("2.0.0")) == "the rows that people changed are replaced"
    assert told(None, "uninstall") == "with the rows that people changed"
    reader = {**dashboard("Reader", f"lookup k from {TABLE} on k=k"), "name": "Reader"}
    library.create(library.personal(admin).id, read_definition(reader), admin)
    words = "with the rows that people changed; 1 item of users reads it and will find no rows"
    assert told(None, "uninstall") == words


def test_plan_shows_the_order_and_refuses_a_wrong_one(apps, admin, catalog, metadata):
    app = catalog.app(UUID)
    source = {"schemaType": "Microsoft Graph Security API", "config": CONFIG}
    order = {"way": "new-collector", "collector": {"name": "Azure"}, "source": source}
    set_up = set_up_of(order, app.package("1.0.0"), metadata)
    shown = plan_json(app, app.package("1.0.0"), standing_of(metadata, UUID), "install", {}, set_up)
    assert [(one["kind"], one["name"], one["detail"]) for one in shown["changes"]][:3] == [
        ("collector", "Azure", ""),
        ("source", "Graph", "source category Labs/Graph"),
        ("scope", "Logs data source", "_sourceCategory=Labs/Graph"),
    ]
    install(apps, admin)
    given = {"default_scope_value": "other"}
    shown = plan_json(app, app.package("1.0.0"), standing_of(metadata, UUID), "upgrade", given)
    assert shown["changes"][0]["detail"] == "_sourceCategory=other instead of _sourceCategory=azure/graph"
    changed = {one["name"] for one in shown["changes"] if one["change"] == "changed"}
    assert changed == {
        "Logs data source", "Board", "Gone", "One", "Two", "Kind", "Deep/Inner", "Deep/Deeper/Innermost",
    }  # fmt: skip
    with pytest.raises(AppRefused):
        plan_json(app, app.package("1.0.0"), standing_of(metadata, UUID), "upgrade", {"scope_kay": "x"})


def test_plan_for_a_version_that_left_the_catalog_goes_by_what_is_there(apps, admin, catalog, metadata):
    install(apps, admin)
    app = catalog.app(UUID)
    left = App(app.uuid, {v: p for v, p in app.packages.items() if v != "1.0.0"})
    changes = plan_json(left, app.package("1.1.0"), standing_of(metadata, UUID), "upgrade")["changes"]
    assert {one["name"]: one["change"] for one in changes} == {
        "Board": "changed", "New board": "added", "Gone": "removed", "Table": "changed", "One": "changed",
        "Two": "changed", "Deep/Inner": "removed", "Deep/Deeper/Innermost": "changed", "Kind": "changed",
        "Hot fields": "added",
    }  # fmt: skip


def test_uninstall_leaves_copies_and_sources_and_nothing_else(
    apps, library, admin, store, metadata, tmp_path
):
    install(apps, admin, set_up=SetUp(SOURCE, {"name": "Azure"}))
    home = library.personal(admin).id
    copied = library.copy(library.at_path("/Library/Installed Apps/Small App", admin).id, home, admin)
    done(apps, apps.uninstall(UUID, admin.user_id))
    assert names(library, admin, tree.INSTALLED_APPS) == [] and apps.instances() == []
    assert len(names(library, admin, copied.id)) == 10 and store.sets == {}
    registry = Registry(metadata, SecretBox(tmp_path))
    [collector] = registry.list_collectors()
    assert [source.name for source in registry.list_sources(collector.id)] == ["Graph"]


def test_copy_is_the_users_and_survives_every_version(apps, library, admin):
    install(apps, admin)
    board = library.at_path("/Library/Installed Apps/Small App/Board", admin)
    copied = library.copy(board.id, library.personal(admin).id, admin)
    library.rename(copied.id, "Mine", None, admin)
    for version in ("1.1.0", "1.0.0"):
        done(apps, apps.upgrade(UUID, admin.user_id, version))
    again = library.get(copied.id, admin)
    assert (again.name, again.app_instance_id) == ("Mine", None)
    assert again.document == {**board.document, "title": "Mine"}


def test_repeated_orders_change_nothing(apps, admin):
    first = install(apps, admin)
    again = install(apps, admin)
    assert again.instance_id == first.instance_id
    done(apps, apps.upgrade(UUID, admin.user_id, "1.0.0"))
    assert apps.instances()[0].previous_version is None
    for _ in range(2):
        done(apps, apps.uninstall(UUID, admin.user_id))


def test_installing_another_version_is_told_to_be_an_upgrade(apps, admin):
    install(apps, admin)
    message = failed(apps, apps.install(UUID, admin.user_id, "1.1.0", SCOPE))
    assert message == "Small App is installed in version 1.0.0 already"


def test_an_install_that_asks_something_else_of_an_installed_app_fails(apps, admin, metadata, tmp_path):
    install(apps, admin)
    other = {**SCOPE, "default_scope_value": "other"}
    message = failed(apps, apps.install(UUID, admin.user_id, "1.0.0", other))
    assert message == "Small App is installed in version 1.0.0 already, with other values"
    message = failed(apps, apps.install(UUID, admin.user_id, "1.0.0", SCOPE, SetUp(SOURCE, {"name": "A"})))
    assert message == "Small App is installed in version 1.0.0 already; no source was made"
    assert Registry(metadata, SecretBox(tmp_path)).list_collectors() == []
    assert apps.instances()[0].parameters == SCOPE


def test_an_install_with_a_source_may_be_repeated(apps, admin, metadata, tmp_path):
    for _ in range(2):
        done(apps, apps.install(UUID, admin.user_id, "1.0.0", set_up=SetUp(SOURCE, {"name": "Azure"})))
    assert len(Registry(metadata, SecretBox(tmp_path)).list_collectors()) == 1


def test_what_is_not_made_to_be_installed_is_not(apps, admin, catalog):
    held = dict(files("1.0.0", uuid=UUID.replace("1", "b"), name="Held"))
    held["manifest.yaml"] += b"installable: false\n"
    with pytest.raises(AppRefused) as caught:
        apps.install(catalog.add(zip_of_files(held)).uuid, admin.user_id, None, SCOPE)
    assert (caught.value.status, caught.value.code) == (409, "apps:not_installable")


def test_wrong_orders_are_refused_at_once(apps, admin):
    user = admin.user_id
    cases = [
        (404, lambda: apps.install("0" * 36, user)),
        (404, lambda: apps.install(UUID, user, "9.9.9", SCOPE)),
        (404, lambda: apps.uninstall("0" * 36, user)),
        (409, lambda: apps.upgrade(UUID, user)),
        (400, lambda: apps.install(UUID, user, "1.0.0")),
        (400, lambda: apps.install(UUID, user, "1.0.0", {**SCOPE, "scope_kay": "x"})),
        (400, lambda: apps.install(UUID, user, "1.0.0", {**SCOPE, "scope_key": "a | delete"})),
        (400, lambda: apps.install(UUID, user, "1.0.0", {**SCOPE, "default_scope_value": "a\nb"})),
        (400, lambda: apps.install(UUID, user, "1.0.0", {**SCOPE, "default_scope_value": "{{x}}"})),
        (400, lambda: apps.install(UUID, user, "1.0.0", SCOPE, SetUp(source=SOURCE))),
        (400, lambda: apps.install(UUID, user, "1.0.0", SCOPE, SetUp(collector={"name": "x"}))),
        (
            400,
            lambda: apps.install(
                UUID, user, "1.0.0", SCOPE, SetUp({**SOURCE, "schemaRef": {"type": "X"}}, {})
            ),
        ),
        (404, lambda: apps.job("0000000000000000")),
        (404, lambda: apps.instance("0000000000000000")),
    ]
    for status, call in cases:
        with pytest.raises(AppRefused) as caught:
            call()
        assert caught.value.status == status


def test_value_of_the_scope_cannot_change_a_query(apps, admin, library):
    value = 'a" | count by _raw // \\'
    done(apps, apps.install(UUID, admin.user_id, "1.0.0", {**SCOPE, "default_scope_value": value}))
    one = library.at_path("/Library/Installed Apps/Small App/One", admin)
    assert one.document["search"]["queryText"] == '_sourceCategory="a\\" | count by _raw // \\\\" | count'


# Collection


def test_new_collector_and_source_are_made_and_give_the_scope(apps, admin, metadata, tmp_path):
    order = SetUp(SOURCE, {"name": "Azure", "timeZone": "Europe/Berlin"})
    done(apps, apps.install(UUID, admin.user_id, "1.0.0", set_up=order))
    registry = Registry(metadata, SecretBox(tmp_path))
    [collector] = registry.list_collectors()
    [source] = registry.list_sources(collector.id)
    assert (collector.name, source.name) == ("Azure", "Graph")
    assert registry.settings_of(source.id)[1].secret_key == "a secret"
    assert apps.instances()[0].parameters == {**SCOPE, "default_scope_value": "Labs/Graph"}


def test_existing_collector_gets_the_source(apps, admin, metadata, tmp_path):
    registry = Registry(metadata, SecretBox(tmp_path))
    collector = registry.create_collector({"name": "Azure"})
    install(apps, admin, set_up=SetUp(SOURCE, collector_id=collector.id))
    assert [source.name for source in registry.list_sources(collector.id)] == ["Graph"]


@pytest.mark.parametrize(
    "order",
    [
        SetUp({**SOURCE, "config": {"name": "x"}}, {"name": "Azure"}),
        SetUp(SOURCE, {"name": ""}),
        SetUp(SOURCE, {"name": "Taken"}),
        SetUp(SOURCE, collector_id=999),
    ],
)
def test_refused_source_leaves_nothing(apps, admin, metadata, library, tmp_path, order, store):
    registry = Registry(metadata, SecretBox(tmp_path))
    registry.create_collector({"name": "Taken"})
    failed(apps, apps.install(UUID, admin.user_id, "1.0.0", SCOPE, order))
    assert [collector.name for collector in registry.list_collectors()] == ["Taken"]
    assert names(library, admin, tree.INSTALLED_APPS) == [] and store.sets == {} and apps.instances() == []
    install(apps, admin)


def test_secret_of_the_order_is_stored_encrypted_and_forgotten(apps, admin, metadata, tmp_path):
    order = apps.install(UUID, admin.user_id, "1.0.0", SCOPE, SetUp(SOURCE, {"name": "Azure"}))
    job = done(apps, order)
    assert job.setup is None
    for path in tmp_path.rglob("metadata.sqlite*"):
        assert b"a secret" not in path.read_bytes()


def test_the_scope_of_an_existing_source_and_of_its_collector(apps, admin, metadata, tmp_path, catalog):
    registry, package = Registry(metadata, SecretBox(tmp_path)), catalog.app(UUID).package("1.0.0")
    collector = registry.create_collector({"name": "Azure", "category": "of/collector"})
    bare = {key: value for key, value in CONFIG.items() if key != "category"}
    source = registry.create_source(collector.id, {**SOURCE, "config": bare})
    order = {"way": "existing-source", "sourceId": source.id}
    assert set_up_of(order, package, metadata).category == "of/collector"
    added = {"schemaType": "Microsoft Graph Security API", "config": {**bare, "name": "Second"}}
    order = {"way": "existing-collector", "collectorId": collector.id, "source": added}
    done(apps, apps.install(UUID, admin.user_id, "1.0.0", set_up=set_up_of(order, package, metadata)))
    assert apps.instances()[0].parameters["default_scope_value"] == "of/collector"
    assert [one.name for one in registry.list_sources(collector.id)] == ["Graph", "Second"]


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ([], 400),
        ({"way": "elsewhere"}, 400),
        ({"way": "existing-source"}, 400),
        ({"way": "existing-source", "sourceId": 99}, 404),
        ({"way": "existing-source", "sourceId": "9" * 30}, 400),
        ({"way": "existing-collector", "collectorId": 99, "source": {"schemaType": "X", "config": {}}}, 400),
        (
            {
                "way": "existing-collector",
                "collectorId": 99,
                "source": {"schemaType": "Microsoft Graph Security API", "config": CONFIG},
            },
            404,
        ),
        ({"way": "new-collector", "source": {"schemaType": "Syslog", "config": {}}}, 400),
        (
            {
                "way": "new-collector",
                "source": {"schemaType": "Microsoft Graph Security API", "config": {**CONFIG, "x": 1}},
            },
            400,
        ),
        (
            {
                "way": "new-collector",
                "source": {"schemaType": "Microsoft Graph Security API", "config": CONFIG},
                "collector": {"name": " "},
            },
            400,
        ),
    ],
)
def test_wrong_ways_are_refused(catalog, metadata, order, status):
    with pytest.raises(ProblemError) as caught:
        set_up_of(order, catalog.app(UUID).package("1.0.0"), metadata)
    assert caught.value.status == status


# Lookup tables


def test_rows_that_people_changed_stay(apps, admin, metadata, library):
    install(apps, admin)
    tables = LookupTables(metadata)
    table_id = library.at_path("/Library/Installed Apps/Small App/Table", admin).id
    done(apps, apps.upgrade(UUID, admin.user_id, "1.1.0"))
    assert tables.table_at(TABLE).rows == [{"k": "new"}]
    with pytest.raises(ContentRefused):
        tables.put_row(table_id, {"k": "mine"}, Caller(admin.user_id))
    tables.put_row(table_id, {"k": "mine"}, admin)
    done(apps, apps.upgrade(UUID, admin.user_id, "1.0.0"))
    assert tables.table_at(TABLE).rows == [{"k": "new"}, {"k": "mine"}]
    done(apps, apps.upgrade(UUID, admin.user_id, "2.0.0", {"other_value": "x"}))
    assert tables.table_at(TABLE).rows == []


def test_definition_of_an_installed_table_is_read_only(apps, admin, metadata, library):
    install(apps, admin)
    table_id = library.at_path("/Library/Installed Apps/Small App/Table", admin).id
    with pytest.raises(ContentRefused):
        LookupTables(metadata).set_life(table_id, 5, "x", "DeleteOldData", admin)


# Trouble


def test_broken_store_ends_no_job_and_is_mended_at_the_next_start(
    apps, admin, store, metadata, catalog, tmp_path
):
    store.broken = True
    job = apps.wait(apps.install(UUID, admin.user_id, "1.0.0", SCOPE))
    assert job.status == "Success" and "the store is broken" in job.message and store.sets == {}
    store.broken = False
    again = Lifecycle(metadata, catalog, store, SecretBox(tmp_path))
    again.start()
    again.close()
    assert store.sets == {"small": {"x": "['x']"}}


def test_hot_fields_are_left_alone_where_they_are_right(apps, admin, store, metadata, catalog, tmp_path):
    install(apps, admin)
    again = Lifecycle(metadata, catalog, store, SecretBox(tmp_path))
    again.start()
    again.close()
    assert store.changes == ["set small"]


def added(catalog, version, change):
    other = dict(files(version, uuid=UUID.replace("1", "a"), name="Other App"))
    other["hot-fields.yaml"] = change
    return catalog.add(zip_of_files(other)).uuid


def test_apps_share_a_set_of_hot_fields(apps, admin, catalog, store):
    install(apps, admin)
    other = added(catalog, "1.0.0", b'name: small\nfields: {x: "x", z: "z"}\n')
    done(apps, apps.install(other, admin.user_id, "1.0.0", SCOPE))
    assert store.sets == {"small": {"x": "['x']", "z": "['z']"}}
    done(apps, apps.uninstall(UUID, admin.user_id))
    assert store.sets == {"small": {"x": "['x']", "z": "['z']"}}
    done(apps, apps.uninstall(other, admin.user_id))
    assert store.sets == {}


def test_apps_that_disagree_on_a_hot_field_do_not_share_a_set(apps, admin, catalog, store):
    install(apps, admin)
    other = added(catalog, "1.0.0", b'name: small\nfields: {x: "elsewhere"}\n')
    message = failed(apps, apps.install(other, admin.user_id, "1.0.0", SCOPE))
    assert message == "another app has the hot field x of the set small from another place"
    assert store.sets == {"small": {"x": "['x']"}}


def test_app_stays_removable_when_its_package_is_gone(apps, admin, metadata, store, tmp_path):
    install(apps, admin)
    empty = Lifecycle(metadata, Catalog(tmp_path, tmp_path / "nothing"), store, SecretBox(tmp_path))
    empty.start()
    done(empty, empty.uninstall(UUID, admin.user_id))
    empty.close()
    assert apps.instances() == [] and store.sets == {}


def test_second_job_on_an_app_waits_its_turn(metadata, catalog, store, tmp_path, admin):
    idle = Lifecycle(metadata, catalog, store, SecretBox(tmp_path))  # not started: jobs stay waiting
    first = idle.install(UUID, admin.user_id, "1.0.0", SCOPE)
    assert idle.install(UUID, admin.user_id, "1.0.0", SCOPE) == first
    for call in (
        lambda: idle.uninstall(UUID, admin.user_id),
        lambda: idle.install(UUID, admin.user_id, "1.1.0", SCOPE),
    ):
        with pytest.raises(AppRefused) as caught:
            call()
        assert caught.value.status == 409
    idle.start()
    done(idle, first)
    done(idle, idle.uninstall(UUID, admin.user_id))
    idle.close()


def test_error_of_our_own_ends_the_job_and_changes_nothing(
    metadata, catalog, store, tmp_path, admin, library
):
    def broken(point):
        if point == "content":
            raise KeyError("a bug")

    apps = Lifecycle(metadata, catalog, store, SecretBox(tmp_path), broken)
    apps.start()
    assert failed(apps, apps.install(UUID, admin.user_id, "1.0.0", SCOPE)).startswith(
        "an error of Dohyo itself"
    )
    apps.close()
    assert names(library, admin, tree.INSTALLED_APPS) == [] and apps.instances() == []
    with metadata() as session:
        assert [job.working_on for job in session.query(AppJob)] == [None]
