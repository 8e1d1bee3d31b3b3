"""Rows as the drain writes them, a few words each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Table, insert

from cueline.store import tables
from cueline.store.session import writing

NOW_MS = 1_763_890_000_000
FIRST_ID = 1_250_000_000_000_000_000


class Rows:
    """Inserts for one workspace; ids grow with every row, as the drain's do."""

    def __init__(self, engine: Engine, workspace_id: int, *, first_id: int = FIRST_ID) -> None:
        self._engine = engine
        self._workspace_id = workspace_id
        self._last_id = first_id

    def user(self, ext_id: str = "42", **values: Any) -> int:
        row = {
            "ext_id": ext_id,
            "properties": {"email": "ada@shop.example"},
            "tags": ["piggy"],
            "points": {"default": 10},
            "writers": {},
            "created_ms": NOW_MS,
            "last_seen_ms": NOW_MS,
        }
        return self._insert(tables.users, row | values)

    def event(self, payload: dict[str, Any] | None = None, **values: Any) -> int:
        id_ = self._next()
        row = {
            "id": id_,
            "sender": "s",
            "eid": f"e{id_}",
            "type": "client_action",
            "action": "TEST",
            "payload": payload or {},
            "source": "server",
            "status": "unmatched",
            "verified": True,
            "hops": 0,
            "context": {},
            "matches": [],
            "at_ms": NOW_MS,
            "received_ms": NOW_MS,
        }
        return self._insert(tables.events, row | values)

    def campaign(self, key: str) -> int:
        row = {"key": key, "kind": "rule", "state": "active", "version": 1, "created_ms": NOW_MS, "updated_ms": NOW_MS}
        with writing(self._engine) as connection:
            query = insert(tables.campaigns).values(row | {"workspace_id": self._workspace_id})
            return int(connection.execute(query.returning(tables.campaigns.c.id)).scalar_one())

    def run(self, campaign_id: int, user_id: int, event_id: int, *steps: dict[str, Any]) -> int:
        row = {
            "campaign_id": campaign_id,
            "version": 1,
            "user_id": user_id,
            "entry_key": f"k{event_id}",
            "event_id": event_id,
            "state": "completed",
            "entered_ms": NOW_MS,
            "steps": list(steps),
        }
        return self._insert(tables.runs, row)

    def delivery(self, run_id: int, user_id: int, event_id: int, **values: Any) -> int:
        row = {
            "run_id": run_id,
            "user_id": user_id,
            "event_id": event_id,
            "channel": "email",
            "template": "hello",
            "state": "kept",
            "reason": "no_smtp",
            "hops": 0,
            "to": "ada@shop.example",
            "subject": "Hello",
            "html": "<p>Hello</p>",
            "text": "Hello",
            "attempts": 1,
            "due_ms": NOW_MS,
            "created_ms": NOW_MS,
            "closed_ms": NOW_MS,
        }
        return self._insert(tables.deliveries, row | values)

    def action(self, name: str, *, secret: list[str] | None = None, sources: list[str] | None = None) -> None:
        row = {"name": name, "sources": sources, "secret": secret or [], "description": "", "created_ms": NOW_MS}
        self._write(tables.actions, row)

    def count(self, name: str, partition: int, count: int, **values: Any) -> None:
        row = {"name": name, "partition": partition, "count": count, "fields": {}}
        self._write(tables.action_counts, row | {"first_seen_ms": NOW_MS, "last_seen_ms": NOW_MS} | values)

    def _next(self) -> int:
        self._last_id += 1
        return self._last_id

    def _insert(self, table: Table, row: dict[str, Any]) -> int:
        id_ = row.get("id") or self._next()
        self._write(table, row | {"id": id_})
        return int(id_)

    def _write(self, table: Table, row: dict[str, Any]) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert(table).values(row | {"workspace_id": self._workspace_id}))
