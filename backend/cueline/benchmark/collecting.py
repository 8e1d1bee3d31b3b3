"""Collecting: what `cueline web` takes in, and the CPU that each event costs it and Redis."""

from __future__ import annotations

from typing import Any, Final

from redis import Redis

from cueline.benchmark.children import Web, told
from cueline.benchmark.load import Load
from cueline.benchmark.measured import Collected
from cueline.benchmark.usage import group_cpu_s
from cueline.errors import CuelineError
from cueline.streams import keys

CONNECTIONS: Final = 8
# No more than this is ever written at once: about 15 MB of the operator's Redis.
MOST: Final = 50_000


def collect(
    web: Web, redis: Redis, key: str, *, batch: int, partitions: int, seconds: float, most: int = MOST
) -> Collected:
    """Sends for `seconds`, at most `most` events. The streams are empty again afterwards."""
    before = group_cpu_s(web.group), redis_cpu_s(redis)
    requests = max(1, most // batch)
    sent = told("cueline.benchmark.load", web.port, key, batch, CONNECTIONS, requests, seconds, kind=Load)
    after = group_cpu_s(web.group), redis_cpu_s(redis)
    forget_events(redis, partitions)
    if not sent.taken:
        raise CuelineError(f"Nothing was collected; the answers were {sent.others or 'none'}.")
    return Collected(batch, sent.taken, sent.seconds, after[0] - before[0], after[1] - before[1], refused=sent.others)


def redis_cpu_s(redis: Redis) -> float:
    """Of the whole server: with others at work on it, theirs too."""
    found: dict[str, Any] = redis.info("cpu")
    return float(found["used_cpu_user"]) + float(found["used_cpu_sys"])


def forget_events(redis: Redis, partitions: int) -> None:
    redis.unlink(*(keys.stream(partition) for partition in range(partitions)))
