"""CPU of collecting an event: `cueline web` against Fastify and BullMQ, one request after the other in turns."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis

from bench import servers
from bench.cpu import group_cpu_s
from bench.figures import Row
from cueline.clock import SystemClock
from cueline.intake.access import mirror
from cueline.store import keys, workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing

_CONNECTIONS: Final = 8
_NO_LIMIT: Final = "1000000000"
UNIT: Final = "µs/event"


@dataclass(frozen=True, slots=True)
class _Side:
    port: int
    group: int


def is_peer_ready() -> bool:
    return (servers.PEER / "node_modules").is_dir()


def run(folder: Path, *, rounds: int, events: int) -> list[Row]:
    """`events` of single requests a round; ten times as many in batches."""
    with ExitStack() as stack:
        socket = stack.enter_context(servers.redis(folder))
        client = Redis.from_url(f"unix://{socket}")
        key, env = _prepare(folder, client, f"unix://{socket}")
        ours = _Side(*stack.enter_context(servers.web(folder, env)))
        theirs = _Side(*stack.enter_context(servers.peer(folder, socket)))
        sizes = {1: events, 50: events // 5}
        found: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
        for number in range(rounds + 1):
            for size, requests in sizes.items():
                pair = (
                    _measure(client, ours, key, requests, batch=size),
                    _measure(client, theirs, key, requests, batch=size),
                )
                # The first round warms both up.
                found[size] += [pair] if number else []
    return [
        _row("collect, one event", "Fastify + BullMQ add", found[1], most_ratio=1),
        _row("collect, batch of 50", "Fastify + BullMQ addBulk", found[50], most_ratio=1 / 3),
    ]


def _row(what: str, peer: str, pairs: Sequence[tuple[float, float]], *, most_ratio: float) -> Row:
    ours, theirs = zip(*pairs, strict=True)
    return Row(what, ours, peer, theirs, most_ratio=most_ratio)


def _prepare(folder: Path, client: Redis, redis_url: str) -> tuple[str, dict[str, str]]:
    """A workspace with a write key, in SQL and in the mirror; its rate limits count, and are out of reach."""
    env = {
        "CUELINE_DATA": str(folder),
        "CUELINE_DATABASE_URL": f"sqlite:///{folder / 'collect.db'}",
        "CUELINE_REDIS_URL": redis_url,
        "CUELINE_STREAM_MAX": "10000000",
        **{f"CUELINE_RATE_{kind}": _NO_LIMIT for kind in ("KEY", "ADDRESS", "VISITOR")},
    }
    engine = open_engine(env["CUELINE_DATABASE_URL"])
    upgrade(engine)
    now_ms = SystemClock().now_ms()
    with writing(engine) as connection:
        made = workspaces.create(connection, name="bench", now_ms=now_ms, identity_mode="off", origins=["*"])
        _, key = keys.create(connection, made.id, kind="write", name="bench", now_ms=now_ms)
        mirror(client, connection)
    engine.dispose()
    return key, env


def _measure(client: Redis, side: _Side, key: str, requests: int, *, batch: int) -> float:
    """Microseconds of CPU that the server's processes took for each event that was answered 202."""
    _forget_events(client)
    before_s = group_cpu_s(side.group)
    command = [sys.executable, "-m", "bench.load", str(side.port), key, str(requests), str(batch), str(_CONNECTIONS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    taken = int(done.stdout)
    if taken != requests * batch:
        raise RuntimeError(f"{taken} of {requests * batch} events were taken")
    return (group_cpu_s(side.group) - before_s) / taken * 1e6


def _forget_events(client: Redis) -> None:
    """Both sides start each round with empty queues; BullMQ's own description of the queue stays."""
    for pattern in ("cueline:{p*", "bull:events:[0-9]*", "bull:events:wait", "bull:events:events"):
        names = list(client.scan_iter(pattern, count=10_000))
        for start in range(0, len(names), 1_000):
            client.unlink(*names[start : start + 1_000])
