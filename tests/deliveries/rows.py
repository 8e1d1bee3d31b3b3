"""Rows as the drain writes them, for tests of what comes after it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, insert, select

from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.deliveries.outbox import work
from cueline.store import tables
from cueline.store.session import reading, writing
from cueline.streams.entry import StreamEntry

ADA = {"email": "ada@shop.example", "first_name": "Ada"}
HELLO = {
    "key": "hello",
    "channel": "email",
    "category": "transactional",
    "subject": "Hello {{ user.first_name }}",
    "html": "<p>Your <a href='{{ event.link }}'>link</a></p>",
}


def never() -> bool:
    return False


@dataclass
class House:
    """One workspace with a campaign and the template `hello`; `reported` is what came back to the door."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    clock: FrozenClock = field(default_factory=FrozenClock)
    reported: list[StreamEntry] = field(default_factory=list)
    counted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    workspace_id: int = 0
    campaign_id: int = 0

    def __post_init__(self) -> None:
        now = self.clock.now_ms()
        workspace = {"name": "Shop", "created_ms": now, "origins": ["*"], "identity_mode": "off", "hold_ms": 1000}
        secrets = {"identity_secret": "s", "link_secrets": {"1": "s"}}
        self.workspace_id = self._insert(tables.workspaces, id=next(self._ids), **workspace, **secrets)
        campaign = {"key": "welcome", "kind": "rule", "state": "active", "version": 1}
        at = {"created_ms": now, "updated_ms": now}
        self.campaign_id = self._insert(tables.campaigns, id=next(self._ids), **self._mine(), **campaign, **at)
        self.template(**HELLO)

    def template(self, **document: Any) -> None:
        row = {"key": document["key"], "channel": "email", "version": 1, "document": document, "updated_ms": 0}
        with writing(self.engine) as connection:
            mine = tables.templates.c.key == document["key"]
            connection.execute(tables.templates.delete().where(mine))
        self._insert(tables.templates, id=next(self._ids), **self._mine(), **row)

    def delivery(
        self,
        *,
        properties: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
        ext_id: str | None = None,
        **values: Any,
    ) -> int:
        """A pending one, due now, with a user, event and run of its own."""
        now, n = self.clock.now_ms(), next(self._ids)
        who = {"ext_id": ext_id or f"u{n}", "properties": ADA if properties is None else properties}
        user = {"tags": ["vip"], "points": {"default": 10}, "writers": {}, "created_ms": now, "last_seen_ms": now}
        user_id = self._insert(tables.users, id=n, **self._mine(), **who, **user)
        event_id = self._event(n, payload or {"link": "https://shop.example/x"})
        run = {"campaign_id": self.campaign_id, "version": 1, "user_id": user_id, "entry_key": f"e{n}"}
        state = {"event_id": event_id, "state": "completed", "entered_ms": now, "steps": []}
        run_id = self._insert(tables.runs, id=n, **self._mine(), **run, **state)
        row = {"run_id": run_id, "user_id": user_id, "event_id": event_id, "channel": "email", "template": "hello"}
        rest = {"state": "pending", "hops": 0, "attempts": 0, "due_ms": now, "created_ms": now}
        return self._insert(tables.deliveries, id=n, **self._mine(), **(row | rest | values))

    def _event(self, n: int, payload: dict[str, Any]) -> int:
        now = self.clock.now_ms()
        what = {"sender": "s", "eid": f"e{n}", "type": "client_action", "payload": payload, "source": "server"}
        rest = {"status": "matched", "verified": True, "hops": 0, "context": {}, "matches": []}
        return self._insert(tables.events, id=n, **self._mine(), **what, **rest, at_ms=now, received_ms=now)

    def row(self, delivery_id: int) -> Any:
        with reading(self.engine) as connection:
            return connection.execute(select(tables.deliveries).where(tables.deliveries.c.id == delivery_id)).one()

    def rows(self) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(tables.deliveries).order_by(tables.deliveries.c.id)))

    def change(self, delivery_id: int, **values: Any) -> None:
        with writing(self.engine) as connection:
            mine = tables.deliveries.c.id == delivery_id
            connection.execute(tables.deliveries.update().where(mine).values(**values))

    def work(self, **other: Any) -> int:
        options: dict[str, Any] = {
            "settings": self.settings,
            "clock": self.clock,
            "report": self.reported.extend,
            "stop": never,
            "count": self.count,
            "random": lambda: 0.0,
        }
        return work(self.engine, **(options | other))

    def count(self, name: str, n: int = 1, **labels: str) -> None:
        self.counted += [(name, labels)] * n

    def _mine(self) -> dict[str, int]:
        return {"workspace_id": self.workspace_id}

    def _insert(self, table: Any, **values: Any) -> int:
        with writing(self.engine) as connection:
            connection.execute(insert(table).values(values))
        return int(values["id"])
