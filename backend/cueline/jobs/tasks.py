"""The functions that RQ may run: one slice of a resident job each. Arguments are numbers, nothing else."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable
from typing import Final

from redis import RedisError

from cueline.drain.batch import Report
from cueline.drain.commit import Committer
from cueline.drain.leases import Leases
from cueline.drain.loop import Drain
from cueline.jobs import residents
from cueline.jobs.outbox import deliver_slice
from cueline.jobs.resources import Resources, resources
from cueline.jobs.telling import Teller
from cueline.jobs.worker import DELIVER, DRAIN, stopping
from cueline.logs import Log, said
from cueline.streams import keys
from cueline.streams.read import Reader

_log = Log(__name__)

_WAKES: Final = 10
_LOOK_AGAIN_S: Final = 5.0


def drain(number: int, generation: int) -> None:
    """One slice of the drain on this slot."""
    _reside(DRAIN, number, generation, _drain_slice)


def deliver(number: int, generation: int) -> None:
    """One slice of the deliver job on this slot."""
    _reside(DELIVER, number, generation, deliver_slice)


Slice = Callable[[Resources, str, Callable[[], bool]], None]


def _reside(kind: str, number: int, generation: int, work: Slice) -> None:
    """Works for a slice, then queues the successor; a job on an occupied slot ends without one."""
    shared = resources()
    name = f"{kind}-{number}-{generation}-{socket.gethostname()}-{os.getpid()}"
    with residents.occupied(shared.redis, kind, number, name) as is_ours:
        if not is_ours:
            return
        _log.info("resident job began", job=f"{kind}-{number}-{generation}")
        work(shared, name, _until(shared))
        shared.stats.flush()
        _log.info("resident job ended", job=f"{kind}-{number}-{generation}")
    _hand_on(shared, kind, number)


def _hand_on(shared: Resources, kind: str, number: int) -> None:
    """The successor, unless there are more slots than workers by now; the clock does it where Redis is away."""
    try:
        wanted = residents.wanted(shared.rq_redis, kind)
        if number < wanted and number in residents.missing(shared.redis, shared.rq_redis, kind, wanted):
            residents.enqueue(shared.rq_redis, kind, number)
    except RedisError as error:
        _log.warning("no successor queued: the clock will", kind=kind, slot=number, error=said(error))


def _until(shared: Resources) -> Callable[[], bool]:
    """Asked to end, or the slice is over. It goes on while RQ's Redis is away: nobody would come after it."""
    end_s = time.monotonic() + shared.settings.slice_s

    def is_over() -> bool:
        nonlocal end_s
        if stopping.is_set():
            return True
        if time.monotonic() < end_s:
            return False
        if residents.may_queue(shared.rq_redis):
            return True
        end_s = time.monotonic() + _LOOK_AGAIN_S
        return False

    return is_over


def _drain_slice(shared: Resources, name: str, stop: Callable[[], bool]) -> None:
    reader = Reader(shared.redis, name)
    committer = Committer(shared.engine, clock=shared.clock, live_book=shared.live_book, slow=shared.slow)
    keep = Leases(shared.redis, shared.engine, reader, settings=shared.settings, clock=shared.clock, name=name)
    with contextlib.closing(reader), keep as leases:
        teller = Teller(shared.stats, drain=name)
        Drain(leases, reader, committer, on_committed=_on_committed(shared, teller)).run(stop)
        teller.say()


def _on_committed(shared: Resources, teller: Teller) -> Callable[[Report], None]:
    def hint(report: Report) -> None:
        teller.tell(report)
        if report.deliveries:
            _wake(shared)

    return hint


def _wake(shared: Resources) -> None:
    """Only a hint: the deliver job looks every second by itself."""
    try:
        with shared.redis.pipeline(transaction=False) as pipe:
            pipe.lpush(keys.DELIVER_WAKE, "1")
            pipe.ltrim(keys.DELIVER_WAKE, 0, _WAKES - 1)
            pipe.execute()
    except RedisError as error:
        _log.warning("no hint to the deliver job, which looks by itself", error=said(error))
