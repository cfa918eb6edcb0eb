"""Conditions that the arguments of a macro have to meet."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("macros") as macros:
        macros.add_column(sa.Column("validations", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("macros") as macros:
        macros.drop_column("validations")
