"""Figures, as they are measured: in seconds, each with the number of what it counts."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec


class Times(msgspec.Struct, frozen=True):
    """How long something took, in milliseconds: half of it and 99 % of it were quicker."""

    p50_ms: float
    p99_ms: float


class Collected(msgspec.Struct, frozen=True):
    """Requests of `batch` events each. CPU is of all processes of `cueline web`, and of the Redis server."""

    batch: int
    events: int
    seconds: float
    web_cpu_s: float
    redis_cpu_s: float
    refused: dict[str, int]

    @property
    def per_s(self) -> float:
        return self.events / self.seconds

    @property
    def web_us(self) -> float:
        return self.web_cpu_s / self.events * 1e6

    @property
    def redis_us(self) -> float:
        return self.redis_cpu_s / self.events * 1e6


class Round(msgspec.Struct, frozen=True):
    """One round of draining."""

    events: int
    seconds: float
    cpu_s: float


class DrainedBy(msgspec.Struct, frozen=True):
    """One drain process with so many campaigns; the medians over its rounds."""

    campaigns: int
    events: int
    per_s: float
    cpu_us: float


class Latency(msgspec.Struct, frozen=True):
    """From before the request of an action to the commit of its effect, and the three parts of that way.

    `wanted_rate` and `rate`: actions per second as asked for and as it came to be.
    """

    wanted_rate: float
    rate: float
    events: int
    whole: Times
    answered: Times  # request sent → 202
    waited: Times  # 202 → a drain has read it (0 where the drain was quicker than the answer)
    committed: Times  # read → committed
    batch: float  # events per transaction, the median
    drain_cpu_us: float


class Stores(msgspec.Struct, frozen=True):
    """What one question costs, and one commit of one row: that is one fsync."""

    redis: Times
    sql: Times
    commit: Times
    redis_on_disk: str  # appendfsync, "off" or "unknown"
    sql_kind: str  # "SQLite" or "PostgreSQL"


class Memory(msgspec.Struct, frozen=True):
    """Resident megabytes at the end, of the largest process."""

    web_mb: float | None
    drain_mb: float | None


def times(seconds: Sequence[float]) -> Times:
    return Times(quantile(seconds, 0.5) * 1000, quantile(seconds, 0.99) * 1000)


def quantile(figures: Sequence[float], part: float) -> float:
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * part))]


def medians(campaigns: int, rounds: Sequence[Round]) -> DrainedBy:
    return DrainedBy(
        campaigns,
        sum(one.events for one in rounds),
        median(one.events / one.seconds for one in rounds),
        median(one.cpu_s / one.events * 1e6 for one in rounds),
    )
