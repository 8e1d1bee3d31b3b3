"""A drain of our own over a real Redis and both databases, and entries as the doors write them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis import Redis
from sqlalchemy import Engine, select

from cueline import events as words
from cueline.campaigns.document import parse
from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.drain.batch import Report
from cueline.drain.commit import Committer
from cueline.drain.leases import Leases
from cueline.drain.loop import Drain
from cueline.publishing.apply import apply
from cueline.store import tables, workspaces
from cueline.store.session import reading, writing
from cueline.streams import keys
from cueline.streams.entry import StreamEntry, encode
from cueline.streams.read import Reader

NOW = 1_763_890_000_000
MINUTE = 60_000


@dataclass
class Pipe:
    """The way from a stream to SQL, in this process."""

    redis: Redis
    engine: Engine
    settings: Settings
    clock: FrozenClock
    workspace_id: int = 1
    reports: list[Report] = field(default_factory=list)
    _eids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def apply(self, **document: Any) -> None:
        parsed = parse(document)
        assert not [p for p in parsed.problems if p.level == "error"], parsed.problems
        with writing(self.engine) as connection:
            apply(connection, self.workspace_id, parsed.document, now_ms=self.clock.now_ms())

    def browser(self, type_: str, payload: dict[str, Any], *, visitor: str = "v1", **more: Any) -> StreamEntry:
        source = words.LINK if type_ == words.DEEP_LINK else words.BROWSER
        return self._add(type_, payload, words.browser_sender(visitor), source, visitor_id=visitor, **more)

    def server(self, type_: str, payload: dict[str, Any], *, user: str = "ada", **more: Any) -> StreamEntry:
        return self._add(type_, payload, "s", words.SERVER, user_ext_id=user, verified=True, **more)

    def action(self, name: str, *, user: str = "ada", **payload: Any) -> StreamEntry:
        return self.server(words.CLIENT_ACTION, {"client_action": name, **payload}, user=user)

    def link(self, link: str, *, visitor: str = "v1", **more: Any) -> StreamEntry:
        return self.browser(words.DEEP_LINK, {"link": link}, visitor=visitor, **more)

    def login(self, user: str, *, visitor: str = "v1", **more: Any) -> StreamEntry:
        return self.browser(words.LOGIN, {}, visitor=visitor, user_ext_id=user, **more)

    def _add(self, type_: str, payload: dict[str, Any], sender: str, source: str, **more: Any) -> StreamEntry:
        now = self.clock.now_ms()
        entry = StreamEntry(
            workspace_id=more.pop("workspace_id", self.workspace_id),
            sender=sender,
            eid=more.pop("eid", f"e{next(self._eids)}"),
            type=type_,
            payload=msgspec.Raw(json.dumps(payload).encode()),
            source=source,
            at_ms=more.pop("at_ms", now),
            received_ms=now,
            **more,
        )
        self.put(entry)
        return entry

    def put(self, entry: StreamEntry, *, data: bytes | None = None) -> None:
        who = entry.visitor_id or entry.user_ext_id or ""
        partition = keys.partition_of(entry.workspace_id, who, self.settings.partitions)
        self.redis.xadd(keys.stream(partition), {"e": data or encode(entry)})

    def drain(self, *, turns: int = 30) -> None:
        """Works until nothing waits."""
        left = itertools.count(turns, -1)
        with self.owner() as leases:
            drain = self.worker(leases)
            drain.run(lambda: next(left) <= 0 or self._is_done())

    def owner(self, name: str = "test") -> Leases:
        reader = Reader(self.redis, name)
        return Leases(self.redis, self.engine, reader, settings=self.settings, clock=self.clock, name=name)

    def worker(self, leases: Leases, name: str = "test") -> Drain:
        committer = Committer(self.engine, clock=self.clock)
        return Drain(leases, Reader(self.redis, name), committer, on_committed=self.reports.append)

    def _is_done(self) -> bool:
        return not any(self.redis.xlen(keys.stream(p)) for p in range(self.settings.partitions))

    def rows(self, table: str, *columns: str, **where: Any) -> list[Any]:
        found = tables.metadata.tables[table]
        query = select(*(found.c[name] for name in columns)).order_by(*found.primary_key)
        for name, value in where.items():
            query = query.where(found.c[name] == value)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
        return [row[0] for row in rows] if len(columns) == 1 else [tuple(row) for row in rows]


def make_pipe(redis: Redis, engine: Engine) -> Pipe:
    with writing(engine) as connection:
        made = workspaces.create(connection, name="shop", now_ms=NOW, identity_mode="off", origins=["*"])
    settings = Settings(partitions=2, lease_ms=2_000)
    return Pipe(redis, engine, settings, FrozenClock(NOW), workspace_id=made.id)
