"""What the jobs of one process share: settings, connections. Opened at the first job, not at import."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Final

from redis import Redis
from sqlalchemy import Engine

from cueline import crash
from cueline.clock import Clock, SystemClock
from cueline.config import Settings, load
from cueline.drain.commit import SlowTries
from cueline.store.batch.live import LiveBook
from cueline.store.session import open_engine
from cueline.streams.connect import connect
from cueline.streams.stats import Stats

# Draining goes on while RQ's Redis does not answer, and must not wait long to learn that.
_RQ_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Resources:
    settings: Settings
    clock: Clock
    engine: Engine
    redis: Redis
    rq_redis: Redis  # for what is done with RQ in passing; its worker has a connection that waits
    stats: Stats
    live_book: LiveBook = field(default_factory=LiveBook)
    slow: SlowTries = field(default_factory=SlowTries)


@functools.cache
def resources() -> Resources:
    settings = load()
    crash.arm(settings.crash_at)
    redis = connect(settings.streams_url(), rest=settings.queues_url())
    return Resources(
        settings,
        SystemClock(),
        open_engine(settings.sql_url()),
        redis,
        connect(settings.queues_url(), timeout_s=_RQ_TIMEOUT_S),
        Stats(redis),
    )
