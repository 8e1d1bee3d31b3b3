"""A user's story, newest first: his events, the campaigns he entered, what they did, what was delivered.

Ids of events, runs and deliveries come from one sequence that sorts by time, so the sources merge by id. A run's
effects follow its entry: position 0 is the row itself, 1… are the steps of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, select

from cueline.store.events import selected, shown
from cueline.store.masking import Secrets, load
from cueline.store.tables import campaigns, deliveries, events, runs, users

Item = dict[str, Any]


class Place(NamedTuple):
    """Where an item stands; places sort like time."""

    id: int
    position: int


def page(
    connection: Connection, workspace_id: int, user_id: int, *, limit: int, before: Place | None = None
) -> list[tuple[Place, Item]]:
    """At most `limit` items older than the place `before`."""
    secrets = load(connection, workspace_id)
    at_most = None if before is None else before.id
    found = [
        *_events(connection, workspace_id, user_id, secrets, limit=limit + 1, at_most=at_most),
        *_runs(connection, workspace_id, user_id, secrets, limit=limit + 1, at_most=at_most),
        *_deliveries(connection, workspace_id, user_id, secrets, limit=limit + 1, at_most=at_most),
    ]
    older = [item for item in found if before is None or item[0] < before]
    return sorted(older, key=lambda item: item[0], reverse=True)[:limit]


def recent_entries(connection: Connection, workspace_id: int, *, limit: int) -> list[Item]:
    """The latest entries of all users, each with its `user_ext_id` and `steps`."""
    query = _run_query().where(runs.c.workspace_id == workspace_id).order_by(runs.c.id.desc()).limit(limit)
    secrets = load(connection, workspace_id)
    return [_recent_entry(row, secrets) for row in connection.execute(query)]


def _recent_entry(row: Row[Any], secrets: Secrets) -> Item:
    entry, *effects = (item for _, item in _told(row, secrets))
    return entry | {"user_ext_id": row.user_ext_id, "steps": effects}


def _events(
    connection: Connection, workspace_id: int, user_id: int, secrets: Secrets, *, limit: int, at_most: int | None
) -> Iterator[tuple[Place, Item]]:
    query = selected().where(events.c.workspace_id == workspace_id, events.c.user_id == user_id)
    for row in connection.execute(_newest(query, events.c.id, limit=limit, at_most=at_most)):
        yield Place(row.id, 0), {"kind": "event", **shown(row, secrets)}


def _runs(
    connection: Connection, workspace_id: int, user_id: int, secrets: Secrets, *, limit: int, at_most: int | None
) -> Iterator[tuple[Place, Item]]:
    query = _run_query().where(runs.c.workspace_id == workspace_id, runs.c.user_id == user_id)
    for row in connection.execute(_newest(query, runs.c.id, limit=limit, at_most=at_most)):
        yield from _told(row, secrets)


def _told(row: Row[Any], secrets: Secrets) -> Iterator[tuple[Place, Item]]:
    """A run as its entry and one item per step; a step may carry what it took from the event's payload."""
    common = {"at_ms": row.entered_ms, "campaign": row.campaign, "version": row.version, "run_id": row.id}
    key = secrets.value(row.action, row.payload, row.entry_key)
    entry = {"entry_key": key, "state": row.state, "event_id": row.event_id, "event_eid": row.eid}
    yield Place(row.id, 0), {"kind": "entry", **common, **entry, "event_action": row.action}
    for position, step in enumerate(row.steps, start=1):
        yield Place(row.id, position), {"kind": "effect", **common, **_shown_step(step, row, secrets)}


def _shown_step(step: Item, row: Row[Any], secrets: Secrets) -> Item:
    if "value" not in step:
        return step
    return step | {"value": secrets.value(row.action, row.payload, step["value"])}


def _deliveries(
    connection: Connection, workspace_id: int, user_id: int, secrets: Secrets, *, limit: int, at_most: int | None
) -> Iterator[tuple[Place, Item]]:
    query = _delivery_query().where(deliveries.c.workspace_id == workspace_id, deliveries.c.user_id == user_id)
    for row in connection.execute(_newest(query, deliveries.c.id, limit=limit, at_most=at_most)):
        item = {name: value for name, value in row._mapping.items() if name not in ("action", "payload")}
        subject = secrets.text(row.action, row.payload, row.subject)
        yield Place(row.id, 0), {"kind": "delivery", **item, "subject": subject}


def _newest(query: Select[Any], id_column: Any, *, limit: int, at_most: int | None) -> Select[Any]:
    if at_most is not None:
        query = query.where(id_column <= at_most)
    return query.order_by(id_column.desc()).limit(limit)


def _run_query() -> Select[Any]:
    joined = (
        runs.join(campaigns, runs.c.campaign_id == campaigns.c.id)
        .join(users, runs.c.user_id == users.c.id)
        .outerjoin(events, runs.c.event_id == events.c.id)
    )
    return select(
        *(runs.c[name] for name in ("id", "version", "entry_key", "event_id", "state", "entered_ms", "steps")),
        campaigns.c.key.label("campaign"),
        users.c.ext_id.label("user_ext_id"),
        *(events.c[name] for name in ("eid", "action", "payload")),
    ).select_from(joined)


def _delivery_query() -> Select[Any]:
    joined = (
        deliveries.join(runs, deliveries.c.run_id == runs.c.id)
        .join(campaigns, runs.c.campaign_id == campaigns.c.id)
        .outerjoin(events, deliveries.c.event_id == events.c.id)
    )
    return select(
        *(deliveries.c[name] for name in ("id", "run_id", "channel", "template", "state", "reason", "to", "subject")),
        deliveries.c.created_ms.label("at_ms"),
        deliveries.c.closed_ms,
        campaigns.c.key.label("campaign"),
        *(events.c[name] for name in ("action", "payload")),
    ).select_from(joined)
