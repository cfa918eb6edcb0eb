"""Receiving: upload addresses of HTTP sources, uploads that are done, the table of fields."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCE_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "upload_addresses",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("source_id", SOURCE_NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_upload_addresses_source_id_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_upload_addresses")),
        sa.UniqueConstraint("source_id", name=op.f("uq_upload_addresses_source_id")),
    )
    op.create_table(
        "done_uploads",
        sa.Column("source_id", SOURCE_NUMBER, nullable=False),
        sa.Column("key_hash", sa.String(length=32), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_done_uploads_source_id_sources"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "key_hash", name=op.f("pk_done_uploads")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_done_uploads_done_ms"), "done_uploads", ["done_ms"], unique=False)
    op.create_table(
        "custom_fields",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("data_type", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint("name", name=op.f("uq_custom_fields_name")),
    )


def downgrade() -> None:
    op.drop_table("custom_fields")
    op.drop_table("done_uploads")
    op.drop_table("upload_addresses")
