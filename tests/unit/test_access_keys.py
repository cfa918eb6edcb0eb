"""Access keys and stored secrets."""

import re
import stat

import pytest

from dohyo.access.keys import authenticate_key, change_key, create_key, delete_key, list_keys, rotate_key
from dohyo.access.problems import AccessRefused
from dohyo.access.secrets import SecretBox
from dohyo.access.users import change_user, create_user, list_users
from dohyo.metadata.db import open_metadata


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


def test_key_without_owner_has_the_rights_of_its_role(metadata):
    made = create_key(metadata, "viewer")
    assert re.fullmatch(r"su[A-Za-z0-9]{12}", made.id)
    principal = authenticate_key(metadata, made.id, made.secret)
    assert (principal.role, principal.key_id) == ("viewer", made.id)
    assert list_users(metadata) == []  # the account behind it is not a person


def test_keys_of_one_role_share_their_service_account(metadata):
    create_key(metadata, "viewer")
    create_key(metadata, "viewer")
    assert [user.role for user in list_users(metadata, service_accounts=True)] == ["viewer"]


def test_secret_is_not_stored(metadata):
    made = create_key(metadata)
    assert made.secret not in str(vars(list_keys(metadata)[0]))


def test_wrong_disabled_rotated_and_deleted_keys_open_nothing(metadata):
    made = create_key(metadata)
    assert authenticate_key(metadata, made.id, "wrong") is None
    assert authenticate_key(metadata, "suunknown", "") is None
    change_key(metadata, made.id, disabled=True, cors_headers=[], scopes=[])
    assert authenticate_key(metadata, made.id, made.secret) is None
    change_key(metadata, made.id, disabled=False, cors_headers=["https://x"], scopes=[])
    assert authenticate_key(metadata, made.id, made.secret).cors_headers == ("https://x",)
    renewed = rotate_key(metadata, made.id)
    assert authenticate_key(metadata, made.id, made.secret) is None
    assert authenticate_key(metadata, made.id, renewed.secret) is not None
    delete_key(metadata, made.id)
    assert authenticate_key(metadata, made.id, renewed.secret) is None
    with pytest.raises(AccessRefused):
        delete_key(metadata, made.id)


def test_key_of_a_user_follows_his_role_and_state(metadata):
    create_user(metadata, "root@x", "administrator")
    ann = create_user(metadata, "ann@x", "analyst")
    made = create_key(metadata, user_id=ann.id, label="laptop")
    assert authenticate_key(metadata, made.id, made.secret).role == "analyst"
    change_user(metadata, ann.id, role="viewer")
    assert authenticate_key(metadata, made.id, made.secret).role == "viewer"
    change_user(metadata, ann.id, is_active=False)
    assert authenticate_key(metadata, made.id, made.secret) is None


def test_key_made_beside_an_open_database_works_there(metadata, tmp_path):
    made = create_key(open_metadata(tmp_path), "analyst")
    assert authenticate_key(metadata, made.id, made.secret) is not None


def test_secret_box_reads_what_another_one_of_the_same_directory_wrote(tmp_path):
    written = SecretBox(tmp_path).encrypt("s3cret")
    assert "s3cret" not in written
    assert SecretBox(tmp_path).decrypt(written) == "s3cret"
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_secret_of_another_key_is_named_unreadable(tmp_path):
    written = SecretBox(tmp_path / "a").encrypt("s3cret")
    with pytest.raises(AccessRefused) as refused:
        SecretBox(tmp_path / "b").decrypt(written)
    assert refused.value.code == "secret-unreadable"


def test_key_from_the_environment_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("DOHYO_SECRET_KEY", "A" * 43 + "=")
    assert SecretBox(tmp_path).decrypt(SecretBox(tmp_path).encrypt("x")) == "x"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("DOHYO_SECRET_KEY", "short")
    with pytest.raises(AccessRefused):
        SecretBox(tmp_path)


def test_scopes_narrow_what_the_owner_may(metadata):
    made = create_key(metadata, "administrator", scopes=["runLogSearch", "viewCollectors", "viewSlos"])
    principal = authenticate_key(metadata, made.id, made.secret)
    assert principal.capabilities == {"runLogSearch", "downloadSearchResults", "viewCollectors"}
    viewer = create_key(metadata, "viewer", scopes=["manageCollectors"])
    assert authenticate_key(metadata, viewer.id, viewer.secret).capabilities == {"viewCollectors"}


def test_unknown_scope_is_refused(metadata):
    with pytest.raises(AccessRefused, match='"runSearch" is no scope'):
        create_key(metadata, scopes=["runSearch"])
