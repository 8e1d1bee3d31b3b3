"""Every table. `_ms` columns are UTC milliseconds since 1970; ids of events and all they cause sort by time.

The schema is made by the migrations; a test holds them against this file.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# SQLite only counts by itself for INTEGER primary keys.
Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _workspace() -> Column[int]:
    return Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False)


installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    # Grows with every change of campaigns, templates, actions or of this row: drains reload what they cache.
    Column("revision", BigInteger, nullable=False, server_default="1"),
    Column("origins", Json, nullable=False),  # ["https://shop.example"] or ["*"]
    Column("identity_mode", Text, nullable=False),  # off | warn | enforce
    Column("identity_secret", Text, nullable=False),
    Column("link_secrets", Json, nullable=False),  # {"1": "…"}: at most two, named by kid
    Column("rates", Json),  # {"key": n, "address": n, "visitor": n} per second, or null: the settings'
    Column("hold_ms", BigInteger, nullable=False),
    Column("timezone", Text, nullable=False, server_default="UTC"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Id, primary_key=True),
    _workspace(),
    Column("kind", Text, nullable=False),  # write | secret
    # A write key as it is; of a secret key only its SHA-256, as hex.
    Column("lookup", Text, nullable=False, unique=True),
    Column("shown", Text, nullable=False),  # what lists may show: a write key whole, a secret key's beginning
    Column("name", Text, nullable=False),
    Column("scopes", Json, nullable=False),  # ["*"] or ["events:write", "read", …]
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
)

leases = Table(
    "leases",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("last_id", BigInteger, nullable=False),  # the last id given out on this partition
)

visitors = Table(
    "visitors",
    metadata,
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), primary_key=True, autoincrement=False),
    Column("visitor_id", Text, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id")),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _workspace(),
    Column("ext_id", Text, nullable=False),
    Column("properties", Json, nullable=False),
    Column("tags", Json, nullable=False),  # ["vip", …], sorted
    Column("points", Json, nullable=False),  # {"default": 10}: always the ledger's sums
    # Who wrote it: {"properties.email": "server", "tags.vip": "browser"}; see engine/profile.py
    Column("writers", Json, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "ext_id", name="uq_users_ext_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _workspace(),
    Column("sender", Text, nullable=False),  # b:<visitor_id>, s, sys: whose eids these are
    Column("eid", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("action", Text),  # the name, of a client action
    Column("verb", Text),  # of a decoded deep link
    Column("link", Text),  # the raw deep link
    Column("payload", Json, nullable=False),
    Column("source", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("user_id", BigInteger, ForeignKey("users.id")),
    Column("visitor_id", Text),
    Column("verified", Boolean, nullable=False),
    Column("hops", Integer, nullable=False),
    Column("context", Json, nullable=False),
    # What it did: [{"campaign": key, "version": n, "verdict": "entered"|"not_entered", "reason": …, "leaf": {…}}]
    Column("matches", Json, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("decided_ms", BigInteger),  # when it left `held`
    UniqueConstraint("workspace_id", "sender", "eid", name="uq_events_eid"),
    Index("ix_events_recent", "workspace_id", "id"),
    Index("ix_events_user", "workspace_id", "user_id", "id"),
    Index("ix_events_action", "workspace_id", "action", "id"),
    Index(
        "ix_events_held_visitor",
        "workspace_id",
        "visitor_id",
        sqlite_where=text("status = 'held'"),
        postgresql_where=text("status = 'held'"),
    ),
    Index(
        "ix_events_held",
        "received_ms",
        sqlite_where=text("status = 'held'"),
        postgresql_where=text("status = 'held'"),
    ),
)

actions = Table(
    "actions",
    metadata,
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("sources", Json),  # null: every source
    Column("secret", Json, nullable=False),  # ["link"]: payload paths never shown
    Column("description", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

action_counts = Table(
    "action_counts",
    metadata,
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
    Column("fields", Json, nullable=False),  # {"amount": ["number"]}
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    _workspace(),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # draft | active | paused | archived
    Column("version", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "key", name="uq_campaigns_key"),
)

campaign_versions = Table(
    "campaign_versions",
    metadata,
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Json, nullable=False),
    Column("published_ms", BigInteger),
)

segments = Table(
    "segments",
    metadata,
    Column("id", Id, primary_key=True),
    _workspace(),
    Column("key", Text, nullable=False),
    Column("document", Json, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "key", name="uq_segments_key"),
)

templates = Table(
    "templates",
    metadata,
    Column("id", Id, primary_key=True),
    _workspace(),
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Json, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "key", name="uq_templates_key"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _workspace(),
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # completed (rules end at once)
    Column("entered_ms", BigInteger, nullable=False),
    # [{"effect": "points", "amount": 10, "currency": "default"}, …] in order
    Column("steps", Json, nullable=False),
    UniqueConstraint("campaign_id", "user_id", "entry_key", name="uq_runs_entry"),
    Index("ix_runs_recent", "workspace_id", "id"),
    Index("ix_runs_user", "workspace_id", "user_id", "id"),
    Index("ix_runs_entered", "campaign_id", "user_id", "entered_ms"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _workspace(),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("run_id", BigInteger, ForeignKey("runs.id")),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_ledger_user", "workspace_id", "user_id", "currency"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _workspace(),
    Column("run_id", BigInteger, ForeignKey("runs.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("event_id", BigInteger, nullable=False),  # the event whose payload the template sees
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending | sending | sent | kept | failed | skipped
    Column("reason", Text),
    Column("hops", Integer, nullable=False),
    Column("to", Text),
    Column("subject", Text),
    Column("html", Text),
    Column("text", Text),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("lease_token", Text),
    Column("lease_until_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("reported_ms", BigInteger),  # when its outcome went in at the door
    Index("ix_deliveries_recent", "workspace_id", "id"),
    Index("ix_deliveries_user", "workspace_id", "user_id", "id"),
    Index(
        "ix_deliveries_open",
        "due_ms",
        sqlite_where=text("state IN ('pending', 'sending')"),
        postgresql_where=text("state IN ('pending', 'sending')"),
    ),
    Index(
        "ix_deliveries_unreported",
        "closed_ms",
        sqlite_where=text("closed_ms IS NOT NULL AND reported_ms IS NULL"),
        postgresql_where=text("closed_ms IS NOT NULL AND reported_ms IS NULL"),
    ),
)

link_nonces = Table(
    "link_nonces",
    metadata,
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), primary_key=True, autoincrement=False),
    Column("nonce", Text, primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Id, primary_key=True),
    # No foreign key: an entry may be dead because its workspace does not exist.
    Column("workspace_id", BigInteger),
    Column("partition", Integer, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("event_id", BigInteger),  # the row with status `dead`, where one could be written
    Column("entry", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("replayed_ms", BigInteger),
    Column("discarded_ms", BigInteger),
    # What people changed: [{"at_ms": …, "by": "cli", "changes": [{"field": "payload.amount", "from": "12", "to": 12}]}]
    Column("edits", Json, nullable=False, server_default="[]"),
    UniqueConstraint("partition", "stream_id", name="uq_dead_letters_stream_id"),
)
