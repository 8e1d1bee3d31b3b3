"""The action registry's counters and the visitors of a batch: written last, one row per action and partition."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from cueline.engine.outcome import Sighting, Visit
from cueline.engine.sightings import merge
from cueline.store.batch.keyed import Keyed, Row, as_text, from_text
from cueline.store.batch.rows import Insert
from cueline.store.tables import action_counts, visitors

_FIELDS = Keyed(
    select(action_counts.c.workspace_id, action_counts.c.name, as_text(action_counts.c.fields)).where(
        action_counts.c.partition == bindparam("partition")
    ),
    action_counts.c.workspace_id,
    action_counts.c.name,
)
# The later of two moments, in words that both databases have.
_LAST_SEEN = (
    "last_seen_ms = CASE WHEN excluded.last_seen_ms > {table}.last_seen_ms"
    " THEN excluded.last_seen_ms ELSE {table}.last_seen_ms END"
)
_COUNTED = Insert(
    action_counts,
    *("workspace_id", "name", "partition", "count", "first_seen_ms", "last_seen_ms", "fields"),
    on_conflict="(workspace_id, name, partition) DO UPDATE SET"
    " count = action_counts.count + excluded.count, fields = excluded.fields, "
    + _LAST_SEEN.format(table="action_counts"),
)
_VISITED = Insert(
    visitors,
    *("workspace_id", "visitor_id", "user_id", "first_seen_ms", "last_seen_ms"),
    on_conflict="(workspace_id, visitor_id) DO UPDATE SET"
    " user_id = coalesce(excluded.user_id, visitors.user_id), " + _LAST_SEEN.format(table="visitors"),
)


def save_sightings(connection: Connection, partition: int, seen: Mapping[tuple[int, str], Sighting]) -> None:
    """Adds to the counts. Only the owner of the partition writes its rows, so reading first is safe."""
    if not seen:
        return
    ordered = sorted(seen.items())
    found = _FIELDS.rows(connection, [key for key, _ in ordered], partition=partition)
    known = {(workspace_id, name): from_text(fields) for workspace_id, name, fields in found}
    _COUNTED.run(connection, [_row(key, partition, sighting, known.get(key, {})) for key, sighting in ordered])


def save_visits(connection: Connection, visits: Mapping[tuple[int, str], Visit]) -> None:
    rows = [(*key, visit.user_id, visit.first_ms, visit.last_ms) for key, visit in sorted(visits.items())]
    _VISITED.run(connection, rows)


def _row(key: tuple[int, str], partition: int, seen: Sighting, known: Mapping[str, list[str]]) -> Row:
    return (*key, partition, seen.count, seen.first_ms, seen.last_ms, merge(known, seen.fields))
