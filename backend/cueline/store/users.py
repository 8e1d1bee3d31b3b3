"""Reading users by the shop's own id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from cueline.store.tables import users


@dataclass(frozen=True, slots=True)
class User:
    """What is known of a user. `points` by currency."""

    id: int
    user_ext_id: str
    properties: dict[str, Any]
    tags: list[str]
    points: dict[str, int]
    created_ms: int
    last_seen_ms: int


def by_ext_id(connection: Connection, workspace_id: int, ext_id: str) -> User | None:
    found = (users.c.workspace_id == workspace_id) & (users.c.ext_id == ext_id)
    row = connection.execute(select(users).where(found)).one_or_none()
    if row is None:
        return None
    # Everyone has the default currency, also before the first point.
    return User(
        row.id, row.ext_id, row.properties, row.tags, {"default": 0} | row.points, row.created_ms, row.last_seen_ms
    )
