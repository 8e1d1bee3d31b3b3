"""A workspace on a database of its own, with what the doors and a drain make of it at this moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from redis import Redis
from sqlalchemy import Engine

from cueline.clock import SystemClock
from cueline.collector.collect import Collector
from cueline.config import Settings
from cueline.engine import Live
from cueline.errors import CuelineError
from cueline.intake.access import AccessBook, mirror
from cueline.store import keys, workspaces
from cueline.store.batch.live import LiveBook
from cueline.store.session import reading, writing
from cueline.store.workspaces import Workspace
from cueline.streams.stats import Stats

KEY = "wk_shop"


@dataclass
class Shop:
    """`engine` and `redis` are those of the commands. A fresh book stands for the seconds that web caches a key."""

    engine: Engine
    redis: Redis
    lives: LiveBook

    def now(self) -> Workspace:
        with reading(self.engine) as connection:
            found = workspaces.first(connection)
        assert found is not None
        return found

    def live(self) -> Live:
        """As one drain has it, which goes on running."""
        with reading(self.engine) as connection:
            return self.lives.current(connection, [self.now().id])[self.now().id]

    def log_in(self, hash: str | None = None) -> str:
        user = {"id": "42"} if hash is None else {"id": "42", "hash": hash}
        return self.report(type="login", payload={}, user=user)

    def report(
        self, *, origin: str = "https://shop.example", visitor: str = "v", user: Any = None, **fields: Any
    ) -> str:
        """What a page is told of an event: `ok`, or the code of its refusal."""
        clock, settings = SystemClock(), Settings(partitions=1)
        book = AccessBook(self.redis, self.engine, settings, clock)
        collector = Collector(book, self.redis, settings, clock, Stats(self.redis))
        now_ms = clock.now_ms()
        event = {"eid": "e", "type": "client_action", "at": now_ms, "payload": {"client_action": "A"}} | fields
        body = {"key": KEY, "sent_at": now_ms, "visitor_id": visitor, "user": user, "events": [event]}
        try:
            answer = collector.take(json.dumps(body).encode(), origin=origin, address="192.0.2.1")
        except CuelineError as error:
            return error.code
        return answer["rejected"][0]["code"] if answer["rejected"] else "ok"


def open_shop(engine: Engine, redis: Redis) -> Shop:
    with writing(engine) as connection:
        made = workspaces.create(connection, name="default", now_ms=1, identity_mode="off", origins=["*"])
        keys.create(connection, made.id, kind="write", name="page", now_ms=1, key=KEY)
        mirror(redis, connection)
    return Shop(engine, redis, LiveBook())
