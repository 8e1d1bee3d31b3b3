"""Entries that could not be handled: kept with their error, listed, changed, marked as replayed or discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError

from cueline.store.session import is_postgresql
from cueline.store.tables import dead_letters, events, workspaces

OPEN: Final = "open"
REPLAYED: Final = "replayed"
DISCARDED: Final = "discarded"
STATES: Final = (OPEN, REPLAYED, DISCARDED)

_IS: Final[Mapping[str, ColumnElement[bool]]] = {
    OPEN: and_(dead_letters.c.replayed_ms.is_(None), dead_letters.c.discarded_ms.is_(None)),
    REPLAYED: and_(dead_letters.c.replayed_ms.is_not(None), dead_letters.c.discarded_ms.is_(None)),
    DISCARDED: dead_letters.c.discarded_ms.is_not(None),
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`entry`: as it lay in the stream. `replayed_ms`, `discarded_ms`: None when it never was."""

    id: int
    workspace_id: int | None
    partition: int
    stream_id: str
    entry: str
    error: str
    at_ms: int
    replayed_ms: int | None
    discarded_ms: int | None
    edits: list[dict[str, Any]]

    @property
    def state(self) -> str:
        if self.discarded_ms is not None:
            return DISCARDED
        return OPEN if self.replayed_ms is None else REPLAYED


def keep(connection: Connection, row: Mapping[str, Any], *, replay_of: int | None = None) -> None:
    """Keeps the letter; the same stream entry has one, however often it is tried.

    A replay that fails again is no new letter: the old one is open again, with what went wrong this time.
    """
    if replay_of is not None and _reopen(connection, replay_of, row):
        return
    insert_ = pg_insert if is_postgresql(connection) else sqlite_insert
    connection.execute(insert_(dead_letters).values(dict(row)).on_conflict_do_nothing())


def _reopen(connection: Connection, id_: int, row: Mapping[str, Any]) -> bool:
    """False: there is no such letter of that workspace."""
    same = and_(dead_letters.c.id == id_, dead_letters.c.workspace_id == row["workspace_id"])
    names = ("partition", "stream_id", "error", "at_ms")
    values = {name: row[name] for name in names} | {"replayed_ms": None}
    return connection.execute(update(dead_letters).where(same).values(values)).rowcount > 0


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
    connection: Connection,
    workspace_id: int | None = None,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[DeadLetter]:
    """Newest first; of every workspace, in every state, unless told otherwise."""
    query = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit)
    if workspace_id is not None:
        query = query.where(dead_letters.c.workspace_id == workspace_id)
    if state is not None:
        query = query.where(_IS[state])
    if before is not None:
        query = query.where(dead_letters.c.id < before)
    return [_letter(row) for row in connection.execute(query).mappings()]


def by_id(connection: Connection, id_: int, *, workspace_id: int | None = None) -> DeadLetter | None:
    """`workspace_id`: only when it is of that workspace."""
    query = select(dead_letters).where(dead_letters.c.id == id_)
    if workspace_id is not None:
        query = query.where(dead_letters.c.workspace_id == workspace_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _letter(row)


def count_open(connection: Connection, workspace_id: int | None = None) -> int:
    """How many wait for somebody to look at them."""
    query = select(func.count()).select_from(dead_letters).where(_IS[OPEN])
    if workspace_id is not None:
        query = query.where(dead_letters.c.workspace_id == workspace_id)
    return int(connection.execute(query).scalar_one())


def mark_replayed(connection: Connection, letter: DeadLetter, *, now_ms: int) -> None:
    """Unless the drain was faster, and it is open again because it failed again: then it lies elsewhere by now."""
    same = and_(dead_letters.c.id == letter.id, dead_letters.c.stream_id == letter.stream_id, _IS[OPEN])
    connection.execute(update(dead_letters).where(same).values(replayed_ms=now_ms))


def discard(connection: Connection, id_: int, *, now_ms: int) -> bool:
    """False: it is not open."""
    found = and_(dead_letters.c.id == id_, _IS[OPEN])
    return connection.execute(update(dead_letters).where(found).values(discarded_ms=now_ms)).rowcount > 0


def change(connection: Connection, letter: DeadLetter, *, entry: str, edit: Mapping[str, Any]) -> bool:
    """Another entry, and who made what of it. False: it is not as it was when `letter` was read."""
    same = and_(dead_letters.c.id == letter.id, dead_letters.c.entry == letter.entry, _IS[OPEN])
    values = {"entry": entry, "edits": [*letter.edits, dict(edit)]}
    return connection.execute(update(dead_letters).where(same).values(values)).rowcount > 0


def _letter(row: RowMapping) -> DeadLetter:
    names = DeadLetter.__dataclass_fields__
    return DeadLetter(**{name: row[name] for name in names})
