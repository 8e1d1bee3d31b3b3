"""What a template sees."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from cueline.clock import to_iso


def scope_of(row: Row[Any]) -> dict[str, Any]:
    """From a row of `store.deliveries.contexts`. A property cannot take the place of id, tags or points."""
    user = {**row.properties, "id": row.ext_id, "tags": row.tags, "points": row.points}
    return {
        "event": row.payload or {},
        "user": user,
        "state": user,
        "run": {"id": row.run_id, "campaign": row.campaign, "entered_at": to_iso(row.entered_ms)},
        "workspace": {"name": row.workspace},
    }
