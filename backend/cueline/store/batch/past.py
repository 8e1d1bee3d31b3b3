"""The earlier events of users that conditions of a batch look back at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Text, bindparam, literal_column, select, text, type_coerce

from cueline import events as words
from cueline.engine.past import PastEvent, PastKey
from cueline.store.batch.keyed import Keyed, Row, as_text, from_text
from cueline.store.tables import events
from cueline.triggers import ACTION, EVENT, LINK, Trigger

_COUNTED: Final = text(f"events.status IN ('{words.MATCHED}', '{words.UNMATCHED}')")


def _unindexed(column: Column[str]) -> ColumnElement[str]:
    """Neither database may come by way of the action: that index holds every user's, the user's own few events."""
    return type_coerce(column.op("||")(literal_column("''")), Text)


def _keyed(named: Column[str]) -> Keyed:
    rows = (
        select(
            *(events.c.user_id, named.label("name"), events.c.id, events.c.at_ms, events.c.type, events.c.action),
            *(events.c.source, events.c.verified, as_text(events.c.payload), as_text(events.c.context)),
        )
        .where(_COUNTED, events.c.at_ms >= bindparam("since_ms"))
        .order_by(events.c.id)
    )
    return Keyed(rows, events.c.workspace_id, events.c.user_id, _unindexed(named))


_BY_KIND: Final[Mapping[str, Keyed]] = {
    ACTION: _keyed(events.c.action),
    LINK: _keyed(events.c.verb),
    EVENT: _keyed(events.c.type),
}


def load(
    connection: Connection, wanted: Mapping[PastKey, int], *, workspaces: Mapping[int, int]
) -> dict[PastKey, list[PastEvent]]:
    """`wanted`: from when (ms) on, by user id and trigger. `workspaces`: by user id."""
    found: dict[PastKey, list[PastEvent]] = {key: [] for key in wanted}
    for kind, keyed in _BY_KIND.items():
        keys = [key for key in wanted if key[1].kind == kind]
        if not keys:
            continue
        rows = keyed.rows(
            connection,
            sorted((workspaces[user_id], user_id, trigger.name) for user_id, trigger in keys),
            since_ms=min(wanted[key] for key in keys),
        )
        for user_id, name, *row in rows:
            found[user_id, Trigger(kind, name)].append(_event(tuple(row)))
    return found


def _event(row: Row) -> PastEvent:
    id_, at_ms, type_, action, source, verified, payload, context = row
    return PastEvent(id_, at_ms, type_, action, source, bool(verified), from_text(payload), from_text(context))
