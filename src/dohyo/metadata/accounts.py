"""Tables of who may do what: users, their sessions, access keys and one-time sign-in tokens.

Only `dohyo.access` reads and writes them. No table holds a secret in clear: passwords are argon2
hashes, tokens and key secrets (long and random) SHA-256 ones.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dohyo.metadata.base import Base


class User(Base):
    """A person who signs in, or a service account that only owns access keys."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 16 upper-case hex digits
    email: Mapped[str] = mapped_column(String(255), unique=True)  # lower case
    first_name: Mapped[str] = mapped_column(String(128), default="")
    last_name: Mapped[str] = mapped_column(String(128), default="")
    role: Mapped[str] = mapped_column(String(32))  # a name of access.roles.ROLES
    password_hash: Mapped[str | None] = mapped_column(String(255))  # None: signs in by one-time token only
    is_active: Mapped[bool] = mapped_column(default=True)
    is_service_account: Mapped[bool] = mapped_column(default=False)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    last_sign_in_ms: Mapped[int | None] = mapped_column(BigInteger)


class UserSession(Base):
    """A signed-in browser; the cookie holds the token, this row its hash."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    last_used_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    user: Mapped[User] = relationship(lazy="joined")


class AccessKey(Base):
    """A key for the API; `id` is public, the secret is shown once when made."""

    __tablename__ = "access_keys"

    id: Mapped[str] = mapped_column(String(14), primary_key=True)  # `su` and 12 letters or digits
    secret_hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(128))
    disabled: Mapped[bool] = mapped_column(default=False)
    cors_headers: Mapped[list] = mapped_column(JSON, default=list)
    scopes: Mapped[list] = mapped_column(JSON, default=list, server_default="[]")  # names of access.scopes
    created_ms: Mapped[int] = mapped_column(BigInteger)
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    last_used_ms: Mapped[int | None] = mapped_column(BigInteger)
    user: Mapped[User] = relationship(lazy="joined")


class SignInToken(Base):
    """A link that signs one user in, once, before it expires."""

    __tablename__ = "sign_in_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
