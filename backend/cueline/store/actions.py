"""Reading the action registry: every name seen, or added by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select, union

from cueline.store.tables import action_counts, actions


@dataclass(slots=True)
class Action:
    """One name. `sources` None: every source. Never seen: count 0 and no times."""

    name: str
    sources: list[str] | None = None
    secret: list[str] = field(default_factory=list)
    description: str = ""
    count: int = 0
    first_seen_ms: int | None = None
    last_seen_ms: int | None = None
    fields: dict[str, list[str]] = field(default_factory=dict)


def page(connection: Connection, workspace_id: int, *, limit: int, after: str | None = None) -> list[Action]:
    """By name."""
    added = select(actions.c.name).where(actions.c.workspace_id == workspace_id)
    seen = select(action_counts.c.name).where(action_counts.c.workspace_id == workspace_id)
    names = union(added, seen).subquery()
    query = select(names.c.name).order_by(names.c.name).limit(limit)
    if after is not None:
        query = query.where(names.c.name > after)
    return _load(connection, workspace_id, connection.scalars(query).all())


def recent(connection: Connection, workspace_id: int, *, limit: int) -> list[Action]:
    """Those seen last, the latest first."""
    last = func.max(action_counts.c.last_seen_ms)
    query = (
        select(action_counts.c.name)
        .where(action_counts.c.workspace_id == workspace_id)
        .group_by(action_counts.c.name)
        .order_by(last.desc(), action_counts.c.name)
        .limit(limit)
    )
    return _load(connection, workspace_id, connection.scalars(query).all())


def by_name(connection: Connection, workspace_id: int, name: str) -> Action | None:
    found = _load(connection, workspace_id, [name])[0]
    is_added = _is_added(connection, workspace_id, name)
    return found if is_added or found.count else None


def _is_added(connection: Connection, workspace_id: int, name: str) -> bool:
    where = (actions.c.workspace_id == workspace_id) & (actions.c.name == name)
    return connection.execute(select(actions.c.name).where(where)).one_or_none() is not None


def _load(connection: Connection, workspace_id: int, names: Sequence[str]) -> list[Action]:
    found = {name: Action(name) for name in names}
    for row in _rows(connection, actions, workspace_id, names):
        action = found[row.name]
        action.sources, action.secret, action.description = row.sources, row.secret, row.description
    for row in _rows(connection, action_counts, workspace_id, names):
        _count(found[row.name], row)
    return list(found.values())


def _rows(connection: Connection, table: Any, workspace_id: int, names: Sequence[str]) -> Iterable[Row[Any]]:
    return connection.execute(select(table).where(table.c.workspace_id == workspace_id, table.c.name.in_(names)))


def _count(action: Action, row: Row[Any]) -> None:
    """Each partition counts for itself."""
    action.count += row._mapping["count"]  # `row.count` is the tuple's own
    action.first_seen_ms = min(row.first_seen_ms, action.first_seen_ms or row.first_seen_ms)
    action.last_seen_ms = max(row.last_seen_ms, action.last_seen_ms or 0)
    for path, types in row.fields.items():
        action.fields[path] = sorted({*action.fields.get(path, ()), *types})
