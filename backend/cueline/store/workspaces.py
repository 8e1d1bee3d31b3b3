"""Workspaces: the tenants. What makes one, and how it is found."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, text

from cueline.store.session import is_postgresql
from cueline.store.tables import workspaces

HOLD_MS: Final = 30 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Workspace:
    """One row of `workspaces`. `rates` None: the settings' rates are in force."""

    id: int
    name: str
    created_ms: int
    revision: int
    origins: list[str]
    identity_mode: str
    identity_secret: str
    link_secrets: dict[str, str]
    rates: dict[str, int] | None
    hold_ms: int
    timezone: str


def create(connection: Connection, *, name: str, now_ms: int, identity_mode: str, origins: Sequence[str]) -> Workspace:
    """A workspace with secrets of its own; events are held for 30 minutes."""
    values = {
        "name": name,
        "created_ms": now_ms,
        "revision": 1,
        "origins": list(origins),
        "identity_mode": identity_mode,
        "identity_secret": secrets.token_urlsafe(32),
        "link_secrets": {"1": secrets.token_urlsafe(32)},
        "hold_ms": HOLD_MS,
        "timezone": "UTC",
    }
    return _workspace(connection.execute(insert(workspaces).values(values).returning(workspaces)).one())


def hold_still(connection: Connection) -> None:
    """Until the transaction's end nobody else makes a workspace (SQLite lets one write at a time anyway)."""
    if is_postgresql(connection):
        connection.execute(text("LOCK TABLE workspaces IN SHARE ROW EXCLUSIVE MODE"))


def first(connection: Connection) -> Workspace | None:
    """The oldest one: what the CLI means when nobody names a workspace."""
    row = connection.execute(select(workspaces).order_by(workspaces.c.id).limit(1)).one_or_none()
    return None if row is None else _workspace(row)


def by_id(connection: Connection, id: int) -> Workspace | None:
    row = connection.execute(select(workspaces).where(workspaces.c.id == id)).one_or_none()
    return None if row is None else _workspace(row)


def all(connection: Connection) -> list[Workspace]:
    return [_workspace(row) for row in connection.execute(select(workspaces).order_by(workspaces.c.id))]


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(**row._mapping)
