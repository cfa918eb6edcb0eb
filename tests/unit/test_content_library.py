"""The content library: one tree, owners, names, moves, copies, paths."""

import pytest

from dohyo.access.users import create_user
from dohyo.base.problem import ProblemError
from dohyo.content import tree
from dohyo.content.dashboards import dashboard_json
from dohyo.content.definitions import read_definition
from dohyo.content.library import Library
from dohyo.content.refusals import ContentRefused
from dohyo.content.rights import Caller
from dohyo.content.shapes import dashboard_draft, folder_json, item_json, place_json
from dohyo.metadata.content import ContentItem
from dohyo.metadata.db import open_metadata

RANGE = {
    "type": "BeginBoundedTimeRange",
    "from": {"type": "RelativeTimeRangeBoundary", "relativeTime": "-1h"},
}


def dashboard(title, **more):
    return {"title": title, "timeRange": RANGE, "panels": [], "oddKey": {"kept": [1, None]}, **more}


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


@pytest.fixture
def library(metadata):
    return Library(metadata)


@pytest.fixture
def ann(metadata):
    return Caller(create_user(metadata, "Ann@contoso.com", "analyst").id)


@pytest.fixture
def bob(metadata):
    return Caller(create_user(metadata, "bob@contoso.com", "viewer").id, writes=False)


@pytest.fixture
def admin(metadata):
    return Caller(create_user(metadata, "admin@contoso.com", "administrator").id, manages=True)


@pytest.fixture
def home(library, ann):
    return library.personal(ann).id


def refused(status, call, *args, **named):
    with pytest.raises(ContentRefused) as caught:
        call(*args, **named)
    assert caught.value.status == status
    return str(caught.value)


def names(items):
    return [item.name for item in items]


def test_personal_folder_is_made_once(library, ann, bob):
    assert library.personal(ann).id == library.personal(ann).id != library.personal(bob).id


def test_folder_has_the_published_shape(library, ann, home):
    made = library.create_folder(home, "Reports", "weekly", ann)
    folder = folder_json(library.get(home, ann), library.children(home, ann), ann)
    assert (folder["name"], folder["itemType"], folder["createdBy"]) == ("Personal", "Folder", ann.user_id)
    [child] = folder["children"]
    stamp = child.pop("createdAt")
    assert len(stamp) == len("2018-10-16T09:10:00.123Z") and child.pop("modifiedAt") == stamp
    assert child == {
        "id": made.id, "name": "Reports", "itemType": "Folder", "parentId": home, "description": "weekly",
        "permissions": ["View", "GrantView", "Edit", "GrantEdit", "Manage", "GrantManage"],
        "isScheduled": False, "createdBy": ann.user_id, "modifiedBy": ann.user_id,
    }  # fmt: skip


def test_id_is_read_in_any_case_and_without_leading_zeros(library, admin):
    assert library.get(" 2 ", admin).name == "Installed Apps"
    assert library.get(tree.INSTALLED_APPS.lower(), admin).id == tree.INSTALLED_APPS


def test_unknown_id_is_told_in_the_published_words(library, ann):
    message = refused(404, library.get, "00000000000000AB", ann)
    assert "Content with the given ID does not exist." in message


def test_name_is_unique_in_its_folder_only(library, ann, home):
    first = library.create_folder(home, "A", "", ann)
    refused(400, library.create_folder, home, "A", "", ann)
    library.create_folder(first.id, "A", "", ann)
    library.create_folder(home, "a", "", ann)
    assert names(library.children(home, ann)) == ["A", "a"]


@pytest.mark.parametrize("name", ["", "  ", "..", "a\nb", "x" * 129])
def test_unusable_name_is_refused(library, ann, home, name):
    refused(400, library.create_folder, home, name, "", ann)


def test_foreign_content_is_neither_seen_nor_changed(library, ann, bob, admin, home):
    made = library.create_folder(home, "Mine", "", ann)
    refused(403, library.get, made.id, bob)
    refused(403, library.get, made.id, admin)
    with_rights = Caller(admin.user_id, manages=True, admin_mode=True)
    assert library.rename(made.id, "Yours", None, with_rights).name == "Yours"
    assert names(library.global_items(with_rights)) == ["Yours"] and library.global_items(admin) == []


