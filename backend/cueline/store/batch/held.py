"""The sweep of held events that waited for a login too long."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select, update

from cueline import events as words
from cueline.engine.decide import HOLD_TIME
from cueline.store.tables import events, workspaces

# A transaction stays short; what is left is taken at the next sweep.
_MOST: Final = 5_000


def expire_held(connection: Connection, *, horizon_ms: int, now_ms: int) -> int:
    """Marks held events received longer before `horizon_ms` than their workspace's hold time. Returns how many."""
    overdue = (
        select(events.c.id)
        .join(workspaces, workspaces.c.id == events.c.workspace_id)
        .where(events.c.status == words.HELD, events.c.received_ms < horizon_ms - workspaces.c.hold_ms)
        .order_by(events.c.received_ms)
        .limit(_MOST)
    )
    done = connection.execute(
        update(events)
        .where(events.c.id.in_(overdue), events.c.status == words.HELD)
        .values(status=words.EXPIRED, reason=HOLD_TIME, decided_ms=now_ms)
    )
    return int(done.rowcount)
