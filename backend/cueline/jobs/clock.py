"""The clock: each second its leader wakes what is due. It makes nothing happen that a sweep would not, later."""

from __future__ import annotations

import functools
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from redis import RedisError
from sqlalchemy.exc import DBAPIError

from cueline import crash
from cueline.errors import Unavailable
from cueline.intake.access import mirror
from cueline.jobs import residents
from cueline.jobs.resources import Resources
from cueline.jobs.worker import KINDS
from cueline.logs import Log, said
from cueline.store.batch.held import expire_held
from cueline.store.session import reading, writing
from cueline.streams import keys, lease
from cueline.streams.read import oldest_ms

_log = Log(__name__)

TICK_S: Final = 1.0
_LEADER_LIFE_MS: Final = 5_000

Task = Callable[[Resources], None]


@dataclass(slots=True)
class Periodic:
    """A task and how often it is done."""

    name: str
    every_s: float
    do: Task
    done_s: float = field(default=float("-inf"))


def requeue_residents(shared: Resources) -> None:
    """Queues a resident job for every slot that has none: RQ's Redis wiped, a worker killed, a first start."""
    for kind in KINDS:
        wanted = residents.wanted(shared.rq_redis, kind)
        for number in residents.missing(shared.redis, shared.rq_redis, kind, wanted):
            job_id = residents.enqueue(shared.rq_redis, kind, number)
            crash.point("after_queueing_resident")
            _log.info("resident job queued", job=job_id)


def refresh_mirror(shared: Resources) -> None:
    with reading(shared.engine) as connection:
        mirror(shared.redis, connection)


def expire(shared: Resources) -> None:
    """Held events beyond the hold time; never past what still waits in the streams, which may release them."""
    waiting = [oldest_ms(shared.redis, p) for p in range(shared.settings.partitions)]
    horizon_ms = min([shared.clock.now_ms(), *(ms for ms in waiting if ms is not None)])
    with writing(shared.engine) as connection:
        expired = expire_held(connection, horizon_ms=horizon_ms, now_ms=shared.clock.now_ms())
    if expired:
        shared.stats.count("events_expired_total", expired)
        _log.info("held events expired", events=expired)


def schedule() -> list[Periodic]:
    return [
        Periodic("residents", 1, requeue_residents),
        Periodic("mirror", 10, refresh_mirror),
        Periodic("expire", 5, expire),
    ]


def run(shared: Resources, stop: threading.Event) -> None:
    """Until `stop` is set. Any number of clocks may run: one leads, the others watch."""
    me = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    tasks = schedule()
    try:
        while not stop.wait(TICK_S):
            tick(shared, me, tasks)
    finally:
        _quietly("resign", lambda: lease.release_key(shared.redis, keys.CLOCK_LEADER, me))


def tick(shared: Resources, me: str, tasks: Sequence[Periodic]) -> None:
    """One second: become or stay the leader, then do what is due. A task that fails is tried again next time."""
    try:
        if not lease.hold_key(shared.redis, keys.CLOCK_LEADER, me, life_ms=_LEADER_LIFE_MS):
            return
    except RedisError as error:
        _log.warning("clock waits for Redis", error=said(error))
        return
    for task in tasks:
        if time.monotonic() - task.done_s >= task.every_s:
            _quietly(task.name, functools.partial(task.do, shared))
            task.done_s = time.monotonic()
    shared.stats.flush()


def _quietly(name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except (RedisError, DBAPIError, Unavailable) as error:
        _log.warning(f"clock could not {name}, and tries again", error=said(error))