def test_viewer_writes_nothing(library, bob):
    refused(403, library.create_folder, library.personal(bob).id, "A", "", bob)


def test_shared_folder_is_filled_by_administrators_and_seen_by_all(library, ann, bob, admin):
    refused(403, library.create_folder, tree.ADMIN_RECOMMENDED, "A", "", ann)
    made = library.create_folder(tree.ADMIN_RECOMMENDED, "A", "", admin)
    assert library.get(made.id, bob).name == "A"
    assert item_json(made, bob)["permissions"] == ["View"]


@pytest.mark.parametrize("root", tree.ROOTS)
def test_roots_stay(library, admin, root):
    refused(400, library.delete, root, admin)
    refused(400, library.rename, root, "x", None, admin)


def test_personal_folder_stays(library, ann, home):
    refused(400, library.delete, home, ann)
    refused(400, library.copy, home, home, ann)


def test_nothing_is_put_into_installed_apps_or_a_dashboard(library, ann, admin, home):
    refused(403, library.create_folder, tree.INSTALLED_APPS, "A", "", admin)
    board = library.create(home, dashboard_draft(dashboard("D")), ann)
    refused(400, library.create_folder, board.id, "A", "", ann)


def test_folder_does_not_move_into_itself(library, ann, home):
    outer = library.create_folder(home, "outer", "", ann)
    inner = library.create_folder(outer.id, "inner", "", ann)
    refused(400, library.move, outer.id, inner.id, ann)
    refused(400, library.move, outer.id, outer.id, ann)
    refused(400, library.copy, outer.id, inner.id, ann)
    assert names(library.place(inner.id, ann).items) == ["Library", "Users", ann.user_id, "outer", "inner"]


def test_moved_folder_takes_all_below_it_along_and_changes_owner(library, ann, bob, admin):
    every = Caller(admin.user_id, manages=True, admin_mode=True)
    outer = library.create_folder(library.personal(ann).id, "outer", "", ann)
    inner = library.create_folder(outer.id, "inner", "", ann)
    library.move(outer.id, tree.ADMIN_RECOMMENDED, every)
    assert library.get(inner.id, bob).owner_id is None
    assert library.place(inner.id, bob).path == "/Library/Admin Recommended/outer/inner"


def test_tree_has_a_greatest_depth(library, ann, home):
    at = home
    with pytest.raises(ContentRefused):
        for _ in range(40):
            at = library.create_folder(at, "deeper", "", ann).id
    assert len(library.place(at, ann).items) == 32
    other = library.create_folder(home, "other", "", ann)
    library.create_folder(other.id, "inner", "", ann)
    above = library.get(at, ann).parent_id
    refused(400, library.move, other.id, above, ann)


def test_copy_is_whole_and_its_own(library, ann, home):
    outer = library.create_folder(home, "outer", "about", ann)
    board = library.create(outer.id, dashboard_draft(dashboard("D")), ann)
    copied = library.copy(outer.id, home, ann)
    assert (copied.name, copied.description) == ("Copy of outer", "about")
    [other] = library.children(copied.id, ann)
    assert other.id != board.id and other.dashboard_id != board.dashboard_id
    assert library.export(other.id, ann) == library.export(board.id, ann)
    library.delete(outer.id, ann)
    assert names(library.children(copied.id, ann)) == ["D"]


def test_the_title_of_a_dashboard_goes_along_with_its_name(library, ann, home):
    board = library.create(home, dashboard_draft(dashboard("D")), ann)
    copied = library.copy(board.id, home, ann)
    assert (copied.name, copied.document["title"]) == ("Copy of D", "Copy of D")
    assert library.get(board.id, ann).name == "D"
    assert library.rename(board.id, "E", None, ann).document["title"] == "E"
    definition = {"type": "DashboardV2SyncDefinition", "name": "F", **dashboard("Seen")}
    other = library.import_into(home, definition, ann).item_id
    assert library.rename(other, "G", None, ann).document["title"] == "Seen"


def test_deleted_folder_takes_all_below_it_along(library, ann, home, metadata):
    with metadata() as session:
        before = session.query(ContentItem).count()
    outer = library.create_folder(home, "outer", "", ann)
    library.create(outer.id, dashboard_draft(dashboard("D")), ann)
    library.delete(outer.id, ann)
    with metadata() as session:
        assert session.query(ContentItem).count() == before


