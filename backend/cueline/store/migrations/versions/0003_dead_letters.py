"""A dead letter can be discarded, and remembers what was changed in it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("dead_letters", sa.Column("discarded_ms", sa.BigInteger(), nullable=True))
    op.add_column("dead_letters", sa.Column("edits", Json, nullable=False, server_default="[]"))
