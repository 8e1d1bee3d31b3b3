"""A workspace of any number of campaigns, and events for it: each event has one campaign that may fit.

Campaigns are filed by action and by one equality, as a shop's are that has one for each article. One event in ten fits
its campaign's second condition, and the campaign sets a property of the user.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from redis import Redis
from sqlalchemy import Connection, Engine, insert

from cueline import events
from cueline.benchmark.traffic import VISITORS, action_of, payload_of
from cueline.clock import SystemClock
from cueline.intake.access import mirror
from cueline.store import keys, workspaces
from cueline.store.session import writing
from cueline.store.tables import campaign_versions, campaigns
from cueline.streams.entry import StreamEntry, encode

_PER_INSERT: Final = 5_000
_IDS_APART: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace with `size` campaigns, and the key under which pages report to it."""

    workspace_id: int
    size: int
    write_key: str


def build(engine: Engine, size: int) -> Shop:
    """Writes the workspace with its campaigns. Everyone may report, as whoever he says he is."""
    now_ms = SystemClock().now_ms()
    with writing(engine) as connection:
        made = workspaces.create(connection, name=f"bench {size}", now_ms=now_ms, identity_mode="off", origins=["*"])
        _, write_key = keys.create(connection, made.id, kind=keys.WRITE, name="bench", now_ms=now_ms)
        for start in range(0, size, _PER_INSERT):
            _insert(connection, made.id, range(start, min(size, start + _PER_INSERT)), now_ms)
    return Shop(made.id, size, write_key)


def open_doors(engine: Engine, redis: Redis) -> None:
    """Tells the doors which keys there are, as the clock would within seconds."""
    with writing(engine) as connection:
        mirror(redis, connection)


def entries(workspace_id: int, size: int, count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Visitor and encoded entry of `count` events for a workspace of `size` campaigns."""
    chance = random.Random(seed)
    now_ms = SystemClock().now_ms()
    for _ in range(count):
        visitor = chance.randrange(VISITORS)
        payload = payload_of(chance.randrange(size), fits=chance.random() < 0.1)
        yield f"visitor-{visitor}", _entry(workspace_id, visitor, payload, now_ms)


def document(number: int) -> dict[str, Any]:
    return {
        "key": f"article-{number}",
        "kind": "rule",
        "trigger": {"action": action_of(number)},
        "where": {
            "all": [
                {"path": "event.sku", "op": "equals", "value": f"sku-{number}"},
                {"path": "event.amount", "op": "greater_than", "value": 10},
            ]
        },
        "do": [{"set": {"last_article": {"path": "event.sku"}}}],
    }


def _entry(workspace_id: int, visitor: int, payload: dict[str, Any], now_ms: int) -> bytes:
    visitor_id = f"visitor-{visitor}"
    return encode(
        StreamEntry(
            workspace_id=workspace_id,
            sender=events.browser_sender(visitor_id),
            eid=uuid.uuid4().hex,
            type=events.CLIENT_ACTION,
            payload=msgspec.Raw(msgspec.json.encode(payload)),
            source=events.BROWSER,
            at_ms=now_ms,
            received_ms=now_ms,
            visitor_id=visitor_id,
            user_ext_id=f"user-{visitor}",
            context={"url": "https://shop.example/cart", "language": "en", "sdk": "0.1.0"},
        )
    )


def _insert(connection: Connection, workspace_id: int, numbers: range, now_ms: int) -> None:
    """By the thousand: applying a document of 100,000 campaigns would take longer than measuring them."""
    first = workspace_id * _IDS_APART
    rows = [
        {
            "id": first + number,
            "workspace_id": workspace_id,
            "key": f"article-{number}",
            "kind": "rule",
            "state": "active",
            "version": 1,
            "created_ms": now_ms,
            "updated_ms": now_ms,
        }
        for number in numbers
    ]
    versions = [
        {"campaign_id": first + number, "version": 1, "document": document(number), "published_ms": now_ms}
        for number in numbers
    ]
    connection.execute(insert(campaigns), rows)
    connection.execute(insert(campaign_versions), versions)