def test_path_leads_to_the_item_and_back(library, ann, home):
    board = library.create(home, dashboard_draft(dashboard("Delivered w/out TLS")), ann)
    place = place_json(library.place(board.id, ann))
    assert place["path"] == "/Library/Users/ann@contoso.com/Delivered w/out TLS"
    assert [part["name"] for part in place["pathItems"]][2:] == ["Personal", "Delivered w/out TLS"]
    for path in (place["path"], "/library/users/ANN@contoso.com/delivered W/OUT tls/"):
        assert library.at_path(path, ann).id == board.id
    assert library.at_path("/Library/Users/ann@contoso.com", ann).id == home


def test_same_case_wins_where_two_names_differ_in_case_only(library, ann, home):
    small, big = (library.create_folder(home, name, "", ann).id for name in ("a", "A"))
    base = "/Library/Users/ann@contoso.com/"
    assert [library.at_path(base + name, ann).id for name in ("a", "A")] == [small, big]


@pytest.mark.parametrize("path", ["", "/", "Library/Users", "/Library/None", "/Library/Users/nobody@x/y"])
def test_path_to_nothing_is_refused(library, ann, path):
    refused(404, library.at_path, path, ann)


def test_dashboard_resource_fills_what_a_definition_lacks(library, ann, home):
    panel = {"id": None, "key": "p", "panelType": "TextPanel", "text": "x"}
    board = library.create(home, dashboard_draft(dashboard("D", panels=[panel], theme="dark")), ann)
    shown = dashboard_json(library.dashboard(board.dashboard_id, ann))
    ids = (shown["id"], shown["contentId"], shown["folderId"])
    assert ids == (board.dashboard_id, board.id, home) and len(board.dashboard_id) == 50
    assert (shown["theme"], shown["domain"], shown["refreshInterval"]) == ("Dark", "", 0)
    assert shown["oddKey"] == {"kept": [1, None]} and len(shown["panels"][0]["id"]) == 16
    assert library.export(board.id, ann)["panels"] == [panel]
    assert "type" not in shown and "name" not in shown


def test_dashboard_is_replaced_at_its_version_only(library, ann, home):
    board = library.create(home, dashboard_draft(dashboard("D")), ann)
    new = dashboard("E", refreshInterval=60)
    changed = library.replace(board.id, lambda item: dashboard_draft(new, item), ann, version=board.version)
    assert (changed.name, changed.version) == ("E", board.version + 1)
    assert library.export(board.id, ann)["refreshInterval"] == 60
    refused(409, library.replace, board.id, lambda item: dashboard_draft(new, item), ann, version=1)


def test_own_dashboards_are_told_apart(library, ann, admin, home):
    library.create(home, dashboard_draft(dashboard("mine")), ann)
    library.create(tree.ADMIN_RECOMMENDED, dashboard_draft(dashboard("ours")), admin)
    assert names(library.dashboards(ann)) == ["mine", "ours"]
    assert names(library.dashboards(ann, own_only=True)) == ["mine"]
    assert names(library.dashboards(admin)) == ["ours"]


def test_problems_of_a_dashboard_name_their_places():
    wrong = dashboard(
        "D", panels=[{"key": "p", "panelType": "SumoSearchPanel", "queries": [{}]}, {"key": "p"}]
    )
    with pytest.raises(ProblemError) as caught:
        read_definition({"type": "DashboardV2SyncDefinition", "name": "D", **wrong})
    places = [problem.message.split(":")[0] for problem in caught.value.problems]
    assert places == ["panels.0.queries.0.queryString", "panels.1.panelType"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""}, {"theme": "pink"}, {"timeRange": None}, {"variables": [{"name": "v"}]},
        {"panels": [{"key": "p", "panelType": "TextPanel"}] * 2},
        {"layout": {"layoutType": "Grid", "layoutStructures": [{"key": "p", "structure": "{}"}]}},
        {"note": "x" * 3_000_000}, {"note": float("nan")},
    ],
)  # fmt: skip
def test_unusable_dashboard_is_refused(change):
    with pytest.raises(ContentRefused):
        dashboard_draft({**dashboard("D"), **change})
