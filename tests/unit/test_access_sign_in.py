"""Sign-in by password and one-time token, sessions, throttling."""

import pytest

from dohyo.access import sign_in as module
from dohyo.access.problems import AccessRefused, SignInRefused, SignInThrottled
from dohyo.access.sign_in import (
    authenticate_session,
    create_sign_in_token,
    sign_in,
    sign_in_by_token,
    sign_out,
)
from dohyo.access.throttle import Throttle
from dohyo.access.users import change_user, create_user, set_password
from dohyo.metadata.accounts import UserSession
from dohyo.metadata.db import open_metadata

PASSWORD = "correct horse battery"


class Clock:
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "now_ms", clock)
    return clock


@pytest.fixture
def metadata(tmp_path, clock):
    metadata = open_metadata(tmp_path)
    create_user(metadata, "root@x", "administrator")
    return metadata


@pytest.fixture
def ann(metadata):
    return create_user(metadata, "ann@x", "analyst", password=PASSWORD, first_name="Ann", last_name="Lee")


def test_right_password_opens_a_session_that_ends_at_sign_out(metadata, ann):
    signed_in = sign_in(metadata, "Ann@x", PASSWORD, Throttle())
    principal = authenticate_session(metadata, signed_in.token)
    assert (principal.user_id, principal.name, principal.role) == (ann.id, "Ann Lee", "analyst")
    sign_out(metadata, signed_in.token)
    assert authenticate_session(metadata, signed_in.token) is None


def test_token_itself_is_not_stored(metadata, ann):
    signed_in = sign_in(metadata, "ann@x", PASSWORD, Throttle())
    with metadata() as session:
        assert signed_in.token not in [row.token_hash for row in session.query(UserSession)]


@pytest.mark.parametrize(("email", "password"), [("ann@x", "wrong"), ("bob@x", PASSWORD), ("root@x", "")])
def test_wrong_sign_ins_are_refused_in_the_same_words(metadata, ann, email, password):
    with pytest.raises(SignInRefused) as refused:
        sign_in(metadata, email, password, Throttle())
    assert refused.value.code == "sign-in-refused"


def test_deactivated_user_is_out_at_once(metadata, ann):
    signed_in = sign_in(metadata, "ann@x", PASSWORD, Throttle())
    change_user(metadata, ann.id, is_active=False)
    assert authenticate_session(metadata, signed_in.token) is None
    with pytest.raises(SignInRefused):
        sign_in(metadata, "ann@x", PASSWORD, Throttle())


def test_new_password_ends_the_sessions(metadata, ann):
    signed_in = sign_in(metadata, "ann@x", PASSWORD, Throttle())
    set_password(metadata, ann.id, "another long password")
    assert authenticate_session(metadata, signed_in.token) is None


def test_session_ends_after_a_day_without_use_and_after_a_week(metadata, ann, clock):
    idle = sign_in(metadata, "ann@x", PASSWORD, Throttle()).token
    used = sign_in(metadata, "ann@x", PASSWORD, Throttle()).token
    for _ in range(7):
        clock.ms += 23 * 3600 * 1000
        assert authenticate_session(metadata, used) is not None
    assert authenticate_session(metadata, idle) is None
    clock.ms += 23 * 3600 * 1000
    assert authenticate_session(metadata, used) is None


def test_one_time_token_signs_in_once(metadata, ann):
    token = create_sign_in_token(metadata, ann.id)
    assert sign_in_by_token(metadata, token).principal.user_id == ann.id
    with pytest.raises(SignInRefused):
        sign_in_by_token(metadata, token)


def test_one_time_token_expires(metadata, ann, clock):
    token = create_sign_in_token(metadata, ann.id, lasts_ms=1000)
    clock.ms += 1001
    with pytest.raises(AccessRefused) as refused:
        sign_in_by_token(metadata, token)
    assert refused.value.code == "sign-in-token"


def test_wrong_passwords_wait_longer_and_longer_and_the_right_one_waits_too():
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(8):
        throttle.wrong("ann")
        try:
            throttle.check("ann")
        except SignInThrottled as throttled:
            waits.append(throttled.retry_after_s)
            clock.ms += throttled.retry_after_s * 1000
            throttle.check("ann")
    assert waits == [2, 4, 8, 16]
    throttle.check("bob")


def test_throttled_sign_in_is_refused_before_the_password_is_looked_at(metadata, ann):
    throttle = Throttle(Clock())
    for _ in range(5):
        throttle.wrong("account ann@x")
    with pytest.raises(SignInThrottled):
        sign_in(metadata, "ann@x", PASSWORD, throttle)


def test_many_accounts_from_one_address_are_throttled(metadata):
    throttle = Throttle(Clock())
    for number in range(5):
        throttle.wrong(f"account {number}@x", "address 192.0.2.7")
    with pytest.raises(SignInThrottled):
        sign_in(metadata, "new@x", "whatever it is", throttle, address="192.0.2.7")
