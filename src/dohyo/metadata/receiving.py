"""Tables of what arrives by itself: upload addresses, uploads that are done, the table of fields.

Only `dohyo.collect` reads and writes them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
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
