"""The action registry's counters and the visitors of a batch: written last, one row per action and partition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cueline.engine.outcome import Sighting, Visit
from cueline.engine.sightings import merge
from cueline.store.batch.keyed import Keyed
from cueline.store.session import is_postgresql
from cueline.store.tables import action_counts, visitors

_FIELDS = Keyed(
    select(action_counts.c.workspace_id, action_counts.c.name, action_counts.c.fields).where(
        action_counts.c.partition == bindparam("partition")
    ),
    action_counts.c.workspace_id,
    action_counts.c.name,
)


def save_sightings(connection: Connection, partition: int, seen: Mapping[tuple[int, str], Sighting]) -> None:
    """Adds to the counts. Only the owner of the partition writes its rows, so reading first is safe."""
    if not seen:
        return
    known = {
        (row.workspace_id, row.name): row.fields for row in _FIELDS.rows(connection, sorted(seen), partition=partition)
    }
    insert = pg_insert if is_postgresql(connection) else sqlite_insert
    row = insert(action_counts)
    upsert = row.on_conflict_do_update(
        index_elements=["workspace_id", "name", "partition"],
        set_={
            "count": action_counts.c.count + row.excluded.count,
            "last_seen_ms": _later(action_counts.c.last_seen_ms, row.excluded.last_seen_ms),
            "fields": row.excluded.fields,
        },
    )
    rows = [_row(key, partition, sighting, known.get(key, {})) for key, sighting in sorted(seen.items())]
    connection.execute(upsert, rows)


def save_visits(connection: Connection, visits: Mapping[tuple[int, str], Visit]) -> None:
    if not visits:
        return
    insert = pg_insert if is_postgresql(connection) else sqlite_insert
    row = insert(visitors)
    upsert = row.on_conflict_do_update(
        index_elements=["workspace_id", "visitor_id"],
        set_={
            "last_seen_ms": _later(visitors.c.last_seen_ms, row.excluded.last_seen_ms),
            "user_id": func.coalesce(row.excluded.user_id, visitors.c.user_id),
        },
    )
    rows = [
        {
            "workspace_id": workspace_id,
            "visitor_id": visitor_id,
            "user_id": visit.user_id,
            "first_seen_ms": visit.first_ms,
            "last_seen_ms": visit.last_ms,
        }
        for (workspace_id, visitor_id), visit in sorted(visits.items())
    ]
    connection.execute(upsert, rows)


def _row(key: tuple[int, str], partition: int, seen: Sighting, known: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "workspace_id": key[0],
        "name": key[1],
        "partition": partition,
        "count": seen.count,
        "first_seen_ms": seen.first_ms,
        "last_seen_ms": seen.last_ms,
        "fields": merge(known, seen.fields),
    }


def _later(stored: Any, new: Any) -> Any:
    """The greater of two, in words that both databases have."""
    return case((new > stored, new), else_=stored)
