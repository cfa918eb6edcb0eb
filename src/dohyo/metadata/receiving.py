"""Tables of what arrives by itself: upload addresses, uploads that are done, the table of fields.

Only `dohyo.collect` reads and writes them.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dohyo.metadata.base import Base


class UploadAddress(Base):
    """The token of an HTTP source by its hash. The token itself is a secret of the source."""

    __tablename__ = "upload_addresses"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 in hex
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), unique=True)


class DoneUpload(Base):
    """An upload with an `Idempotency-Key` whose messages are all durable."""

    __tablename__ = "done_uploads"
    __table_args__ = ({"sqlite_with_rowid": False},)

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    done_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class CustomField(Base):
    """A field that messages may carry. `name` is in lower case; new messages lack a disabled one."""

    __tablename__ = "custom_fields"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 16 upper-case hex digits
    name: Mapped[str] = mapped_column(String(255), unique=True)
    data_type: Mapped[str] = mapped_column(String(16), default="String")
    enabled: Mapped[bool] = mapped_column(default=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)


class DroppedField(Base):
    """A field that messages brought and that was left out."""

    __tablename__ = "dropped_fields"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    seen_ms: Mapped[int] = mapped_column(BigInteger)


class ExtractionRule(Base):
    """A parse expression that gives messages of its scope fields as they are stored."""

    __tablename__ = "extraction_rules"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 16 upper-case hex digits
    name: Mapped[str] = mapped_column(String(256), unique=True)
    scope: Mapped[str] = mapped_column(Text)
    parse_expression: Mapped[str] = mapped_column(Text)  # as it was sent
    field_names: Mapped[list] = mapped_column(JSON)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(16))
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    modified_by: Mapped[str] = mapped_column(String(16))


class Partition(Base):
    """Messages that are kept apart by a routing expression. `retention_days` -1: they stay. The default index
    is the row named `sumologic_default`; it has no routing.
    """

    __tablename__ = "partitions"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 16 upper-case hex digits
    name: Mapped[str] = mapped_column(String(255), unique=True)
    routing_expression: Mapped[str] = mapped_column(Text)
    analytics_tier: Mapped[str | None] = mapped_column(String(16))
    retention_days: Mapped[int] = mapped_column(default=-1)
    is_compliant: Mapped[bool] = mapped_column(default=False)
    in_default_search: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(16))
    modified_ms: Mapped[int] = mapped_column(BigInteger)
    modified_by: Mapped[str] = mapped_column(String(16))
