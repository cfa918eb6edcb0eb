"""Tables of what is collected: collectors, their sources, secrets, durable source state, poll accounts.

Only `dohyo.collect` reads and writes them.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dohyo.metadata.base import Base, RowNumber


class Collector(Base):
    """A hosted collector: a name and defaults for the sources below it."""

    __tablename__ = "collectors"
    # Numbers are never used again: row keys and old messages name them.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    description: Mapped[str | None] = mapped_column(String(1024))
    category: Mapped[str | None] = mapped_column(String(1024))
    host_name: Mapped[str | None] = mapped_column(String(128))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    fields: Mapped[dict] = mapped_column(JSON, default=dict)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(default=1)  # counts changes, for the ETag
    sources: Mapped[list[Source]] = relationship(
        back_populates="collector", cascade="all, delete-orphan", passive_deletes=True, order_by="Source.id"
    )


class Source(Base):
    """A source of a collector. `config` is what the API shows, without any secret."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("collector_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    collector_id: Mapped[int] = mapped_column(ForeignKey("collectors.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(128))
    source_type: Mapped[str] = mapped_column(String(64))  # `Universal`
    schema_type: Mapped[str | None] = mapped_column(String(128))  # `Microsoft Graph Security API`
    schema_version: Mapped[str | None] = mapped_column(String(32))
    config: Mapped[dict] = mapped_column(JSON, default=dict)
    paused: Mapped[bool] = mapped_column(default=False)
    stopping: Mapped[bool] = mapped_column(default=False)  # deletion was asked for, the task still ends
    created_ms: Mapped[int] = mapped_column(BigInteger)
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(default=1)
    collector: Mapped[Collector] = relationship(back_populates="sources", lazy="joined")


class SourceSecret(Base):
    """A secret setting of a source, encrypted by `access.secrets.SecretBox`."""

    __tablename__ = "source_secrets"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ciphertext: Mapped[str] = mapped_column(Text)


class SourceStatus(Base):
    """What a source does now and how far it got.

    `cursor` is written only after the rows before it are durable.
    """

    __tablename__ = "source_status"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(32), default="Pending")
    error_type: Mapped[str | None] = mapped_column(String(64))  # `ThirdPartyConfig`, ...
    message: Mapped[str | None] = mapped_column(Text)
    since_ms: Mapped[int] = mapped_column(BigInteger)
    next_try_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_data_ms: Mapped[int | None] = mapped_column(BigInteger)
    cursor: Mapped[dict | None] = mapped_column(JSON)


class PollAccount(Base):
    """The account of one poll of a source: what was asked for and what came of it."""

    __tablename__ = "poll_accounts"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    started_ms: Mapped[int] = mapped_column(BigInteger)
    finished_ms: Mapped[int] = mapped_column(BigInteger)
    window_from_ms: Mapped[int | None] = mapped_column(BigInteger)
    window_to_ms: Mapped[int | None] = mapped_column(BigInteger)
    pages: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    lag_ms: Mapped[int | None] = mapped_column(BigInteger)
    complete: Mapped[bool] = mapped_column(default=True)
    message: Mapped[str | None] = mapped_column(Text)


class CollectedRecord(Base):
    """A version of a record that a source has stored; tells a new alert from an updated one in the accounts.

    The keys are 63-bit hashes: of the record's identity, of identity and update time, and of its content.
    The store's row key, not this table, keeps rows from being stored twice.
    """

    __tablename__ = "collected_records"
    __table_args__ = ({"sqlite_with_rowid": False},)

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    record_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    content_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
