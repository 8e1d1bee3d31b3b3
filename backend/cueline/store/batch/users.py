"""Users of a batch: missing ones are made, all are locked, changed ones are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cueline.engine.state import UserKey, UserState
from cueline.store.batch.keyed import Keyed
from cueline.store.session import is_postgresql
from cueline.store.tables import users

_USERS = select(
    users.c.id,
    users.c.workspace_id,
    users.c.ext_id,
    users.c.properties,
    users.c.tags,
    users.c.points,
    users.c.writers,
    users.c.last_seen_ms,
)
# Two batches with the same users lock them in the same order.
_LOCKED = Keyed(_USERS.order_by(users.c.id).with_for_update(of=users), users.c.workspace_id, users.c.ext_id)

_SEEN = update(users).where(users.c.id == bindparam("user_id")).values(last_seen_ms=bindparam("seen_ms"))
_CHANGED = (
    update(users)
    .where(users.c.id == bindparam("user_id"))
    .values(
        last_seen_ms=bindparam("seen_ms"),
        properties=bindparam("new_properties"),
        tags=bindparam("new_tags"),
        points=bindparam("new_points"),
        writers=bindparam("new_writers"),
    )
)


def load(
    connection: Connection, wanted: Iterable[UserKey], *, new_id: Callable[[], int], now_ms: int
) -> dict[UserKey, UserState]:
    """The users, locked until the end of the transaction; those that are missing are made first."""
    keys = sorted(set(wanted))
    if not keys:
        return {}
    found = _select(connection, keys)
    missing = [key for key in keys if key not in found]
    if not missing:
        return found
    _insert(connection, missing, new_id=new_id, now_ms=now_ms)
    return _select(connection, keys)


def save(connection: Connection, states: Iterable[UserState]) -> None:
    changed: list[UserState] = []
    seen: list[UserState] = []
    for user in sorted(states, key=lambda user: user.id):
        (changed if user.is_changed else seen).append(user)
    if seen:
        connection.execute(_SEEN, [{"user_id": u.id, "seen_ms": u.last_seen_ms} for u in seen])
    if changed:
        connection.execute(_CHANGED, [_row(user) for user in changed])


def _select(connection: Connection, keys: list[UserKey]) -> dict[UserKey, UserState]:
    rows = _LOCKED.rows(connection, keys)
    return {
        (row.workspace_id, row.ext_id): UserState(
            row.id,
            row.workspace_id,
            row.ext_id,
            row.properties,
            row.tags,
            row.points,
            row.writers,
            row.last_seen_ms,
        )
        for row in rows
    }


def _insert(connection: Connection, keys: list[UserKey], *, new_id: Callable[[], int], now_ms: int) -> None:
    insert = pg_insert if is_postgresql(connection) else sqlite_insert
    rows = [
        {
            "id": new_id(),
            "workspace_id": workspace_id,
            "ext_id": ext_id,
            "properties": {},
            "tags": [],
            "points": {},
            "writers": {},
            "created_ms": now_ms,
            "last_seen_ms": now_ms,
        }
        for workspace_id, ext_id in keys
    ]
    connection.execute(insert(users).on_conflict_do_nothing(index_elements=["workspace_id", "ext_id"]), rows)


def _row(user: UserState) -> dict[str, object]:
    return {
        "user_id": user.id,
        "seen_ms": user.last_seen_ms,
        "new_properties": user.properties,
        "new_tags": user.tags,
        "new_points": user.points,
        "new_writers": user.writers,
    }
