"""A visitor's events are found by their sender, whose index is there for the eids: the drain fills one index less."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_events_visitor", table_name="events")
