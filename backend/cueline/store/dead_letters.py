"""Entries that could not be handled: kept with their error, listed, marked as replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError

from cueline.store.session import is_postgresql
from cueline.store.tables import dead_letters, events, workspaces


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


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keeps the letter; the same stream entry has one, however often it is tried."""
    insert_ = pg_insert if is_postgresql(connection) else sqlite_insert
    connection.execute(insert_(dead_letters).values(dict(row)).on_conflict_do_nothing())


def add_event(connection: Connection, workspace_id: int, tries: Sequence[Mapping[str, Any]]) -> None:
    """Writes the event's row with status `dead`: the first of `tries` that SQL takes. An eid keeps its row."""
    known = select(workspaces.c.id).where(workspaces.c.id == workspace_id)
    if connection.execute(known).first() is None:
        return
    for row in tries:
        try:
            with connection.begin_nested():
                connection.execute(insert(events).values(dict(row)))
            return
        except (DBAPIError, UnicodeError, ValueError):
            continue


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


def _letter(row: RowMapping) -> DeadLetter:
    names = DeadLetter.__dataclass_fields__
    return DeadLetter(**{name: row[name] for name in names})
