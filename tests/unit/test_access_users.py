"""Users and roles."""

import pytest

from dohyo.access.problems import AccessRefused
from dohyo.access.roles import LEAST_ROLE, ROLES, capabilities_of
from dohyo.access.users import (
    change_user,
    create_user,
    delete_user,
    ensure_user,
    find_user,
    get_user,
    list_users,
)
from dohyo.metadata.db import open_metadata


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


def refusal(call, *args, **more) -> str:
    with pytest.raises(AccessRefused) as refused:
        call(*args, **more)
    return refused.value.code


def test_each_role_may_all_that_the_one_before_may():
    viewer, analyst, administrator = (capabilities_of(role) for role in ROLES)
    assert viewer < analyst < administrator == set(LEAST_ROLE)


def test_only_administrators_manage_collectors_apps_and_users():
    for capability in ("manageCollectors", "manageApps", "manageUsersAndRoles"):
        assert [role for role in ROLES if capability in capabilities_of(role)] == ["administrator"]


def test_user_is_found_by_email_in_any_case(metadata):
    made = create_user(metadata, " Ann@Example.org ", "analyst")
    assert find_user(metadata, "ANN@example.ORG").id == made.id
    assert get_user(metadata, made.id).email == "ann@example.org"


def test_second_user_with_the_same_email_is_refused(metadata):
    create_user(metadata, "ann@example.org", "analyst")
    assert refusal(create_user, metadata, "Ann@example.org", "viewer") == "user-exists"


@pytest.mark.parametrize(
    ("email", "more", "code"),
    [
        ("ann", {"role": "viewer"}, "user-email"),
        ("ann@x", {"role": "king"}, "role-unknown"),
        ("ann@x", {"role": "viewer", "password": "short"}, "password-length"),
        ("ann@x", {"role": "viewer", "first_name": "x" * 129}, "user-name"),
    ],
)
def test_bad_user_is_refused_with_a_named_reason(metadata, email, more, code):
    assert refusal(create_user, metadata, email, **more) == code
    assert list_users(metadata) == []


def test_last_administrator_stays(metadata):
    ann = create_user(metadata, "ann@x", "administrator")
    create_user(metadata, "bob@x", "viewer")
    assert refusal(delete_user, metadata, ann.id) == "last-administrator"
    assert refusal(change_user, metadata, ann.id, role="viewer") == "last-administrator"
    assert refusal(change_user, metadata, ann.id, is_active=False) == "last-administrator"
    assert get_user(metadata, ann.id).role == "administrator"
    create_user(metadata, "cid@x", "administrator")
    delete_user(metadata, ann.id)
    assert [user.email for user in list_users(metadata)] == ["bob@x", "cid@x"]


def test_ensured_user_is_made_once_and_keeps_his_role(metadata):
    ann = ensure_user(metadata, "ann@x", "viewer")
    assert ensure_user(metadata, "ann@x", "administrator").id == ann.id
    assert get_user(metadata, ann.id).role == "viewer"
