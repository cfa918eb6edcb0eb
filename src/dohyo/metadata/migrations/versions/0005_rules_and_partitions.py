"""Extraction rules, partitions, and fields that were left out."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _changes() -> list[sa.Column]:
    """When and by whom something was made and last changed."""
    return [
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_by", sa.String(length=16), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "dropped_fields",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_dropped_fields")),
    )
    op.create_table(
        "extraction_rules",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("parse_expression", sa.Text(), nullable=False),
        sa.Column("field_names", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_changes(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extraction_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_extraction_rules_name")),
    )
    op.create_table(
        "partitions",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("routing_expression", sa.Text(), nullable=False),
        sa.Column("analytics_tier", sa.String(length=16), nullable=True),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("is_compliant", sa.Boolean(), nullable=False),
        sa.Column("in_default_search", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        *_changes(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partitions")),
        sa.UniqueConstraint("name", name=op.f("uq_partitions_name")),
    )


def downgrade() -> None:
    op.drop_table("partitions")
    op.drop_table("extraction_rules")
    op.drop_table("dropped_fields")
