"""A workspace of any number of campaigns, and events for it: each event has one campaign that may fit.

Campaigns are filed by action and by one equality, as a shop's are that has one for each article. One event in ten fits
its campaign's second condition, and the campaign sets a property of the user.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, insert

from cueline import events
from cueline.store import workspaces
from cueline.store.session import writing
from cueline.store.tables import campaign_versions, campaigns
from cueline.streams.entry import StreamEntry, encode

ACTIONS: Final = 20
VISITORS: Final = 2_000
_PER_INSERT: Final = 5_000


def build(engine: Engine, size: int) -> int:
    """Writes the workspace with `size` campaigns; returns its id."""
    now_ms = time.time_ns() // 1_000_000
    with writing(engine) as connection:
        made = workspaces.create(connection, name="bench", now_ms=now_ms, identity_mode="off", origins=["*"])
        for start in range(0, size, _PER_INSERT):
            _insert(connection, made.id, range(start, min(size, start + _PER_INSERT)), now_ms)
    return made.id


def entries(workspace_id: int, size: int, count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Visitor and encoded entry of `count` events for a workspace of `size` campaigns."""
    chance = random.Random(seed)
    now_ms = time.time_ns() // 1_000_000
    for _ in range(count):
        visitor = chance.randrange(VISITORS)
        payload = _payload(chance.randrange(size), amount=12 if chance.random() < 0.1 else 5)
        yield f"visitor-{visitor}", _entry(workspace_id, visitor, payload, now_ms)


def document(number: int) -> dict[str, Any]:
    return {
        "key": f"article-{number}",
        "kind": "rule",
        "trigger": {"action": _action(number)},
        "where": {
            "all": [
                {"path": "event.sku", "op": "equals", "value": f"sku-{number}"},
                {"path": "event.amount", "op": "greater_than", "value": 10},
            ]
        },
        "do": [{"set": {"last_article": {"path": "event.sku"}}}],
    }


def _action(number: int) -> str:
    return f"action_{number % ACTIONS}"


def _payload(number: int, *, amount: float) -> dict[str, Any]:
    return {"client_action": _action(number), "sku": f"sku-{number}", "amount": amount, "items": 3}


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
    rows = [
        {
            "id": number + 1,
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
        {"campaign_id": number + 1, "version": 1, "document": document(number), "published_ms": now_ms}
        for number in numbers
    ]
    connection.execute(insert(campaigns), rows)
    connection.execute(insert(campaign_versions), versions)
