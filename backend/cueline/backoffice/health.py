"""Is everything running? In numbers, and in words what is wrong and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from redis import Redis, RedisError

from cueline.streams import keys

DRAIN_BEAT_MS: Final = 15_000
SLOW_MS: Final = 5_000


@dataclass(slots=True)
class Health:
    """`backlog`: entries that no drain has finished; `lag_ms`: how long the oldest of them has waited."""

    redis: bool = True
    sql: bool = True
    backlog: int = 0
    lag_ms: int = 0
    wrong: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "redis": self.redis,
            "sql": self.sql,
            "backlog": self.backlog,
            "lag_ms": self.lag_ms,
            "wrong": self.wrong,
        }


def check(redis: Redis, *, partitions: int, now_ms: int) -> Health:
    """One round trip to Redis. SQL is told by whoever reads from it."""
    health = Health()
    try:
        answers = _ask(redis, partitions, now_ms)
    except RedisError as error:
        health.redis = False
        health.wrong.append(
            f"Redis does not answer ({type(error).__name__}): events are refused with 503 until it does."
        )
        return health
    *streams, drains, clock = answers
    there = [pair for pair in zip(streams[0::2], streams[1::2], strict=True) if not _is_away(pair)]
    health.backlog = sum(length for length, _ in there)
    health.lag_ms = max((_age(first, now_ms) for _, first in there), default=0)
    _say_away(health, partitions - len(there), of=partitions)
    if not _is_away((drains, clock)):
        _judge(health, drains=drains, has_clock=bool(clock))
    return health


def _is_away(answers: tuple[Any, ...]) -> bool:
    """On a cluster the node of one partition can be away while the others answer."""
    return any(isinstance(answer, RedisError) for answer in answers)


def _say_away(health: Health, away: int, *, of: int) -> None:
    if away:
        health.redis = False
        health.wrong.append(f"{away} of {of} partitions are away with their Redis: their events are refused with 503.")


def _ask(redis: Redis, partitions: int, now_ms: int) -> list[Any]:
    with redis.pipeline(transaction=False) as pipe:
        for partition in range(partitions):
            pipe.xlen(keys.stream(partition))
            pipe.xrange(keys.stream(partition), count=1)
        pipe.zcount(keys.DRAINS, now_ms - DRAIN_BEAT_MS, "+inf")
        pipe.exists(keys.CLOCK_LEADER)
        return pipe.execute(raise_on_error=False)


def _age(first: list[Any], now_ms: int) -> int:
    if not first:
        return 0
    return max(0, now_ms - int(first[0][0].split(b"-")[0]))


def _judge(health: Health, *, drains: int, has_clock: bool) -> None:
    if not drains:
        health.wrong.append("No worker takes events: they wait in Redis. Start `cueline worker`.")
    if not has_clock:
        health.wrong.append("No clock runs: held events do not expire. Start `cueline clock`.")
    if drains and health.lag_ms > SLOW_MS:
        seconds = health.lag_ms // 1000
        health.wrong.append(f"Events wait {seconds} s before they are handled: more workers or partitions would help.")
