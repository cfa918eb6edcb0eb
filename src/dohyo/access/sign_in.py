"""Signing in, by password or one-time token, and the sessions that come of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from dohyo.access.passwords import password_matches
from dohyo.access.principal import Principal, digest_of, principal_of
from dohyo.access.problems import SignInRefused
from dohyo.access.throttle import Throttle
from dohyo.access.users import Metadata, find_user, get_user, set_password
from dohyo.base.clock import now_ms
from dohyo.base.ids import random_text
from dohyo.metadata.accounts import SignInToken, User, UserSession

SESSION_LASTS_MS = 7 * 24 * 3600 * 1000
SESSION_IDLE_MS = 24 * 3600 * 1000
SIGN_IN_TOKEN_LASTS_MS = 3600 * 1000
NOTE_USE_EVERY_MS = 60_000
TOKEN_LENGTH = 43


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token for the cookie (shown only here) and who it belongs to."""

    token: str
    principal: Principal
    expires_ms: int


def sign_in(
    metadata: Metadata, email: str, password: str, throttle: Throttle, *, address: str | None = None
) -> SignedIn:
    """Checks a password and opens a session.

    Raises `SignInThrottled` after too many wrong tries for the account or from the address, `SignInRefused`
    for anything wrong, without saying what.
    """
    names = (f"account {email.strip().lower()}", *([f"address {address}"] if address else []))
    throttle.check(*names)
    user = find_user(metadata, email)
    right = password_matches(password, user.password_hash if user else None)
    if user is None or not right or not may_sign_in(user):
        throttle.wrong(*names)
        raise SignInRefused("sign-in-refused", "the e-mail or the password is wrong")
    throttle.right(names[0])
    with metadata.begin() as session:
        return _open_session(session, user)


def change_password(
    metadata: Metadata, user_id: str, current: str, password: str, throttle: Throttle
) -> SignedIn:
    """Sets the user's own password, ends all sessions and opens a new one. Who has none gives no current one.

    Raises `SignInThrottled`, `SignInRefused` where the current one is wrong, `password-length`.
    """
    user = get_user(metadata, user_id)
    name = f"account {user.email}" if user else ""
    throttle.check(name)
    if user is None or (user.password_hash and not password_matches(current, user.password_hash)):
        throttle.wrong(name)
        raise SignInRefused("password-wrong", "the current password is wrong")
    throttle.right(name)
    set_password(metadata, user_id, password)
    with metadata.begin() as session:
        return _open_session(session, user)


def create_sign_in_token(metadata: Metadata, user_id: str, lasts_ms: int = SIGN_IN_TOKEN_LASTS_MS) -> str:
    """A token that signs the user in once; show it as `/sign-in?token=...`."""
    token = random_text(TOKEN_LENGTH)
    now = now_ms()
    with metadata.begin() as session:
        session.execute(delete(SignInToken).where(SignInToken.expires_ms < now))
        session.add(
            SignInToken(
                token_hash=digest_of(token), user_id=user_id, created_ms=now, expires_ms=now + lasts_ms
            )
        )
    return token


def sign_in_by_token(metadata: Metadata, token: str) -> SignedIn:
    """Uses up a one-time token and opens a session; `SignInRefused` where it is unknown, used or too old."""
    refused = SignInRefused(
        "sign-in-token", "this sign-in link was used already or is too old", "ask for a new sign-in link"
    )
    with metadata.begin() as session:
        found = session.get(SignInToken, digest_of(token))
        if found is None or found.expires_ms < now_ms():
            raise refused
        # Of two requests with one token only one deletes a row.
        mine = SignInToken.token_hash == found.token_hash
        used = session.scalar(delete(SignInToken).where(mine).returning(SignInToken.user_id))
        user = session.get(User, found.user_id)
        if used is None or user is None or not may_sign_in(user):
            raise refused
        return _open_session(session, user)


def authenticate_session(metadata: Metadata, token: str) -> Principal | None:
    """Who the cookie's token belongs to; None where the session is over, idle for a day or the user off."""
    now = now_ms()
    with metadata() as session:
        found = session.get(UserSession, digest_of(token))
        if found is None or found.expires_ms < now or found.last_used_ms < now - SESSION_IDLE_MS:
            return None
        if not may_sign_in(found.user):
            return None
        if found.last_used_ms < now - NOTE_USE_EVERY_MS:
            # Not through the object: the session may be ended by another request at this moment.
            mine = UserSession.token_hash == found.token_hash
            session.execute(update(UserSession).where(mine).values(last_used_ms=now))
            session.commit()
        return principal_of(found.user)


def sign_out(metadata: Metadata, token: str) -> None:
    """Ends the session; an unknown token is fine."""
    with metadata.begin() as session:
        session.execute(delete(UserSession).where(UserSession.token_hash == digest_of(token)))


def may_sign_in(user: User) -> bool:
    return user.is_active and not user.is_service_account


def _open_session(session: Session, user: User) -> SignedIn:
    now = now_ms()
    token = random_text(TOKEN_LENGTH)
    session.execute(delete(UserSession).where(UserSession.expires_ms < now))
    session.execute(update(User).where(User.id == user.id).values(last_sign_in_ms=now))
    session.add(
        UserSession(
            token_hash=digest_of(token),
            user_id=user.id,
            created_ms=now,
            last_used_ms=now,
            expires_ms=now + SESSION_LASTS_MS,
        )
    )
    return SignedIn(token, principal_of(user), now + SESSION_LASTS_MS)
