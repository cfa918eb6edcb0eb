"""Tables of what people make and install: content in one tree, rows of lookup tables, apps and their jobs.

`dohyo.content` reads and writes the content, `dohyo.apps` the instances and jobs; app content is written by
`dohyo.apps` through `dohyo.content`. Owners and authors are user ids without a reference: content outlives
the account that made it.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dohyo.metadata.base import Base


class ContentItem(Base):
    """A folder, dashboard, saved search or lookup table.

    `document` is the published sync definition as it came in, unknown keys included; `name` and `description`
    here win over those in it. Without an owner an item belongs to everybody (Installed Apps, Admin
    Recommended).
    """

    __tablename__ = "content_items"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 16 upper-case hex digits
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("content_items.id", ondelete="CASCADE"))
    item_type: Mapped[str] = mapped_column(String(32))  # Folder, Dashboard, Search, Lookups, Report
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)  # among the children, as imported
    owner_id: Mapped[str | None] = mapped_column(String(16), index=True)
    app_instance_id: Mapped[str | None] = mapped_column(String(16), index=True)  # set: read-only
    dashboard_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    document: Mapped[dict] = mapped_column(JSON, default=dict, deferred=True)
    left_out: Mapped[list] = mapped_column(JSON, default=list, deferred=True)  # by the import that made it
    version: Mapped[int] = mapped_column(default=1)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(16))
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    modified_by: Mapped[str] = mapped_column(String(16))


class ContentVersion(Base):
    """How an item was before a change."""

    __tablename__ = "content_versions"

    item_id: Mapped[str] = mapped_column(ForeignKey("content_items.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)  # that of the item then
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    document: Mapped[dict] = mapped_column(JSON, deferred=True)
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    modified_by: Mapped[str] = mapped_column(String(16))


class MacroText(Base):
    """A macro of the query language. As published are `arguments`, its parameters `{"name", "type"}`, and
    `validations`, `{"evalExpression", "errorMessage"}`.
    """

    __tablename__ = "macros"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 16 upper-case hex digits
    name: Mapped[str] = mapped_column(String(128), unique=True)  # in the letters of its maker
    description: Mapped[str] = mapped_column(Text, default="")
    definition: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    arguments: Mapped[list] = mapped_column(JSON, default=list)
    validations: Mapped[list] = mapped_column(JSON, default=list, server_default="[]")
    created_ms: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(16))


class LookupRows(Base):
    """What a lookup table has besides its definition."""

    __tablename__ = "lookup_tables"

    item_id: Mapped[str] = mapped_column(ForeignKey("content_items.id", ondelete="CASCADE"), primary_key=True)
    rows_changed: Mapped[bool] = mapped_column(default=False)  # by people, after an app brought the rows
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)


class LookupRow(Base):
    """One row; `row_key` is a hash of its primary key, so that a new row with the same key replaces it."""

    __tablename__ = "lookup_rows"
    __table_args__ = ({"sqlite_with_rowid": False},)

    table_id: Mapped[str] = mapped_column(
        ForeignKey("lookup_tables.item_id", ondelete="CASCADE"), primary_key=True
    )
    row_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    row: Mapped[dict] = mapped_column(JSON)  # value by field name
    modified_ms: Mapped[int] = mapped_column(BigInteger)


class AppInstance(Base):
    """An installed app. `hot_fields` is `{"name", "fields"}` of its version, or empty."""

    __tablename__ = "app_instances"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True)  # one installation an app
    version: Mapped[str] = mapped_column(String(64))
    previous_version: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict] = mapped_column(JSON)
    hot_fields: Mapped[dict] = mapped_column(JSON)
    folder_id: Mapped[str] = mapped_column(String(16))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(16))
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    modified_by: Mapped[str] = mapped_column(String(16))


class AppJob(Base):
    """An installation, a change of version or a removal, from the moment it was asked for.

    `working_on` is the app's uuid while the job is not ended, else null: its uniqueness keeps two jobs off
    one app. `setup` is the encrypted order to make a collector or source, gone when the job has ended.
    """

    __tablename__ = "app_jobs"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # install, upgrade, uninstall
    uuid: Mapped[str] = mapped_column(String(36), index=True)
    working_on: Mapped[str | None] = mapped_column(String(36), unique=True)
    from_version: Mapped[str | None] = mapped_column(String(64))
    to_version: Mapped[str | None] = mapped_column(String(64))
    parameters: Mapped[dict] = mapped_column(JSON)
    setup: Mapped[str | None] = mapped_column(Text)
    step: Mapped[str] = mapped_column(String(16))  # waiting, switched, ended
    status: Mapped[str] = mapped_column(String(16), index=True)  # InProgress, Success, Failed
    message: Mapped[str | None] = mapped_column(Text)
    problems: Mapped[list] = mapped_column(JSON, default=list)
    instance_id: Mapped[str | None] = mapped_column(String(16))
    folder_id: Mapped[str | None] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(16))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    modified_ms: Mapped[int] = mapped_column(BigInteger)
