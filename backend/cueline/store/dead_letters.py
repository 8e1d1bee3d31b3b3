"""Entries that could not be handled: kept with their error, listed, replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError

from cueline import events as words
from cueline.store.session import is_postgresql
from cueline.store.tables import dead_letters, events, workspaces
from cueline.streams.entry import BadEntry, StreamEntry, decode, encode
from cueline.streams.read import Message


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`entry`: as it lay in the stream. `replayed_ms`: when it was put back, None when never."""

    id: int
    workspace_id: int | None
    partition: int
    stream_id: str
    entry: str
    error: str
    at_ms: int
    replayed_ms: int | None

    def decoded(self) -> StreamEntry | None:
        """None when the bytes are no entry at all."""
        try:
            return decode(self.entry.encode("utf-8", "surrogatepass"))
        except BadEntry:
            return None


def bury(connection: Connection, message: Message, error: Exception, *, new_id: int, now_ms: int) -> None:
    """Writes the dead letter and, where the event can be stored at all, its row with status `dead`."""
    text = (message.data or b"").decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    entry = _decoded(message)
    insert_ = pg_insert if is_postgresql(connection) else sqlite_insert
    row = {
        "workspace_id": entry.workspace_id if entry else None,
        "partition": message.partition,
        "stream_id": message.stream_id,
        "entry": text,
        "error": f"{type(error).__name__}: {error}".replace("\x00", "\\x00")[:4_000],
        "at_ms": now_ms,
    }
    connection.execute(insert_(dead_letters).values(row).on_conflict_do_nothing())
    if entry is not None:
        _mark_dead(connection, entry, error, new_id=new_id, now_ms=now_ms)


def page(
    connection: Connection, workspace_id: int | None = None, *, before: int | None = None, limit: int = 50
) -> list[DeadLetter]:
    """Newest first."""
    query = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit)
    if workspace_id is not None:
        query = query.where(dead_letters.c.workspace_id == workspace_id)
    if before is not None:
        query = query.where(dead_letters.c.id < before)
    return [_letter(row) for row in connection.execute(query).mappings()]


def by_id(connection: Connection, id_: int) -> DeadLetter | None:
    row = connection.execute(select(dead_letters).where(dead_letters.c.id == id_)).mappings().first()
    return None if row is None else _letter(row)


def waiting(connection: Connection) -> int:
    """How many were never replayed."""
    query = select(func.count()).select_from(dead_letters).where(dead_letters.c.replayed_ms.is_(None))
    return int(connection.execute(query).scalar_one())


def mark_replayed(connection: Connection, id_: int, *, now_ms: int) -> None:
    connection.execute(update(dead_letters).where(dead_letters.c.id == id_).values(replayed_ms=now_ms))


def replay_entry(letter: DeadLetter, entry: StreamEntry) -> bytes:
    """The entry to append again; the mark lets the drain replace the row with status `dead`."""
    return encode(msgspec.structs.replace(entry, replay=letter.id))


def _letter(row: RowMapping) -> DeadLetter:
    names = DeadLetter.__dataclass_fields__
    return DeadLetter(**{name: row[name] for name in names})


def _decoded(message: Message) -> StreamEntry | None:
    try:
        return decode(message.data or b"")
    except BadEntry:
        return None


def _mark_dead(connection: Connection, entry: StreamEntry, error: Exception, *, new_id: int, now_ms: int) -> None:
    """Tries with the payload, then without it; an eid that is stored already keeps its row."""
    exists = select(workspaces.c.id).where(workspaces.c.id == entry.workspace_id)
    if connection.execute(exists).first() is None:
        return
    payloads: tuple[Any, ...] = (_payload(entry), {})
    for payload in payloads:
        try:
            with connection.begin_nested():
                connection.execute(insert(events).values(_dead_row(entry, payload, error, new_id, now_ms)))
            return
        except (DBAPIError, UnicodeError, ValueError):
            continue


def _payload(entry: StreamEntry) -> Any:
    try:
        return msgspec.json.decode(entry.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _dead_row(entry: StreamEntry, payload: Any, error: Exception, id_: int, now_ms: int) -> dict[str, Any]:
    return {
        "id": id_,
        "workspace_id": entry.workspace_id,
        "sender": entry.sender,
        "eid": entry.eid,
        "type": entry.type,
        "action": words.action_name(entry.type, payload) if isinstance(payload, dict) else None,
        "payload": payload,
        "source": entry.source,
        "status": words.DEAD,
        "reason": type(error).__name__,
        "visitor_id": entry.visitor_id,
        "verified": entry.verified,
        "hops": entry.hops,
        "context": {},
        "matches": [],
        "at_ms": entry.at_ms,
        "received_ms": entry.received_ms,
        "decided_ms": now_ms,
    }
