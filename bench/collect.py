"""CPU of collecting an event: `cueline web` against Fastify and BullMQ, one after the other in turns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from redis import Redis

from bench import servers
from bench.figures import Row
from bench.site import furnish
from cueline.benchmark import children
from cueline.benchmark.children import Web
from cueline.benchmark.collecting import collect
from cueline.benchmark.traffic import FEWEST

UNIT: Final = "µs/event"
_PARTITIONS: Final = 4
_PATIENCE_S: Final = 600.0


def is_peer_ready() -> bool:
    return (servers.PEER / "node_modules").is_dir()


def run(folder: Path, *, rounds: int, events: int) -> list[Row]:
    """`events` of single requests a round; ten times as many in batches."""
    with ExitStack() as stack:
        socket = stack.enter_context(servers.redis(folder))
        environ = servers.House(folder, socket, "").environ(servers.SQLITE, "collect")
        key = furnish(environ, campaigns=FEWEST).write_key
        redis = stack.enter_context(Redis.from_url(environ["CUELINE_REDIS_URL"]))
        ours = stack.enter_context(children.web(environ))
        theirs = stack.enter_context(servers.peer(folder, socket))
        found: dict[int, list[tuple[float, float]]] = {1: [], 50: []}
        for number in range(rounds + 1):
            for batch, pairs in found.items():
                most = events if batch == 1 else 10 * events
                pair = _us(redis, ours, key, batch, most), _us(redis, theirs, key, batch, most)
                _forget_jobs(Redis.from_url(f"unix://{socket}"))
                # The first round warms both up.
                pairs += [pair] if number else []
    return [
        _row("one event", "Fastify + BullMQ add", found[1], most_ratio=1),
        _row("batch of 50", "Fastify + BullMQ addBulk", found[50], most_ratio=1 / 3),
    ]


def _row(what: str, peer: str, pairs: Sequence[tuple[float, float]], *, most_ratio: float) -> Row:
    ours, theirs = zip(*pairs, strict=True)
    return Row(what, ours, peer, theirs, most_ratio=most_ratio)


def _us(redis: Redis, side: Web, key: str, batch: int, most: int) -> float:
    """CPU of the server's processes for each event that was answered 202, which all are."""
    done = collect(side, redis, key, batch=batch, partitions=_PARTITIONS, seconds=_PATIENCE_S, most=most)
    if done.refused or done.events != most:
        raise RuntimeError(f"{done.events} of {most} events were taken; other answers: {done.refused}")
    return done.web_us


def _forget_jobs(redis: Redis) -> None:
    """The peer starts each round with an empty queue too; BullMQ's own description of it stays."""
    for pattern in ("bull:events:[0-9]*", "bull:events:wait", "bull:events:events"):
        names = list(redis.scan_iter(pattern, count=10_000))
        for start in range(0, len(names), 1_000):
            redis.unlink(*names[start : start + 1_000])
