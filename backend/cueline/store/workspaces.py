"""Workspaces: the tenants. What makes one, and how it is found."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, text, update

from cueline.errors import NotFound
from cueline.store.session import is_postgresql
from cueline.store.tables import workspaces

HOLD_MS: Final = 30 * 60 * 1000
MODES: Final = ("off", "warn", "enforce")


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
        "identity_secret": _new_secret(),
        "link_secrets": {"1": _new_secret()},
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


def change(connection: Connection, id: int, **values: Any) -> Workspace:
    """Writes these columns. The revision grows with it: drains see the change with their next batch."""
    raised = {"revision": workspaces.c.revision + 1}
    query = update(workspaces).where(workspaces.c.id == id).values(values | raised).returning(workspaces)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no workspace {id}.")
    return _workspace(row)


def held_still(connection: Connection, id: int) -> Workspace:
    """The row as it is and stays until the transaction's end (SQLite lets one write at a time anyway)."""
    row = connection.execute(select(workspaces).where(workspaces.c.id == id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"There is no workspace {id}.")
    return _workspace(row)


def rotate_identity(connection: Connection, id: int) -> Workspace:
    """A new identity secret. Every hash that was made with the old one is bad from now on."""
    return change(connection, id, identity_secret=_new_secret())


def rotate_link(connection: Connection, id: int) -> Workspace:
    """A new link secret beside the newest old one; one that was older is gone."""
    old = held_still(connection, id).link_secrets
    newest = newest_kid(old)
    return change(connection, id, link_secrets={newest: old[newest], str(_number(newest) + 1): _new_secret()})


def newest_kid(link_secrets: dict[str, str]) -> str:
    """The name of the secret to sign with: the highest number (no database keeps the order of a JSON object)."""
    return max(link_secrets, key=lambda kid: (_number(kid), kid))


def _number(kid: str) -> int:
    return int(kid) if kid.isascii() and kid.isdigit() else 0


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(**row._mapping)
