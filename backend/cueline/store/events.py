"""Reading events: newest first, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from cueline.events import browser_sender
from cueline.store.masking import Secrets, load
from cueline.store.tables import events, users

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """None: any. `user` is the shop's own id."""

    user: str | None = None
    visitor: str | None = None
    action: str | None = None
    status: str | None = None
    type: str | None = None


def page(
    connection: Connection, workspace_id: int, wanted: EventFilter, *, limit: int, before: int | None = None
) -> list[Shown]:
    """Events as they may be shown, by id, newest first, older than the id `before`."""
    query = _query(workspace_id, wanted)
    if before is not None:
        query = query.where(events.c.id < before)
    rows = connection.execute(query.order_by(events.c.id.desc()).limit(limit)).all()
    secrets = load(connection, workspace_id)
    return [shown(row, secrets) for row in rows]


def payloads(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[str | None, Any]]:
    """Action and payload of events, as they are: for masking what was rendered from them."""
    rows = connection.execute(select(events.c.id, events.c.action, events.c.payload).where(events.c.id.in_(list(ids))))
    return {row.id: (row.action, row.payload) for row in rows}


def shown(row: Row[Any], secrets: Secrets) -> Shown:
    """A row of `events` joined with `user_ext_id`, as any list may show it."""
    event = {name: value for name, value in row._mapping.items() if name in _SHOWN_COLUMNS}
    event["payload"] = secrets.payload(row.action, row.payload)
    event["link"] = secrets.link(row.link)
    event["matches"] = secrets.matches(row.action, row.matches)
    return event


def selected() -> Select[Any]:
    """Every column that a list shows, with the user's own id."""
    columns = [events.c[name] for name in _SHOWN_COLUMNS if name != "user_ext_id"]
    joined = events.outerjoin(users, events.c.user_id == users.c.id)
    return select(*columns, users.c.ext_id.label("user_ext_id")).select_from(joined)


def _query(workspace_id: int, wanted: EventFilter) -> Select[Any]:
    query = selected().where(events.c.workspace_id == workspace_id)
    if wanted.user is not None:
        # By the user's row first: then the index on (workspace, user, id) gives them in order.
        owner = select(users.c.id).where(users.c.workspace_id == workspace_id, users.c.ext_id == wanted.user)
        query = query.where(events.c.user_id == owner.scalar_subquery())
    if wanted.visitor is not None:
        # By the sender, as whom a visitor is always stored: it leads the index of the eids.
        query = query.where(events.c.sender == browser_sender(wanted.visitor))
    for column, value in (
        (events.c.action, wanted.action),
        (events.c.status, wanted.status),
        (events.c.type, wanted.type),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


_SHOWN_COLUMNS = (
    "id",
    "eid",
    "type",
    "action",
    "verb",
    "link",
    "payload",
    "source",
    "status",
    "reason",
    "user_ext_id",
    "visitor_id",
    "verified",
    "context",
    "matches",
    "at_ms",
    "received_ms",
    "decided_ms",
)
