"""Whether somebody works here: a benchmark would slow him down, and be slowed down by him."""

from __future__ import annotations

from typing import Any, Final

from redis import Redis

from cueline.clock import SystemClock
from cueline.config import Settings
from cueline.streams import keys

_BEAT_MS: Final = 15_000
# What is written at once is far less; a Redis that is nearly full is none to try things on.
_ROOM_MB: Final = 200


def reasons(redis: Redis, settings: Settings) -> list[str]:
    """What speaks against a benchmark now; nothing on a quiet system."""
    found = []
    if drains := int(redis.zcount(keys.DRAINS, SystemClock().now_ms() - _BEAT_MS, "+inf")):
        found.append(f"{drains} drain{'s' if drains > 1 else ''} at work")
    if redis.exists(keys.CLOCK_LEADER):
        found.append("a clock that runs")
    if waiting := sum(int(redis.xlen(keys.stream(partition))) for partition in range(settings.partitions)):
        found.append(f"{waiting:,} event{'s' if waiting > 1 else ''} that wait{'s' if waiting == 1 else ''}")
    return found


def lacks_room(redis: Redis) -> bool:
    """Whether Redis has a limit of memory that is close."""
    memory: dict[str, Any] = redis.info("memory")
    limit = int(memory.get("maxmemory") or 0)
    return bool(limit) and limit - int(memory["used_memory"]) < _ROOM_MB * 1_000_000
