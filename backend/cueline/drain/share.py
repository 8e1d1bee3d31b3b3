"""Fair share: how many partitions each live drain should hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from redis import Redis

from cueline.streams import keys

# A drain that has not said anything for so long is gone; its lease runs out by itself.
BEAT_LIFE_MS: Final = 3_000


def fair_share(me: str, drains: Sequence[str], partitions: int) -> int:
    """The partitions are dealt round by rank, so the shares add up and differ by one at most."""
    ranked = sorted({*drains, me})
    rank = ranked.index(me)
    return partitions // len(ranked) + (1 if rank < partitions % len(ranked) else 0)


def beat(redis: Redis, me: str, *, now_ms: int) -> list[str]:
    """Says that this drain lives; returns all that do."""
    with redis.pipeline(transaction=False) as pipe:
        pipe.zadd(keys.DRAINS, {me: now_ms})
        pipe.zremrangebyscore(keys.DRAINS, "-inf", now_ms - BEAT_LIFE_MS)
        pipe.zrange(keys.DRAINS, 0, -1)
        found = cast(list[bytes], pipe.execute()[2])
    return [name.decode() for name in found]


def leave(redis: Redis, me: str) -> None:
    redis.zrem(keys.DRAINS, me)
