"""From figures to sizing: how many events a second so many cores carry, and what gives in first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import Final

from cueline.benchmark.measured import Collected, DrainedBy

CPU: Final = "CPU"
REDIS: Final = "Redis' thread"
SQLITE: Final = "SQLite's writer"
PARTITIONS: Final = "partitions"


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured of one event, in µs of CPU; `drained_per_s`: by one drain process and the clock."""

    web_us: float
    redis_us: float
    drain_us: float
    drained_per_s: float

    @property
    def whole_us(self) -> float:
        return self.web_us + self.redis_us + self.drain_us


@dataclass(frozen=True, slots=True)
class Carried:
    """Events a second, from the request to the committed effect, and the limit that is met first."""

    cores: int
    per_s: float
    limit: str


def costs(collected: Collected, drained: DrainedBy) -> Costs:
    return Costs(collected.web_us, collected.redis_us, drained.cpu_us, drained.per_s)


def carried(cost: Costs, *, cores: int, is_sqlite: bool, partitions: int) -> Carried:
    """With web, Redis and drains sharing the cores. SQLite's writers take turns, so that more drains do not help it."""
    limits = {
        CPU: cores * 1e6 / cost.whole_us,
        # A Redis that took no measurable time is no limit.
        REDIS: 1e6 / cost.redis_us if cost.redis_us > 0 else float("inf"),
        SQLITE if is_sqlite else PARTITIONS: cost.drained_per_s * (1 if is_sqlite else partitions),
    }
    limit = min(limits, key=lambda name: limits[name])
    return Carried(cores, limits[limit], limit)


def taken_in(cost: Costs, *, cores: int) -> float:
    """Events a second that web and Redis take when nobody drains: what a burst may have while it lasts."""
    limits = [cores * 1e6 / (cost.web_us + cost.redis_us)]
    return min([*limits, 1e6 / cost.redis_us] if cost.redis_us > 0 else limits)


def rounded(figure: float) -> int:
    """Two digits that count: more would claim what nobody measured."""
    if figure < 1:
        return 0
    unit = 10.0 ** (floor(log10(figure)) - 1)
    return int(round(figure / unit) * unit)
