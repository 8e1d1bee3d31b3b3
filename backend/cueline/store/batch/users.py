"""Users of a batch: missing ones are made, all are locked, changed ones are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, select

from cueline.engine.state import UserKey, UserState
from cueline.store.batch.keyed import Keyed, Row, as_text, from_text
from cueline.store.batch.rows import Insert, Update
from cueline.store.tables import users

# Two batches with the same users lock them in the same order.
_LOCKED = Keyed(
    select(
        users.c.id,
        users.c.workspace_id,
        users.c.ext_id,
        as_text(users.c.properties),
        as_text(users.c.tags),
        as_text(users.c.points),
        as_text(users.c.writers),
        users.c.last_seen_ms,
    )
    .order_by(users.c.id)
    .with_for_update(of=users),
    users.c.workspace_id,
    users.c.ext_id,
)
_PROFILE = ("properties", "tags", "points", "writers")
_MISSING = Insert(
    users,
    *("id", "workspace_id", "ext_id", *_PROFILE, "created_ms", "last_seen_ms"),
    on_conflict="(workspace_id, ext_id) DO NOTHING",
)
_SEEN = Update(users, "last_seen_ms", key="id")
_CHANGED = Update(users, "last_seen_ms", *_PROFILE, key="id")


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
    _SEEN.run(connection, [(user.last_seen_ms, user.id) for user in seen])
    _CHANGED.run(connection, [_row(user) for user in changed])


def _select(connection: Connection, keys: list[UserKey]) -> dict[UserKey, UserState]:
    return {
        (workspace_id, ext_id): UserState(
            id_,
            workspace_id,
            ext_id,
            from_text(properties),
            from_text(tags),
            from_text(points),
            from_text(writers),
            last_seen_ms,
        )
        for id_, workspace_id, ext_id, properties, tags, points, writers, last_seen_ms in _LOCKED.rows(connection, keys)
    }


def _insert(connection: Connection, keys: list[UserKey], *, new_id: Callable[[], int], now_ms: int) -> None:
    rows: list[Row] = [
        (new_id(), workspace_id, ext_id, {}, [], {}, {}, now_ms, now_ms) for workspace_id, ext_id in keys
    ]
    _MISSING.run(connection, rows)


def _row(user: UserState) -> Row:
    return (user.last_seen_ms, user.properties, user.tags, user.points, user.writers, user.id)
