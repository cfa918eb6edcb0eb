"""Content and apps: folders, dashboards, searches, lookup tables in one tree; installed apps, their jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROOTS = (  # as `dohyo.content.tree` names them
    ("0000000000000000", None, "Library"),
    ("0000000000000001", "0000000000000000", "Admin Recommended"),
    ("0000000000000002", "0000000000000000", "Installed Apps"),
    ("0000000000000003", "0000000000000000", "Users"),
)


def upgrade() -> None:
    create_content()
    create_lookup_tables()
    create_apps()
    add_roots()


def downgrade() -> None:
    op.drop_table("app_jobs")
    op.drop_table("app_instances")
    op.drop_table("lookup_rows")
    op.drop_table("lookup_tables")
    op.drop_table("content_items")


def create_content() -> None:
    op.create_table(
        "content_items",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.String(length=16), nullable=True),
        sa.Column("item_type", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.String(length=16), nullable=True),
        sa.Column("app_instance_id", sa.String(length=16), nullable=True),
        sa.Column("dashboard_id", sa.String(length=64), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_by", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["content_items.id"],
            name=op.f("fk_content_items_parent_id_content_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_items")),
        sa.UniqueConstraint("dashboard_id", name=op.f("uq_content_items_dashboard_id")),
        sa.UniqueConstraint("parent_id", "name", name=op.f("uq_content_items_parent_id_name")),
    )
    op.create_index(
        op.f("ix_content_items_app_instance_id"), "content_items", ["app_instance_id"], unique=False
    )
    op.create_index(op.f("ix_content_items_owner_id"), "content_items", ["owner_id"], unique=False)


def create_lookup_tables() -> None:
    op.create_table(
        "lookup_tables",
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("rows_changed", sa.Boolean(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["content_items.id"],
            name=op.f("fk_lookup_tables_item_id_content_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_lookup_tables")),
    )
    op.create_table(
        "lookup_rows",
        sa.Column("table_id", sa.String(length=16), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["table_id"],
            ["lookup_tables.item_id"],
            name=op.f("fk_lookup_rows_table_id_lookup_tables"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("table_id", "row_key", name=op.f("pk_lookup_rows")),
        sqlite_with_rowid=False,
    )


def create_apps() -> None:
    op.create_table(
        "app_instances",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("previous_version", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("hot_fields", sa.JSON(), nullable=False),
        sa.Column("folder_id", sa.String(length=16), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_by", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_instances")),
        sa.UniqueConstraint("uuid", name=op.f("uq_app_instances_uuid")),
    )
    op.create_table(
        "app_jobs",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("working_on", sa.String(length=36), nullable=True),
        sa.Column("from_version", sa.String(length=64), nullable=True),
        sa.Column("to_version", sa.String(length=64), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("setup", sa.Text(), nullable=True),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=True),
        sa.Column("folder_id", sa.String(length=16), nullable=True),
        sa.Column("user_id", sa.String(length=16), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_jobs")),
        sa.UniqueConstraint("working_on", name=op.f("uq_app_jobs_working_on")),
    )
    op.create_index(op.f("ix_app_jobs_status"), "app_jobs", ["status"], unique=False)
    op.create_index(op.f("ix_app_jobs_uuid"), "app_jobs", ["uuid"], unique=False)


def add_roots() -> None:
    names = ("id", "parent_id", "item_type", "name", "description", "position", "version")
    items = sa.table(
        "content_items",
        *(sa.column(name) for name in (*names, "created_ms", "created_by", "modified_ms", "modified_by")),
        sa.column("document", sa.JSON()),
    )
    for position, (item_id, parent_id, name) in enumerate(ROOTS):
        op.execute(
            items.insert().values(
                id=item_id,
                parent_id=parent_id,
                item_type="Folder",
                name=name,
                description="",
                position=position,
                document={},
                version=1,
                created_ms=0,
                created_by=ROOTS[0][0],
                modified_ms=0,
                modified_by=ROOTS[0][0],
            )
        )
