"""A slice of the deliver job: whatever is due, then wait for a hint, at most a second."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Final

from redis import Redis, RedisError
from sqlalchemy.exc import DBAPIError

from cueline.deliveries.outbox import report_unreported, work
from cueline.errors import Unavailable
from cueline.jobs.resources import Resources
from cueline.logs import Log, said
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.entry import StreamEntry, encode

Report = Callable[[Sequence[StreamEntry]], None]

_log = Log(__name__)

_LOOK_S: Final = 1.0
_HEAR_S: Final = 0.25
_SWEEP_S: Final = 10.0


def deliver_slice(shared: Resources, _name: str, stop: Callable[[], bool]) -> None:
    """Redis or SQL away: waits and goes on."""
    report = functools.partial(report_outcomes, shared.redis, shared.settings.partitions, shared.settings.stream_max)
    swept_s = 0.0
    while not stop():
        try:
            if time.monotonic() - swept_s >= _SWEEP_S:
                report_unreported(shared.engine, clock=shared.clock, report=report, count=shared.stats.count)
                swept_s = time.monotonic()
            if not _work(shared, report, stop):
                _wait(shared.redis, stop)
        except (RedisError, Unavailable, DBAPIError) as error:
            _log.warning("deliver waits", error=said(error))
            time.sleep(_LOOK_S)


def _work(shared: Resources, report: Report, stop: Callable[[], bool]) -> int:
    return work(
        shared.engine,
        settings=shared.settings,
        clock=shared.clock,
        report=report,
        stop=stop,
        count=shared.stats.count,
    )


def report_outcomes(redis: Redis, partitions: int, stream_max: int, entries: Sequence[StreamEntry]) -> None:
    """Outcomes enter at the same door as all events: the stream of their user."""
    by_partition: dict[int, list[bytes]] = {}
    for entry in entries:
        partition = keys.partition_of(entry.workspace_id, entry.user_ext_id or "", partitions)
        by_partition.setdefault(partition, []).append(encode(entry))
    for partition, encoded in by_partition.items():
        append(redis, partition, encoded, limits=(), max_len=stream_max)


def _wait(redis: Redis, stop: Callable[[], bool]) -> None:
    """For a hint, a second at most, and no longer than it takes to hear that we are to stop."""
    until_s = time.monotonic() + _LOOK_S
    while not stop() and time.monotonic() < until_s:
        if redis.blpop([keys.DELIVER_WAKE], timeout=_HEAR_S):
            return
