"""Events of a batch: which eids are known, what is held for its visitors, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, literal_column, select

from cueline import events as words
from cueline.engine.outcome import Decided
from cueline.engine.state import VisitorKey
from cueline.events import Event
from cueline.store.batch.keyed import Keyed, Row, as_text, from_text
from cueline.store.batch.rows import Insert, Update
from cueline.store.tables import events, users

EidKey = tuple[int, str, str]  # workspace, sender, eid

_KNOWN = Keyed(
    select(events.c.workspace_id, events.c.sender, events.c.eid, events.c.id, events.c.status),
    events.c.workspace_id,
    events.c.sender,
    events.c.eid,
)
_HELD = Keyed(
    select(
        events.c.id,
        events.c.workspace_id,
        events.c.sender,
        events.c.eid,
        events.c.type,
        as_text(events.c.payload),
        events.c.source,
        events.c.at_ms,
        events.c.received_ms,
        events.c.visitor_id,
        events.c.verified,
        events.c.hops,
        as_text(events.c.context),
    )
    # The status stands in the text because neither database takes a partial index for a parameter.
    .where(events.c.status == literal_column(f"'{words.HELD}'"))
    .order_by(events.c.id)
    .with_for_update(of=events),
    events.c.workspace_id,
    events.c.visitor_id,
)
# What an event came with, and what was decided on it.
_CAME = ("workspace_id", "sender", "eid", "visitor_id", "verified", "hops", "context", "at_ms", "received_ms")
_DECIDED = (
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
_NEW = Insert(events, *_CAME, *_DECIDED, "id")
_RELEASED = Update(events, *_DECIDED, key="id")
_DELETE_DEAD = events.delete().where(events.c.id.in_(bindparam("ids", expanding=True)), events.c.status == words.DEAD)


def known(connection: Connection, keys: Iterable[EidKey]) -> dict[EidKey, tuple[int, str]]:
    """(id, status) of the eids that are stored already."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = _KNOWN.rows(connection, wanted)
    return {(workspace_id, sender, eid): (id_, status) for workspace_id, sender, eid, id_, status in rows}


def held(connection: Connection, visitors: Iterable[VisitorKey]) -> dict[VisitorKey, list[Event]]:
    """What is held for these visitors, in stream order, locked against the sweep."""
    keys = sorted(set(visitors))
    if not keys:
        return {}
    found: dict[VisitorKey, list[Event]] = {}
    for row in _HELD.rows(connection, keys):
        event = _event(row)
        found.setdefault((event.workspace_id, event.visitor_id or ""), []).append(event)
    return found


def save(connection: Connection, decided: Iterable[Decided]) -> None:
    """New events are inserted, sorted by eid so that two batches cannot wait for each other; held ones updated."""
    new: list[Decided] = []
    released: list[Decided] = []
    for one in decided:
        (released if one.was_held else new).append(one)
    new.sort(key=lambda one: (one.event.workspace_id, one.event.sender, one.event.eid))
    _NEW.run(connection, [_came(one.event) + _decided(one) for one in new])
    released.sort(key=lambda one: one.event.id)
    _RELEASED.run(connection, [_decided(one) for one in released])


def forget_dead(connection: Connection, ids: list[int]) -> None:
    """The rows with status `dead` of events that are being replayed: they get a new one."""
    if ids:
        connection.execute(_DELETE_DEAD, {"ids": ids})


def ext_ids(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """user_ext_id by user id."""
    rows = connection.execute(select(users.c.id, users.c.ext_id).where(users.c.id.in_(list(ids))))
    return {row.id: row.ext_id for row in rows}


def _event(row: Row) -> Event:
    id_, workspace_id, sender, eid, type_, payload, source, at_ms, received_ms, visitor_id, verified, hops, context = (
        row
    )
    return Event(
        id_,
        workspace_id,
        sender,
        eid,
        type_,
        from_text(payload),
        source,
        at_ms,
        received_ms,
        visitor_id,
        None,
        bool(verified),
        hops,
        from_text(context),
    )


def _came(event: Event) -> Row:
    return (
        event.workspace_id,
        event.sender,
        event.eid,
        event.visitor_id,
        event.verified,
        event.hops,
        event.context,
        event.at_ms,
        event.received_ms,
    )


def _decided(one: Decided) -> Row:
    return (
        one.type,
        one.action,
        one.verb,
        one.link,
        one.payload,
        one.source,
        one.status,
        one.reason,
        one.user_id,
        one.matches,
        one.decided_ms,
        one.event.id,
    )
