"""Events of a batch: which eids are known, what is held for its visitors, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, column, insert, literal_column, select, update

from cueline import events as words
from cueline.engine.outcome import Decided
from cueline.engine.state import VisitorKey
from cueline.events import Event
from cueline.store.batch.keyed import Keyed
from cueline.store.tables import events, users

EidKey = tuple[int, str, str]  # workspace, sender, eid

_KNOWN = Keyed(
    select(events.c.workspace_id, events.c.sender, events.c.eid, events.c.id, events.c.status),
    events.c.workspace_id,
    events.c.sender,
    events.c.eid,
)
_HELD = Keyed(
    # The status stands in the text because neither database takes a partial index for a parameter.
    select(events)
    .where(events.c.status == literal_column(f"'{words.HELD}'"))
    .order_by(events.c.id)
    .with_for_update(of=events),
    events.c.workspace_id,
    events.c.visitor_id,
)
_REST: list[ColumnElement[Any]] = [
    column(name)
    for name in (
        "type",
        "action",
        "verb",
        "link",
        "payload",
        "source",
        "status",
        "reason",
        "user_id",
        "matches",
        "decided_ms",
    )
]
_DECIDE = (
    update(events)
    .where(events.c.id == bindparam("event_id"))
    .values({c.name: bindparam(f"new_{c.name}", type_=events.c[c.name].type) for c in _REST})
)
_DELETE_DEAD = events.delete().where(events.c.id.in_(bindparam("ids", expanding=True)), events.c.status == words.DEAD)


def known(connection: Connection, keys: Iterable[EidKey]) -> dict[EidKey, tuple[int, str]]:
    """(id, status) of the eids that are stored already."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = _KNOWN.rows(connection, wanted)
    return {(row.workspace_id, row.sender, row.eid): (row.id, row.status) for row in rows}


def held(connection: Connection, visitors: Iterable[VisitorKey]) -> dict[VisitorKey, list[Event]]:
    """What is held for these visitors, in stream order, locked against the sweep."""
    keys = sorted(set(visitors))
    if not keys:
        return {}
    found: dict[VisitorKey, list[Event]] = {}
    for row in _HELD.rows(connection, keys):
        found.setdefault((row.workspace_id, row.visitor_id), []).append(_event(row))
    return found


def save(connection: Connection, decided: Iterable[Decided]) -> None:
    """New events are inserted, sorted by eid so that two batches cannot wait for each other; held ones updated."""
    new: list[Decided] = []
    released: list[Decided] = []
    for one in decided:
        (released if one.was_held else new).append(one)
    if new:
        new.sort(key=lambda one: (one.event.workspace_id, one.event.sender, one.event.eid))
        connection.execute(insert(events), [_row(one) for one in new])
    if released:
        rows = [_new_row(one) for one in sorted(released, key=lambda one: one.event.id)]
        connection.execute(_DECIDE, rows)


def forget_dead(connection: Connection, ids: list[int]) -> None:
    """The rows with status `dead` of events that are being replayed: they get a new one."""
    if ids:
        connection.execute(_DELETE_DEAD, {"ids": ids})


def ext_ids(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """user_ext_id by user id."""
    rows = connection.execute(select(users.c.id, users.c.ext_id).where(users.c.id.in_(list(ids))))
    return {row.id: row.ext_id for row in rows}


def _event(row: Any) -> Event:
    return Event(
        row.id,
        row.workspace_id,
        row.sender,
        row.eid,
        row.type,
        row.payload,
        row.source,
        row.at_ms,
        row.received_ms,
        row.visitor_id,
        None,
        row.verified,
        row.hops,
        row.context,
    )


def _decision(one: Decided) -> dict[str, Any]:
    return {
        "type": one.type,
        "action": one.action,
        "verb": one.verb,
        "link": one.link,
        "payload": one.payload,
        "source": one.source,
        "status": one.status,
        "reason": one.reason,
        "user_id": one.user_id,
        "matches": one.matches,
        "decided_ms": one.decided_ms,
    }


def _row(one: Decided) -> dict[str, Any]:
    event = one.event
    return {
        "id": event.id,
        "workspace_id": event.workspace_id,
        "sender": event.sender,
        "eid": event.eid,
        "visitor_id": event.visitor_id,
        "verified": event.verified,
        "hops": event.hops,
        "context": event.context,
        "at_ms": event.at_ms,
        "received_ms": event.received_ms,
        **_decision(one),
    }


def _new_row(one: Decided) -> dict[str, Any]:
    return {"event_id": one.event.id, **{f"new_{name}": value for name, value in _decision(one).items()}}
